// The world's own clouds: EC2, Compute Engine and Hetzner on headquarters' address, durable like the nodes. A machine that
// is launched there becomes a node of the world, one that is destroyed falls silent, and the world's twenty regions are
// instances from the start.
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import type { Clock } from '../../state/primitives/clock.ts'
import { own } from '../../state/primitives/record.ts'
import { checker } from '../../state/primitives/schema.ts'
import type { ProviderName } from '../clouds/shapes.ts'
import { type Emulated, type EmulatorServer, serveEmulated } from './clouds/emulator.ts'
import { createFaults, type Faults } from './clouds/faults.ts'
import {
  type CloudLedger,
  type CloudLine,
  cloudsLedgerPath,
  createCloudLedger,
  readCloudsLedger,
} from './clouds/ledger.ts'
import type { BornMachine, CloudWorld } from './clouds/world.ts'
import { readDocument, writeDocument } from './documents.ts'
import { isFree } from './place.ts'
import type { PlannedNode } from './plan.ts'

export type CloudName = Exclude<ProviderName, 'static'>
export const cloudNames: readonly CloudName[] = ['aws', 'gcp', 'hetzner']
const preferredPorts: Readonly<Record<CloudName, number>> = { aws: 8601, gcp: 8602, hetzner: 8603 }

const plannedNode = Type.Object({
  name: Type.String(),
  city: Type.String(),
  region: Type.Union([Type.String(), Type.Null()]),
  octet: Type.Integer(),
  rttMs: Type.Number(),
  utcOffset: Type.Number(),
  tags: Type.Array(Type.String()),
})

const Kept = Type.Object({
  version: Type.Literal(1),
  ports: Type.Object({ aws: Type.Integer(), gcp: Type.Integer(), hetzner: Type.Integer() }),
  /** Machine id → the node that it is; of one that ended the node is silent, unless another machine is that node now. */
  machines: Type.Record(Type.String(), Type.Object({ node: Type.String(), ended: Type.Boolean() })),
  /** Nodes that were launched and are none of the plan. */
  more: Type.Array(plannedNode),
})
type Kept = Static<typeof Kept>
const keptCheck = checker(Kept)
/** What a provider keeps; only itself reads it. */
const cloudCheck = checker(Type.Object({ version: Type.Literal(1), state: Type.Unknown() }))

/** What the clouds may do with the world's nodes. */
export interface CloudGround {
  /** Addresses and host key of a node: its public half as OpenSSH writes it, and its fingerprint. */
  about(node: string): { public: string; mesh: string; hostKey: string; fingerprint: string } | null
  /** A new machine stands in the node's place: it boots. `plan`: of a node that the world does not know yet. */
  boot(node: string, plan: PlannedNode | null): void
  /** The node's condition changed: its doors follow. */
  follow(node: string): void
  isAway(node: string): boolean
}

export interface WorldCloudsOptions {
  dir: string
  /** Headquarters' address. */
  address: string
  clock: Clock
  random: () => number
  plan: readonly PlannedNode[]
  ground: CloudGround
  /** Makes a provider in this world. */
  emulate(provider: CloudName, parts: CloudParts): Emulated
}

/** What a provider of the world is made with. */
export interface CloudParts {
  world: CloudWorld
  ledger: CloudLedger
  /** What it kept; null: it is new. */
  kept: unknown
  keep(state: unknown): void
  /** What runs there when it is new. */
  machines: readonly { node: string; region: string; type: string; octet: number }[]
}

export class WorldClouds {
  readonly faults: Faults = createFaults()
  private readonly options: WorldCloudsOptions
  private readonly ledger: CloudLedger
  private readonly servers = new Map<CloudName, EmulatorServer>()
  private kept: Kept
  /** A machine that begins now boots; false while a new cloud is given what has run for days. */
  private isBooting = true

  constructor(options: WorldCloudsOptions) {
    this.options = options
    const { dir, clock } = options
    const ledgerPath = cloudsLedgerPath(dir)
    this.ledger = createCloudLedger({
      now: () => clock.now(),
      kept: readCloudsLedger(dir),
      keep: line => appendFileSync(ledgerPath, `${JSON.stringify(line)}\n`, { mode: 0o600 }),
    })
    this.kept = readDocument(join(dir, 'clouds.json'), keptCheck) ?? {
      version: 1,
      ports: { ...preferredPorts },
      machines: {},
      more: [],
    }
  }

  /** Nodes that were launched and are none of the plan. */
  get more(): readonly PlannedNode[] {
    return this.kept.more
  }

