// How the operator looks at the fleet as a whole.
import { boolean, oneOf, record, text } from '../room/restore.ts'

export type Density = 'auto' | 'tiles' | 'compact' | 'table' | 'heat'
export const densities: readonly Density[] = ['auto', 'tiles', 'compact', 'table', 'heat']

export interface OverviewState {
  /** Node under the cursor; kept by name, so that the selection never jumps when the order changes. */
  selected: string | null
  filter: string
  faultsOnly: boolean
  density: Density
  /** First unit (row of tiles, line) that is shown. */
  scroll: number
}

export const firstOverview: OverviewState = {
  selected: null,
  filter: '',
  faultsOnly: false,
  density: 'auto',
  scroll: 0,
}

export function restoreOverview(kept: unknown): OverviewState {
  const { selected, filter, faultsOnly, density } = record(kept)
  return {
    ...firstOverview,
    selected: text(selected, null),
    filter: text(filter, ''),
    faultsOnly: boolean(faultsOnly, false),
    density: oneOf(densities, density, 'auto'),
  }
}
