// What a screen is: one record a folder, listed once in `screens/screens.ts`. Router, trail, filter, footer, help and what
// is remembered between two sessions all work on these records; none of them knows a screen by name.
import type { Action } from '../keys/action.ts'
import type { Theme } from '../theme/tokens.ts'
import type { Row } from '../widgets/row.ts'
import type { Room, Snapshot } from './room.ts'

export type Move =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'first'
  | 'last'
  | 'page-up'
  | 'page-down'
  /** Along the list whatever the layout. */
  | 'next'
  | 'previous'
  /** Nowhere, but onto something that is shown. */
  | 'here'

/** Something for the operator's clipboard. */
export interface Copyable {
  label: string
  lines: readonly string[]
}

/**
 * `State` is how the operator looks at it, kept between sessions; `Found` is what it asked the engine for. A state with a
 * `filter` is filtered by `/`.
 */
export interface Screen<State extends object, Found> {
  /** Its word in the trail, the palette and the help. */
  title: string
  /** The key that opens it from anywhere; null: it is opened from another screen. */
  key: string | null
  /** Without a key it can still stand by itself: the palette opens it by its title. */
  isNamed?: boolean
  initial: State
  nothing: Found
  /** What was kept of it, taken over field by field: whatever does not resolve any more is left as it is at first. */
  restore(kept: unknown): State
  /** What the subject is called in the trail; several words are several steps of it. */
  subject(subject: string, snapshot: Snapshot): string | readonly string[]
  /** Header's middle: what there is to know of the subject, or how many of what. */
  head(snapshot: Snapshot, theme: Theme): Row
  /** The line above the body, below what is more urgent; null: the body begins at once. */
  quiet(snapshot: Snapshot, theme: Theme): Row | null
  /** Not all is shown, or several things are chosen: the quiet line, which says so, is there on every screen. */
  narrows?(snapshot: Snapshot): boolean
  /** What the operator must know before believing what is shown, above all else; null: nothing. */
  notice?(snapshot: Snapshot, theme: Theme): Row | null
  /** The snapshot as the screen shows it, where that is not as it is (the past); `head` and `rows` get it so. */
  lens?(snapshot: Snapshot): Snapshot
  rows(snapshot: Snapshot, height: number, theme: Theme): Row[]
  move(room: Room, where: Move, height: number): void
  /** Nodes that actions on nodes act on: the marked ones, else the one under the cursor. */
  nodes(snapshot: Snapshot): readonly string[]
  /** The incident that actions on incidents act on, where the cursor is on one. */
  incident?(snapshot: Snapshot): string | null
  /** What can be copied here, what is wanted most first. */
  copies?(snapshot: Snapshot): readonly Copyable[]
  /** What `esc` undoes here before it leaves (a filter, marks, a rewind); false: nothing was left to undo. */
  undo(room: Room): boolean
  actions: readonly Action[]
  /** Asks the engine for what it shows beyond state and live values, from the moment the room opens; gives the end of it. */
  feed?(room: Room, now: () => number): () => void
}
