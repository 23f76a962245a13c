// Where the fleet file, the journal and the clouds do not agree. Pure. A region that was not listed says nothing: what is
// there is unknown, neither missing nor clean.
import { isIP } from 'node:net'
import type { Machine, PlannedResource } from '../../infra/clouds/shapes.ts'
import { own } from '../../state/primitives/record.ts'
import type { Fleet, FleetNode } from '../fleet/fleet.ts'
import type { DriftFinding, DriftReport, FindingKind, MachineRecord, MachinesSlice, RegionSight } from './shapes.ts'
import { isAlive, regionKey } from './sights.ts'
import { tokenOf } from './token.ts'

export type Monthly = { currency: string; micros: number }
/** A month of this at full running; null: unknown. */
export type MonthlyOf = (resource: PlannedResource, where: { provider: string; region: string }) => Monthly | null

/** So young a machine may not be recorded yet, or not be shown yet. */
const graceMs = 5 * 60_000
const kinds: readonly FindingKind[] = ['missing', 'extra', 'changed', 'orphan', 'leftover']

/** `at`: when the last whole look ended, ms; null: there was none. */
export function driftReport(fleet: Fleet, slice: MachinesSlice, at: number | null, monthlyOf: MonthlyOf): DriftReport {
  const sights = Object.values(slice.regions)
  const busy = new Set(Object.values(slice.open).map(op => op.node))
  const view: View = { fleet, slice, at, busy, tokens: ourTokens(slice), monthlyOf }
  const findings = [
    ...Object.values(slice.machines).flatMap(record => missingRecord(view, record)),
    ...[...fleet.nodes.values()].flatMap(node => missingNode(view, node)),
    ...sights.filter(sight => sight.listed).flatMap(sight => inRegion(view, sight)),
  ]
  return { at, regions: regionsOf(fleet, slice), findings: findings.sort(byKind) }
}

/** Tokens of launches that are known, each with its node: a machine that lost its tags is known by its own. */
export function ourTokens(slice: MachinesSlice): ReadonlyMap<string, { node: string; op: string }> {
  const tokens = new Map<string, { node: string; op: string }>()
  for (const op of [...slice.closed, ...Object.values(slice.open)]) {
    if (op.kind !== 'launch') continue
    if (op.token !== null) tokens.set(op.token, { node: op.node, op: op.id })
    // Earlier attempts had tokens of their own.
    const { fleet } = op
    if (fleet === null) continue
    for (let attempt = 1; attempt < op.attempt; attempt += 1) {
      tokens.set(tokenOf(fleet, op.id, attempt), { node: op.node, op: op.id })
    }
  }
  return tokens
}

interface View {
  fleet: Fleet
  slice: MachinesSlice
  at: number | null
  busy: ReadonlySet<string>
  tokens: ReturnType<typeof ourTokens>
  monthlyOf: MonthlyOf
}

function missingRecord({ slice, at, busy }: View, { node, machine, since }: MachineRecord): DriftFinding[] {
  const { provider, region, id } = machine
  const sight = own(slice.regions, regionKey(provider, region))
  if (!sight?.listed || busy.has(node) || (at ?? sight.at) - since < graceMs) return []
  const seen = sight.machines.find(one => one.id === id)
  if (seen && isAlive(seen)) return []
  const how = seen ? `is ${seen.state}${seen.stateWhy ? ` (${seen.stateWhy})` : ''}` : 'is not there any more'
  const remedy = `\`watchfloor teardown ${node}\` clears what is recorded; then \`watchfloor provision ${node}\` makes it anew.`
  return [
    {
      kind: 'missing',
      id,
      node,
      provider,
      region,
      what: `the machine of ${node}, ${id}, ${how}`,
      remedy,
      monthly: null,
    },
  ]
}

