// How the operator looks at the fleet as a whole.
import { boolean, oneOf, record, text, texts } from '../room/restore.ts'

export type Density = 'auto' | 'tiles' | 'compact' | 'table' | 'heat'
export const densities: readonly Density[] = ['auto', 'tiles', 'compact', 'table', 'heat']

/** In the order in which a table shows them. */
export const columnIds = [
  'health',
  'node',
  'region',
  'city',
  'provider',
  'type',
  'mesh',
  'http',
  'ssh',
  'tls',
  'cpu',
  'ram',
  'disk',
  'spark',
  'heartbeat',
  'generation',
  'tags',
  'address',
  'since',
  'why',
] as const
export type ColumnId = (typeof columnIds)[number]

export const groupings = ['none', 'region', 'provider', 'tag', 'batch', 'health'] as const
export type Grouping = (typeof groupings)[number]

export interface Sort {
  /** `faults`: trouble first, then by region. */
  by: ColumnId | 'faults'
  isReversed: boolean
  /** ms since the epoch: when the operator asked for it. From then on the order is renewed at a calm pace. */
  since: number
}

export interface OverviewState {
  /** Node under the cursor; kept by name, so that the selection never jumps when the order changes. */
  selected: string | null
  filter: string
  faultsOnly: boolean
  density: Density
  /** First unit (heading, row of tiles, line) that is shown. */
  scroll: number
  /** Columns of the table; null: those that the width has room for. */
  columns: readonly ColumnId[] | null
  sort: Sort
  group: Grouping
  /** Names, in the order in which they were marked; some may have left the fleet since. */
  marked: readonly string[]
  /** Where a range of marks begins. */
  lastMarked: string | null
  /** The moment that is looked at, ms since the epoch; null: now. Never kept: nobody must take yesterday for today. */
  at: number | null
}

/** Marks of a whole fleet. */
const mostMarks = 20_000

export const firstOverview: OverviewState = {
  selected: null,
  filter: '',
  faultsOnly: false,
  density: 'auto',
  scroll: 0,
  columns: null,
  sort: { by: 'faults', isReversed: false, since: 0 },
  group: 'none',
  marked: [],
  lastMarked: null,
  at: null,
}

export function restoreOverview(kept: unknown): OverviewState {
  const { selected, filter, faultsOnly, density, columns, sort, group, marked } = record(kept)
  const { by, isReversed } = record(sort)
  const known = texts(columns)
  const chosen = columnIds.filter(id => known.includes(id))
  return {
    ...firstOverview,
    selected: text(selected, null),
    filter: text(filter, ''),
    faultsOnly: boolean(faultsOnly, false),
    density: oneOf(densities, density, 'auto'),
    columns: chosen.length > 0 ? chosen : null,
    sort: { by: oneOf(['faults', ...columnIds], by, 'faults'), isReversed: boolean(isReversed, false), since: 0 },
    group: oneOf(groupings, group, 'none'),
    marked: [...new Set(texts(marked, mostMarks))],
  }
}
