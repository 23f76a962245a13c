// Keys that mark nodes, so that what is done is done to all of them.
import type { Action } from '../keys/action.ts'
import { moveOn } from '../keys/movement.ts'
import type { Snapshot } from '../room/room.ts'
import { markAll, markRange, toggleMark } from './marks.ts'

const hasCursor = ({ view }: Snapshot) => view.screens.overview.selected !== null

export const markActions: readonly Action[] = [
  {
    id: 'mark',
    keys: ['space'],
    title: 'mark the node under the cursor, or unmark it: actions act on all marked ones',
    short: 'mark',
    danger: 'looks',
    when: hasCursor,
    run: ({ room }) => {
      toggleMark(room)
      moveOn(room, 'next')
    },
  },
  {
    id: 'mark-range',
    keys: ['v'],
    title: 'mark all from the last marked one to the cursor',
    short: null,
    danger: 'looks',
    when: hasCursor,
    run: ({ room }) => markRange(room),
  },
  {
    id: 'mark-all',
    keys: ['a'],
    title: 'mark all that are shown',
    short: null,
    danger: 'looks',
    when: ({ order }) => order.length > 0,
    run: ({ room }) => markAll(room),
  },
]
