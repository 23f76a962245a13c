// The world: twenty-one nodes as real servers on loopback, in a process of its own with durable state, so that killing
// the engine does not kill it and killing it loses nothing. This file puts the parts together and runs until told to
// stop; `start.ts` starts and asks it from outside.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../state/primitives/clock.ts'
import { BadInput } from '../../state/primitives/errors.ts'
import { issueCertificate, makeAuthority } from './certificates.ts'
import { type ActiveChaos, type ChaosOptions, chaosKind, chaosKinds, conditionsOf } from './chaos.ts'
import { type ControlRequest, holdControl } from './control.ts'
import { startDns } from './dns-server.ts'
import { readDocument, replaceFile, writeDocument } from './documents.ts'
import { pingProgram, startEcho } from './echo.ts'
import { fleetFile } from './fleet-file.ts'
import { type Ledger, openLedger, readLedger } from './ledger.ts'
import { Door } from './nodes/door.ts'
import { roundTripMs } from './nodes/figures.ts'
import { createWebService, type WebService } from './nodes/https-server.ts'
import { type Conditions, calm, Machine } from './nodes/machine.ts'
import { createSshDaemon, type SshDaemon } from './nodes/ssh-server.ts'
import { findPlace } from './place.ts'
import { addressesOf, canariesOf, domain, type PlannedNode, plannedNodes, preferredPorts } from './plan.ts'
import { programs } from './shell/programs/index.ts'
import type { WorldView } from './shell/shell.ts'
import { fingerprintOf, makeSshKey } from './ssh-keys.ts'
import { startTelemetry } from './telemetry.ts'
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

interface Served {
  machine: Machine
  doors: Door[]
  ssh: SshDaemon
  web: WebService
  /** What the servers use now, to see when the machine has another. */
  hostKey: string
  certificate: string
  cancelAway: (() => void) | null
  awayUntil: number | null
}

class World {
  private readonly options: SandboxOptions
  private readonly dir: string
  private readonly clock: Clock
  private readonly random: () => number
  private readonly plan: readonly PlannedNode[]
  private readonly ledger: Ledger
  private readonly served = new Map<string, Served>()
  private readonly endings: (() => unknown)[] = []
  private readonly since: number
  private canaries: { server: Server; address: string; listening: boolean }[] = []
  private state: WorldState
  private sessions = 0

  constructor(options: SandboxOptions) {
    this.options = options
    this.dir = options.dir
    this.clock = options.clock ?? systemClock
    this.random = options.random ?? Math.random
    this.plan = options.nodes ?? plannedNodes
    this.since = this.clock.now()
    mkdirSync(join(this.dir, 'tokens'), { recursive: true, mode: 0o700 })
    this.ledger = openLedger(this.dir, () => this.clock.now())
    this.state = readDocument(join(this.dir, 'world.json'), worldCheck) ?? this.makeWorld()
  }

  async open(): Promise<void> {
    const known = existsSync(join(this.dir, 'world.json'))
    const roundTrip = (address: string) => {
      const found = this.view.find(address)
      const hq = this.hq
      return found && hq ? this.roundTrip(hq, found.machine, found.via) : null
    }
    const { place, echo } = await findPlace(known ? this.state : null, (address, port) =>
      startEcho({ address, port, roundTrip }),
    )
    this.endings.push(() => echo.close())
    this.keep({ ...place })
    for (const node of this.plan) this.raise(node)
    await this.startDns()
    await Promise.all([...this.served.values()].flatMap(({ doors }) => doors.map(door => door.follow())))
    await this.openCanaries()
    this.writeFiles()
    for (const each of this.served.values()) this.watchOver(each)
    this.ledger.add(null, { what: 'world', change: 'started', pid: process.pid })
  }

