// The overview as the room knows it.
import type { Screen } from '../room/screen.ts'
import { overviewActions } from './actions.ts'
import { overviewHead, overviewQuiet } from './head.ts'
import { moveOverview } from './move.ts'
import { firstOverview, type OverviewState, restoreOverview } from './state.ts'
import { arrange, overviewRows } from './view.ts'

export const overviewScreen: Screen<OverviewState, null> = {
  title: 'overview',
  key: '1',
  initial: firstOverview,
  nothing: null,
  restore: restoreOverview,
  subject: name => name,
  head: overviewHead,
  quiet: overviewQuiet,
  rows: (snapshot, height, theme) => overviewRows(arrange(snapshot, height), snapshot, height, theme),
  move: moveOverview,
  nodes: ({ view }) => (view.screens.overview.selected === null ? [] : [view.screens.overview.selected]),
  undo(room) {
    const { filter, faultsOnly } = room.snapshot().view.screens.overview
    if (filter === '' && !faultsOnly) return false
    room.set('overview', { filter: '', faultsOnly: false, scroll: 0 })
    return true
  },
  actions: overviewActions,
}
