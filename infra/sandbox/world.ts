// The world: twenty-one nodes as real servers on loopback, in a process of its own with durable state, so that killing
// the engine does not kill it and killing it loses nothing. This file puts the parts together and runs until told to
// stop; `start.ts` starts and asks it from outside.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../state/primitives/clock.ts'
import { Canaries } from './canaries.ts'
import { type ActiveChaos, type ChaosOptions, chaosKinds, conditionsOf } from './chaos.ts'
import { beginChaos, type ChaosRoom, healChaos } from './chaos-room.ts'
import { type ControlRequest, holdControl } from './control.ts'
import { startDns } from './dns-server.ts'
import { readDocument, writeDocument } from './documents.ts'
import { startEcho } from './echo.ts'
import { emulateCloud } from './emulate-cloud.ts'
import { type Ledger, openLedger, readLedger } from './ledger.ts'
import { roundTripMs } from './nodes/figures.ts'
import { type Conditions, calm, type Machine } from './nodes/machine.ts'
import { findPlace } from './place.ts'
import { domain, type PlannedNode, plannedNodes } from './plan.ts'
import { ServedNode } from './served-node.ts'
import { makeView } from './sight.ts'
import { fingerprintOf, makeHostKey } from './ssh-keys.ts'
import { startTelemetry } from './telemetry.ts'
import { type CloudGround, cloudNames, WorldClouds } from './world-clouds.ts'
import { issueFor, makeWorldState, tokenOf, writeVisitorFiles } from './world-files.ts'
import { type WorldState, worldCheck } from './world-shape.ts'

export interface SandboxOptions {
  dir: string
  /** Stops the world. */
  signal: AbortSignal
  clock?: Clock
  random?: () => number
  nodes?: readonly PlannedNode[]
  /** Default 30,000. */
  pushEveryMs?: number
  /** The Node program that the fleet file names for `ping.cjs`. Default: the one that runs. */
  node?: string
  /** Called once everything answers. */
  ready?: (status: SandboxStatus) => void
}

export interface SandboxStatus {
  pid: number
  dir: string
  fleetFile: string
  since: number
  base: number
  nodes: { name: string; mesh: string; public: string; bootId: string; away: boolean; units: Record<string, string> }[]
  chaos: readonly ActiveChaos[]
  kinds: { kind: string; description: string; options: ChaosOptions }[]
}

/** Runs the world of `dir` until the signal fires or somebody asks it to stop. Throws `sandbox-running` if it runs. */
export async function runSandbox(options: SandboxOptions): Promise<void> {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 })
  const begun: (() => unknown)[] = []
  const stopped = new AbortController()
  const ended = AbortSignal.any([options.signal, stopped.signal])
  try {
    // Whoever holds the control socket may touch the directory: it comes before everything else.
    let open: (world: World) => void = () => {}
    const opened = new Promise<World>(resolve => {
      open = resolve
    })
    const control = await holdControl(options.dir, async request => {
      const world = await opened
      if (request.do === 'stop') setImmediate(() => stopped.abort())
      return world.answer(request)
    })
    begun.push(() => control.close())
    const world = new World(options)
    begun.push(() => world.close())
    await world.open()
    open(world)
    options.ready?.(world.status())
    await new Promise<void>(resolve => {
      if (ended.aborted) resolve()
      else ended.addEventListener('abort', () => resolve(), { once: true })
    })
  } finally {
    for (const end of begun.reverse()) await end()
  }
}

/** How long a machine takes from its launch until it answers. */
const bootMs = 2_500
/** Where no machine is, nothing answers and nothing is pushed. */
const gone: Conditions = { ...calm, silentPublic: true, silentMesh: true, pushesLost: true }

class World {
  private readonly options: SandboxOptions
  private readonly dir: string
  private readonly clock: Clock
  private readonly random: () => number
  private readonly plan: readonly PlannedNode[]
  private readonly ledger: Ledger
  private readonly served = new Map<string, ServedNode>()
  private readonly endings: (() => unknown)[] = []
  private readonly since: number
  private readonly pushEveryMs: number
  private canaries: Canaries | null = null
  private clouds: WorldClouds | null = null
  private state: WorldState
  private sessions = 0

