// The connections behind the pool: one per chain of hops, made when first needed, shared by all who want it, closed when
// nothing uses it. ssh2 itself is loaded at first use, so that a program that never connects never pays.
import type { Clock } from '../../state/primitives/clock.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import { type Backoff, createBackoff } from './backoff.ts'
import type { HostCertificate } from './certificate.ts'
import { findCertificate, trustCertified } from './certified.ts'
import { Connection } from './connection.ts'
import { dial } from './dial.ts'
import { type Limit, limitError, startLimit, within } from './limit.ts'
import { createKeyRing, type KeyRing } from './login.ts'
import { SshError, type SshPool, type SshTarget } from './ssh.ts'
import { chainKey, checkTarget, nodesOf } from './target.ts'
import type { Trust, TrustReader } from './trust.ts'
import { createTurns } from './turns.ts'

export type Ssh2 = typeof import('ssh2')

export interface LinesOptions {
  clock: Clock
  /** From 0 up to 1; for jitter. */
  random: () => number
  /** Handshakes at once. Default 32. */
  maxHandshakes?: number
  /** One handshake from socket to login, ms. Default 20,000. */
  handshakeMs?: number
  /** Between keepalives, ms; three unanswered end a connection. Default 15,000. */
  keepaliveMs?: number
  /** A connection that nothing used for so long is closed, ms. Default 5 minutes. */
  idleMs?: number
  /** Default 1 s, doubling to 60 s. */
  backoff?: { firstMs: number; mostMs: number }
}

interface Dialling {
  promise: Promise<Made>
  waiters: number
  giveUp: AbortController
}

export interface Made {
  connection: Connection
  /** What vouched for the host's key, if an authority did. */
  certificate: HostCertificate | null
  /** From the socket to the login, ms. */
  ms: number
}

interface Line {
  target: SshTarget
  connection: Connection | null
  dialling: Dialling | null
  backoff: Backoff
  lastError: SshError | null
  /** The type of the host key that was accepted, asked for first at the next time. */
  keyType: string | null
  certificate: HostCertificate | null
}

export interface Lines extends Pick<SshPool, 'stats' | 'drop' | 'close'> {
  load(): Promise<{ ssh2: Ssh2; keys: KeyRing }>
  /** A live connection, shared; `ms` is 0 when it was there already. A periodic one heeds the pauses after failures. */
  reach(target: SshTarget, periodic: boolean, limit: Limit, deadlineMs: number): Promise<Made>
  /** The connection to a jump host, within a limit of its own. */
  reachJump(jump: SshTarget, signal: AbortSignal): Promise<Connection>
  /** A connection that nothing shares, beside the one that is there; null where none is. Whoever asked closes it. */
  beside(target: SshTarget, limit: Limit, deadlineMs: number): Promise<Made | null>
}

