// A long list with a cursor: only what fits is ever built. The cursor stays on its entry when others come and go. Pure.
import type { Move } from '../room/screen.ts'

export interface ListState {
  /** Key of the entry under the cursor; null: the first. */
  selected: string | null
  /** First entry that is shown. */
  scroll: number
}

export interface Windowed {
  /** Index of the entry under the cursor; -1 in an empty list. */
  at: number
  /** What is shown: from here, up to and without there. */
  from: number
  to: number
}

/** Which part of the list is on the screen: the cursor always, and as little moved as possible. */
export function windowed(keys: readonly string[], { selected, scroll }: ListState, height: number): Windowed {
  const found = selected === null ? 0 : keys.indexOf(selected)
  const at = keys.length === 0 ? -1 : Math.max(0, found)
  const least = Math.max(0, at - height + 1)
  const from = Math.max(
    0,
    Math.min(Math.max(least, Math.min(scroll, Math.max(0, at))), Math.max(0, keys.length - height)),
  )
  return { at, from, to: Math.min(keys.length, from + height) }
}

/** The list after a key. */
export function movedIn(keys: readonly string[], state: ListState, where: Move, height: number): ListState {
  const { at, from } = windowed(keys, state, height)
  const last = keys.length - 1
  const page = Math.max(1, height - 1)
  const selected = keys[Math.max(0, Math.min(last, stepFrom(where, at, last, page)))] ?? null
  return { selected, scroll: windowed(keys, { selected, scroll: from }, height).from }
}

/** Where a key leads from an entry; may be beyond either end. */
export function stepFrom(where: Move, at: number, last: number, page: number): number {
  switch (where) {
    case 'up':
    case 'previous':
      return at - 1
    case 'down':
    case 'next':
      return at + 1
    case 'first':
      return 0
    case 'last':
      return last
    case 'page-up':
      return at - page
    case 'page-down':
      return at + page
    case 'left':
    case 'right':
    case 'here':
      return at
  }
}