  constructor(options: SandboxOptions) {
    this.options = options
    this.dir = options.dir
    this.clock = options.clock ?? systemClock
    this.random = options.random ?? Math.random
    this.plan = options.nodes ?? plannedNodes
    this.pushEveryMs = options.pushEveryMs ?? 30_000
    this.since = this.clock.now()
    mkdirSync(join(this.dir, 'tokens'), { recursive: true, mode: 0o700 })
    this.ledger = openLedger(this.dir, () => this.clock.now())
    this.state = readDocument(join(this.dir, 'world.json'), worldCheck) ?? makeWorldState(this.dir, this.since)
  }

  async open(): Promise<void> {
    const known = existsSync(join(this.dir, 'world.json'))
    const roundTrip = (address: string) => {
      const found = this.view.find(address)
      const hq = this.hq
      return found && hq ? this.view.roundTrip(hq, found.machine, found.via) : null
    }
    const { place, echo } = await findPlace(known ? this.state : null, (address, port) =>
      startEcho({ address, port, roundTrip }),
    )
    this.endings.push(() => echo.close())
    this.keep({ ...place })
    const clouds = this.makeClouds()
    this.clouds = clouds
    for (const node of [...this.plan, ...clouds.more]) this.raise(node)
    await clouds.open()
    this.endings.push(() => clouds.close())
    await this.startDns()
    await Promise.all([...this.served.values()].map(each => each.open()))
    this.canaries = new Canaries(this.state.base, this.state.ports.canary)
    await this.canaries.follow(this.isBlind())
    this.writeFiles()
    for (const each of this.served.values()) this.watchOver(each)
    this.ledger.add(null, { what: 'world', change: 'started', pid: process.pid })
  }

  async close(): Promise<void> {
    this.ledger.add(null, { what: 'world', change: 'stopped', pid: process.pid })
    for (const end of this.endings.reverse()) await end()
    for (const each of this.served.values()) await each.close()
    await this.canaries?.close()
    this.ledger.close()
  }

  async answer(request: ControlRequest): Promise<unknown> {
    switch (request.do) {
      case 'status':
        return this.status()
      case 'stop':
        return null
      case 'ledger':
        return readLedger(this.dir)
      case 'cloud-ledger':
        return this.clouds?.lines() ?? []
      case 'cloud-fault': {
        const { do: _do, provider, ...fault } = request
        this.clouds?.faults.add({ ...fault, provider: cloudNames.find(name => name === provider) ?? '*' })
        return null
      }
      case 'cloud-heal':
        this.clouds?.faults.clear()
        return null
      case 'chaos':
        return this.followed(beginChaos(this.chaosRoom, request.kind, request.nodes, request.options))
      case 'heal':
        return this.followed(healChaos(this.chaosRoom, request.kind, request.nodes))
    }
  }

  status(): SandboxStatus {
    return {
      pid: process.pid,
      dir: this.dir,
      fleetFile: join(this.dir, 'fleet.yaml'),
      since: this.since,
      base: this.state.base,
      nodes: this.machines().map(machine => ({
        name: machine.name,
        ...machine.addresses,
        bootId: machine.kept.bootId,
        away: machine.isAway(),
        units: Object.fromEntries(Object.entries(machine.kept.units).map(([name, unit]) => [name, unit.active])),
      })),
      chaos: this.state.chaos,
      kinds: chaosKinds.map(({ kind, description, options }) => ({ kind, description, options })),
    }
  }

  private get hq(): Machine | null {
    return this.machines().find(machine => machine.isHq) ?? null
  }

  private machines(): Machine[] {
    return [...this.served.values()].map(({ machine }) => machine)
  }

  private isBlind(): boolean {
    return this.machines().some(machine => machine.conditions().hqBlind)
  }

  private readonly view = makeView({
    machines: () => this.machines(),
    random: () => this.random(),
    seed: () => String(this.state.madeAt),
  })

