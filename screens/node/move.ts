// Scrolling on a node's page, and to the page of the node beside it in the overview.
import { neighbour } from '../overview/arrange.ts'
import type { Room } from '../room/room.ts'
import type { Move } from '../room/screen.ts'
import { placeOf } from '../room/view.ts'
import { lastScroll } from './view.ts'

export function moveNode(room: Room, where: Move, height: number): void {
  const snapshot = room.snapshot()
  if (where === 'left' || where === 'right') {
    turn(room, where === 'right' ? 1 : -1)
    return
  }
  const { scroll } = snapshot.view.screens.node
  const last = lastScroll(snapshot, height)
  room.set('node', { scroll: Math.max(0, Math.min(last, scrolledTo(where, scroll, height))) })
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

function turn(room: Room, step: -1 | 1): void {
  const snapshot = room.snapshot()
  const { subject } = placeOf(snapshot.view)
  const next = subject === null ? null : neighbour(snapshot, subject, step)
  if (next === null) return
  room.turn(next)
  room.set('node', { scroll: 0 })
  room.set('overview', { selected: next })
}
