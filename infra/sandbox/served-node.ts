// One node as the world serves it: the machine, its doors on both addresses, sshd and the web service behind them, and
// what the servers do when something changes on the machine.
import type { Clock } from '../../state/primitives/clock.ts'
import type { Ledger } from './ledger.ts'
import { Door } from './nodes/door.ts'
import { roundTripMs } from './nodes/figures.ts'
import { createWebService, type WebService } from './nodes/https-server.ts'
import { type Conditions, Machine } from './nodes/machine.ts'
import { createSshDaemon, type SshDaemon } from './nodes/ssh-server.ts'
import { addressesOf, type PlannedNode } from './plan.ts'
import type { WorldView } from './shell/program.ts'
import { makeHostKey } from './ssh-keys.ts'
import type { WorldState } from './world-shape.ts'

export interface ServedNodeOptions {
  plan: PlannedNode
  dir: string
  clock: Clock
  random: () => number
  ledger: Ledger
  /** What of the world's own state stays the same while it runs. */
  kept: Pick<WorldState, 'base' | 'ports' | 'authorizedKey'>
  view: WorldView
  conditions: () => Conditions
  /** Issues a certificate of which `days` of ninety are left. */
  issue: (days: number) => Machine['kept']['certificate']
  sessionId: () => string
}

export class ServedNode {
  readonly machine: Machine
  private readonly options: ServedNodeOptions
  private readonly doors: readonly Door[]
  private readonly ssh: SshDaemon
  private readonly web: WebService
  /** What the servers use now, to see when the machine has another. */
  private hostKey: string
  private certificate: string
  private isRaised = false
  private cancelAway: (() => void) | null = null
  private awayUntil: number | null = null

  constructor(options: ServedNodeOptions) {
    const { plan, dir, clock, ledger, conditions, issue, kept, view } = options
    this.options = options
    const machine = new Machine({
      plan,
      addresses: addressesOf(plan, kept.base),
      dir,
      clock,
      ledger,
      conditions,
      born: () => ({ hostKey: makeHostKey().key, certificate: issue(90) }),
      changed: () => {
        if (this.isRaised) void this.follow().catch(() => {})
      },
    })
    this.machine = machine
    if (machine.kept.certificate.notAfter - clock.now() < 30 * 86_400_000) machine.putCertificate(issue(90))
    const { authorizedKey, ports } = kept
    this.ssh = createSshDaemon({ machine, world: view, authorizedKey, sessionId: options.sessionId })
    this.web = createWebService(machine)
    this.hostKey = machine.kept.hostKey
    this.certificate = machine.servedCertificate().certificate
    this.doors = [
      this.door('mesh', ports.ssh, 'ssh', () => machine.isActive('sshd.service')),
      this.door('public', ports.ssh, 'ssh', () => machine.isActive('sshd.service')),
      this.door('public', ports.https, 'https', () => machine.isActive(machine.webUnit)),
      this.door('public', ports.admin, 'admin', () => machine.conditions().portOpen),
    ]
    this.isRaised = true
  }

  /** One way there and back, as slow as the node is far and chaos makes it. */
  delayMs(): number {
    return roundTripMs(this.options.plan.rttMs, this.options.random) + this.machine.conditions().extraMs
  }

  /** Opens and shuts the doors as the machine is now. */
  async open(): Promise<void> {
    await Promise.all(this.doors.map(door => door.follow()))
  }

  /** The servers follow what changed on the machine. */
  async follow(): Promise<void> {
    const { machine } = this
    const { clock } = this.options
    if (this.hostKey !== machine.kept.hostKey) {
      this.hostKey = machine.kept.hostKey
      this.ssh.rekey()
      // Whoever is connected still trusts the former key: only a new handshake shows the new one.
      this.cut()
    }
    const { certificate } = machine.servedCertificate()
    if (this.certificate !== certificate) {
      this.certificate = certificate
      this.web.recertify()
    }
    machine.silentSince = machine.isSilent('mesh') ? (machine.silentSince ?? clock.now()) : null
    const { awayUntil } = machine.kept
    if (this.awayUntil !== awayUntil) {
      this.awayUntil = awayUntil
      this.cancelAway?.()
      this.cancelAway = null
      if (awayUntil !== null) {
        this.cut()
        this.cancelAway = clock.after(Math.max(0, awayUntil - clock.now()), () => machine.comeBack())
      }
    }
    await this.open()
  }

  /** Logs the errors that chaos makes the node log, until the returned function is called. */
  logTroubles(): () => void {
    const { machine } = this
    let cancel = () => {}
    const turn = () => {
      cancel = this.options.clock.after(5000, turn)
      const { errors, diskFull } = machine.conditions()
      if (machine.isAway()) return
      const pid = machine.unit(machine.webUnit)?.pid ?? 0
      if (errors) machine.log(3, machine.webUnit, 'clavitor', 'request failed: upstream returned 500', pid)
      if (diskFull) machine.log(3, machine.webUnit, 'clavitor', 'database or disk is full', pid)
    }
    cancel = this.options.clock.after(5000, turn)
    return () => cancel()
  }

  async close(): Promise<void> {
    this.cancelAway?.()
    this.web.close()
    await Promise.all(this.doors.map(door => door.close()))
  }

  private cut(): void {
    for (const door of this.doors) door.cut()
  }

  private door(via: 'mesh' | 'public', port: number, service: 'ssh' | 'https' | 'admin', isOpen: () => boolean): Door {
    const { machine } = this
    const address = machine.addresses[via]
    return new Door({
      address,
      port,
      isOpen,
      isSilent: () => machine.isSilent(via),
      delayMs: () => this.delayMs(),
      connected: (link, from) => {
        this.options.ledger.add(machine.name, { what: 'connection', address, service, from })
        if (service === 'ssh') this.ssh.accept(link)
        else if (service === 'https') this.web.accept(link)
        else link.end('SSH-2.0-OpenSSH_10.2\r\n')
      },
    })
  }
}