  private get chaosRoom(): ChaosRoom {
    return {
      machines: () => this.machines(),
      now: () => this.clock.now(),
      ledger: this.ledger,
      tools: { makeHostKey, makeExpiredCertificate: machine => this.issue(machine.plan, -1) },
      active: () => this.state.chaos,
      keep: chaos => this.keep({ chaos }),
    }
  }

  private makeClouds(): WorldClouds {
    return new WorldClouds({
      dir: this.dir,
      address: `127.${this.state.base}.0.1`,
      clock: this.clock,
      random: () => this.random(),
      plan: this.plan,
      ground: this.ground,
      emulate: emulateCloud({ clock: this.clock, random: () => this.random() }),
    })
  }

  private readonly ground: CloudGround = {
    about: node => {
      const machine = this.served.get(node)?.machine
      return machine ? { ...machine.addresses, fingerprint: fingerprintOf(machine.kept.hostKey) } : null
    },
    boot: (node, plan) => {
      const known = this.served.get(node)
      if (plan && !known) this.raise(plan)
      const each = this.served.get(node)
      if (plan && each) this.watchOver(each)
      each?.machine.reboot(bootMs, 'launch')
    },
    follow: node => void this.served.get(node)?.follow(),
    isAway: node => this.served.get(node)?.machine.isAway() ?? true,
  }

  /** Gives the answer once every server is as the machines are now. */
  private async followed<T>(answer: T): Promise<T> {
    await Promise.all([...this.served.values()].map(each => each.follow()))
    await this.canaries?.follow(this.isBlind())
    return answer
  }

  private raise(plan: PlannedNode): void {
    const { dir, clock, random, ledger, view } = this
    const each = new ServedNode({
      plan,
      dir,
      clock,
      random,
      ledger,
      view,
      kept: this.state,
      conditions: () => conditionsOf(plan.name, this.state.chaos, this.clouds?.isOff(plan.name) ? gone : calm),
      issue: days => this.issue(plan, days),
      sessionId: () => `${process.pid}-${++this.sessions}`,
    })
    this.served.set(plan.name, each)
  }

  /** Telemetry and the errors that chaos makes it log, for as long as the world runs. */
  private watchOver(each: ServedNode): void {
    const { machine } = each
    void each.follow()
    const hub = this.hq
    if (!machine.isHq && hub) {
      const everyMs = this.pushEveryMs
      const index = this.plan.indexOf(machine.plan)
      this.endings.push(
        startTelemetry({
          machine,
          clock: this.clock,
          target: { address: hub.addresses.mesh, port: this.state.ports.heartbeats },
          token: tokenOf(this.dir, machine.name),
          everyMs,
          firstMs: (Math.min(2800, everyMs) * (index + 1)) / (this.plan.length + 1),
          delayMs: () => roundTripMs(machine.plan.rttMs, this.random),
        }),
      )
    }
    this.endings.push(each.logTroubles())
  }

  private async startDns(): Promise<void> {
    const { base, ports } = this.state
    const lookUp = (name: string) => this.served.get(name)?.machine.addresses.public ?? null
    const isSilent = () => this.isBlind()
    const dns = await startDns({ address: `127.${base}.0.1`, port: ports.dns, domain, lookUp, isSilent })
    this.endings.push(() => dns.close())
  }

  private keep(part: Partial<WorldState>): void {
    this.state = { ...this.state, ...part }
    writeDocument(join(this.dir, 'world.json'), this.state)
  }

  private issue(plan: PlannedNode, days: number): Machine['kept']['certificate'] {
    return issueFor(plan, days, this.state.authority, this.clock.now())
  }

  private writeFiles(): void {
    writeVisitorFiles({
      dir: this.dir,
      state: this.state,
      plan: this.plan,
      machines: this.machines(),
      node: this.options.node ?? process.execPath,
      pushEveryMs: this.pushEveryMs,
      endpoints: this.clouds?.endpoints() ?? null,
    })
  }
}
