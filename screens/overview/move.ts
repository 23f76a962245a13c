// The cursor on the fleet: it walks from node to node, past the headings.
import type { Room } from '../room/room.ts'
import type { Move } from '../room/screen.ts'
import { type Arrangement, arrange, type RowUnit, unitWith } from './arrange.ts'
import { seen } from './lens.ts'

export function moveOverview(room: Room, where: Move, height: number): void {
  const snapshot = seen(room.snapshot())
  const arrangement = arrange(snapshot, height)
  const { names, at } = arrangement
  const selected = names[at < 0 ? 0 : target(where, arrangement)]
  if (selected === undefined) return
  const { screens } = snapshot.view
  const view = { ...snapshot.view, screens: { ...screens, overview: { ...screens.overview, selected } } }
  // What is scrolled to stays, so that the next move starts from what is seen.
  const { scroll } = arrange({ ...snapshot, view }, height)
  room.set('overview', { selected, scroll })
}

function target(where: Move, arrangement: Arrangement): number {
  const { names, at } = arrangement
  const last = names.length - 1
  switch (where) {
    case 'here':
      return at
    case 'left':
    case 'previous':
      return Math.max(0, at - 1)
    case 'right':
    case 'next':
      return Math.min(last, at + 1)
    case 'up':
      return rowsAway(arrangement, -1) ?? at
    case 'down':
      return rowsAway(arrangement, 1) ?? at
    case 'first':
      return 0
    case 'last':
      return last
    case 'page-up':
      return rowsAway(arrangement, -page(arrangement)) ?? columnOf(arrangement)
    case 'page-down':
      return rowsAway(arrangement, page(arrangement)) ?? last
  }
}

function page({ scroll, end }: Arrangement): number {
  return Math.max(1, end - scroll)
}

function columnOf({ units, at }: Arrangement): number {
  const row = units[unitWith(units, at)]
  const first = units.find(unit => 'from' in unit)
  const column = row !== undefined && 'from' in row ? at - row.from : 0
  return first === undefined ? 0 : Math.min(column, first.to - 1)
}

/** The node in the same column so many rows below; into a row that is not full, its end. Null: there is no such row. */
function rowsAway({ units, at }: Arrangement, step: number): number | null {
  const here = unitWith(units, at)
  const row = units[here]
  if (row === undefined || !('from' in row)) return null
  const direction = Math.sign(step)
  let left = Math.abs(step)
  let found: RowUnit | null = null
  for (let index = here + direction; left > 0; index += direction) {
    const unit = units[index]
    if (unit === undefined) return null
    if (!('from' in unit)) continue
    found = unit
    left -= 1
  }
  return found === null ? null : Math.min(found.from + (at - row.from), found.to - 1)
}
