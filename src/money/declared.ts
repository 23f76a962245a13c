// What nodes cost by what is declared of them: the fleet file's own `cost`, or type, address and disk at the book's price.
// For nodes that nobody has seen at a provider, for plans, and for another fleet file.
import type { PlannedResource, ProviderName, ResourceKind } from '../../infra/clouds/shapes.ts'
import type { PricedNode } from '../engine/engine.ts'
import type { FleetNode } from '../fleet/fleet.ts'
import { unitOf, wholeMonth } from './accrue.ts'
import type { PriceBook } from './book.ts'
import { type Exact, rounded, times, whole } from './exact.ts'
import type { MonthWindow } from './month.ts'
import { type Retired, retiredTypes } from './retired.ts'
import type { CostLine, CostReport, Rate } from './shapes.ts'

export type Unknown = CostReport['unknown'][number]

/** Public IPv4 under one name at every provider. */
export const publicIpv4 = 'public-ipv4'

/** Disk that a machine gets where nobody says otherwise; Hetzner's types have theirs inside. */
const usualDisk: Readonly<Partial<Record<string, { sku: string; gb: number }>>> = {
  aws: { sku: 'gp3', gb: 8 },
  gcp: { sku: 'pd-balanced', gb: 10 },
}

/** A node as far as its price goes. */
export function pricedNode(node: FleetNode): PricedNode {
  return {
    name: node.name,
    provider: node.provider,
    region: node.region,
    type: node.type,
    diskGb: node.diskGb ?? null,
    ipv4: node.ipv4 ?? true,
    lifecycle: node.lifecycle,
    cost: node.cost,
  }
}

/** What a machine of this kind is billed for, where the adapter has not said it yet. */
export function usualResources(
  what: Pick<PricedNode, 'provider' | 'diskGb' | 'ipv4'> & { type: string },
): PlannedResource[] {
  const disk = Object.hasOwn(usualDisk, what.provider) ? usualDisk[what.provider] : undefined
  return [
    { kind: 'instance', sku: what.type, quantity: 1 },
    ...(what.ipv4 ? [{ kind: 'ipv4' as const, sku: publicIpv4, quantity: 1 }] : []),
    ...(disk ? [{ kind: 'disk' as const, sku: disk.sku, quantity: what.diskGb ?? disk.gb }] : []),
  ]
}

export interface DeclaredLines {
  lines: CostLine[]
  /** Without a price, so that the projection is too low. */
  unknown: Unknown[]
}

/** Lines of a node that runs all month, as it is declared. Nothing is accrued: nobody has seen it run. */
export function declaredLines(node: PricedNode, book: PriceBook, window: MonthWindow, at: number): DeclaredLines {
  if (node.cost) return { lines: [declaredCost(node, node.cost, window, at)], unknown: [] }
  const { name, provider, region, type } = node
  const missing = (what: string, why: string): DeclaredLines => ({ lines: [], unknown: [{ node: name, what, why }] })
  if (provider === 'static') return missing('the machine', 'the fleet file says no `cost` of it')
  if (region === null) return missing('the machine', 'the fleet file says no region')
  if (type === null) return missing('the machine', 'the fleet file says no type')
  const priced = usualResources({ ...node, type }).map(resource =>
    resourceLine({ node: name, provider, region }, resource, book, window),
  )
  return { lines: priced.map(one => one.line), unknown: priced.flatMap(one => one.unknown ?? []) }
}

/** One resource that would run all month at the book's price. */
export function resourceLine(
  place: { node: string | null; provider: string; region: string },
  resource: PlannedResource,
  book: PriceBook,
  window: MonthWindow,
): { line: CostLine; monthly: Exact | null; unknown: Unknown | null } {
  const price = book.find(place.provider, place.region, resource.kind, resource.sku)
  const priced = { provider: providerOf(place.provider), kind: resource.kind, quantity: resource.quantity }
  const monthly = price ? wholeMonth(priced, price, window) : null
  const micros = monthly === null ? null : rounded(monthly)
  return {
    monthly,
    line: {
      ...place,
      resource: resource.kind,
      sku: resource.sku,
      quantity: resource.quantity,
      currency: price?.currency ?? '',
      ...unitPrice(priced, price),
      hours: null,
      accruedMicros: null,
      projectionMicros: micros,
      monthlyMicros: micros,
      source: price ? `declared, not seen; ${price.source}` : 'declared, not seen; no price is known',
      pricedAt: price?.at ?? null,
      running: true,
    },
    unknown: monthly === null ? noPrice(place, resource.kind, resource.sku, book) : null,
  }
}

/** A resource without a price, and what would help. */
export function noPrice(
  place: { node: string | null; provider: string; region: string },
  kind: ResourceKind,
  sku: string,
  book: PriceBook,
): Unknown {
  const what = `${kind} ${sku} in ${place.provider} ${place.region}`
  const retired: Retired | null = retiredTypes.find(one => one.provider === place.provider && one.type === sku) ?? null
  const successor = retired && book.find(place.provider, place.region, 'instance', retired.successor)
  const instead = retired
    ? `; ${sku} is retired (${retired.since})${successor ? `, ${retired.successor} has a price` : ''}`
    : ''
  return { node: place.node, what, why: `no price is known${instead}: read prices anew` }
}

/** The figures of a price as a line shows them. */
export function unitPrice(
  priced: { kind: ResourceKind },
  rate: Pick<Rate, 'hourlyNanos' | 'monthlyNanos'> | null,
): Pick<CostLine, 'unit' | 'unitPriceNanos' | 'unitPriceMicros'> {
  const unit = rate ? unitOf(priced, rate) : null
  const nanos = unit === null || rate === null ? null : unit === 'hour' ? rate.hourlyNanos : rate.monthlyNanos
  return {
    unit: unit ?? (priced.kind === 'disk' || priced.kind === 'snapshot' ? 'month' : 'hour'),
    unitPriceNanos: nanos,
    unitPriceMicros: nanos === null ? null : rounded({ n: BigInt(nanos), d: 1_000n }),
  }
}

/** A monthly sum that its owner knows, by the share of the month that is over. */
function declaredCost(
  node: PricedNode,
  cost: NonNullable<PricedNode['cost']>,
  window: MonthWindow,
  at: number,
): CostLine {
  const goneMs = Math.min(Math.max(Math.round(at), window.from), window.to) - window.from
  const share = { n: BigInt(goneMs), d: BigInt(window.to - window.from) }
  return {
    node: node.name,
    resource: 'declared',
    sku: 'cost',
    quantity: 1,
    provider: node.provider,
    region: node.region ?? '',
    currency: cost.currency,
    unit: 'month',
    unitPriceNanos: cost.monthlyMicros * 1_000,
    unitPriceMicros: cost.monthlyMicros,
    hours: hoursOf(goneMs),
    accruedMicros: rounded(times(whole(cost.monthlyMicros), share)),
    projectionMicros: cost.monthlyMicros,
    monthlyMicros: cost.monthlyMicros,
    source: '`cost` of the fleet file',
    pricedAt: null,
    running: true,
  }
}

/** Billed hours, for people: to a millionth. */
export function hoursOf(ms: number): number {
  return Number((ms / 3_600_000).toFixed(6))
}

const providers: readonly ProviderName[] = ['aws', 'gcp', 'hetzner', 'static']
function providerOf(text: string): ProviderName {
  return providers.find(one => one === text) ?? 'static'
}
