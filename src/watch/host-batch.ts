// All due host probes of a node in one round trip: one SSH exec runs their commands, each gets its own answers back.
import { type BatchCommand, batchArgv, readBatch } from '../../infra/batch/batch.ts'
import { quoteArgv } from '../../infra/ssh/quote.ts'
import { type ExecResult, SshError } from '../../infra/ssh/ssh.ts'
import type { ProbeInstance } from '../fleet/fleet.ts'
import type { HostProbe, Outcome, ProbeContext } from './probe.ts'
import { needRoot } from './probes/answers.ts'
import { couldNotLook } from './probes/network.ts'

export interface HostLook {
  kind: HostProbe
  probe: ProbeInstance
  context: ProbeContext
}

export interface BatchSurroundings {
  /** A fresh boundary: 32 hex digits that nobody can guess. */
  random(): string
  /** A reader threw: our bug. Logs it and says "could not look" for that probe alone. */
  bug(probe: ProbeInstance, error: unknown): Outcome
}

/** Most that the connection and the login may take before the first command runs. */
const connectAtMostMs = 10_000

/** Commands run in turn, so that their limits add up; a node that hangs in all of them is given up long before. */
export function batchDeadlineMs(looks: readonly Pick<HostLook, 'probe'>[]): number {
  return beginMs(looks) + slowestMs(looks) * Math.min(2, looks.length)
}

/** A node out of reach is given up when the most patient of its probes would: who asks now does not wait for commands. */
function beginMs(looks: readonly Pick<HostLook, 'probe'>[]): number {
  return Math.min(connectAtMostMs, slowestMs(looks))
}

function slowestMs(looks: readonly Pick<HostLook, 'probe'>[]): number {
  return looks.reduce((most, look) => Math.max(most, look.probe.timeoutMs), 0)
}

/** Outcomes in the order of the looks. A node out of reach makes them all unknown: who cannot look says nothing. */
export async function lookAtHost(
  looks: readonly HostLook[],
  surroundings: BatchSurroundings,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const first = looks[0]
  if (!first) return []
  const mayBecome = looks.some(look => look.kind.needsRoot === true)
  try {
    return await run(looks, first.context, mayBecome, surroundings, signal)
  } catch (error) {
    if (!(error instanceof SshError) || error.failure !== 'become' || !mayBecome)
      return looks.map(() => unreachable(error))
    const why = `could not look: ${error.detail}; ${needRoot}`
    const rest = looks.filter(look => look.kind.needsRoot !== true)
    const answers = rest.length === 0 ? [] : await lookAtHost(rest, surroundings, signal)
    return looks.map(look => answers[rest.indexOf(look)] ?? couldNotLook(why))
  }
}

async function run(
  looks: readonly HostLook[],
  context: ProbeContext,
  become: boolean,
  surroundings: BatchSurroundings,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const plans = looks.map(look => planLook(look, surroundings))
  const flat = plans.flatMap(plan => plan.commands)
  const boundary = surroundings.random()
  const target = await context.sshTarget(context.node, 'any')
  const result = await context.ssh.exec(target, {
    argv: batchArgv(boundary, flat),
    deadlineMs: batchDeadlineMs(looks),
    beginMs: beginMs(looks),
    maxBytes: 2 * 1024 * 1024,
    become,
    periodic: context.periodic,
    signal,
  })
  const answers = readBatch(boundary, flat.length, result.stdout, result.stderr)
  let at = 0
  return Promise.all(
    plans.map(async ({ look, commands, failed }) => {
      if (failed) return failed
      const own = answers.slice(at, at + commands.length)
      at += own.length
      const whole = own.filter(answer => answer !== null)
      if (whole.length < own.length) return couldNotLook(`could not look: ${cutShort(result)}`)
      try {
        return await look.kind.read(whole, look.probe, look.context)
      } catch (error) {
        return surroundings.bug(look.probe, error)
      }
    }),
  )
}

interface Plan {
  look: HostLook
  commands: readonly BatchCommand[]
  /** It cannot be asked. The others of the trip can: they must not become blind with it. */
  failed: Outcome | null
}

function planLook(look: HostLook, surroundings: BatchSurroundings): Plan {
  const limitS = look.probe.timeoutMs / 1000
  try {
    const commands = look.kind.commands(look.probe, look.context)
    return { look, commands: commands.map(argv => ({ quoted: quoteArgv(argv), limitS })), failed: null }
  } catch (error) {
    return { look, commands: [], failed: surroundings.bug(look.probe, error) }
  }
}

function cutShort(result: ExecResult): string {
  if (result.outcome === 'timeout') return 'the node did not answer in time'
  if (result.truncated) return 'the answer was too long'
  const said = new TextDecoder().decode(result.stderr).trim().split('\n')[0]
  return `the node's shell gave no whole answer${said ? `: ${said}` : ''}`
}

function unreachable(error: unknown): Outcome {
  if (error instanceof SshError) return couldNotLook(`could not look: ${error.failure}: ${error.detail}`)
  return couldNotLook(`could not look: ${error instanceof Error ? error.message : String(error)}`)
}
