// Writes the fleet file of the world: the one that an engine is started with. Everything in it is what an operator
// would write for real nodes; only addresses, ports and programs say that it is the sandbox.
import { join } from 'node:path'
import { stringify } from 'yaml'
import { addressesOf, canariesOf, domain, type PlannedNode, type Ports } from './plan.ts'

export type CloudEndpoints = Readonly<Record<'aws' | 'gcp' | 'hetzner', string>>

export interface FleetFileOptions {
  dir: string
  base: number
  ports: Ports
  nodes: readonly PlannedNode[]
  /** `SHA256:…` by node name. */
  hostKeys: ReadonlyMap<string, string>
  /** The program that runs `ping.cjs`. */
  node: string
  pushEveryMs: number
  /** Where the world's clouds answer; null: it has none. */
  endpoints: CloudEndpoints | null
}

export function fleetFile(options: FleetFileOptions): string {
  const { dir, base, ports, nodes, hostKeys } = options
  const hq = nodes.find(node => node.region === null)
  const hub = `127.${base}.0.1`
  const settingsOf = (node: PlannedNode) => {
    const addresses = addressesOf(node, base)
    return {
      city: node.city,
      address: addresses.public,
      mesh: addresses.mesh,
      host: `${node.name}.${domain}`,
      tags: node.tags,
      ssh: { port: ports.ssh, hostkey: hostKeys.get(node.name) ?? '' },
    }
  }
  const program = (form: string) => [options.node, join(dir, 'ping.cjs'), form, hub, String(ports.ping)]
  const document = {
    fleet: 'clavitor',
    timezone: 'Europe/Zurich',
    environment: 'sandbox',
    ...(hq
      ? { hq: { name: hq.name, provider: 'static', ...settingsOf(hq), cost: { monthly: 3.9, currency: 'EUR' } } }
      : {}),
    mesh: {
      kind: 'wireguard',
      interface: 'wg0',
      cidr: `127.${base}.0.0/24`,
      hub: hq?.name,
      port: 51820,
      keepalive: '25s',
    },
    budget: { ceiling: 100, currency: 'USD', warn: '80%', rates: { EUR: { rate: 1.1, date: '2026-11-01' } } },
    ...(options.endpoints ? { clouds: cloudsOf(dir, options.endpoints) } : {}),
    defaults: {
      provider: 'aws',
      type: 't4g.nano',
      arch: 'arm64',
      ssh: { user: 'root', port: ports.ssh, identity: `file:${join(dir, 'client_key')}` },
    },
    nodes: Object.fromEntries(
      nodes.filter(node => node !== hq).map(node => [node.name, { region: node.region, ...settingsOf(node) }]),
    ),
    batches: {
      pilot: '@pilot',
      one: 'ncalifornia,montreal,mexicocity,saopaulo',
      two: 'london,paris,spain,stockholm',
      three: 'uae,telaviv,capetown,mumbai',
      four: 'jakarta,malaysia,sydney,seoul,hongkong',
    },
    probes: [
      // A room that answers quickly: intervals are short, and a node that fell silent is given up soon. No node is farther
      // than 270 ms, so that these timeouts leave room for a slow link as well.
      { kind: 'ping', on: '*', every: '5s', timeout: '2s', warn: '550ms' },
      { kind: 'ssh', on: '*', every: '10s', timeout: '5s' },
      {
        kind: 'http',
        on: 'provider=aws',
        url: `https://{host}:${ports.https}/health`,
        expect: { status: 200 },
        every: '10s',
        timeout: '5s',
      },
      {
        kind: 'tls',
        on: 'provider=aws',
        endpoint: `{host}:${ports.https}`,
        warn: '25%',
        fail: '10%',
        every: '15s',
        timeout: '5s',
      },
      { kind: 'dns', on: 'provider=aws', every: '30s', timeout: '2s' },
      { kind: 'port-closed', on: 'provider=aws', port: ports.admin, every: '15s', timeout: '2s', severity: 'SEV1' },
      { kind: 'units', on: 'provider=aws', units: ['sshd.service', 'clavitor.service'], every: '10s', timeout: '5s' },
      {
        kind: 'units',
        on: 'provider=static',
        units: ['sshd.service', 'wireguard-wg0.service', 'uptime-kuma.service'],
        every: '10s',
        timeout: '5s',
      },
      { kind: 'journal', on: '*', every: '10s', timeout: '5s' },
      { kind: 'boot', on: '*', every: '10s', timeout: '5s', hold: '30s' },
      { kind: 'load', on: '*', every: '10s', timeout: '5s', warn: { disk: 85, ram: 90 }, fail: { disk: 97 } },
      // Not on the hub: it has every node as a peer, so that a node that is lost would trouble headquarters as well.
      { kind: 'wireguard', on: 'provider=aws', every: '30s', timeout: '5s' },
      { kind: 'zerotier', on: 'provider=static', every: '60s', timeout: '5s' },
      {
        kind: 'heartbeat',
        on: 'provider=aws',
        every: `${Math.max(1, Math.round(options.pushEveryMs / 1000))}s`,
        token: `file:${join(dir, 'tokens')}/{name}`,
      },
    ],
    severity: { SEV2: { missed: 2 }, SEV1: { down: '5m' } },
    engine: {
      listen: { heartbeats: `${hub}:${ports.heartbeats}` },
      canaries: canariesOf(base).map(address => `${address}:${ports.canary}`),
      programs: { ping: program('ping'), fping: program('fping') },
      dns: [`${hub}:${ports.dns}`],
      trust: [join(dir, 'ca.pem')],
    },
  }
  const heading = '# The sandbox wrote this file and writes it again when it starts: change a copy, not this one.\n'
  return heading + stringify(document, { lineWidth: 120, aliasDuplicateObjects: false })
}

function cloudsOf(dir: string, endpoints: CloudEndpoints) {
  return {
    aws: {
      endpoint: endpoints.aws,
      accessKey: `file:${join(dir, 'aws-access-key')}`,
      secretKey: `file:${join(dir, 'aws-secret-key')}`,
    },
    gcp: { endpoint: endpoints.gcp, project: 'sandbox' },
    hetzner: { endpoint: endpoints.hetzner, token: `file:${join(dir, 'hetzner-token')}` },
  }
}
