// The real door to nodes: persistent connections over ssh2, one per chain of hops, made when first needed and shared by
// everything that runs on a node. ssh2 itself is loaded at first use, so that a program that never connects never pays.
import type { Clock } from '../../state/primitives/clock.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import { type Backoff, createBackoff } from './backoff.ts'
import { askForCertificate, type HostCertificate, readCertificate } from './certificate.ts'
import { Connection, type Session } from './connection.ts'
import { dial, openSocket } from './dial.ts'
import { reportHostKey } from './handshake.ts'
import { type Limit, limitError, startLimit, within } from './limit.ts'
import { createKeyRing, type KeyRing } from './login.ts'
import { quoteArgv } from './quote.ts'
import { appendKnownHost } from './remember.ts'
import { kill, type RunEnd, runOn } from './run.ts'
import {
  type ConnectOptions,
  type ConnectReport,
  type ExecRequest,
  type ExecResult,
  SshError,
  type SshPool,
  type SshTarget,
} from './ssh.ts'
import { type SudoDialogue, sudoRefused, sudoWithoutPassword, sudoWithPassword } from './sudo.ts'
import { chainKey, checkTarget, nodesOf } from './target.ts'
import { createTrustReader, type Trust } from './trust.ts'
import { createTurns } from './turns.ts'
import { uploadTo } from './upload.ts'

type Ssh2 = typeof import('ssh2')

