// The cursor, the same on every screen; how it moves there is the screen's own.
import { bodyHeightOf } from '../room/notices.ts'
import type { Move } from '../room/screen.ts'
import { placeOf } from '../room/view.ts'
import { screens } from '../screens.ts'
import type { Action, Hands } from './action.ts'

const moves = [
  { id: 'down', keys: ['j', 'down'], title: 'down' },
  { id: 'up', keys: ['k', 'up'], title: 'up' },
  { id: 'right', keys: ['right', 'tab'], title: 'right, or the next one' },
  { id: 'left', keys: ['left', 'shift-tab'], title: 'left, or the one before' },
  { id: 'first', keys: ['g', 'home'], title: 'to the first' },
  { id: 'last', keys: ['G', 'end'], title: 'to the last' },
  { id: 'page-down', keys: ['pagedown', 'ctrl-d', 'ctrl-f'], title: 'a page down' },
  { id: 'page-up', keys: ['pageup', 'ctrl-u', 'ctrl-b'], title: 'a page up' },
] as const

export const movement: readonly Action[] = moves.map(({ id, keys, title }) => ({
  id,
  keys,
  title,
  short: null,
  danger: 'looks',
  when: () => true,
  run: ({ room }) => moveOn(room, id),
}))

/** Moves on the screen that is shown. */
export function moveOn(room: Hands['room'], where: Move): void {
  const snapshot = room.snapshot()
  screens[placeOf(snapshot.view).screen].move(room, where, bodyHeightOf(snapshot))
}
