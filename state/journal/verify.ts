// Walks the whole journal, a line at a time, and says everything that is wrong with it. Needs no lock and changes nothing.
import type { Disk } from '../disk.ts'
import { hashLine, noHash, parseCommit } from './commit.ts'
import { fileName, fileNumbers, isTorn, readLines } from './files.ts'

interface Finding {
  file: string
  line: number
  what: string
}

export interface Verification {
  commits: number
  /** Seq and hash of the last good line: what can be anchored outside. */
  head: { seq: number; hash: string }
  /** Damage and edits, in order. Empty is a pass. */
  findings: Finding[]
  /** A last write that a crash cut short. Never acknowledged, no damage: the engine cuts it when it opens the journal. */
  torn: { file: string; line: number; bytes: number } | null
}

/** A commit known from elsewhere: a chain that was shortened or rewritten as a whole does not fit it. */
interface Anchor {
  seq: number
  hash: string
  /** Where it is kept, for the finding. */
  from: string
}

const manyFindings = 100

export async function verifyJournal(
  disk: Disk,
  directory: string,
  anchors: readonly Anchor[] = [],
): Promise<Verification> {
  const result: Verification = { commits: 0, head: { seq: 0, hash: noHash }, findings: [], torn: null }
  const find = (file: string, line: number, what: string) => {
    if (result.findings.length < manyFindings) result.findings.push({ file, line, what })
  }
  const waiting = new Map(anchors.map(anchor => [anchor.seq, anchor]))
  const numbers = await fileNumbers(disk, directory)
  let expected = 1
  // Null after a line that could not be read or does not fit: the chain is taken up again from what follows.
  let chain: string | null = noHash
  let before: { file: string; line: number } | null = null
  for (const number of numbers) {
    const name = fileName(number)
    for (; expected < number; expected++) {
      find(fileName(expected), 1, 'is gone: the file is missing')
      chain = null
    }
    expected = number + 1
    const file = await disk.open(`${directory}/${name}`, 'read')
    try {
      const size = await file.size()
      for await (const line of readLines(file, 0, size)) {
        const parsed = parseCommit(line.bytes)
        const { seq } = result.head
        const unfit = !parsed.ok || !line.ended
        if (unfit && number === numbers.at(-1) && chain !== null) {
          const rest = await file.readAt(line.offset, size - line.offset)
          if (isTorn(rest, line.offset, { seq: seq + 1, prev: chain })) {
            result.torn = { file: name, line: line.number, bytes: rest.length }
            break
          }
        }
        if (!parsed.ok) {
          find(name, line.number, parsed.why)
          chain = null
          before = null
          continue
        }
        const { commit } = parsed
        if (chain !== null && commit.seq !== seq + 1) {
          find(
            name,
            line.number,
            `is commit ${commit.seq}, but ${seq + 1} comes next: lines are missing or out of place`,
          )
        } else if (chain !== null && commit.prev !== chain) {
          const where = before ?? { file: name, line: line.number }
          find(where.file, where.line, 'was changed after it was written: the next line does not follow from it')
        } else if (!line.ended) {
          find(name, line.number, 'lost its end')
        }
        const hash = hashLine(line.bytes)
        chain = hash
        before = { file: name, line: line.number }
        result.commits += 1
        result.head = { seq: commit.seq, hash }
        const anchor = waiting.get(commit.seq)
        if (anchor && anchor.hash !== hash)
          find(name, line.number, `is not the commit ${commit.seq} that ${anchor.from} knows`)
        if (anchor) waiting.delete(commit.seq)
      }
    } finally {
      await file.close()
    }
  }
  for (const anchor of waiting.values()) {
    const file = fileName(numbers.at(-1) ?? 1)
    if (anchor.seq > 0)
      find(file, 0, `ends at commit ${result.head.seq}, but ${anchor.from} knows commit ${anchor.seq}`)
  }
  return result
}
