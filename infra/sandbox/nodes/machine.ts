// One node of the world: what it is, what runs on it, and what changes when somebody acts on it. Servers, shell,
// telemetry and chaos all look at and change this one thing; every change is durable before it is answered.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../../state/primitives/clock.ts'
import { readDocument, replaceFile, writeDocument } from '../documents.ts'
import type { Ledger } from '../ledger.ts'
import type { PlannedNode } from '../plan.ts'
import { diskKb, type Figures, figuresOf, totalRamMb } from './figures.ts'
import { type NodeJournal, openJournal } from './journal.ts'
import { type KeptFile, type MachineState, machineCheck, type UnitState } from './machine-shape.ts'

/** What chaos does to a node at this moment, all active kinds together. */
export interface Conditions {
  /** Nothing answers at this address and nothing leaves it. */
  silentPublic: boolean
  silentMesh: boolean
  /** Pushes do not reach headquarters. */
  pushesLost: boolean
  extraMs: number
  diskFull: boolean
  errors: boolean
  certificateExpired: boolean
  portOpen: boolean
  /** Headquarters itself is cut off: nodes still reach each other. */
  hqBlind: boolean
}

export const calm: Conditions = {
  silentPublic: false,
  silentMesh: false,
  pushesLost: false,
  extraMs: 0,
  diskFull: false,
  errors: false,
  certificateExpired: false,
  portOpen: false,
  hqBlind: false,
}

export class DiskFull extends Error {}

export interface MachineOptions {
  plan: PlannedNode
  addresses: { mesh: string; public: string }
  dir: string
  clock: Clock
  ledger: Ledger
  /** Makes what a new machine is born with. */
  born: () => Pick<MachineState, 'hostKey' | 'certificate'>
  conditions: () => Conditions
  /** Something changed that servers must follow (a unit, a reboot, a key). */
  changed: () => void
}

export class Machine {
  readonly plan: PlannedNode
  readonly addresses: { mesh: string; public: string }
  readonly clock: Clock
  readonly ledger: Ledger
  readonly journal: NodeJournal
  readonly conditions: () => Conditions
  private readonly dir: string
  private readonly changed: () => void
  /** Since when its mesh address is silent, ms since the epoch; null while it answers. */
  silentSince: number | null = null
  private state: MachineState

  constructor(options: MachineOptions) {
    this.plan = options.plan
    this.addresses = options.addresses
    this.clock = options.clock
    this.ledger = options.ledger
    this.conditions = options.conditions
    this.changed = options.changed
    this.dir = join(options.dir, 'nodes', options.plan.name)
    mkdirSync(join(this.dir, 'blobs'), { recursive: true, mode: 0o700 })
    this.journal = openJournal(join(this.dir, 'journal.jsonl'))
    const known = readDocument(join(this.dir, 'machine.json'), machineCheck)
    this.state = known ?? newMachine(options.plan, options.clock.now(), options.born())
    if (known) return
    this.save()
    this.log(6, null, 'kernel', `Linux version 6.12.58 (nixbld@localhost) booting ${options.plan.name}`)
    for (const unit of Object.keys(this.state.units)) this.log(6, unit, 'systemd', `Started ${this.describe(unit)}.`, 1)
  }

  get name(): string {
    return this.plan.name
  }

  get kept(): Readonly<MachineState> {
    return this.state
  }

  /** The unit behind the node's HTTPS port. */
  get webUnit(): string {
    return this.isHq ? 'uptime-kuma.service' : 'clavitor.service'
  }

  get isHq(): boolean {
    return this.plan.region === null
  }

  figures(): Figures {
    const figures = figuresOf(this.plan, this.clock.now())
    const { diskFull, errors } = this.conditions()
    return {
      ...figures,
      disk_pct: diskFull ? 100 : figures.disk_pct,
      err_1h: figures.err_1h + (errors ? 180 : 0) + (diskFull ? 60 : 0),
    }
  }

  uptimeMs(): number {
    return Math.max(0, this.clock.now() - this.state.bootedAt)
  }

  get totalRamMb(): number {
    return this.isHq ? 3915 : totalRamMb
  }

  get diskKb(): number {
    return diskKb
  }

  /** Nothing is heard or said at this address, for whatever reason. Headquarters can always reach itself. */
  isSilent(via: 'mesh' | 'public'): boolean {
    const conditions = this.conditions()
    if (this.isAway()) return true
    if (conditions.hqBlind && !this.isHq) return true
    return via === 'mesh' ? conditions.silentMesh : conditions.silentPublic
  }

  isAway(): boolean {
    return this.state.awayUntil !== null
  }

  log(priority: number, unit: string | null, identifier: string, message: string, pid = 1): void {
    const atMs = this.clock.now()
    this.journal.add({ atMs, bootId: this.state.bootId, priority, unit, identifier, pid, message })
  }

