// How the operator looks at one node.
import { oneOf, record, text } from '../room/restore.ts'
import type { ListState } from '../widgets/list.ts'

export type ChartWindow = '10 m' | '1 h' | '24 h' | '7 d' | '30 d'
export const chartWindows: readonly ChartWindow[] = ['10 m', '1 h', '24 h', '7 d', '30 d']

export interface NodeState extends ListState {
  /** Whose page the cursor is on: on another node's it begins at the top. */
  node: string | null
  /** Probe of the chart while the cursor is on another kind of row; null: the one that people look at first. */
  probe: string | null
  /** Value that was asked for, shown of every probe that has it; null: each probe's first. */
  value: string | null
  /** Span of the chart; null: as long as there is something to see. */
  window: ChartWindow | null
}

export const firstNode: NodeState = { node: null, selected: null, scroll: 0, probe: null, value: null, window: null }

export function restoreNode(kept: unknown): NodeState {
  const { node, selected, probe, value, window } = record(kept)
  return {
    ...firstNode,
    node: text(node, null),
    selected: text(selected, null),
    probe: text(probe, null),
    value: text(value, null),
    window: oneOf(chartWindows, window, null),
  }
}
