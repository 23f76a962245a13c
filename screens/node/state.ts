// How the operator looks at one node.
import { oneOf, record } from '../room/restore.ts'

export type ChartWindow = '10 m' | '1 h' | '24 h' | '7 d'
export const chartWindows: readonly ChartWindow[] = ['10 m', '1 h', '24 h', '7 d']

export interface NodeState {
  /** First line of the page that is shown. */
  scroll: number
  /** Span of the chart; null: as long as there is something to see. */
  window: ChartWindow | null
}

export const firstNode: NodeState = { scroll: 0, window: null }

export function restoreNode(kept: unknown): NodeState {
  return { ...firstNode, window: oneOf(chartWindows, record(kept).window, null) }
}