  /** No machine is that node at this moment: nothing answers there. */
  isOff(node: string): boolean {
    const its = Object.values(this.kept.machines).filter(machine => machine.node === node)
    return its.length > 0 && its.every(machine => machine.ended)
  }

  endpoints(): Readonly<Record<CloudName, string>> {
    const url = (name: CloudName) => this.servers.get(name)?.url ?? ''
    return { aws: url('aws'), gcp: url('gcp'), hetzner: `${url('hetzner')}/v1` }
  }

  lines(): readonly CloudLine[] {
    return this.ledger.lines()
  }

  async open(): Promise<void> {
    const { address, dir, plan } = this.options
    const ports = { ...this.kept.ports }
    for (const name of cloudNames) {
      const path = join(dir, `cloud-${name}.json`)
      // What runs already when the cloud is new has booted long ago.
      this.isBooting = existsSync(path)
      const emulated = this.options.emulate(name, {
        world: this.world,
        ledger: this.ledger,
        kept: readDocument(path, cloudCheck)?.state ?? null,
        keep: state => writeDocument(path, { version: 1, state }),
        machines: name === 'aws' ? machinesOf(plan) : [],
      })
      this.isBooting = true
      ports[name] = await freePort(address, ports[name])
      const { faults, ledger } = this
      this.servers.set(name, await serveEmulated(emulated, { address, port: ports[name], faults, ledger }))
    }
    this.keep({ ports })
  }

  async close(): Promise<void> {
    await Promise.all([...this.servers.values()].map(server => server.close()))
  }

  private readonly world: CloudWorld = {
    begin: machine => this.begin(machine),
    end: id => {
      const machine = own(this.kept.machines, id)
      if (!machine || machine.ended) return
      this.keep({ machines: { ...this.kept.machines, [id]: { ...machine, ended: true } } })
      this.options.ground.follow(machine.node)
    },
    isUp: id => {
      const machine = own(this.kept.machines, id)
      return machine !== undefined && !machine.ended && !this.options.ground.isAway(machine.node)
    },
  }

  private begin(machine: BornMachine): { ipv4: string; private: string; hostkeys: readonly string[] } {
    const { ground } = this.options
    const known = own(this.kept.machines, machine.id)
    const node = known?.node ?? this.placeFor(machine)
    if (!known) {
      const plan = ground.about(node) ? null : this.planFor(node, machine)
      this.keep({
        machines: { ...this.kept.machines, [machine.id]: { node, ended: false } },
        more: plan ? [...this.kept.more, plan] : this.kept.more,
      })
      if (this.isBooting) ground.boot(node, plan)
    } else if (known.ended) {
      // It was stopped, and is started again.
      this.keep({ machines: { ...this.kept.machines, [machine.id]: { node, ended: false } } })
      ground.boot(node, null)
    }
    const about = ground.about(node)
    const { provider } = machine
    // A console shows fingerprints; Google's guest agent tells the keys themselves.
    const hostkeys = about ? [provider === 'gcp' ? about.hostKey : about.fingerprint] : []
    return { ipv4: about?.public ?? '', private: about?.mesh ?? '', hostkeys }
  }

  /** The node that the machine says it is; a second machine for a node that has one is a node of its own. */
  private placeFor({ node, id }: BornMachine): string {
    const name = node !== null && /^[A-Za-z0-9][A-Za-z0-9._-]{0,40}$/.test(node) ? node : id
    const isTaken = Object.values(this.kept.machines).some(machine => machine.node === name && !machine.ended)
    return isTaken ? `${name}-${id.slice(-6)}` : name
  }

  private planFor(name: string, { region }: BornMachine): PlannedNode {
    const near = this.options.plan.find(each => each.region === region)
    const taken = new Set([...this.options.plan, ...this.kept.more].map(each => each.octet))
    const octet = Array.from({ length: 200 }, (_, index) => 40 + index).find(each => !taken.has(each)) ?? 240
    return {
      name,
      city: near?.city ?? region,
      region,
      octet,
      rttMs: near?.rttMs ?? 20,
      utcOffset: near?.utcOffset ?? 1,
      tags: [],
    }
  }

  private keep(part: Partial<Kept>): void {
    this.kept = { ...this.kept, ...part }
    writeDocument(join(this.options.dir, 'clouds.json'), this.kept)
  }
}

/** The plan's regions as machines that have run for some days. */
function machinesOf(plan: readonly PlannedNode[]): CloudParts['machines'] {
  return plan.flatMap(({ name, region, octet }) =>
    region === null ? [] : [{ node: name, region, type: 't4g.nano', octet }],
  )
}

async function freePort(address: string, wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + 60; port += 3) {
    if (await isFree(address, port)) return port
  }
  return 0
}
