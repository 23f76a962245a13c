// Commands that were run, as the room knows them: the list, and the page of one.

import { quoteWords } from '../../state/primitives/argv.ts'
import { record, text } from '../room/restore.ts'
import type { Screen } from '../room/screen.ts'
import { createTheme } from '../theme/tokens.ts'
import { type LinesState, movedOn } from '../widgets/lines.ts'
import { cut } from '../widgets/row.ts'
import { runActions, runsActions } from './actions.ts'
import { feedRuns } from './feed.ts'
import type { Progress, RunsState } from './state.ts'
import { pointedNode, runHead, runListLines, runListRows, runPageLines, runPageRows, runsHead } from './view.ts'

/** How many lines there are does not depend on how they look. */
const plain = createTheme('none', 'ascii')

const firstRuns: RunsState = { selected: null, scroll: 0, filter: '' }

export const runsScreen: Screen<RunsState, null> = {
  title: 'runs',
  key: null,
  isNamed: true,
  initial: firstRuns,
  nothing: null,
  restore(kept) {
    const { selected, filter } = record(kept)
    return { ...firstRuns, selected: text(selected, null), filter: text(filter, '') }
  },
  subject: id => id,
  head: runsHead,
  quiet: () => null,
  rows: runListRows,
  move(room, where, height) {
    const snapshot = room.snapshot()
    room.set('runs', movedOn(runListLines(snapshot, plain), snapshot.view.screens.runs, where, height))
  },
  nodes: () => [],
  undo(room) {
    if (room.snapshot().view.screens.runs.filter === '') return false
    room.set('runs', { filter: '', scroll: 0 })
    return true
  },
  actions: runsActions,
}

const firstRun: LinesState = { selected: null, scroll: 0 }
const nothing: Progress = { outcomes: {}, firstLines: {} }

export const runScreen: Screen<LinesState, Progress> = {
  title: 'run',
  key: null,
  initial: firstRun,
  nothing,
  restore: () => firstRun,
  subject(id, { state }) {
    const run = state.exec.open[id] ?? state.exec.closed.find(one => one.id === id)
    return run ? cut(quoteWords(run.argv), 30) : 'run'
  },
  head: runHead,
  quiet: () => null,
  rows: runPageRows,
  move(room, where, height) {
    const snapshot = room.snapshot()
    room.set('run', movedOn(runPageLines(snapshot, plain), snapshot.view.screens.run, where, height))
  },
  nodes(snapshot) {
    const node = pointedNode(snapshot, plain)
    return node !== null && Object.hasOwn(snapshot.live.fleet.nodes, node) ? [node] : []
  },
  undo: () => false,
  actions: runActions,
  feed: feedRuns,
}
