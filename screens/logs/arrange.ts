// Which part of the journal is on the screen. It hangs on the line under the cursor and the row where that one stands, so
// that nothing moves when lines come at the end or older ones before the first, and no more than a screenful is ever
// measured. Pure.
import type { Snapshot } from '../room/room.ts'
import { heightOfLine, type LineLook, sentence } from './line.ts'
import { type Item, missingWords, placeIn, type Shown, shownOf } from './shown.ts'

export interface Arranged {
  shown: Shown
  look: LineLook
  /** The line under the cursor, in `shown.lines`; -1: there is none. */
  place: number
  /** Item that the screen hangs on. */
  anchor: number
  /** Row of the screen where it begins. */
  row: number
}

export function arrange(snapshot: Snapshot, height: number): Arranged {
  const shown = shownOf(snapshot)
  const look = lookOf(snapshot, height)
  const place = placeIn(snapshot, shown)
  const { follows, row: wanted } = snapshot.view.screens.logs
  const end = shown.items.length - 1
  const anchor = follows ? end : (shown.lines[place] ?? end)
  const own = heightOf(shown.items[anchor], look)
  const above = rowsBetween(shown, look, 0, anchor, height, 'backwards')
  const below = rowsBetween(shown, look, anchor + 1, shown.items.length, height, 'forwards')
  const lowest = Math.max(0, height - own)
  // Nothing is left empty below while there is something above to fill it with.
  const least = Math.max(0, height - own - below)
  const row = Math.min(above, lowest, Math.max(follows ? lowest : wanted, least))
  return { shown, look, place, anchor, row: Math.max(0, row) }
}

function lookOf({ columns, view }: Snapshot, height: number): LineLook {
  const { times, wraps, unit } = view.screens.logs
  return { columns, times, wraps, mostRows: Math.max(2, Math.floor(height / 2)), hidesUnit: unit !== null }
}

export function heightOf(item: Item | undefined, look: LineLook): number {
  if (item === undefined) return 0
  if (item.kind === 'line') return heightOfLine(item.line, look)
  const missing = missingWords(item)
  return missing === null ? 1 : sentence(missing, look).length
}

/** Rows of the items from `from` up to and without `to`; counted no further than `most`. */
export function rowsBetween(
  { items }: Shown,
  look: LineLook,
  from: number,
  to: number,
  most: number,
  way: 'forwards' | 'backwards' = 'forwards',
): number {
  let rows = 0
  for (let step = 0; step < to - from && rows < most; step++) {
    rows += heightOf(items[way === 'forwards' ? from + step : to - 1 - step], look)
  }
  return rows
}

/** Lines that are on the screen, as places in `shown.lines`: from here, up to and without there. */
export function onScreen({ shown, look, anchor, row }: Arranged, height: number): { from: number; to: number } {
  let first = anchor
  for (let at = row; at > 0 && first > 0; first--) at -= heightOf(shown.items[first - 1], look)
  let end = anchor
  for (let at = row; at < height && end < shown.items.length; end++) at += heightOf(shown.items[end], look)
  return { from: placeFrom(shown, first), to: placeFrom(shown, end) }
}

/** The first place whose item is not before `item`. */
function placeFrom({ lines }: Shown, item: number): number {
  let low = 0
  let high = lines.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((lines[middle] ?? 0) < item) low = middle + 1
    else high = middle
  }
  return low
}
