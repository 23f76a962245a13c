// Runs one command on many nodes: starts because the run is open in durable state, ends with one command that holds
// every outcome. An engine that died in between cannot know how a command ended: it says so and runs nothing twice.
import type { ExecResult, SshPool, SshTarget } from '../../../infra/ssh/ssh.ts'
import { SshError, type SshFailure } from '../../../infra/ssh/ssh.ts'
import type { Clock } from '../../../state/primitives/clock.ts'
import type { ExecOutcome, ExecRun } from './shapes.ts'

export interface ExecWorld {
  pool: SshPool
  clock: Clock
  /** Resolved target of a node, or null when it has no address. */
  target(node: string): Promise<SshTarget | null>
  /** Keeps the output as evidence (redacted); gives its hash. */
  keep(output: { stdout: Uint8Array; stderr: Uint8Array }): Promise<string>
  /** Takes secrets out of a text. */
  clean(text: string): string
  onOutcome(outcome: ExecOutcome): void
}

/** How much of each stream is kept for one node. */
const mostOutputBytes = 4 * 1024 * 1024

export async function runEverywhere(run: ExecRun, world: ExecWorld, signal: AbortSignal): Promise<ExecOutcome[]> {
  // The pool itself bounds handshakes and sessions; here every node starts at once.
  return Promise.all(
    run.nodes.map(async node => {
      const ended = await runOnOne(node, run.argv, run.deadlineMs, world, signal)
      // Why it failed may quote what the node printed, and the journal keeps it.
      const outcome = { ...ended, detail: ended.detail === null ? null : world.clean(ended.detail) }
      world.onOutcome(outcome)
      return outcome
    }),
  )
}

async function runOnOne(
  node: string,
  argv: readonly string[],
  deadlineMs: number,
  world: ExecWorld,
  signal: AbortSignal,
): Promise<ExecOutcome> {
  const began = world.clock.mono()
  const spent = () => Math.round(world.clock.mono() - began)
  let result: ExecResult
  try {
    const target = await world.target(node)
    if (!target) return unreached(node, spent(), 'the fleet file gives it no address')
    result = await world.pool.exec(target, { argv, deadlineMs, maxBytes: mostOutputBytes, signal })
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).slice(0, longestDetail)
    if (error instanceof SshError && mayHaveRun.has(error.failure)) {
      return {
        node,
        outcome: 'failed',
        exit: null,
        ms: spent(),
        evidence: null,
        detail: `how it ended is not known: ${why}`,
      }
    }
    return unreached(node, spent(), why)
  }
  // It ran: whatever happens to its output, how it ended is known.
  const { detail, ...how } = ended(node, result)
  try {
    return { ...how, detail, evidence: await kept(result, world) }
  } catch (error) {
    const why = `its output could not be kept: ${error instanceof Error ? error.message : String(error)}`
    return { ...how, detail: [detail, why].filter(Boolean).join('; ').slice(0, longestDetail), evidence: null }
  }
}

/** Failures after which the command may have begun: to call them unreachable would invite running it again. */
const mayHaveRun: ReadonlySet<SshFailure> = new Set(['become', 'closed', 'cancelled'])
/** A node chooses what an error says, but not how long it is. */
const longestDetail = 1_000

function ended(node: string, result: ExecResult): Omit<ExecOutcome, 'evidence'> {
  const detail = result.killedBy ? `killed by ${result.killedBy}` : result.truncated ? 'output was cut' : null
  return { node, outcome: result.outcome, exit: result.exit, ms: Math.round(result.ms), detail }
}

async function kept(result: ExecResult, world: ExecWorld): Promise<string | null> {
  if (result.stdout.length === 0 && result.stderr.length === 0) return null
  return world.keep(result)
}

function unreached(node: string, ms: number, detail: string): ExecOutcome {
  return { node, outcome: 'unreachable', exit: null, ms, evidence: null, detail }
}

/** What a run that was open when the engine died is closed with. */
export function interrupted(run: ExecRun): ExecOutcome[] {
  return run.nodes.map(node => ({
    node,
    outcome: 'failed' as const,
    exit: null,
    ms: 0,
    evidence: null,
    detail: 'the engine ended while it ran: how it ended is not known',
  }))
}