  // Units

  unit(name: string): UnitState | null {
    return this.state.units[name] ?? null
  }

  isActive(name: string): boolean {
    return this.unit(name)?.active === 'active'
  }

  startUnit(name: string, by: string): boolean {
    const unit = this.unit(name)
    if (!unit) return false
    if (unit.active === 'active') return true
    this.putUnit(name, { ...unit, ...this.running(runningSub(name)) })
    this.log(6, name, 'systemd', `Started ${this.describe(name)}.`)
    this.ledger.add(this.name, { what: 'unit', unit: name, change: 'started', by })
    return true
  }

  stopUnit(name: string, by: string, failure: number | null = null): boolean {
    const unit = this.unit(name)
    if (!unit) return false
    if (unit.active !== 'active') return true
    const now = this.clock.now()
    this.putUnit(name, {
      ...unit,
      active: failure === null ? 'inactive' : 'failed',
      sub: failure === null ? 'dead' : 'failed',
      since: now,
      pid: 0,
      exitStatus: failure ?? 0,
    })
    if (failure === null) this.log(6, name, 'systemd', `Stopped ${this.describe(name)}.`)
    else {
      this.log(5, name, 'systemd', `${name}: Main process exited, code=exited, status=${failure}/n/a`)
      this.log(4, name, 'systemd', `${name}: Failed with result 'exit-code'.`)
    }
    this.ledger.add(this.name, { what: 'unit', unit: name, change: failure === null ? 'stopped' : 'failed', by })
    return true
  }

  restartUnit(name: string, by: string): boolean {
    const unit = this.unit(name)
    if (!unit) return false
    if (unit.active === 'active') this.log(6, name, 'systemd', `Stopping ${this.describe(name)}...`)
    this.putUnit(name, { ...unit, ...this.running(runningSub(name)) })
    this.log(6, name, 'systemd', `Started ${this.describe(name)}.`)
    this.ledger.add(this.name, { what: 'unit', unit: name, change: 'restarted', by })
    return true
  }

  describe(name: string): string {
    return this.unit(name)?.description ?? name
  }

  private running(sub: string): Pick<UnitState, 'active' | 'sub' | 'since' | 'pid' | 'exitStatus' | 'invocation'> {
    const pid = sub === 'exited' ? 0 : this.takePid()
    const invocation = randomUUID().replaceAll('-', '')
    return { active: 'active', sub, since: this.clock.now(), pid, exitStatus: 0, invocation }
  }

  private takePid(): number {
    this.state = { ...this.state, nextPid: this.state.nextPid + 7 }
    return this.state.nextPid
  }

  private putUnit(name: string, unit: UnitState): void {
    this.change({ units: { ...this.state.units, [name]: unit } })
  }

  // Boot

  /** Goes away for `awayMs` and comes back with another boot id, its enabled units running. */
  reboot(awayMs: number, by: string): void {
    const now = this.clock.now()
    const former = this.state.bootId
    this.log(6, null, 'systemd', 'System is rebooting.')
    const bootId = randomUUID()
    this.change({ bootId, bootedAt: now + awayMs, awayUntil: now + awayMs })
    this.ledger.add(this.name, { what: 'reboot', from: former, to: bootId, by })
  }

  /** The other end of `reboot`; the world calls it when the time has come. */
  comeBack(): void {
    if (this.state.awayUntil === null) return
    const units: Record<string, UnitState> = {}
    for (const [name, unit] of Object.entries(this.state.units)) {
      units[name] = unit.enabled ? { ...unit, restarts: 0, ...this.running(runningSub(name)) } : unit
    }
    this.change({ units, awayUntil: null, bootedAt: Math.min(this.state.bootedAt, this.clock.now()) })
    this.log(6, null, 'kernel', `Linux version 6.12.58 (nixbld@localhost) booting ${this.name}`)
    for (const name of Object.keys(units)) this.log(6, name, 'systemd', `Started ${this.describe(name)}.`)
  }

  // Keys

  replaceHostKey(key: string, fingerprint: string): void {
    this.change({ hostKey: key, formerHostKey: this.state.formerHostKey ?? this.state.hostKey })
    this.ledger.add(this.name, { what: 'hostkey', fingerprint })
  }

  restoreHostKey(): void {
    if (this.state.formerHostKey === null) return
    this.change({ hostKey: this.state.formerHostKey, formerHostKey: null })
  }

  putCertificate(certificate: MachineState['certificate']): void {
    this.change({ certificate })
  }

  putExpiredCertificate(expiredCertificate: MachineState['expiredCertificate']): void {
    this.change({ expiredCertificate })
  }

