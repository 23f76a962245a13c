// The real door to nodes: commands, proofs of a login and uploads over persistent connections, which `lines.ts` keeps.
import { nodeText } from '../../state/primitives/node-text.ts'
import { reportCertificate } from './certified.ts'
import { type CommandPlan, planCommand } from './command-plan.ts'
import type { Connection, Session } from './connection.ts'
import { reportHostKey } from './handshake.ts'
import { type Limit, limitError, startLimit, within } from './limit.ts'
import { createLines, type LinesOptions, type Made } from './lines.ts'
import { askAndRemember } from './remember.ts'
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
import { sudoRefused } from './sudo.ts'
import { checkTarget } from './target.ts'
import { createTrustReader } from './trust.ts'
import { uploadTo } from './upload.ts'

export interface SshPoolOptions extends LinesOptions {
  /** Unguessable text of `[a-z0-9]`, e.g. `() => randomBytes(16).toString('hex')`. */
  word: () => string
}

export function createSshPool(options: SshPoolOptions): SshPool {
  const { clock } = options
  const trustReader = createTrustReader()
  const lines = createLines(options, trustReader)

  async function exec(target: SshTarget, request: ExecRequest): Promise<ExecResult> {
    const started = clock.mono()
    const plan = planCommand(target, request, options.word)
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
      const { connection, ms } = await lines.reach(target, periodic, limit, deadlineMs)
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
    let own: Made | null = null
    try {
      own = wanted.fresh ? await lines.beside(target, limit, wanted.deadlineMs) : null
      const made = own ?? (await lines.reach(target, wanted.periodic ?? false, limit, wanted.deadlineMs))
      await proveLogin(made.connection, limit, wanted.deadlineMs)
      const { method, hostkey } = made.connection
      return {
        ms: made.ms,
        method,
        hostkey: { ...reportHostKey(hostkey), base64: hostkey.blob.toString('base64') },
        hostCertificate: reportCertificate(made.certificate),
      }
    } finally {
      limit.release()
      own?.connection.close('it was only a proof')
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
        const { ssh2 } = await lines.load()
        const through = target.jump
          ? await within(lines.reachJump(target.jump, limit.signal), limit.signal, giveUp)
          : null
        const asking = askAndRemember({ ssh2, target, through, trustReader }, wanted, limit.signal)
        return reportHostKey(await within(asking, limit.signal, giveUp))
      } finally {
        limit.release()
      }
    },
    stats: lines.stats,
    drop: lines.drop,
    close: lines.close,
  }
  return pool
}

/** Starts a command within the limit; one that starts too late is ended at once. */
function startOn(connection: Connection, line: string, limit: Limit, giveUp: () => SshError): Promise<Session> {
  const starting = connection.start(line, limit.signal)
  starting.then(session => limit.ended() !== null && kill(session)).catch(() => undefined)
  return within(starting, limit.signal, giveUp)
}