function missingNode({ slice, busy }: View, node: FleetNode): DriftFinding[] {
  const { name, provider, region } = node
  if (provider === 'static' || region === null || node.lifecycle !== 'live' || node.isHq) return []
  if (own(slice.machines, name) || busy.has(name)) return []
  const sight = own(slice.regions, regionKey(provider, region))
  // A machine that carries its name is told as one that is not recorded.
  if (!sight?.listed || sight.machines.some(one => one.tags.node === name && isAlive(one))) return []
  const alike = sight.machines.find(one => isAlive(one) && hasAddress(one, node.address))
  const what = alike
    ? `${name} is declared live and no machine is recorded for it, but ${alike.id} has its address`
    : `${name} is declared live, and no machine of it is there`
  const remedy = alike
    ? `${adoption(name, alike)}, if that is its machine.`
    : `\`watchfloor provision ${name}\`, or declare it planned or retired in the fleet file.`
  return [{ kind: 'missing', id: alike?.id ?? name, node: name, provider, region, what, remedy, monthly: null }]
}

function inRegion(view: View, sight: RegionSight): DriftFinding[] {
  const { fleet, slice, busy } = view
  const { provider, region } = sight
  const now = view.at ?? sight.at
  const found: DriftFinding[] = []
  const add = (
    kind: FindingKind,
    id: string,
    node: string | null,
    what: string,
    remedy: string,
    of: readonly PlannedResource[],
  ) => found.push({ kind, id, node, provider, region, what, remedy, monthly: sumOf(of, sight, view.monthlyOf) })

  for (const machine of sight.machines.filter(isAlive)) {
    const { id, resources } = machine
    const record = Object.values(slice.machines).find(
      one => one.machine.id === id && one.machine.provider === provider && one.machine.region === region,
    )
    const byToken = machine.token === null ? undefined : view.tokens.get(machine.token)
    const isOurs = machine.tags.fleet === fleet.name || (machine.tags.fleet === undefined && byToken !== undefined)
    if (!record && !isOurs) continue
    const name = record?.node ?? machine.tags.node ?? byToken?.node ?? null
    const node = name === null ? undefined : fleet.nodes.get(name)
    if (name !== null && busy.has(name)) continue
    if (record && node) {
      const differs = differences(fleet, node, machine)
      if (differs.length > 0) {
        const remedy = `Change the fleet file to what is there, or tear ${node.name} down and provision it again.`
        add('changed', id, node.name, `${id} of ${node.name}: ${differs.join('; ')}`, remedy, resources)
      }
      continue
    }
    if (machine.launchedAt !== null && now - machine.launchedAt < graceMs) continue
    if (name === null || node === undefined) {
      const whose = name === null ? 'names no node' : `is of ${name}, which the fleet file does not have`
      const remedy =
        name === null
          ? `Adopt it for a node (${adoption('NODE', machine)}), or end it at the provider.`
          : `Add ${name} to the fleet file again and tear it down or keep it, or end it at the provider.`
      add('extra', id, name, `${id} carries the tags of this fleet and ${whose}`, remedy, resources)
      continue
    }
    const other = own(slice.machines, node.name)
    const what = other
      ? `${id} is a second machine of ${node.name}; ${other.machine.id} is the recorded one`
      : `${id} is of ${node.name}, and nothing recorded knows of it`
    const remedy = other
      ? `End it at the provider after a look at it; \`watchfloor teardown ${node.name}\` ends both.`
      : `${adoption(node.name, machine)}, or \`watchfloor teardown ${node.name}\`.`
    add('orphan', id, node.name, what, remedy, resources)
  }

  const isUsed =
    sight.machines.some(one => one.tags.fleet === fleet.name && isAlive(one)) ||
    Object.values(slice.open).some(
      op => op.kind === 'launch' && op.spec.provider === provider && op.spec.region === region,
    )
  for (const resource of sight.loose) {
    if (resource.tags.fleet !== fleet.name) continue
    const isFree = resource.kind === 'group' || resource.kind === 'key'
    // Groups and keys are the region's: they wait for the next machine as long as there is one.
    if (isFree && isUsed) continue
    const node = resource.tags.node ?? null
    if (node !== null && busy.has(node)) continue
    if (resource.createdAt !== null && now - resource.createdAt < graceMs) continue
    const what = `${resource.kind} ${resource.id} (${resource.sku}${resource.quantity === 1 ? '' : `, ${resource.quantity}`}) hangs on no machine`
    const remedy = isFree
      ? 'It costs nothing; delete it at the provider.'
      : 'Look whether its content is needed, then delete it at the provider.'
    add('leftover', resource.id, node, what, remedy, isFree ? [] : [resource])
  }
  return found
}

