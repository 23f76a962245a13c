// The journal as the room knows it: the list, and the page of one commit.
import type { Commit } from '../../state/journal/journal.ts'
import type { Screen } from '../room/screen.ts'
import { createTheme } from '../theme/tokens.ts'
import { type LinesState, lineRows, movedOn } from '../widgets/lines.ts'
import { piece } from '../widgets/row.ts'
import { commitActions, journalActions } from './actions.ts'
import { commitLines, feedCommit, shownCommit } from './commit.ts'
import { feedJournal } from './feed.ts'
import { firstJournal, type JournalState, listed, type Pages, restoreJournal } from './state.ts'
import { journalHead, journalLines, journalRows } from './view.ts'

/** How many lines there are does not depend on how they look. */
const plain = createTheme('none', 'ascii')

export const journalScreen: Screen<JournalState, Pages | null> = {
  title: 'journal',
  key: '8',
  initial: firstJournal,
  nothing: null,
  restore: restoreJournal,
  subject: seq => seq,
  head: journalHead,
  quiet: () => null,
  rows: journalRows,
  move(room, where, height) {
    const snapshot = room.snapshot()
    const moved = movedOn(journalLines(snapshot, plain), snapshot.view.screens.journal, where, height)
    // On top the cursor is on whatever is newest, also when that is another one later.
    const isOnTop = moved.selected === String(listed(snapshot)[0]?.seq)
    room.set('journal', isOnTop ? { ...moved, selected: null } : moved)
  },
  nodes: () => [],
  undo(room) {
    if (room.snapshot().view.screens.journal.filter === '') return false
    room.set('journal', { filter: '', selected: null, scroll: 0 })
    return true
  },
  actions: journalActions,
  feed: feedJournal,
}

const firstCommit: LinesState = { selected: null, scroll: 0 }

export const commitScreen: Screen<LinesState, Commit | null> = {
  title: 'commit',
  key: null,
  initial: firstCommit,
  nothing: null,
  restore: () => firstCommit,
  subject: seq => `commit ${seq}`,
  head(snapshot) {
    const commit = shownCommit(snapshot)
    return commit ? [piece('dim', `   ${commit.by}   ${commit.cmd.type}`)] : []
  },
  quiet: () => null,
  rows: (snapshot, height) => lineRows(commitLines(snapshot), snapshot.view.screens.commit, height),
  move(room, where, height) {
    const snapshot = room.snapshot()
    room.set('commit', movedOn(commitLines(snapshot), snapshot.view.screens.commit, where, height))
  },
  nodes: () => [],
  undo: () => false,
  actions: commitActions,
  feed: feedCommit,
}
