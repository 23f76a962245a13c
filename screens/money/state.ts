// How money is looked at, and what was asked for it. Pure.
import type { CostReport } from '../../src/money/shapes.ts'
import type { UptimeRow } from '../../state/history/history.ts'
import { oneOf, record, text } from '../room/restore.ts'
import type { Snapshot } from '../room/room.ts'
import type { LinesState } from '../widgets/lines.ts'

export const groupings = ['node', 'region', 'provider'] as const
export type Grouping = (typeof groupings)[number]
export const sortings = ['monthly', 'accrued', 'projection', 'uptime', 'name', 'region'] as const
export type Sorting = (typeof sortings)[number]

export interface MoneyState extends LinesState {
  filter: string
  group: Grouping
  sort: Sorting
  isReversed: boolean
  /** `2026-10`; null: the current one. */
  month: string | null
  /** Rows whose lines are shown, by key. */
  expanded: readonly string[]
}

export const firstMoney: MoneyState = {
  selected: null,
  scroll: 0,
  filter: '',
  group: 'node',
  sort: 'monthly',
  isReversed: false,
  month: null,
  expanded: [],
}

/** The month is not kept: who comes back wants to see the current one. */
export function restoreMoney(kept: unknown): MoneyState {
  const { selected, filter, group, sort, isReversed } = record(kept)
  return {
    ...firstMoney,
    selected: text(selected, null),
    filter: text(filter, ''),
    group: oneOf(groupings, group, 'node'),
    sort: oneOf(sortings, sort, 'monthly'),
    isReversed: isReversed === true,
  }
}

export const uptimeWindows = ['24 h', '7 d', '30 d'] as const
export type UptimeWindow = (typeof uptimeWindows)[number]
export const windowMs: Readonly<Record<UptimeWindow, number>> = {
  '24 h': 86_400_000,
  '7 d': 7 * 86_400_000,
  '30 d': 30 * 86_400_000,
}
export type Uptimes = Readonly<Record<UptimeWindow, Readonly<Record<string, UptimeRow>>>>

export interface MoneyFound {
  /** Of the current month: the header of every screen shows it too. */
  current: CostReport | null
  /** Of another month that was asked for. */
  other: CostReport | null
  uptime: Uptimes | null
  /** Why the last asking failed; what was known before is still shown. */
  failed: string | null
}

export const nothingFound: MoneyFound = { current: null, other: null, uptime: null, failed: null }

/** The report that is on the screen; null: it has not been answered yet. */
export function shownReport({ view, found }: Pick<Snapshot, 'view' | 'found'>): CostReport | null {
  const { month } = view.screens.money
  const { current, other } = found.money
  if (month === null || month === current?.month) return current
  return other?.month === month ? other : null
}
