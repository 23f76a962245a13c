// What planned machines would cost, and whether the ceiling bears them: for the plan that is shown before anything is
// created, and for the guard that refuses. The ceiling is of a month, so two sums count: this month's projection with
// them, and a whole month of everything. Else a fleet that is launched on the 28th would pass any ceiling.
import type { MachineSpec, PlannedResource } from '../../infra/clouds/shapes.ts'
import { formatAmount } from '../../state/primitives/money.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { PlannedNode, ProvisionPlan } from '../machines/shapes.ts'
import { accrue } from './accrue.ts'
import type { PriceBook } from './book.ts'
import { ceilingOf, convert, type Sum } from './budget.ts'
import { resourceLine, usualResources } from './declared.ts'
import { rounded } from './exact.ts'
import { rateOf } from './ledger.ts'
import { type MonthWindow, monthOf, monthWindow } from './month.ts'
import { costReport } from './report.ts'
import type { CostLine } from './shapes.ts'

export type PricedSpec = Pick<MachineSpec, 'provider' | 'region' | 'type' | 'diskGb' | 'ipv4'>
type PlannedLine = PlannedNode['lines'][number]

export interface PlannedMachine {
  node: string
  spec: PricedSpec
  /** As the adapter's `prepare` says it; null: what such machines usually have. */
  resources: readonly PlannedResource[] | null
}

export interface MoneyWorld {
  fleet: Fleet
  state: FleetState
  book: PriceBook
  now: number
}

export interface PlanMoney {
  nodes: { node: string; lines: PlannedLine[] }[]
  monthly: ProvisionPlan['monthly']
  /** This month's, in the budget's currency. */
  projection: ProvisionPlan['projection']
  /** A whole month of all that runs, in the budget's currency. */
  wholeMonth: ProvisionPlan['projection']
  verdict: ProvisionPlan['verdict']
  /** The worse of the two sums less the ceiling; null: no budget, or not known. */
  overMicros: number | null
  warnings: string[]
}

/** Lines of one machine, a whole month of this length. */
export function priceOfSpec(
  spec: PricedSpec,
  resources: readonly PlannedResource[] | null,
  book: PriceBook,
  window: MonthWindow,
): PlannedLine[] {
  return (resources ?? usualResources(spec)).filter(isPaid).map(resource => {
    const { line } = resourceLine({ node: null, provider: spec.provider, region: spec.region }, resource, book, window)
    const { sku, quantity, currency, monthlyMicros, pricedAt } = line
    const source = line.source.replace('declared, not seen; ', '')
    return { resource: resource.kind, sku, quantity, currency, monthlyMicros, source, pricedAt }
  })
}

export function planMoney(world: MoneyWorld, machines: readonly PlannedMachine[]): PlanMoney {
  const { fleet, book, now } = world
  const window = monthWindow(monthOf(now))
  const nodes = machines.map(({ node, spec, resources }) => ({
    node,
    lines: priceOfSpec(spec, resources, book, window),
  }))
  const lines = nodes.flatMap(one => one.lines)
  const unpriced = lines.filter(line => line.monthlyMicros === null)
  const monthly = monthlyOf(lines)
  const warnings = unpriced.map(line => `no price of ${line.resource} ${line.sku} is known`)
  if (!fleet.budget) {
    return {
      nodes,
      monthly,
      projection: null,
      wholeMonth: null,
      verdict: 'no-budget',
      overMicros: null,
      warnings: unique(warnings),
    }
  }
  const { budget } = fleet
  const before = costReport({ ...world, month: null })
  const planned = new Set(machines.map(one => one.node))
  // A node that is declared live and was never seen is counted as if it ran all month: not twice.
  const others = before.lines.filter(line => !(line.node !== null && planned.has(line.node) && isDeclared(line)))
  const rest = machines.flatMap(machine => restOfMonth(machine, book, window, now))
  const sums = {
    before: { month: projectionSums(before.lines), whole: wholeSums(before.lines) },
    after: { month: [...projectionSums(others), ...rest], whole: [...wholeSums(others), ...plannedSums(lines)] },
  }
  const known = {
    month: { before: convert(sums.before.month, budget), after: convert(sums.after.month, budget) },
    whole: { before: convert(sums.before.whole, budget), after: convert(sums.after.whole, budget) },
  }
  const incompleteBefore = before.lines.some(hasNoFigure) || hasUnpriced(before.unknown)
  const incomplete =
    others.some(hasNoFigure) ||
    hasUnpriced(before.unknown, planned) ||
    unpriced.length > 0 ||
    known.month.after.without.length > 0
  const shown = (which: 'month' | 'whole') => ({
    currency: budget.currency,
    beforeMicros:
      incompleteBefore || known[which].before.without.length > 0 ? null : known[which].before.known.projectionMicros,
    afterMicros: incomplete ? null : known[which].after.known.projectionMicros,
  })
  const worse = Math.max(known.month.after.known.projectionMicros, known.whole.after.known.projectionMicros)
  const ceiling = ceilingOf(budget, worse, incomplete)
  for (const currency of known.month.after.without) {
    warnings.push(
      `the fleet file says no rate from ${currency} to ${budget.currency}: what is in ${currency} is not in the sum`,
    )
  }
  if (ceiling.verdict === 'over') warnings.push(overText(ceiling, worse))
  return {
    nodes,
    monthly,
    projection: shown('month'),
    wholeMonth: shown('whole'),
    verdict: ceiling.verdict,
    overMicros: ceiling.overMicros,
    warnings: unique(warnings),
  }
}

