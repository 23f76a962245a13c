// A node and a fleet as the loader would give them, with nothing in them that a test did not ask for.
import type { Fleet, FleetNode } from '../../../src/fleet/fleet.ts'

export function node(name: string, over: Partial<FleetNode> = {}): FleetNode {
  return {
    name,
    provider: 'static',
    region: null,
    city: null,
    type: null,
    arch: null,
    tags: [],
    address: '127.0.0.1',
    host: null,
    mesh: null,
    isHq: false,
    lifecycle: 'live',
    ssh: { user: 'root', port: 22, identities: [], passphrase: null, hostkeys: [], jump: null, become: null },
    cost: null,
    ...over,
  }
}

export function fleet(nodes: readonly FleetNode[], over: Partial<Fleet> = {}): Fleet {
  return {
    name: 'test',
    timezone: 'UTC',
    environment: null,
    nodes: new Map(nodes.map(one => [one.name, one])),
    mesh: null,
    people: new Map(),
    batches: new Map(),
    probes: [],
    severity: { SEV2: { missed: 2 }, SEV1: { downMs: 300_000 } },
    alerts: [],
    budget: null,
    engine: { heartbeats: null, canaries: [], programs: {}, dns: [], trust: [] },
    source: { path: 'fleet.yaml', sha256: '' },
    ...over,
  }
}
