// What an engine does with the files of a journal before it may append: walk back to the last checkpoint, judge every line
// on the way, and cut a write that a crash left half done.
import type { Disk, OpenFile } from '../disk.ts'
import { Refused } from '../primitives/errors.ts'
import { hashLine, noHash, parseCommit } from './commit.ts'
import { damaged, fileName, fileNumbers, isTorn, missingFile, readLines } from './files.ts'
import { type Commit, journalEvents } from './journal.ts'

export interface Cut {
  file: string
  line: number
  bytes: number
}

/** A commit that carries the hash of the whole state before it. */
export interface CheckpointMark {
  seq: number
  commit: Commit
}

export interface FileMark {
  number: number
  firstSeq: number
  /** Places of some commits, ascending. */
  marks: { seq: number; offset: number }[]
}

interface Walk {
  first: Commit | null
  last: { seq: number; hash: string; epoch: number } | null
  checkpoints: CheckpointMark[]
  /** Bytes of this file after its last checkpoint; all of them when it has none. */
  bytesSince: number
  /** The first line that is not good, and what was wrong with it. */
  bad: { line: number; offset: number; why: string; newer: boolean } | null
  size: number
}

export interface OpenedFiles {
  head: { seq: number; hash: string; epoch: number }
  files: FileMark[]
  checkpoints: CheckpointMark[]
  /** How much lies behind the last checkpoint: what the next start has to read. */
  bytesSinceCheckpoint: number
  cut: Cut | null
  /** The last file, open for appending. */
  file: OpenFile
  size: number
}

export async function openFiles(disk: Disk, directory: string): Promise<OpenedFiles> {
  const numbers = await fileNumbers(disk, directory)
  const missing = missingFile(numbers)
  if (missing !== null) throw damaged(fileName(missing), 1, 'is gone: the file is missing')
  const lastNumber = numbers.at(-1) ?? 1
  const path = `${directory}/${fileName(lastNumber)}`
  const file = await disk.open(path, 'append')
  try {
    const walks = await walkBack(disk, directory, lastNumber)
    const tail = walks[0]
    const cut = tail?.bad ? await cutTail(file, lastNumber, tail, walks[1]) : null
    // A process that was killed may have left lines that are whole and not durable, and a cut must not come back: what
    // is built upon from here on lies firm, also when the next commit already goes into the next file.
    await file.sync('journal opened')
    const newest = walks.find(walk => walk.last !== null)
    return {
      head: newest?.last ? { ...newest.last } : { seq: 0, hash: noHash, epoch: 0 },
      files: await fileMarks(disk, directory, lastNumber, (newest?.last?.seq ?? 0) + 1),
      checkpoints: walks.flatMap(walk => walk.checkpoints.toReversed()).toReversed(),
      bytesSinceCheckpoint: walks.reduce((sum, walk) => sum + walk.bytesSince, 0),
      cut,
      file,
      size: await file.size(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Walks of the files from the last one back to the one with a checkpoint, newest first, each joined to the next. */
async function walkBack(disk: Disk, directory: string, lastNumber: number): Promise<Walk[]> {
  const walks: Walk[] = []
  for (let number = lastNumber; number >= 1; number--) {
    const walk = await walkFile(disk, directory, number)
    const { bad } = walk
    if (bad?.newer) throw newerJournal(fileName(number), bad)
    if (bad && number !== lastNumber) throw damaged(fileName(number), bad.line, bad.why)
    if (number !== lastNumber && !walk.last) throw damaged(fileName(number), 1, 'is gone: the file is empty')
    const after = walks.at(-1)
    if (after?.first && walk.last) judgeJoin(fileName(number + 1), after.first, walk.last)
    if (number === 1 && walk.first) judgeJoin(fileName(1), walk.first, { seq: 0, hash: noHash })
    walks.push(walk)
    if (walk.checkpoints.length > 0) break
  }
  return walks
}

function judgeJoin(name: string, first: Commit, before: { seq: number; hash: string }): void {
  if (first.seq !== before.seq + 1) throw damaged(name, 1, `is commit ${first.seq}, but ${before.seq + 1} comes next`)
  if (first.prev !== before.hash) throw damaged(name, 1, 'does not follow the last line of the file before it')
}

async function walkFile(disk: Disk, directory: string, number: number): Promise<Walk> {
  const file = await disk.open(`${directory}/${fileName(number)}`, 'read')
  const walk: Walk = { first: null, last: null, checkpoints: [], bytesSince: 0, bad: null, size: await file.size() }
  try {
    for await (const line of readLines(file, 0)) {
      const parsed = parseCommit(line.bytes)
      const problem = !parsed.ok ? parsed : !line.ended ? 'has no end' : judgeChain(walk.last, parsed.commit)
      if (problem !== null) {
        const { why, newer } = typeof problem === 'string' ? { why: problem, newer: false } : problem
        walk.bad = { line: line.number, offset: line.offset, why, newer }
        break
      }
      if (!parsed.ok) break
      const { commit } = parsed
      walk.first ??= commit
      walk.last = { seq: commit.seq, hash: hashLine(line.bytes), epoch: commit.epoch }
      walk.bytesSince += line.bytes.length + 1
      if (commit.cmd.type === journalEvents.checkpoint) {
        walk.checkpoints.push({ seq: commit.seq, commit })
        walk.bytesSince = 0
      }
    }
  } finally {
    await file.close()
  }
  return walk
}

function judgeChain(last: Walk['last'], commit: Commit): string | null {
  if (last === null) return null
  if (commit.seq !== last.seq + 1) return `is commit ${commit.seq}, but ${last.seq + 1} comes next`
  if (commit.prev !== last.hash) return 'does not follow from the line before it: one of the two was changed'
  return null
}

async function cutTail(file: OpenFile, number: number, tail: Walk, before: Walk | undefined): Promise<Cut> {
  const { bad } = tail
  const name = fileName(number)
  if (!bad) throw damaged(name, 1, 'cannot be cut')
  const rest = await file.readAt(bad.offset, tail.size - bad.offset)
  const last = tail.last ?? before?.last ?? { seq: 0, hash: noHash }
  if (!isTorn(rest, bad.offset, { seq: last.seq + 1, prev: last.hash })) throw damaged(name, bad.line, bad.why)
  await file.truncate(bad.offset)
  return { file: name, line: bad.line, bytes: rest.length }
}

/** First commits of all files. Files before the walk are only looked at where they begin. */
async function fileMarks(disk: Disk, directory: string, lastNumber: number, nextSeq: number): Promise<FileMark[]> {
  const marks: FileMark[] = []
  for (let number = 1; number <= lastNumber; number++) {
    const file = await disk.open(`${directory}/${fileName(number)}`, 'read')
    try {
      const { value: line } = await readLines(file, 0).next()
      const parsed = line ? parseCommit(line.bytes) : null
      if (parsed && !parsed.ok) throw damaged(fileName(number), 1, parsed.why)
      marks.push({ number, firstSeq: parsed ? parsed.commit.seq : nextSeq, marks: [] })
    } finally {
      await file.close()
    }
  }
  return marks
}

function newerJournal(name: string, bad: { line: number; why: string }): Refused {
  return new Refused({
    name: 'journal-newer',
    message: `${name} line ${bad.line} ${bad.why}`,
    remedy: 'Start it with the version that wrote it, or a newer one.',
  })
}
