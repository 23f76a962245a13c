// The overview as the room knows it.
import type { Screen } from '../room/screen.ts'
import { overviewActions } from './actions.ts'
import { copiesOf } from './copy.ts'
import { feedOverview } from './feed.ts'
import { overviewHead, overviewQuiet } from './head.ts'
import { type Past, seen } from './lens.ts'
import { actedOn } from './marks.ts'
import { moveOverview } from './move.ts'
import { firstOverview, type OverviewState, restoreOverview } from './state.ts'
import { pastNotice } from './timeline.ts'
import { overviewRows } from './view.ts'

export const overviewScreen: Screen<OverviewState, Past | null> = {
  title: 'overview',
  key: '1',
  initial: firstOverview,
  nothing: null,
  restore: restoreOverview,
  subject: name => name,
  head: overviewHead,
  quiet: (snapshot, theme) => overviewQuiet(seen(snapshot), theme),
  notice: pastNotice,
  lens: seen,
  rows: overviewRows,
  move: moveOverview,
  nodes: actedOn,
  narrows({ view }) {
    const { filter, faultsOnly, marked } = view.screens.overview
    return filter !== '' || faultsOnly || marked.length > 0
  },
  copies: copiesOf,
  /** Marks first: they decide what is acted on. Then back to now, then to all that there is. */
  undo(room) {
    const { filter, faultsOnly, marked, at } = room.snapshot().view.screens.overview
    if (marked.length > 0) room.set('overview', { marked: [], lastMarked: null })
    else if (at !== null) room.set('overview', { at: null, scroll: 0 })
    else if (filter !== '' || faultsOnly) room.set('overview', { filter: '', faultsOnly: false, scroll: 0 })
    else return false
    return true
  },
  actions: overviewActions,
  feed: feedOverview,
}
