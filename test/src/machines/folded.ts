// Commands decided and folded without an engine: what the nouns alone make of them.
import type { Machine, Price, Resource } from '../../../infra/clouds/shapes.ts'
import type { FleetState } from '../../../src/engine/fleet-state.ts'
import { type AnyEvent, decide, initialState, reduceAll } from '../../../src/engine/nouns.ts'
import type { MachinesCommand } from '../../../src/machines/noun.ts'
import { startMs } from './rig.ts'

export const hour = 3_600_000

export class Folded {
  state: FleetState = initialState
  now = startMs
  private ids = 0
  private seq = 0

  people(command: MachinesCommand): AnyEvent[] {
    return this.fold(command, 'noc')
  }

  engine(command: MachinesCommand): AnyEvent[] {
    return this.fold(command, 'engine')
  }

  /** A launch of this node, up to its machine. */
  launched(node: string, machine: Partial<Machine> = {}, prices: Price[] = []): { op: string; machine: Machine } {
    const op = this.wanted(node)
    const made = machineOf({ tags: { fleet: 'harbour', node, op }, ...machine })
    this.engine({ type: 'machines.settle', op, prepared, fleet: 'harbour' })
    this.engine({ type: 'machines.created', op, machine: made, prices })
    return { op, machine: made }
  }

  wanted(node: string): string {
    const spec = { ...baseSpec }
    const id = `batch-${node}-${++this.ids}`
    this.people({ type: 'machines.provision', id, nodes: [{ node, spec }], overBudget: false })
    return Object.values(this.state.machines.open).find(op => op.batch === id)?.id ?? ''
  }

  sees(machines: Machine[], loose: Resource[] = [], prices: Price[] = []): AnyEvent[] {
    const { provider, region } = machines[0] ?? { provider: 'aws' as const, region: 'eu-central-1' }
    const sight = { provider, region, at: this.now, listed: true, why: null, machines, loose }
    return this.engine({ type: 'machines.observe', regions: [sight], prices, fleet: 'harbour' })
  }

  private fold(command: MachinesCommand, by: string): AnyEvent[] {
    const context = { now: this.now, by, roles: ['operator'], id: (prefix: string) => `${prefix}-${++this.ids}` }
    const events = decide(this.state, command, context)
    if (events.length > 0) {
      this.seq += 1
      this.state = reduceAll(this.state, events, { seq: this.seq, at: this.now, by })
    }
    return events
  }
}

const baseSpec = {
  provider: 'aws' as const,
  region: 'eu-central-1',
  type: 't4g.nano',
  arch: null,
  image: null,
  diskGb: null,
  ipv4: true,
  sshKeys: [],
  meshPort: null,
  sshOpen: true,
}

export const prepared = {
  provider: 'aws' as const,
  region: 'eu-central-1',
  zone: 'a',
  otherZones: ['b'],
  request: { secret: 'of the adapter' },
  summary: [],
  resources: [],
}

export function machineOf(more: Partial<Machine> = {}): Machine {
  const id = more.id ?? 'i-1'
  const type = more.type ?? 't4g.nano'
  const part = (name: string, kind: Resource['kind'], sku: string, quantity: number): Resource => ({
    id: name,
    kind,
    sku,
    quantity,
    createdAt: null,
    tags: more.tags ?? {},
    machine: id,
  })
  return {
    provider: 'aws',
    region: 'eu-central-1',
    zone: 'a',
    id,
    name: null,
    tags: {},
    token: null,
    state: 'running',
    stateWhy: null,
    type,
    arch: 'arm64',
    image: null,
    addresses: { ipv4: '192.0.2.1', ipv6: null, private: null },
    launchedAt: startMs,
    checks: 'ok',
    hostkeys: [],
    resources: [
      part(id, 'instance', type, 1),
      part(`${id}/ipv4`, 'ipv4', 'public-ipv4', 1),
      part(`vol-${id}`, 'disk', 'gp3', 8),
    ],
    ...more,
  }
}

export function priceOf(sku: string, hourlyNanos: number, kind: Price['kind'] = 'instance'): Price {
  const at = startMs - hour
  return {
    provider: 'aws',
    region: 'eu-central-1',
    kind,
    sku,
    currency: 'USD',
    hourlyNanos,
    monthlyNanos: null,
    source: 'a test',
    at,
  }
}
