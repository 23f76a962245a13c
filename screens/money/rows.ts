// From the lines of a cost report to rows of a table: by node, region or provider, filtered and sorted. Amounts of two
// currencies are never one row. Pure.
import { isMonthOver } from '../../src/money/selectors.ts'
import type { CostLine, CostReport } from '../../src/money/shapes.ts'
import type { UptimeRow } from '../../state/history/history.ts'
import type { Snapshot } from '../room/room.ts'
import { filterBy } from '../widgets/filter.ts'
import { type Sum, sumOf } from './amounts.ts'
import { type Grouping, type Sorting, shownReport, type UptimeWindow, uptimeWindows, windowMs } from './state.ts'

export interface CostRow {
  key: string
  title: string
  /** Where every row is a node, that node. */
  node: string | null
  nodes: readonly string[]
  region: string
  provider: string
  currency: string
  lines: readonly CostLine[]
  accrued: Sum
  projection: Sum
  monthly: Sum
  /** Of what is known to cost a month in this currency, in percent; null: not known. */
  share: number | null
  uptime: Readonly<Record<UptimeWindow, Watched | null>>
}

export interface Watched {
  /** null: nothing was watched. */
  ratio: number | null
  coverage: number
}

export function costRows(snapshot: Snapshot): readonly CostRow[] {
  const { view, found, live, memo } = snapshot
  const { group, sort, isReversed, filter } = view.screens.money
  const report = shownReport(snapshot)
  const { uptime } = found.money
  return memo('cost rows', [report, uptime, group, sort, isReversed, filter, live.fleet], () => {
    if (report === null) return []
    const fits = filterBy(filter)
    const rows = grouped(report, group, snapshot).filter(row => filter === '' || fits(filterable(row, snapshot)))
    return rows.sort(orderOf(sort, isReversed, rows))
  })
}

function grouped(report: CostReport, group: Grouping, snapshot: Snapshot): CostRow[] {
  const groups = new Map<string, CostLine[]>()
  for (const line of report.lines) {
    const key = `${titleOf(line, group)}|${line.currency}`
    const lines = groups.get(key)
    if (lines) lines.push(line)
    else groups.set(key, [line])
  }
  const totals = new Map<string, number>()
  const isOver = isMonthOver(report.month, report.at)
  for (const [currency, lines] of Map.groupBy(report.lines, line => line.currency)) {
    totals.set(currency, monthSum(lines, isOver).micros ?? 0)
  }
  const rows = [...groups].map(([key, lines]) => rowOf(key, lines, { group, totals, isOver }, snapshot))
  return group === 'node' ? [...rows, ...withoutLines(report, rows, snapshot)] : rows
}

function titleOf(line: CostLine, group: Grouping): string {
  switch (group) {
    case 'node':
      return line.node ?? `no node: ${line.resource}`
    case 'region':
      return line.region
    case 'provider':
      return line.provider
  }
}

function rowOf(
  key: string,
  lines: readonly CostLine[],
  { group, totals, isOver }: { group: Grouping; totals: ReadonlyMap<string, number>; isOver: boolean },
  snapshot: Snapshot,
): CostRow {
  const [first] = lines
  const nodes = [...new Set(lines.flatMap(({ node }) => node ?? []))]
  const currency = first?.currency ?? ''
  const monthly = monthSum(lines, isOver)
  const total = totals.get(currency) ?? 0
  const region = [...new Set(lines.map(line => line.region))]
  const provider = [...new Set(lines.map(line => line.provider))]
  return {
    key,
    title: first ? titleOf(first, group) : key,
    node: group === 'node' ? (first?.node ?? null) : null,
    nodes,
    region: region.length === 1 ? (region[0] ?? '') : `${region.length} regions`,
    provider: provider.join(' '),
    currency,
    lines,
    accrued: sumOf(lines.map(({ accruedMicros }) => accruedMicros)),
    projection: sumOf(lines.map(({ projectionMicros }) => projectionMicros)),
    monthly,
    share: monthly.micros === null || total === 0 ? null : (monthly.micros / total) * 100,
    uptime: uptimeOf(nodes, snapshot),
  }
}

/**
 * A whole month of what runs: what ended or is stopped is in what was spent, and in no month to come. A month that is over
 * is what it came to.
 */
