// The cursor on the fleet, and scrolling on a node's page.
import { lastScroll } from '../node/view.ts'
import { bodyHeightOf } from '../room/notices.ts'
import type { Room } from '../room/room.ts'
import { arrange } from './view.ts'

export type Move =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'first'
  | 'last'
  | 'page-up'
  | 'page-down'
  /** Along the list whatever the layout: for a node's page. */
  | 'next'
  | 'previous'
  /** Nowhere, but onto a node that is shown. */
  | 'here'

export function move(room: Room, where: Move): void {
  const snapshot = room.snapshot()
  const height = bodyHeightOf(snapshot)
  if (snapshot.view.screen === 'node' && where !== 'next' && where !== 'previous') {
    const last = lastScroll(snapshot, height)
    room.change({ nodeScroll: Math.max(0, Math.min(last, scrolledTo(where, snapshot.view.nodeScroll, height))) })
    return
  }
  const { nodes, at, across, shown } = arrange(snapshot, height)
  const selected = nodes[at < 0 ? 0 : target(where, at, across, shown, nodes.length)]
  if (!selected) return
  const view = { ...snapshot.view, selected: selected.name }
  // What is scrolled to stays, so that the next move starts from what is seen.
  const { scroll } = arrange({ ...snapshot, view }, height)
  room.change({ selected: selected.name, scroll, ...(view.screen === 'node' ? { nodeScroll: 0 } : {}) })
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

function scrolledTo(where: Move, from: number, height: number): number {
  switch (where) {
    case 'up':
      return from - 1
    case 'down':
      return from + 1
    case 'page-up':
      return from - height + 2
    case 'page-down':
      return from + height - 2
    case 'first':
      return 0
    case 'last':
      return Number.MAX_SAFE_INTEGER
    default:
      return from
  }
}
