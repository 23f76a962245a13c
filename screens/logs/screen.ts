// The journal of a node as the room knows it.
import type { Screen } from '../room/screen.ts'
import { logsActions } from './actions.ts'
import type { Book } from './book.ts'
import { feedLogs } from './feed.ts'
import { logsHead, logsQuiet } from './head.ts'
import { moveLogs } from './move.ts'
import { settingOf } from './setting.ts'
import { firstLogs, type LogsState, restoreLogs } from './state.ts'
import { logsRows } from './view.ts'

export const logsScreen: Screen<LogsState, Book | null> = {
  title: 'journal of a node',
  key: null,
  initial: firstLogs,
  nothing: null,
  restore: restoreLogs,
  // Below the node's own page its name stands there already.
  subject: (name, { view }) =>
    view.path.some(place => place.screen === 'node' && place.subject === name) ? ['journal'] : [name, 'journal'],
  head: logsHead,
  quiet: logsQuiet,
  // It says which part of the journal is read.
  narrows: () => true,
  rows: logsRows,
  move: moveLogs,
  nodes: snapshot => {
    const setting = settingOf(snapshot)
    return setting === null ? [] : [setting.node]
  },
  undo(room) {
    const { filter, marked } = room.snapshot().view.screens.logs
    if (filter === '' && marked.length === 0) return false
    room.set('logs', filter === '' ? { marked: [] } : { filter: '' })
    return true
  },
  actions: logsActions,
  feed: feedLogs,
}
