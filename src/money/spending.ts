// What a month comes to with machines that do not run yet: of this month what is left, and a whole month of everything.
import type { MachineSpec, PlannedResource } from '../../infra/clouds/shapes.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { accrue } from './accrue.ts'
import type { PriceBook } from './book.ts'
import { convert, type Sum } from './budget.ts'
import { resourceLine, usualResources } from './declared.ts'
import { rounded } from './exact.ts'
import { rateOf } from './ledger.ts'
import { type MonthWindow, monthOf, monthWindow } from './month.ts'
import type { CostLine, CostReport } from './shapes.ts'

export type PricedSpec = Pick<MachineSpec, 'provider' | 'region' | 'type' | 'diskGb' | 'ipv4'>

export interface PlannedMachine {
  node: string
  spec: PricedSpec
  /** As the adapter's `prepare` says it; null: what such machines usually have. */
  resources: readonly PlannedResource[] | null
}

interface Spending {
  month: Sum[]
  whole: Sum[]
  /** Something has no price, so that both are lower bounds. */
  incomplete: boolean
}

/** Launches that are asked for and have made nothing yet, but for nodes that are planned anew. */
export function launchesUnderWay(state: FleetState, but: ReadonlySet<string>): PlannedMachine[] {
  return Object.values(state.machines.open).flatMap(op => {
    if (op.kind !== 'launch' || op.machine !== null || op.cancelled || but.has(op.node)) return []
    return [{ node: op.node, spec: op.spec, resources: op.prepared?.resources ?? null }]
  })
}

export function spendingWith(
  report: CostReport,
  machines: readonly PlannedMachine[],
  { book, now }: { book: PriceBook; now: number },
): Spending {
  const window = monthWindow(monthOf(now))
  const planned = new Set(machines.map(one => one.node))
  // A node that is declared live and was never seen is counted as if it ran all month: not twice.
  const others = report.lines.filter(line => !(line.node !== null && planned.has(line.node) && isDeclared(line)))
  const added = machines.flatMap(machine => addedBy(machine, book, window, now))
  const nothingSaid = report.unknown.some(
    one => one.what.startsWith('the machine') && !(one.node !== null && planned.has(one.node)),
  )
  return {
    month: [...others.flatMap(line => sumOf(line.currency, line.projectionMicros)), ...added.flatMap(one => one.month)],
    whole: [
      ...others.filter(line => line.running).flatMap(line => sumOf(line.currency, line.monthlyMicros)),
      ...added.flatMap(one => one.whole),
    ],
    incomplete: nothingSaid || others.some(line => line.projectionMicros === null) || added.some(one => !one.isPriced),
  }
}

/** Both sums in the budget's currency. */
export function inBudget(
  spending: Spending,
  budget: NonNullable<Fleet['budget']>,
): { month: number; whole: number; incomplete: boolean; without: string[] } {
  const month = convert(spending.month, budget)
  const whole = convert(spending.whole, budget)
  const without = [...new Set([...month.without, ...whole.without])]
  return {
    month: month.known.projectionMicros,
    whole: whole.known.projectionMicros,
    incomplete: spending.incomplete || without.length > 0,
    without,
  }
}

/** A machine that starts now, counted as the ledger will count it. */
function addedBy(
  { node, spec, resources }: PlannedMachine,
  book: PriceBook,
  window: MonthWindow,
  now: number,
): { month: Sum[]; whole: Sum[]; isPriced: boolean }[] {
  return (resources ?? usualResources(spec)).filter(isPaid).map(resource => {
    const { provider, region } = spec
    const { line } = resourceLine({ node, provider, region }, resource, book, window)
    const price = book.find(provider, region, resource.kind, resource.sku)
    const rates = price ? [rateOf(price, now)] : []
    const begin = { id: node, node, from: now, fromSource: 'provider' as const, to: null, pauses: [] }
    const rest = accrue({ ...resource, ...begin, provider, region, rates }, rates, window, window.to) ?? []
    return {
      month: rest.flatMap(one => sumOf(one.currency, rounded(one.micros))),
      whole: sumOf(line.currency, line.monthlyMicros),
      isPriced: line.monthlyMicros !== null,
    }
  })
}

export function isPaid(resource: PlannedResource): boolean {
  return resource.kind !== 'group' && resource.kind !== 'key'
}

/** By declaration and not by the ledger, which takes over once the machine runs. */
function isDeclared(line: CostLine): boolean {
  return line.resource === 'declared' || line.source.startsWith('declared, not seen')
}

function sumOf(currency: string, micros: number | null): Sum[] {
  return micros === null || currency === '' ? [] : [{ currency, accruedMicros: 0, projectionMicros: micros }]
}
