// A node's page as the room knows it.
import type { Screen } from '../room/screen.ts'
import { placeOf } from '../room/view.ts'
import { nodeActions } from './actions.ts'
import type { Chart } from './chart.ts'
import { copyChoices } from './copy.ts'
import { entryAt } from './entries.ts'
import { feedNode } from './feed.ts'
import { nodeHead } from './head.ts'
import { moveNode } from './move.ts'
import { firstNode, type NodeState, restoreNode } from './state.ts'
import { nodeRows } from './view.ts'

export const nodeScreen: Screen<NodeState, Chart | null> = {
  title: 'node',
  key: null,
  initial: firstNode,
  nothing: null,
  restore: restoreNode,
  subject: name => name,
  head: nodeHead,
  // The page begins with its facts.
  quiet: () => null,
  rows: nodeRows,
  move: moveNode,
  nodes: ({ view, live }) => {
    const { subject } = placeOf(view)
    return subject !== null && live.fleet.nodes[subject] ? [subject] : []
  },
  incident(snapshot) {
    const entry = entryAt(snapshot)
    // On one that is over the actions are about what is open of the node, as on every other row.
    return entry?.kind === 'incident' && entry.incident.resolved === null ? entry.incident.id : null
  },
  copies: snapshot => copyChoices(snapshot),
  undo: () => false,
  actions: nodeActions,
  feed: feedNode,
}