export function monthSum(lines: readonly CostLine[], isOver: boolean): Sum {
  if (isOver) return sumOf(lines.map(({ projectionMicros }) => projectionMicros))
  const running = lines.filter(line => line.running)
  return running.length === 0 ? { micros: 0, isWhole: true } : sumOf(running.map(({ monthlyMicros }) => monthlyMicros))
}

/** Nodes of which nothing is known but that: left out they would look free. */
function withoutLines(report: CostReport, rows: readonly CostRow[], snapshot: Snapshot): CostRow[] {
  const there = new Set(rows.flatMap(({ nodes }) => nodes))
  const names = new Set(report.unknown.flatMap(({ node }) => (node !== null && !there.has(node) ? node : [])))
  const nothing: Sum = { micros: null, isWhole: false }
  return [...names].map(name => {
    const node = snapshot.live.fleet.nodes[name]
    return {
      key: `${name}|`,
      title: name,
      node: name,
      nodes: [name],
      region: node?.region ?? '',
      provider: node?.provider ?? '',
      currency: '',
      lines: [],
      accrued: nothing,
      projection: nothing,
      monthly: nothing,
      share: null,
      uptime: uptimeOf([name], snapshot),
    }
  })
}

function uptimeOf(nodes: readonly string[], { found }: Snapshot): CostRow['uptime'] {
  const { uptime } = found.money
  const [day, week, month] = uptimeWindows.map(window => {
    const rows = nodes.map(node => uptime?.[window][node]).filter(row => row !== undefined)
    return rows.length === 0 ? null : together(rows, windowMs[window])
  })
  return { '24 h': day ?? null, '7 d': week ?? null, '30 d': month ?? null }
}

/** By the seconds that were watched, so that a gap is not an uptime: nor is what was before anybody watched. */
function together(rows: readonly UptimeRow[], ms: number): Watched {
  const sum = (of: (row: UptimeRow) => number) => rows.reduce((all, row) => all + of(row), 0)
  const well = sum(row => row.upS + row.degradedS)
  const judged = well + sum(row => row.downS)
  const watched = judged + sum(row => row.maintenanceS)
  const whole = (rows.length * ms) / 1_000
  return { ratio: judged === 0 ? null : well / judged, coverage: Math.min(1, watched / whole) }
}

function filterable(row: CostRow, { live }: Snapshot): { text: string; tags: readonly string[] } {
  const skus = row.lines.map(({ resource, sku }) => `${resource} ${sku}`).join(' ')
  const tags = row.nodes.flatMap(node => live.fleet.nodes[node]?.tags ?? [])
  return {
    text: `${row.title} ${row.nodes.join(' ')} ${row.region} ${row.provider} ${row.currency} ${skus}`.toLowerCase(),
    tags,
  }
}

/** The currency that most is spent in first; amounts from the dearest, what is not known before all others. */
function orderOf(sort: Sorting, isReversed: boolean, rows: readonly CostRow[]): (a: CostRow, b: CostRow) => number {
  const spent = new Map<string, number>()
  for (const { currency, monthly } of rows) spent.set(currency, (spent.get(currency) ?? 0) + (monthly.micros ?? 0))
  const turn = isReversed ? -1 : 1
  const byName = (a: CostRow, b: CostRow) => compare(a.title, b.title)
  const amount = (sum: Sum) => (sum.micros === null ? Number.POSITIVE_INFINITY : sum.micros)
  const byAmount = (of: (row: CostRow) => Sum) => (a: CostRow, b: CostRow) => {
    const known = Number(of(a).micros !== null) - Number(of(b).micros !== null)
    const currencies = (spent.get(b.currency) ?? 0) - (spent.get(a.currency) ?? 0) || compare(a.currency, b.currency)
    return known || currencies || compare(amount(of(b)), amount(of(a)))
  }
  const orders: Readonly<Record<Sorting, (a: CostRow, b: CostRow) => number>> = {
    monthly: byAmount(row => row.monthly),
    accrued: byAmount(row => row.accrued),
    projection: byAmount(row => row.projection),
    // Unknown before the worst, the worst before the rest.
    uptime: (a, b) => compare(a.uptime['30 d']?.ratio ?? -1, b.uptime['30 d']?.ratio ?? -1),
    name: byName,
    region: (a, b) => compare(a.region, b.region),
  }
  return (a, b) => turn * orders[sort](a, b) || byName(a, b)
}

function compare<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}