function adoption(node: string, { provider, region, id }: Machine): string {
  return `\`watchfloor adopt ${node} --provider ${provider} --region ${region} --machine ${id}\``
}

/** What is other than declared, for people. */
function differences(fleet: Fleet, node: FleetNode, machine: Machine): string[] {
  const { ipv4, ipv6, private: inner } = machine.addresses
  const has = [ipv4, ipv6].filter(one => one !== null).join(' and ') || 'none'
  return [
    node.provider === machine.provider ? '' : `it runs at ${machine.provider}, declared is ${node.provider}`,
    node.region === null || node.region === machine.region
      ? ''
      : `it is in ${machine.region}, declared is ${node.region}`,
    node.type === null || node.type === machine.type ? '' : `it is a ${machine.type}, declared is ${node.type}`,
    // Names are the DNS's business; only an address can be compared.
    node.address === null || isIP(node.address) === 0 || hasAddress(machine, node.address) || node.address === inner
      ? ''
      : `its address is ${has}, declared is ${node.address}`,
    machine.state === 'stopped' || machine.state === 'stopping' ? `it is ${machine.state}` : '',
    machine.tags.fleet === fleet.name && machine.tags.node === node.name ? '' : 'it does not carry our tags any more',
  ].filter(Boolean)
}

function hasAddress({ addresses }: Machine, address: string | null): boolean {
  return address !== null && (addresses.ipv4 === address || addresses.ipv6 === address)
}

/** null: one of them is unknown, or they are not of one currency, or there is nothing that costs. */
function sumOf(
  resources: readonly PlannedResource[],
  where: { provider: string; region: string },
  monthlyOf: MonthlyOf,
): Monthly | null {
  const all = resources.filter(one => one.kind !== 'group' && one.kind !== 'key').map(one => monthlyOf(one, where))
  const known = all.filter(one => one !== null)
  const currency = known[0]?.currency
  if (currency === undefined || known.length < all.length || known.some(one => one.currency !== currency)) return null
  return { currency, micros: known.reduce((sum, one) => sum + one.micros, 0) }
}

/** Every region that was looked at, and those that hold a node and were not. */
function regionsOf(fleet: Fleet, slice: MachinesSlice): DriftReport['regions'] {
  const rows = new Map<string, DriftReport['regions'][number]>()
  for (const { provider, region, listed, why, at } of Object.values(slice.regions)) {
    rows.set(regionKey(provider, region), { provider, region, listed, why, at })
  }
  const expected = [
    ...Object.values(slice.machines).map(record => record.machine),
    ...[...fleet.nodes.values()].filter(node => node.lifecycle === 'live' && !node.isHq),
  ]
  for (const { provider, region } of expected) {
    if (provider === 'static' || region === null || rows.has(regionKey(provider, region))) continue
    rows.set(regionKey(provider, region), {
      provider,
      region,
      listed: false,
      why: 'it was not looked at yet',
      at: null,
    })
  }
  return [...rows.values()].sort((a, b) => order(a.provider, b.provider) || order(a.region, b.region))
}

function byKind(a: DriftFinding, b: DriftFinding): number {
  return (
    kinds.indexOf(a.kind) - kinds.indexOf(b.kind) ||
    order(a.provider, b.provider) ||
    order(a.region, b.region) ||
    order(a.node ?? '', b.node ?? '') ||
    order(a.id, b.id)
  )
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