  servedCertificate(): MachineState['certificate'] {
    const { certificate, expiredCertificate } = this.state
    return this.conditions().certificateExpired && expiredCertificate ? expiredCertificate : certificate
  }

  // Files

  file(path: string): KeptFile | null {
    return this.state.files[path] ?? null
  }

  filesUnder(path: string): string[] {
    const prefix = path === '/' ? '/' : `${path}/`
    return Object.keys(this.state.files).filter(name => name !== path && name.startsWith(prefix))
  }

  content(file: KeptFile): Buffer {
    return file.sha256 === null ? Buffer.alloc(0) : readFileSync(join(this.dir, 'blobs', file.sha256))
  }

  /** Throws DiskFull while the disk is. */
  putFile(path: string, content: Uint8Array, mode: number | null): void {
    if (this.conditions().diskFull && content.length > 0) throw new DiskFull(path)
    const sha256 = createHash('sha256').update(content).digest('hex')
    replaceFile(join(this.dir, 'blobs', sha256), content)
    const kept = mode ?? this.file(path)?.mode ?? 0o644
    const file = { directory: false, mode: kept, size: content.length, modified: this.clock.now(), sha256 }
    this.change({ files: { ...this.state.files, [path]: file } })
    this.noteFile(path, file, 'written')
  }

  putDirectory(path: string, mode: number): void {
    const file = { directory: true, mode, size: 4096, modified: this.clock.now(), sha256: null }
    this.change({ files: { ...this.state.files, [path]: file } })
  }

  setMode(path: string, mode: number): void {
    const file = this.file(path)
    if (file) this.change({ files: { ...this.state.files, [path]: { ...file, mode } } })
  }

  moveFile(from: string, to: string): void {
    const moved = this.file(from)
    if (!moved) return
    const inside = this.filesUnder(from)
    const files: Record<string, KeptFile> = {}
    for (const [name, file] of Object.entries(this.state.files)) {
      if (name === from) files[to] = file
      else if (inside.includes(name)) files[`${to}${name.slice(from.length)}`] = file
      else if (name !== to) files[name] = file
    }
    this.change({ files })
    this.noteFile(to, moved, 'moved')
  }

  removeFile(path: string): void {
    const removed = this.file(path)
    if (!removed) return
    const inside = new Set([path, ...this.filesUnder(path)])
    const files = Object.fromEntries(Object.entries(this.state.files).filter(([name]) => !inside.has(name)))
    this.change({ files })
    this.noteFile(path, removed, 'removed')
  }

  private noteFile(path: string, file: KeptFile, change: 'written' | 'moved' | 'removed'): void {
    const { size: bytes, sha256 } = file
    this.ledger.add(this.name, { what: 'file', path, bytes, sha256, mode: file.mode.toString(8), change })
  }

  private change(part: Partial<MachineState>): void {
    this.state = { ...this.state, ...part }
    this.save()
    this.changed()
  }

  private save(): void {
    writeDocument(join(this.dir, 'machine.json'), this.state)
  }
}

function runningSub(unit: string): string {
  return unit.startsWith('wireguard-') || unit === 'firewall.service' ? 'exited' : 'running'
}

function newMachine(plan: PlannedNode, now: number, born: Pick<MachineState, 'hostKey' | 'certificate'>): MachineState {
  const units: Record<string, string> = {
    'sshd.service': 'SSH Daemon',
    'wireguard-wg0.service': 'WireGuard Tunnel - wg0',
    'systemd-journald.service': 'Journal Service',
    'systemd-timesyncd.service': 'Network Time Synchronization',
    'dbus.service': 'D-Bus System Message Bus',
    'firewall.service': 'Firewall',
    ...(plan.region === null
      ? {
          'zerotierone.service': 'ZeroTierOne',
          'uptime-kuma.service': 'Uptime Kuma',
          'ntfy-sh.service': 'Push notifications server',
        }
      : { 'clavitor.service': 'Clavitor vault' }),
  }
  // Machines of a fleet were not all started in the same minute.
  const bootedAt = now - Math.round((2 + (plan.octet % 9)) * 86_400_000 + plan.octet * 1_234_567)
  return {
    version: 1,
    bootId: randomUUID(),
    bootedAt,
    awayUntil: null,
    machineId: randomBytes(16).toString('hex'),
    formerHostKey: null,
    expiredCertificate: null,
    generation: 12,
    nextPid: 700,
    units: Object.fromEntries(
      Object.entries(units).map(([name, description], index) => [
        name,
        {
          description,
          active: 'active' as const,
          sub: runningSub(name),
          enabled: true,
          since: bootedAt + 4000 + index * 700,
          pid: 400 + index * 13,
          restarts: 0,
          exitStatus: 0,
          invocation: randomUUID().replaceAll('-', ''),
        },
      ]),
    ),
    files: {},
    ...born,
  }
}