export interface SshPoolOptions {
  clock: Clock
  /** From 0 up to 1; for jitter. Prompts for sudo use the system's own randomness. */
  random: () => number
  /** Unguessable text of `[a-z0-9]`, e.g. `() => randomBytes(16).toString('hex')`. */
  word: () => string
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

interface Made {
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

export function createSshPool(options: SshPoolOptions): SshPool {
  const { clock } = options
  const handshakeMs = options.handshakeMs ?? 20_000
  const idleMs = options.idleMs ?? 300_000
  const times = options.backoff ?? { firstMs: 1000, mostMs: 60_000 }
  const turns = createTurns(options.maxHandshakes ?? 32)
  const trustReader = createTrustReader()
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

  /** A live connection; `ms` is 0 when it was there already. */
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
      const certificate = await findCertificate(ssh2, target, trust, through, limit.signal)
      const trusted = certificate ? trustCertified(trust, certificate) : trust
      const made = await dial(
        { ssh2, target, trust: trusted, attempts, through, keepaliveMs, onlyKey: false },
        limit.signal,
      )
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

  /** Only where an authority may vouch for the host and no key of it is known: it costs a connection of its own. */
  async function findCertificate(
    ssh2: Ssh2,
    target: SshTarget,
    trust: Trust,
    through: Connection | null,
    signal: AbortSignal,
  ) {
    if (trust.authorities.length === 0 || trust.types.length > 0) return null
    const blob = await askForCertificate(await openSocket(target, through, signal), signal)
    return blob === null ? null : readCertificate(ssh2, blob, target.host, trust.authorities, clock.now())
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

  async function exec(target: SshTarget, request: ExecRequest): Promise<ExecResult> {
    const started = clock.mono()
    const plan = planCommand(target, request)
    const limit = startLimit(clock, request.deadlineMs, request.signal)
    try {
      const end = await runLine(target, plan, request, limit)
      if (plan.becomes && !plan.dialogue && sudoRefused(end.exit, end.stdout, end.stderr)) {
        throw new SshError(target.node, 'become', nodeText(`sudo did not let us: ${nodeText(end.stderr, 400).trim()}`))
      }
      return { ...end, ms: clock.mono() - started }
    } finally {
      limit.release()
    }
  }

  function planCommand(target: SshTarget, request: ExecRequest): CommandPlan {
    const { become } = target
    if (become === null || request.become === false || target.user === 'root') {
      return { line: quoteArgv(request.argv), dialogue: null, becomes: false }
    }
    if (become.password === null)
      return { line: quoteArgv(sudoWithoutPassword(request.argv)), dialogue: null, becomes: true }
    const dialogue = sudoWithPassword(request.argv, become.password, options.word)
    return { line: quoteArgv(dialogue.argv), dialogue, becomes: true }
  }

  async function runLine(target: SshTarget, plan: CommandPlan, request: ExecRequest, limit: Limit): Promise<RunEnd> {
    const beginMs = Math.min(request.beginMs ?? request.deadlineMs, request.deadlineMs)
    // A limit of its own: a node that fell silent is given up long before a command that works could be too slow.
    const begin = startLimit(clock, beginMs, limit.signal)
    try {
      const { connection, session } = await begun(target, plan.line, request.periodic ?? false, begin, beginMs)
      begin.release()
      return await runOn(connection, session, request, plan.dialogue, limit)
    } catch (error) {
      // The whole deadline ended it, not the caller.
      if (begin.ended() === 'cancelled' && limit.ended() === 'timeout')
        throw limitError(target.node, limit, request.deadlineMs)
      throw error
    } finally {
      begin.release()
    }
  }

  async function begun(
    target: SshTarget,
    line: string,
    periodic: boolean,
    limit: Limit,
    deadlineMs: number,
  ): Promise<{ connection: Connection; session: Session }> {
    const giveUp = () => limitError(target.node, limit, deadlineMs)
    for (;;) {
      const { connection, ms } = await reach(target, periodic, limit, deadlineMs)
      // It died between two commands: nothing was sent, so a new one may be tried.
      if (connection.isDead() && ms === 0) continue
      const session = await startOn(connection, line, limit, giveUp).catch((error: unknown) => {
        // Only an old connection can be worn; a server that refuses on a new one means it.
        if (connection.isWorn() && ms === 0) return null
        throw error
      })
      if (session !== null) return { connection, session }
    }
  }

  async function connect(target: SshTarget, wanted: ConnectOptions): Promise<ConnectReport> {
    const limit = startLimit(clock, wanted.deadlineMs, wanted.signal)
    let own: Connection | null = null
    try {
      let made: Made
      const line = lineOf(target)
      if (wanted.fresh && line.connection && isUsable(line.connection)) {
        checkTarget(target)
        const making = makeConnection(target, line.certificate ? null : line.keyType, limit.signal)
        making.then(late => limit.ended() !== null && late.connection.close('too late')).catch(() => undefined)
        made = await within(making, limit.signal, () => limitError(target.node, limit, wanted.deadlineMs))
        own = made.connection
      } else {
        made = await reach(target, wanted.periodic ?? false, limit, wanted.deadlineMs)
      }
      await proveLogin(made.connection, limit, wanted.deadlineMs)
      const { method, hostkey } = made.connection
      return {
        ms: made.ms,
        method,
        hostkey: reportHostKey(hostkey),
        hostCertificate: reportCertificate(made.certificate),
      }
    } finally {
      limit.release()
      own?.close('it was only a proof')
    }
  }

  /** Runs a command that does nothing: a login that may run nothing is no login. */
  async function proveLogin(connection: Connection, limit: Limit, deadlineMs: number): Promise<void> {
    const { node } = connection
    const session = await startOn(connection, 'true', limit, () => limitError(node, limit, deadlineMs))
    const end = await runOn(connection, session, { argv: ['true'], deadlineMs }, null, limit)
    if (end.outcome === 'timeout') throw limitError(node, limit, deadlineMs)
    if (end.outcome === 'failed') {
      throw new SshError(
        node,
        'refused',
        nodeText(`the login runs no command: \`true\` ended with ${end.exit ?? end.killedBy}`),
      )
    }
  }

  const pool: SshPool = {
    exec,
    connect,
    upload: (target, upload) => uploadTo(pool, target, upload, options.word),
    async remember(target, wanted) {
      checkTarget(target)
      const limit = startLimit(clock, wanted.deadlineMs, wanted.signal)
      const giveUp = () => limitError(target.node, limit, wanted.deadlineMs)
      try {
        const { ssh2 } = await load()
        const trust = rememberTrust(
          await trustReader.read({ ...target, hostkeys: wanted.expect ? [wanted.expect] : [] }),
          wanted.expect,
        )
        const through = target.jump ? await within(reachJump(target.jump, limit.signal), limit.signal, giveUp) : null
        const request = { ssh2, target, trust, attempts: [], through, keepaliveMs: 0, onlyKey: true }
        const { hostkey } = await within(dial(request, limit.signal), limit.signal, giveUp)
        await appendKnownHost(wanted.file, target.host, target.port, hostkey, wanted.hashed ?? false)
        return reportHostKey(hostkey)
      } finally {
        limit.release()
      }
    },
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
  return pool
}

interface CommandPlan {
  line: string
  dialogue: SudoDialogue | null
  becomes: boolean
}

function isUsable(connection: Connection): boolean {
  return !connection.isDead() && !connection.isWorn()
}

/** Starts a command within the limit; one that starts too late is ended at once. */
function startOn(connection: Connection, line: string, limit: Limit, giveUp: () => SshError): Promise<Session> {
  const starting = connection.start(line, limit.signal)
  starting.then(session => limit.ended() !== null && kill(session)).catch(() => undefined)
  return within(starting, limit.signal, giveUp)
}

/** The key that a certificate names is trusted, and asked for first. A revoked one is not. */
function trustCertified(trust: Trust, certificate: HostCertificate): Trust {
  return {
    ...trust,
    types: [certificate.key.type],
    judge(key) {
      const error = trust.judge(key)
      return error?.failure === 'hostkey-unknown' && key.blob.equals(certificate.key.blob) ? null : error
    },
  }
}

function reportCertificate(certificate: HostCertificate | null): ConnectReport['hostCertificate'] {
  return certificate && { keyId: certificate.keyId, validBefore: certificate.validBefore }
}

function preferring(trust: Trust, keyType: string | null): Trust {
  return keyType === null ? trust : { ...trust, types: [keyType, ...trust.types] }
}

/** Asked to remember: an unknown key is what we came for; a changed or revoked one is refused all the same. */
function rememberTrust(trust: Trust, expect: string | null): Trust {
  if (expect !== null) return trust
  return {
    ...trust,
    judge(key) {
      const error = trust.judge(key)
      return error?.failure === 'hostkey-unknown' ? null : error
    },
  }
}
