// How the operator looks at the fleet: what is on the screen, selected, filtered. Nothing of it changes the fleet.

export type Density = 'auto' | 'tiles' | 'compact' | 'table' | 'heat'
export const densities: readonly Density[] = ['auto', 'tiles', 'compact', 'table', 'heat']

export type ChartWindow = '10 m' | '1 h' | '24 h' | '7 d'
export const chartWindows: readonly ChartWindow[] = ['10 m', '1 h', '24 h', '7 d']

/** A line that is being typed; keys are text while there is one. */
export type Prompt =
  | { kind: 'filter'; before: string }
  /** A list of what can be done, searched by typing: help shows all of it, the palette also names nodes. */
  | { kind: 'help' | 'palette'; query: string; at: number }

export interface View {
  screen: 'overview' | 'node'
  /** Node under the cursor; kept by name, so that the selection never jumps when the order changes. */
  selected: string | null
  filter: string
  faultsOnly: boolean
  density: Density
  /** First unit (row of tiles, line) of the overview that is shown. */
  scroll: number
  /** First line of a node's page that is shown. */
  nodeScroll: number
  /** Span of the chart; null: as long as there is something to see. */
  window: ChartWindow | null
  prompt: Prompt | null
  toast: string | null
}

export const firstView: View = {
  screen: 'overview',
  selected: null,
  filter: '',
  faultsOnly: false,
  density: 'auto',
  scroll: 0,
  nodeScroll: 0,
  window: null,
  prompt: null,
  toast: null,
}
