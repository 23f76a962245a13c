// Keys of the journal and of a commit's page.
import type { Action } from '../keys/action.ts'
import { jsonLines, shownCommit } from './commit.ts'
import { pointedCommit } from './state.ts'

export const journalActions: readonly Action[] = [
  {
    id: 'open-commit',
    keys: ['enter'],
    title: 'open the commit under the cursor',
    short: 'open',
    danger: 'looks',
    when: snapshot => pointedCommit(snapshot) !== null,
    run: ({ room }) => {
      const commit = pointedCommit(room.snapshot())
      if (!commit) return
      room.set('commit', { selected: null, scroll: 0 })
      room.go('commit', String(commit.seq))
    },
  },
  {
    id: 'everyone',
    keys: ['a'],
    title: 'what people did, or what the engine did too',
    short: 'everyone',
    danger: 'looks',
    when: () => true,
    run: ({ room }) => {
      const { isEveryone } = room.snapshot().view.screens.journal
      room.set('journal', { isEveryone: !isEveryone, selected: null, scroll: 0 })
    },
  },
]

export const commitActions: readonly Action[] = [
  {
    id: 'copy-commit',
    keys: ['y'],
    title: 'copy the commit as JSON',
    short: 'copy',
    danger: 'looks',
    when: snapshot => shownCommit(snapshot) !== null,
    run: ({ room, copy }) => {
      const commit = shownCommit(room.snapshot())
      if (commit) void copy(jsonLines(commit), `commit ${commit.seq}`)
    },
  },
]