/** Why a launch is refused for its price; null: it is not. What has no price refuses nothing, it is told beforehand. */
export function judgeBudget(
  world: MoneyWorld,
  machines: readonly PlannedMachine[],
): { why: string; remedy: string } | null {
  const plan = planMoney(world, machines)
  if (plan.verdict !== 'over') return null
  const why = plan.warnings.find(warning => warning.includes('ceiling')) ?? 'the ceiling of the budget is passed'
  return { why, remedy: 'launch fewer, raise the ceiling in the fleet file, or say that it may pass the budget' }
}

function overText(ceiling: ReturnType<typeof ceilingOf>, worse: number): string {
  const amount = (micros: number) => `${formatAmount(roundToCents(micros))} ${ceiling.currency}`
  return `with them a month costs ${amount(worse)}, ${amount(ceiling.overMicros ?? 0)} over the ceiling of ${amount(ceiling.micros)}`
}

/** What is still to come this month of a machine that starts now, counted as the ledger will count it. */
function restOfMonth(machine: PlannedMachine, book: PriceBook, window: MonthWindow, now: number): Sum[] {
  const { spec } = machine
  return (machine.resources ?? usualResources(spec)).flatMap(resource => {
    const price = book.find(spec.provider, spec.region, resource.kind, resource.sku)
    if (!price) return []
    const lifetime = {
      ...resource,
      id: machine.node,
      node: machine.node,
      provider: spec.provider,
      region: spec.region,
      from: now,
      fromSource: 'provider' as const,
      to: null,
      rates: [rateOf(price, now)],
      pauses: [],
    }
    const found = accrue(lifetime, lifetime.rates, window, window.to) ?? []
    return found.map(one => ({ currency: one.currency, accruedMicros: 0, projectionMicros: rounded(one.micros) }))
  })
}

function monthlyOf(lines: readonly PlannedLine[]): PlanMoney['monthly'] {
  const known = new Map<string, number | null>()
  for (const { currency, monthlyMicros } of lines) {
    if (currency === '') continue
    const before = known.get(currency)
    const sum = before === null || monthlyMicros === null ? null : (before ?? 0) + monthlyMicros
    known.set(currency, sum)
  }
  // A price that is missing has no currency either: no sum is whole then.
  const whole = lines.every(line => line.monthlyMicros !== null)
  return [...known].map(([currency, micros]) => ({ currency, micros: whole ? micros : null }))
}

function isPaid(resource: PlannedResource): boolean {
  return resource.kind !== 'group' && resource.kind !== 'key'
}

function isDeclared(line: CostLine): boolean {
  return line.resource !== 'declared' && line.accruedMicros === null && line.source.startsWith('declared, not seen')
}

function hasNoFigure(line: CostLine): boolean {
  return line.projectionMicros === null
}

/** Nodes that have no line at all, since nothing is known of them. */
function hasUnpriced(
  unknown: readonly { node: string | null; what: string }[],
  planned: ReadonlySet<string> = new Set(),
): boolean {
  return unknown.some(one => one.what.startsWith('the machine') && !(one.node !== null && planned.has(one.node)))
}

function projectionSums(lines: readonly CostLine[]): Sum[] {
  return lines
    .map(line => ({ currency: line.currency, accruedMicros: 0, projectionMicros: line.projectionMicros ?? 0 }))
    .filter(hasCurrency)
}

function wholeSums(lines: readonly CostLine[]): Sum[] {
  return lines
    .filter(line => line.running)
    .map(line => ({ currency: line.currency, accruedMicros: 0, projectionMicros: line.monthlyMicros ?? 0 }))
    .filter(hasCurrency)
}

function plannedSums(lines: readonly PlannedLine[]): Sum[] {
  return lines
    .map(line => ({ currency: line.currency, accruedMicros: 0, projectionMicros: line.monthlyMicros ?? 0 }))
    .filter(hasCurrency)
}

function hasCurrency(sum: Sum): boolean {
  return sum.currency !== ''
}

function roundToCents(micros: number): number {
  return Math.round(micros / 10_000) * 10_000
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
