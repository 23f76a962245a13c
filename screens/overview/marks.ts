// Nodes that are chosen together. Marks are kept by name and outlast filters and orders; nodes that left the fleet drop
// out by themselves.
import type { Room, Snapshot } from '../room/room.ts'
import { namesOf } from './arrange.ts'
import { seen } from './lens.ts'

/** The marked nodes that are still in the fleet. */
export function marksOf({ view, live, memo }: Pick<Snapshot, 'view' | 'live' | 'memo'>): ReadonlySet<string> {
  const { marked } = view.screens.overview
  return memo(
    'overview marks',
    [marked, live.fleet],
    () => new Set(marked.filter(name => Object.hasOwn(live.fleet.nodes, name))),
  )
}

/** What actions on nodes act on. Of the past there is nothing to act on. */
export function actedOn(snapshot: Snapshot): readonly string[] {
  const { selected, at } = snapshot.view.screens.overview
  if (at !== null) return []
  const marks = marksOf(snapshot)
  if (marks.size > 0) return [...marks]
  return selected !== null && Object.hasOwn(snapshot.live.fleet.nodes, selected) ? [selected] : []
}

/** Marks the node under the cursor, or takes its mark away. */
export function toggleMark(room: Room): void {
  const { selected, marked } = room.snapshot().view.screens.overview
  if (selected === null) return
  const isMarked = marked.includes(selected)
  room.set('overview', {
    marked: isMarked ? marked.filter(name => name !== selected) : [...marked, selected],
    lastMarked: isMarked ? null : selected,
  })
}

/** Marks everything from the node that was marked last up to the cursor, in the order in which they are shown. */
export function markRange(room: Room): void {
  const snapshot = seen(room.snapshot())
  const { selected, lastMarked, marked } = snapshot.view.screens.overview
  if (selected === null) return
  const names = namesOf(snapshot)
  const to = names.indexOf(selected)
  const from = lastMarked === null ? -1 : names.indexOf(lastMarked)
  const range = from < 0 || to < 0 ? [selected] : names.slice(Math.min(from, to), Math.max(from, to) + 1)
  room.set('overview', { marked: [...new Set([...marked, ...range])], lastMarked: selected })
}

export function markAll(room: Room): void {
  const snapshot = seen(room.snapshot())
  const names = namesOf(snapshot)
  const { marked } = snapshot.view.screens.overview
  room.set('overview', { marked: [...new Set([...marked, ...names])] })
}
