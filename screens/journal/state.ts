// How the operator looks at the journal, and what the engine has answered of it.
import type { Commit } from '../../state/journal/journal.ts'
import { boolean, record, text } from '../room/restore.ts'
import type { Snapshot } from '../room/room.ts'
import { filterBy } from '../widgets/filter.ts'
import type { LinesState } from '../widgets/lines.ts'

export interface JournalState extends LinesState {
  filter: string
  /** The engine's own commits too. */
  isEveryone: boolean
}

export const firstJournal: JournalState = { selected: null, scroll: 0, filter: '', isEveryone: false }

export function restoreJournal(kept: unknown): JournalState {
  const { filter, isEveryone } = record(kept)
  return { ...firstJournal, filter: text(filter, ''), isEveryone: boolean(isEveryone, false) }
}

export interface Pages {
  /** What was asked for: an answer to something else is not this list. */
  of: string
  /** Newest first, without a gap. */
  commits: readonly Commit[]
  /** What came while the operator reads further down; newest first. */
  newer: readonly Commit[]
  /** There may be even more newer ones than were sent. */
  isCut: boolean
  /** Where to go on towards the beginning; null: it is reached. */
  before: number | null
  /** Why the engine did not answer. */
  failed: string | null
}

/** What the engine is asked for; `!`, `@` and `-f` are judged here, on what it sends. */
export function wishOf({ filter, isEveryone }: JournalState): { who: 'everyone' | 'people'; text?: string } {
  const words = filter.trim()
  const isOurs = words === '' || /^(!|@|-f)/.test(words)
  return { who: isEveryone ? 'everyone' : 'people', ...(isOurs ? {} : { text: words }) }
}

export function wishKey(state: JournalState): string {
  return JSON.stringify(wishOf(state))
}

/** The commits that are listed. */
export function listed(snapshot: Snapshot): readonly Commit[] {
  const { found, view, memo } = snapshot
  const { filter } = view.screens.journal
  const pages = found.journal
  if (pages === null || pages.of !== wishKey(view.screens.journal)) return []
  if (wishOf(view.screens.journal).text !== undefined || filter.trim() === '') return pages.commits
  return memo('journal commits', [pages.commits, filter], () => {
    const fits = filterBy(filter)
    return pages.commits.filter(one => fits({ text: JSON.stringify(one).toLowerCase(), tags: [one.by] }))
  })
}

/** The commit under the cursor. */
export function pointedCommit(snapshot: Snapshot): Commit | null {
  const commits = listed(snapshot)
  const { selected } = snapshot.view.screens.journal
  return commits.find(({ seq }) => String(seq) === selected) ?? commits[0] ?? null
}