export function createLines(options: LinesOptions, trustReader: TrustReader): Lines {
  const { clock } = options
  const handshakeMs = options.handshakeMs ?? 20_000
  const idleMs = options.idleMs ?? 300_000
  const times = options.backoff ?? { firstMs: 1000, mostMs: 60_000 }
  const turns = createTurns(options.maxHandshakes ?? 32)
  const lines = new Map<string, Line>()
  const closing = new AbortController()
  let loading: Promise<{ ssh2: Ssh2; keys: KeyRing }> | null = null
  let stopSweep: (() => void) | null = null

  function load(): Promise<{ ssh2: Ssh2; keys: KeyRing }> {
    loading ??= import('ssh2').then(module => {
      const ssh2: Ssh2 = module.default
      return { ssh2, keys: createKeyRing(ssh2) }
    })
    return loading
  }

  function lineOf(target: SshTarget): Line {
    const key = chainKey(target)
    const found = lines.get(key)
    if (found) return found
    const backoff = createBackoff(times, options.random)
    const line: Line = {
      target,
      connection: null,
      dialling: null,
      backoff,
      lastError: null,
      keyType: null,
      certificate: null,
    }
    lines.set(key, line)
    return line
  }

  async function reach(target: SshTarget, periodic: boolean, limit: Limit, deadlineMs: number): Promise<Made> {
    if (closing.signal.aborted) throw new SshError(target.node, 'closed', nodeText('the pool is closed'))
    checkTarget(target)
    const line = lineOf(target)
    if (line.connection && isUsable(line.connection))
      return { connection: line.connection, certificate: line.certificate, ms: 0 }
    if (periodic && line.lastError && !line.dialling && line.backoff.holds(clock.mono())) throw line.lastError
    line.dialling ??= startDialling(line)
    const dialling = line.dialling
    dialling.waiters++
    try {
      return await within(dialling.promise, limit.signal, () => limitError(target.node, limit, deadlineMs))
    } finally {
      dialling.waiters--
      if (dialling.waiters === 0) dialling.giveUp.abort()
    }
  }

  function startDialling(line: Line): Dialling {
    const giveUp = new AbortController()
    const promise = makeConnection(line.target, line.certificate ? null : line.keyType, giveUp.signal).then(
      made => {
        line.dialling = null
        line.lastError = null
        line.backoff.succeed()
        line.certificate = made.certificate
        keep(line, made.connection)
        return made
      },
      (error: unknown) => {
        line.dialling = null
        if (error instanceof SshError && error.failure !== 'cancelled') {
          line.lastError = error
          line.backoff.fail(clock.mono())
        }
        throw error
      },
    )
    promise.catch(() => undefined)
    return { promise, waiters: 0, giveUp }
  }

  function keep(line: Line, connection: Connection): void {
    line.connection = connection
    line.keyType = connection.hostkey.type
    connection.onDeath(() => {
      if (line.connection === connection) line.connection = null
    })
    if (closing.signal.aborted) connection.close('the pool is closed')
    stopSweep ??= clock.after(Math.max(1, idleMs / 4), sweep)
  }

  function sweep(): void {
    stopSweep = null
    let left = 0
    for (const line of lines.values()) {
      const { connection } = line
      if (!connection) continue
      if (connection.isIdle() && clock.mono() - connection.idleSince >= idleMs) connection.close('nothing used it')
      else left++
    }
    if (left > 0) stopSweep = clock.after(Math.max(1, idleMs / 4), sweep)
  }

  /** Makes a new connection, its jump host's first. Errors of a hop name the hop. */
  async function makeConnection(target: SshTarget, keyType: string | null, signal: AbortSignal): Promise<Made> {
    const { ssh2, keys } = await load()
    const attempts = keys.attempts(target)
    const trust = preferring(await trustReader.read(target), keyType)
    const through = target.jump ? await reachJump(target.jump, signal) : null
    const giveBack = await takeTurn(target, signal)
    const limit = startLimit(clock, handshakeMs, signal)
    const started = clock.mono()
    try {
      const { keepaliveMs = 15_000 } = options
      const certificate = await findCertificate({ ssh2, target, trust, through }, clock.now(), limit.signal)
      const trusted = certificate ? trustCertified(trust, certificate) : trust
      const request = { ssh2, target, trust: trusted, attempts, through, keepaliveMs, onlyKey: false }
      const made = await dial(request, limit.signal)
      return { connection: new Connection(target.node, made, clock), certificate, ms: clock.mono() - started }
    } catch (error) {
      if (limit.ended() !== 'timeout') throw error
      throw new SshError(
        target.node,
        'timeout',
        nodeText(`${target.host}:${target.port}: no login within ${handshakeMs} ms`),
      )
    } finally {
      limit.release()
      giveBack()
    }
  }

  async function reachJump(jump: SshTarget, signal: AbortSignal): Promise<Connection> {
    const limit = startLimit(clock, handshakeMs * 2, signal)
    try {
      return (await reach(jump, false, limit, handshakeMs * 2)).connection
    } finally {
      limit.release()
    }
  }

  async function takeTurn(target: SshTarget, signal: AbortSignal): Promise<() => void> {
    try {
      return await turns.take(signal)
    } catch {
      throw new SshError(target.node, 'cancelled', nodeText('gave up waiting for its turn to shake hands'))
    }
  }

  async function beside(target: SshTarget, limit: Limit, deadlineMs: number): Promise<Made | null> {
    const line = lineOf(target)
    if (!line.connection || !isUsable(line.connection)) return null
    checkTarget(target)
    const making = makeConnection(target, line.certificate ? null : line.keyType, limit.signal)
    making.then(late => limit.ended() !== null && late.connection.close('too late')).catch(() => undefined)
    return within(making, limit.signal, () => limitError(target.node, limit, deadlineMs))
  }

  return {
    load,
    reach,
    reachJump,
    beside,
    stats() {
      let open = 0
      let connecting = 0
      for (const line of lines.values()) {
        if (line.connection && !line.connection.isDead()) open++
        if (line.dialling) connecting++
      }
      return { open, connecting }
    },
    drop(node) {
      for (const [key, line] of lines) {
        if (!nodesOf(line.target).includes(node)) continue
        lines.delete(key)
        line.dialling?.giveUp.abort()
        line.connection?.close('its settings changed')
      }
    },
    async close() {
      closing.abort()
      stopSweep?.()
      for (const line of lines.values()) {
        line.dialling?.giveUp.abort()
        line.connection?.close('the pool is closed')
      }
      lines.clear()
    },
  }
}

function isUsable(connection: Connection): boolean {
  return !connection.isDead() && !connection.isWorn()
}

function preferring(trust: Trust, keyType: string | null): Trust {
  return keyType === null ? trust : { ...trust, types: [keyType, ...trust.types] }
}
