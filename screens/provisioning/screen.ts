// The plan of what provisioning would create, as the room knows it: opened from nodes, left by `esc`.
import type { Screen } from '../room/screen.ts'
import { createTheme } from '../theme/tokens.ts'
import { type LinesState, movedOn } from '../widgets/lines.ts'
import { cut } from '../widgets/row.ts'
import { provisioningActions } from './actions.ts'
import { feedProvisioning } from './feed.ts'
import type { PlanFound } from './state.ts'
import { planHead, planLines, planRows } from './view.ts'

/** How many lines there are does not depend on how they look. */
const plain = createTheme('none', 'ascii')

const first: LinesState = { selected: null, scroll: 0 }

export const provisioningScreen: Screen<LinesState, PlanFound | null> = {
  title: 'plan',
  key: null,
  initial: first,
  nothing: null,
  restore: () => first,
  subject(subject) {
    const nodes = subject.split(' ').filter(Boolean)
    return ['plan', nodes.length === 1 ? cut(nodes[0] ?? '', 30) : `${nodes.length} nodes`]
  },
  head: planHead,
  quiet: () => null,
  rows: planRows,
  move(room, where, height) {
    const snapshot = room.snapshot()
    room.set('provisioning', movedOn(planLines(snapshot, plain), snapshot.view.screens.provisioning, where, height))
  },
  nodes: () => [],
  undo: () => false,
  actions: provisioningActions,
  feed: feedProvisioning,
}
