// Where money could be saved, with figures. They are hints: what it means for users (no IPv4, another place) is for people
// to judge. Whether T4g machines run on paid CPU credits is not known here, and not judged.
import { formatAmount } from '../../state/primitives/money.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { PriceBook } from './book.ts'
import { publicIpv4, resourceLine } from './declared.ts'
import type { MonthWindow } from './month.ts'
import { retiredTypes } from './retired.ts'
import type { CostLine, SavingsHint } from './shapes.ts'

export interface HintsWorld {
  fleet: Fleet | null
  state: FleetState | null
  book: PriceBook
  lines: readonly CostLine[]
  window: MonthWindow
}

export function savingsHints(world: HintsWorld): SavingsHint[] {
  const hints = [...ipv6Only(world), ...otherRegion(world), ...retired(world), ...loose(world)]
  return hints.sort((a, b) => b.monthlyMicros - a.monthlyMicros)
}

function running(lines: readonly CostLine[], resource: string): CostLine[] {
  return lines.filter(line => line.running && line.resource === resource && line.node !== null)
}

function ipv6Only({ lines }: HintsWorld): SavingsHint[] {
  return [...groupBy(running(lines, 'ipv4'), line => line.currency)].flatMap(([currency, group]) => {
    const monthlyMicros = total(group)
    if (monthlyMicros === 0) return []
    return [{ what: 'IPv6 only, without public IPv4 addresses', nodes: namesOf(group), currency, monthlyMicros }]
  })
}

function otherRegion({ lines, book, window }: HintsWorld): SavingsHint[] {
  const groups = groupBy(running(lines, 'instance'), line => `${line.provider}/${line.sku}/${line.currency}`)
  return [...groups.values()].flatMap(group => {
    const [first] = group
    if (!first) return []
    const { provider, sku, currency } = first
    const there = book
      .all()
      .filter(price => price.provider === provider && price.kind === 'instance' && price.sku === sku)
      .filter(price => price.currency === currency)
      .flatMap(price => {
        const place = { node: null, provider, region: price.region }
        const { line } = resourceLine(place, { kind: 'instance', sku, quantity: 1 }, book, window)
        return line.monthlyMicros === null ? [] : [{ price, monthlyMicros: line.monthlyMicros }]
      })
      .sort((a, b) => a.monthlyMicros - b.monthlyMicros || a.price.region.localeCompare(b.price.region))
    const cheapest = there[0]
    if (!cheapest) return []
    const dearer = group.filter(line => (line.monthlyMicros ?? 0) > cheapest.monthlyMicros)
    const monthlyMicros = total(dearer) - dearer.length * cheapest.monthlyMicros
    if (monthlyMicros <= 0) return []
    const doubt = cheapest.price.source.startsWith('estimated') ? ', an estimated price' : ''
    const what = `${sku} in ${cheapest.price.region} (${inCents(cheapest.monthlyMicros)} ${currency} a month${doubt}), where the place does not matter`
    return [{ what, nodes: namesOf(dearer), currency, monthlyMicros }]
  })
}

/** What they save may be less than nothing, since prices rose; that they cannot be ordered again is the point. */
function retired({ fleet, lines, book, window }: HintsWorld): SavingsHint[] {
  const places = [
    ...[...(fleet?.nodes.values() ?? [])].map(node => ({ ...node, sku: node.type, node: node.name })),
    ...lines.filter(line => line.resource === 'instance' && line.node !== null),
  ]
  return retiredTypes.flatMap(type => {
    const those = places.filter(one => one.provider === type.provider && one.sku === type.type)
    return [...groupBy(those, one => one.region ?? '')].flatMap(([region, group]) => {
      const place = { node: null, provider: type.provider, region }
      const { line } = resourceLine(place, { kind: 'instance', sku: type.successor, quantity: 1 }, book, window)
      const nodes = [...new Set(group.flatMap(one => one.node ?? []))].sort()
      const now = lines.filter(one => one.running && one.sku === type.type && one.region === region)
      const costs = now.every(one => one.monthlyMicros !== null) ? total(now) : null
      const price = line.monthlyMicros === null ? null : `${inCents(line.monthlyMicros)} ${line.currency} a month`
      const what = `${type.type} is retired ${type.since}: its successor ${type.successor} ${price === null ? 'has no known price here' : `costs ${price}`}`
      // 0 claims nothing: without both prices no saving is known.
      const saved =
        costs === null || now.length === 0 || line.monthlyMicros === null ? 0 : costs - now.length * line.monthlyMicros
      return [{ what, nodes, currency: line.currency || 'EUR', monthlyMicros: saved }]
    })
  })
}

/**
 * Paid for and used by nothing, as the last look at each region showed it. The ledger cannot tell: the disk of a machine
 * that is nobody's has no node there either, and is in use.
 */
function loose({ state, book, window }: HintsWorld): SavingsHint[] {
  const paid = ['disk', 'address', 'ipv4', 'snapshot']
  return Object.values(state?.machines.regions ?? {}).flatMap(({ provider, region, loose }) =>
    loose.flatMap(resource => {
      if (!paid.includes(resource.kind)) return []
      const { line } = resourceLine({ node: null, provider, region }, resource, book, window)
      if (line.monthlyMicros === null || line.monthlyMicros === 0) return []
      const size = resource.kind === 'disk' || resource.kind === 'snapshot' ? `, ${resource.quantity} GB` : ''
      const name = resource.sku === publicIpv4 ? 'address' : `${resource.kind} ${resource.sku}`
      const what = `loose ${name} in ${provider} ${region}${size}: no machine uses it`
      const nodes = resource.tags.node === undefined ? [] : [resource.tags.node]
      return [{ what, nodes, currency: line.currency, monthlyMicros: line.monthlyMicros }]
    }),
  )
}

function inCents(micros: number): string {
  return formatAmount(Math.round(micros / 10_000) * 10_000)
}

function total(lines: readonly CostLine[]): number {
  return lines.reduce((all, line) => all + (line.monthlyMicros ?? 0), 0)
}

function namesOf(lines: readonly CostLine[]): string[] {
  return [...new Set(lines.flatMap(line => line.node ?? []))].sort()
}

function groupBy<T>(all: readonly T[], key: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const one of all) {
    const its = groups.get(key(one))
    if (its) its.push(one)
    else groups.set(key(one), [one])
  }
  return groups
}
