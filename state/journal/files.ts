// The files of a journal: their names, their lines, and what a tail that is not whole means.
import type { Disk, OpenFile } from '../disk.ts'
import { BadAnswer } from '../primitives/errors.ts'
import { parseCommit } from './commit.ts'

export function fileName(number: number): string {
  return `${String(number).padStart(6, '0')}.jsonl`
}

/** Numbers of the journal's files, in order. */
export async function fileNumbers(disk: Disk, directory: string): Promise<number[]> {
  const names = (await disk.list(directory)).filter(name => /^\d{6,}\.jsonl$/.test(name))
  return names.map(name => Number.parseInt(name, 10)).sort((a, b) => a - b)
}

/** The number that ought to be there and is not, or null. Files are never removed, so they count from 1. */
export function missingFile(numbers: readonly number[]): number | null {
  for (const [index, number] of numbers.entries()) if (number !== index + 1) return index + 1
  return null
}

export interface Line {
  /** Without the newline. */
  bytes: Uint8Array
  offset: number
  /** Counted from 1 where the reading began. */
  number: number
  /** False only for a last line that has no newline. */
  ended: boolean
}

const newline = 0x0a
const chunkBytes = 256 * 1024

/** Lines of a file from `from` on, up to `to` bytes, a chunk at a time: memory stays at the longest line. */
export async function* readLines(file: OpenFile, from: number, to = Number.POSITIVE_INFINITY): AsyncGenerator<Line> {
  let rest: Uint8Array[] = []
  let restStart = from
  let position = from
  let number = 0
  for (;;) {
    const chunk = await file.readAt(position, Math.min(chunkBytes, to - position))
    if (chunk.length === 0) break
    let start = 0
    for (;;) {
      const end = chunk.indexOf(newline, start)
      if (end < 0) break
      const piece = chunk.subarray(start, end)
      const bytes = rest.length === 0 ? piece : Buffer.concat([...rest, piece])
      number += 1
      yield { bytes, offset: restStart, number, ended: true }
      rest = []
      start = end + 1
      restStart = position + start
    }
    if (start < chunk.length) rest.push(chunk.subarray(start))
    position += chunk.length
  }
  if (rest.length > 0) yield { bytes: Buffer.concat(rest), offset: restStart, number: number + 1, ended: false }
}

/** Whole lines of a file that end before `to`, the last one first, a chunk at a time. `to` is where a line ends. */
export async function* readLinesBack(
  file: OpenFile,
  to: number,
): AsyncGenerator<{ bytes: Uint8Array; offset: number }> {
  /** The end of a line whose beginning lies further ahead, in order. */
  let rest: Uint8Array[] = []
  let position = to
  while (position > 0) {
    const from = Math.max(0, position - chunkBytes)
    const chunk = await file.readAt(from, position - from)
    // The file is shorter than it was said to be.
    if (chunk.length < position - from) return
    let end = chunk.length
    for (;;) {
      const before = end > 0 ? chunk.lastIndexOf(newline, end - 1) : -1
      if (before < 0) break
      // The newline that ends the very last line begins nothing.
      if (from + before + 1 < to) {
        const piece = chunk.subarray(before + 1, end)
        yield {
          bytes: withoutEnd(rest.length === 0 ? piece : Buffer.concat([piece, ...rest])),
          offset: from + before + 1,
        }
      }
      rest = []
      end = before
    }
    if (end > 0) rest = [chunk.subarray(0, end), ...rest]
    position = from
  }
  if (rest.length > 0) yield { bytes: withoutEnd(Buffer.concat(rest)), offset: 0 }
}

function withoutEnd(line: Uint8Array): Uint8Array {
  return line.at(-1) === newline ? line.subarray(0, -1) : line
}

/**
 * Is what follows the last good line a write that was never acknowledged? `rest` is all bytes from the first bad line to
 * the end of the last file. Power cuts leave writes short, or with sectors of zeros where blocks were not yet written;
 * anything else, and any later commit of another write, means that acknowledged lines were damaged.
 */
export function isTorn(rest: Uint8Array, offset: number, next: { seq: number; prev: string }): boolean {
  const lines = splitLines(rest)
  const first = lines[0]
  if (!first) return true
  const last = lines.length === 1
  if (last && !first.ended) {
    // A whole commit whose newline turned into another byte was acknowledged.
    const parsed = parseCommit(first.bytes.subarray(0, -1))
    return !(parsed.ok && parsed.commit.seq === next.seq && parsed.commit.prev === next.prev)
  }
  if (!hasHole(rest, offset)) return false
  for (const line of lines.slice(1)) {
    const parsed = parseCommit(line.bytes)
    if (parsed.ok && (parsed.commit.group === undefined || parsed.commit.group > next.seq)) return false
  }
  return true
}

const sectorBytes = 512

/** Zeros that end where a sector ends, or at the end: JSON has no zero byte, a block that was never written has only those. */
function hasHole(bytes: Uint8Array, offset: number): boolean {
  for (let at = bytes.indexOf(0); at >= 0; at = bytes.indexOf(0, at + 1)) {
    if (at === bytes.length - 1 || (offset + at + 1) % sectorBytes === 0) return true
  }
  return false
}

function splitLines(bytes: Uint8Array): { bytes: Uint8Array; ended: boolean }[] {
  const lines: { bytes: Uint8Array; ended: boolean }[] = []
  let start = 0
  while (start < bytes.length) {
    const end = bytes.indexOf(newline, start)
    if (end < 0) {
      lines.push({ bytes: bytes.subarray(start), ended: false })
      break
    }
    lines.push({ bytes: bytes.subarray(start, end), ended: true })
    start = end + 1
  }
  return lines
}

export function damaged(file: string, line: number, what: string): BadAnswer {
  return new BadAnswer({
    name: 'journal-damaged',
    message: `${file} line ${line} ${what}`,
    remedy:
      'The engine does not start on a damaged journal. See all damage with `watchfloor journal verify`, then restore the file from a backup.',
  })
}
