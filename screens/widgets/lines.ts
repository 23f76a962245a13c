// A page of lines, some of which the cursor can stand on: headings and facts between the entries of a list. Only lines that
// fit are ever built. The cursor stays on its entry when others come and go. Pure.
import type { Move } from '../room/screen.ts'
import { stepFrom } from './list.ts'
import type { Row } from './row.ts'

export interface Line {
  /** What the cursor knows it by; null: it cannot stand there. */
  key: string | null
  row(isHere: boolean): Row
}

export interface LinesState {
  /** Key of the line under the cursor; null: the first that has one. */
  selected: string | null
  /** First line that is shown. */
  scroll: number
}

interface Seen {
  /** Index of the line under the cursor; -1 where there is none. */
  at: number
  /** What is shown: from here, up to and without there. */
  from: number
  to: number
}

/** Which lines are on the screen: the cursor always, and as little moved as possible. */
export function seenOf(lines: readonly Line[], { selected, scroll }: LinesState, height: number): Seen {
  const first = lines.findIndex(({ key }) => key !== null)
  const found = selected === null ? -1 : lines.findIndex(({ key }) => key === selected)
  const at = found === -1 ? first : found
  const end = Math.max(0, lines.length - height)
  let from = Math.max(0, Math.min(scroll, end))
  if (at >= 0) {
    from = Math.min(Math.max(from, at - height + 1), at)
    // What stands above the first entry and below the last one is seen with them.
    if (at === first && at < height) from = 0
    if (at === lastKeyed(lines) && at >= end) from = Math.max(from, end)
  }
  return { at, from, to: Math.min(lines.length, from + height) }
}

/** The page after a key. */
export function movedOn(lines: readonly Line[], state: LinesState, where: Move, height: number): LinesState {
  const { at, from } = seenOf(lines, state, height)
  const page = Math.max(1, height - 1)
  const keyed = lines.flatMap(({ key }, index) => (key === null ? [] : [index]))
  if (keyed.length === 0) {
    const end = Math.max(0, lines.length - height)
    return { selected: null, scroll: Math.max(0, Math.min(end, stepFrom(where, from, lines.length - 1, page))) }
  }
  const place = keyed.indexOf(at)
  const wanted = keyed[Math.max(0, Math.min(keyed.length - 1, stepFrom(where, place, keyed.length - 1, page)))]
  const selected = wanted === undefined ? null : (lines[wanted]?.key ?? null)
  return { selected, scroll: seenOf(lines, { selected, scroll: from }, height).from }
}

export function lineRows(lines: readonly Line[], state: LinesState, height: number): Row[] {
  const { at, from, to } = seenOf(lines, state, height)
  return lines.slice(from, to).map((line, index) => line.row(from + index === at))
}

/** Key of the line under the cursor. */
export function keyUnder(lines: readonly Line[], state: LinesState): string | null {
  return lines[seenOf(lines, state, 1).at]?.key ?? null
}

export function plainLine(row: Row): Line {
  return { key: null, row: () => row }
}

function lastKeyed(lines: readonly Line[]): number {
  for (let index = lines.length - 1; index >= 0; index -= 1) if (lines[index]?.key !== null) return index
  return -1
}
