// Drift as the room knows it: what the clouds hold against what the fleet file and the records say.
import { record, text } from '../room/restore.ts'
import type { Screen } from '../room/screen.ts'
import { createTheme } from '../theme/tokens.ts'
import { movedOn } from '../widgets/lines.ts'
import { driftActions } from './actions.ts'
import { feedDrift } from './feed.ts'
import { type DriftFound, type DriftState, nothingFound } from './state.ts'
import { driftHead, driftLines, driftRows, pointedFinding } from './view.ts'

/** How many lines there are does not depend on how they look. */
const plain = createTheme('none', 'ascii')

const first: DriftState = { selected: null, scroll: 0, filter: '' }

export const driftScreen: Screen<DriftState, DriftFound> = {
  title: 'drift',
  key: null,
  isNamed: true,
  initial: first,
  nothing: nothingFound,
  restore: kept => ({ ...first, filter: text(record(kept).filter, '') }),
  subject: id => id,
  head: driftHead,
  quiet: () => null,
  rows: driftRows,
  move(room, where, height) {
    const snapshot = room.snapshot()
    room.set('drift', movedOn(driftLines(snapshot, plain), snapshot.view.screens.drift, where, height))
  },
  nodes(snapshot) {
    const node = pointedFinding(snapshot, plain)?.node ?? null
    return node !== null && Object.hasOwn(snapshot.live.fleet.nodes, node) ? [node] : []
  },
  copies(snapshot) {
    const finding = pointedFinding(snapshot, plain)
    if (finding === null) return []
    return [
      { label: 'id', lines: [finding.id] },
      { label: 'what to do', lines: [finding.remedy] },
    ]
  },
  undo(room) {
    if (room.snapshot().view.screens.drift.filter === '') return false
    room.set('drift', { filter: '', scroll: 0 })
    return true
  },
  actions: driftActions,
  feed: feedDrift,
}
