// The cursor on the fleet.
import type { Room } from '../room/room.ts'
import type { Move } from '../room/screen.ts'
import { arrange } from './view.ts'

export function moveOverview(room: Room, where: Move, height: number): void {
  const snapshot = room.snapshot()
  const { names, at, across, shown } = arrange(snapshot, height)
  const selected = names[at < 0 ? 0 : target(where, at, across, shown, names.length)]
  if (selected === undefined) return
  const { screens } = snapshot.view
  const view = { ...snapshot.view, screens: { ...screens, overview: { ...screens.overview, selected } } }
  // What is scrolled to stays, so that the next move starts from what is seen.
  const { scroll } = arrange({ ...snapshot, view }, height)
  room.set('overview', { selected, scroll })
}

/** The node after or before this one in the overview's order: for a node's page. */
export function neighbour(snapshot: ReturnType<Room['snapshot']>, node: string, step: -1 | 1): string | null {
  const { names } = arrange(snapshot, snapshot.rows)
  const at = names.indexOf(node)
  return names[at + step] ?? null
}

function target(where: Move, at: number, across: number, shown: number, count: number): number {
  const last = count - 1
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
      return at - across < 0 ? at : at - across
    case 'down':
      // Into a last row that is not full: to its end.
      if (at + across <= last) return at + across
      return Math.floor(at / across) < Math.floor(last / across) ? last : at
    case 'first':
      return 0
    case 'last':
      return last
    case 'page-up':
      return Math.max(at % across, at - across * shown)
    case 'page-down':
      return Math.min(last, at + across * shown)
  }
}