  async close(): Promise<void> {
    this.ledger.add(null, { what: 'world', change: 'stopped', pid: process.pid })
    for (const end of this.endings.reverse()) await end()
    for (const each of this.served.values()) {
      each.cancelAway?.()
      each.web.close()
      await Promise.all(each.doors.map(door => door.close()))
    }
    for (const { server, listening } of this.canaries) {
      if (listening) await new Promise<void>(resolve => server.close(() => resolve()))
    }
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
      case 'chaos':
        return this.begin(request.kind, request.nodes, request.options)
      case 'heal':
        return this.heal(request.kind, request.nodes)
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

  // Chaos

  private async begin(name: string, nodes: readonly string[], given: ChaosOptions): Promise<ActiveChaos> {
    const kind = chaosKind(name)
    if (!kind) {
      const known = chaosKinds.map(each => each.kind).join(', ')
      throw new BadInput({
        name: 'chaos-unknown',
        message: `No chaos is called ${name}`,
        remedy: `Known kinds: ${known}.`,
      })
    }
    const unknown = Object.keys(given).find(option => !(option in kind.options))
    if (unknown !== undefined) {
      const known = Object.keys(kind.options).join(', ') || 'none'
      throw new BadInput({
        name: 'chaos-option',
        message: `${name} has no option ${unknown}`,
        remedy: `Its options: ${known}.`,
      })
    }
    const named = this.named(nodes)
    const hit = kind.spread ? kind.spread(named, this.machines()) : named
    if (hit.length === 0) {
      throw new BadInput({ name: 'chaos-nobody', message: `${name} needs at least one node`, remedy: 'Name nodes.' })
    }
    const options = { ...kind.options, ...given }
    const names = hit.map(machine => machine.name)
    const active: ActiveChaos = {
      id: randomUUID().slice(0, 8),
      kind: name,
      nodes: names,
      options,
      at: this.clock.now(),
    }
    for (const machine of hit) {
      kind.begin?.(machine, options, {
        makeHostKey: () => makeHostKey(),
        makeExpiredCertificate: each => this.issue(each.plan, -1),
      })
      this.ledger.add(machine.name, { what: 'chaos', kind: name, change: 'begun', id: active.id, options })
    }
    if (!kind.momentary) this.keep({ chaos: [...this.state.chaos, { ...active, nodes: names }] })
    await this.followAll()
    return active
  }

  /** Ends chaos of one kind or of every kind, on the named nodes or everywhere. */
  private async heal(name: string | null, nodes: readonly string[]): Promise<{ healed: number }> {
    const names = new Set((nodes.length === 0 ? this.machines() : this.named(nodes)).map(machine => machine.name))
    let healed = 0
    const left: WorldState['chaos'] = []
    for (const active of this.state.chaos) {
      const hit = name === null || active.kind === name ? active.nodes.filter(node => names.has(node)) : []
      const rest = active.nodes.filter(node => !hit.includes(node))
      if (rest.length > 0) left.push({ ...active, nodes: rest })
      for (const node of hit) {
        const machine = this.served.get(node)?.machine
        if (machine) chaosKind(active.kind)?.heal?.(machine, active.options)
        this.ledger.add(node, {
          what: 'chaos',
          kind: active.kind,
          change: 'healed',
          id: active.id,
          options: active.options,
        })
        healed++
      }
    }
    for (const node of names) {
      const machine = this.served.get(node)?.machine
      if (!machine?.isAway() || (name !== null && name !== 'reboot')) continue
      machine.comeBack()
      healed++
    }
    this.keep({ chaos: left })
    await this.followAll()
    return { healed }
  }

  private named(nodes: readonly string[]): Machine[] {
    return nodes.map(name => {
      const machine = this.served.get(name)?.machine
      if (machine) return machine
      throw new BadInput({
        name: 'sandbox-node',
        message: `The sandbox has no node ${name}`,
        remedy: `Its nodes: ${[...this.served.keys()].join(', ')}.`,
      })
    })
  }

  // Nodes

  private get hq(): Machine | null {
    return this.machines().find(machine => machine.isHq) ?? null
  }

  private machines(): Machine[] {
    return [...this.served.values()].map(({ machine }) => machine)
  }

  private readonly view: WorldView = {
    programs,
    all: () => this.machines(),
    find: wanted => {
      const text = wanted.endsWith(`.${domain}`) ? wanted.slice(0, -domain.length - 1) : wanted
      for (const machine of this.machines()) {
        if (machine.addresses.mesh === text || machine.name === wanted) return { machine, via: 'mesh' }
        if (machine.addresses.public === text || machine.name === text) return { machine, via: 'public' }
      }
      return null
    },
    roundTrip: (from, to, via) => this.roundTrip(from, to, via),
    wireguard: {
      publicKey: name => createHash('sha256').update(`${this.state.madeAt}/${name}`).digest('base64'),
    },
    serves: (machine, service) =>
      machine.isActive(service === 'ssh' ? 'sshd.service' : machine.webUnit) && !machine.isAway(),
  }

  /** ms there and back now; null while either end is silent. Seen from headquarters, blindness is silence. */
  private roundTrip(from: Machine, to: Machine, via: 'mesh' | 'public'): number | null {
    if (from === to) return 0.05
    const concernsHq = from.isHq || to.isHq
    for (const machine of [from, to]) {
      const conditions = machine.conditions()
      const silent = via === 'mesh' ? conditions.silentMesh : conditions.silentPublic
      if (silent || machine.isAway() || (concernsHq && conditions.hqBlind)) return null
    }
    // Between two spokes the mesh goes through the hub; the public way is about as long.
    const distance = from.isHq ? to.plan.rttMs : to.isHq ? from.plan.rttMs : (from.plan.rttMs + to.plan.rttMs) * 0.8
    return roundTripMs(distance, this.random) + from.conditions().extraMs + to.conditions().extraMs
  }

  private raise(plan: PlannedNode): void {
    const conditions = (): Conditions => conditionsOf(plan.name, this.state.chaos, calm)
    const machine = new Machine({
      plan,
      addresses: addressesOf(plan, this.state.base),
      dir: this.dir,
      clock: this.clock,
      ledger: this.ledger,
      conditions,
      born: () => ({ hostKey: makeHostKey().key, certificate: this.issue(plan, 90) }),
      changed: () => this.changed(plan.name),
    })
    if (machine.kept.certificate.notAfter - this.clock.now() < 30 * 86_400_000)
      machine.putCertificate(this.issue(plan, 90))
    const { authorizedKey, ports } = this.state
    const sessionId = () => `${process.pid}-${++this.sessions}`
    const ssh = createSshDaemon({ machine, world: this.view, authorizedKey, sessionId })
    const web = createWebService(machine)
    const delayMs = () => roundTripMs(plan.rttMs, this.random) + conditions().extraMs
    const door = (via: 'mesh' | 'public', port: number, service: 'ssh' | 'https' | 'admin', isOpen: () => boolean) =>
      new Door({
        address: machine.addresses[via],
        port,
        isOpen,
        isSilent: () => machine.isSilent(via),
        delayMs,
        connected: (link, from) => {
          this.ledger.add(plan.name, { what: 'connection', address: machine.addresses[via], service, from })
          if (service === 'ssh') ssh.accept(link)
          else if (service === 'https') web.accept(link)
          else link.end('SSH-2.0-OpenSSH_10.2\r\n')
        },
      })
    this.served.set(plan.name, {
      machine,
      ssh,
      web,
      hostKey: machine.kept.hostKey,
      certificate: machine.servedCertificate().certificate,
      cancelAway: null,
      awayUntil: null,
      doors: [
        door('mesh', ports.ssh, 'ssh', () => machine.isActive('sshd.service')),
        door('public', ports.ssh, 'ssh', () => machine.isActive('sshd.service')),
        door('public', ports.https, 'https', () => machine.isActive(machine.webUnit)),
        door('public', ports.admin, 'admin', () => machine.conditions().portOpen),
      ],
    })
  }

  /** Servers follow what changed on a machine. */
  private changed(name: string): void {
    const each = this.served.get(name)
    if (each) void this.follow(each).catch(() => {})
  }

  private async followAll(): Promise<void> {
    await Promise.all([...this.served.values()].map(each => this.follow(each)))
    await this.openCanaries()
  }

  private async follow(each: Served): Promise<void> {
    const { machine, ssh, web, doors } = each
    if (each.hostKey !== machine.kept.hostKey) {
      each.hostKey = machine.kept.hostKey
      ssh.rekey()
      // Whoever is connected still trusts the former key: only a new handshake shows the new one.
      for (const door of doors) door.cut()
    }
    const { certificate } = machine.servedCertificate()
    if (each.certificate !== certificate) {
      each.certificate = certificate
      web.recertify()
    }
    const silent = machine.isSilent('mesh')
    machine.silentSince = silent ? (machine.silentSince ?? this.clock.now()) : null
    const { awayUntil } = machine.kept
    if (each.awayUntil !== awayUntil) {
      each.awayUntil = awayUntil
      each.cancelAway?.()
      each.cancelAway = null
      if (awayUntil !== null) {
        for (const door of doors) door.cut()
        each.cancelAway = this.clock.after(Math.max(0, awayUntil - this.clock.now()), () => machine.comeBack())
      }
    }
    await Promise.all(doors.map(door => door.follow()))
  }

  /** Telemetry and the errors that chaos makes it log, for as long as the world runs. */
  private watchOver(each: Served): void {
    const { machine } = each
    void this.follow(each)
    const hub = this.hq
    if (!machine.isHq && hub) {
      const everyMs = this.options.pushEveryMs ?? 30_000
      const index = this.plan.indexOf(machine.plan)
      this.endings.push(
        startTelemetry({
          machine,
          clock: this.clock,
          target: { address: hub.addresses.mesh, port: this.state.ports.heartbeats },
          token: this.token(machine.name),
          everyMs,
          firstMs: (Math.min(2800, everyMs) * (index + 1)) / (this.plan.length + 1),
          delayMs: () => roundTripMs(machine.plan.rttMs, this.random),
        }),
      )
    }
    let cancel = () => {}
    const turn = () => {
      cancel = this.clock.after(5000, turn)
      const { errors, diskFull } = machine.conditions()
      if (machine.isAway()) return
      const pid = machine.unit(machine.webUnit)?.pid ?? 0
      if (errors) machine.log(3, machine.webUnit, 'clavitor', 'request failed: upstream returned 500', pid)
      if (diskFull) machine.log(3, machine.webUnit, 'clavitor', 'database or disk is full', pid)
    }
    cancel = this.clock.after(5000, turn)
    this.endings.push(() => cancel())
  }

  // Around the nodes

  private async startDns(): Promise<void> {
    const { base, ports } = this.state
    const lookUp = (name: string) => this.served.get(name)?.machine.addresses.public ?? null
    const isSilent = () => this.machines().some(machine => machine.conditions().hqBlind)
    const dns = await startDns({ address: `127.${base}.0.1`, port: ports.dns, domain, lookUp, isSilent })
    this.endings.push(() => dns.close())
  }

  /** A canary that nobody should reach refuses: for a plain connect, accepting in silence would look like life. */
  private async openCanaries(): Promise<void> {
    const blind = this.machines().some(machine => machine.conditions().hqBlind)
    if (this.canaries.length === 0) {
      this.canaries = canariesOf(this.state.base).map(address => ({
        address,
        listening: false,
        server: createServer(socket => {
          socket.on('error', () => {})
          socket.end()
        }),
      }))
    }
    for (const canary of this.canaries) {
      if (canary.listening === !blind) continue
      canary.listening = !blind
      await new Promise<void>((resolve, reject) => {
        if (blind) {
          canary.server.close(() => resolve())
          return
        }
        canary.server.once('error', reject)
        canary.server.listen({ host: canary.address, port: this.state.ports.canary }, () => {
          canary.server.off('error', reject)
          resolve()
        })
      })
    }
  }

  // What is kept

  private keep(part: Partial<WorldState>): void {
    this.state = { ...this.state, ...part }
    writeDocument(join(this.dir, 'world.json'), this.state)
  }

  private makeWorld(): WorldState {
    const now = this.clock.now()
    const client = makeSshKey('watchfloor-sandbox')
    replaceFile(join(this.dir, 'client_key'), client.private)
    replaceFile(join(this.dir, 'client_key.pub'), `${client.public}\n`)
    return {
      version: 1,
      madeAt: now,
      base: 0,
      ports: { ...preferredPorts },
      authority: makeAuthority(now),
      authorizedKey: client.public,
      chaos: [],
    }
  }

  /** `days` is what is left of a lifetime of ninety days, less a week or so that differs between nodes; below zero: over. */
  private issue(plan: PlannedNode, days: number): Machine['kept']['certificate'] {
    const now = this.clock.now()
    const day = 86_400_000
    const notAfter = days < 0 ? now - 3_600_000 : now + (days - (plan.octet % 11)) * day
    return issueCertificate(this.state.authority, {
      commonName: `${plan.name}.${domain}`,
      names: [`${plan.name}.${domain}`],
      addresses: [],
      notBefore: notAfter - 90 * day,
      notAfter,
    })
  }

  private token(name: string): string {
    const path = join(this.dir, 'tokens', name)
    if (!existsSync(path)) replaceFile(path, randomBytes(24).toString('hex'))
    return readFileSync(path, 'utf8').trim()
  }

  private writeFiles(): void {
    const hostKeys = new Map(
      this.machines().map(machine => [machine.name, fingerprintOf(machine.kept.formerHostKey ?? machine.kept.hostKey)]),
    )
    for (const node of this.plan) this.token(node.name)
    this.write('ca.pem', this.state.authority.certificate)
    this.write('ping.cjs', pingProgram)
    const { base, ports } = this.state
    const node = this.options.node ?? process.execPath
    const pushEveryMs = this.options.pushEveryMs ?? 30_000
    this.write('fleet.yaml', fleetFile({ dir: this.dir, base, ports, nodes: this.plan, hostKeys, node, pushEveryMs }))
  }

  /** An unchanged file keeps its inode and time: an engine that watches it has nothing to look at. */
  private write(name: string, content: string): void {
    const path = join(this.dir, name)
    if (!existsSync(path) || readFileSync(path, 'utf8') !== content) replaceFile(path, content)
  }
}

function makeHostKey(): { key: string; fingerprint: string } {
  const key = makeSshKey('host').private
  return { key, fingerprint: fingerprintOf(key) }
}
