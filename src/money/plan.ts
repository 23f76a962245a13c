// What planned machines would cost, and whether the ceiling bears them: for the plan that is shown before anything is
// created, and for the guard that refuses. The ceiling is of a month, so two sums count: this month's projection with
// them, and a whole month of everything. Else a fleet that is launched on the 28th would pass any ceiling.
import type { PlannedResource } from '../../infra/clouds/shapes.ts'
import { formatAmount } from '../../state/primitives/money.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { PlannedNode, ProvisionPlan } from '../machines/shapes.ts'
import type { PriceBook } from './book.ts'
import { ceilingOf } from './budget.ts'
import { resourceLine, usualResources } from './declared.ts'
import { type MonthWindow, monthOf, monthWindow } from './month.ts'
import { costReport } from './report.ts'
import { inBudget, isPaid, launchesUnderWay, type PlannedMachine, type PricedSpec, spendingWith } from './spending.ts'

type PlannedLine = PlannedNode['lines'][number]

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
  const report = costReport({ ...world, month: null })
  // What others have just asked for and does not run yet is spent too: two launches at once must not both pass.
  const underWay = launchesUnderWay(world.state, new Set(machines.map(one => one.node)))
  const before = inBudget(spendingWith(report, underWay, world), budget)
  const after = inBudget(spendingWith(report, [...underWay, ...machines], world), budget)
  const shown = (which: 'month' | 'whole') => ({
    currency: budget.currency,
    beforeMicros: before.incomplete ? null : before[which],
    afterMicros: after.incomplete ? null : after[which],
  })
  const worse = Math.max(after.month, after.whole)
  const ceiling = ceilingOf(budget, worse, after.incomplete)
  for (const currency of after.without) {
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

function roundToCents(micros: number): number {
  return Math.round(micros / 10_000) * 10_000
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
