// Runs one command on many nodes: starts because the run is open in durable state, ends with one command that holds
// every outcome. An engine that died in between cannot know how a command ended: it says so and runs nothing twice.
import type { ExecResult, SshPool, SshTarget } from '../../../infra/ssh/ssh.ts'
import { SshError } from '../../../infra/ssh/ssh.ts'
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
  try {
    const target = await world.target(node)
    if (!target) return unreached(node, spent(), 'the fleet file gives it no address')
    const result = await world.pool.exec(target, { argv, deadlineMs, maxBytes: mostOutputBytes, signal })
    return { ...ended(node, result), evidence: await kept(result, world) }
  } catch (error) {
    if (error instanceof SshError && (error.failure === 'become' || error.failure === 'closed')) {
      return { node, outcome: 'failed', exit: null, ms: spent(), evidence: null, detail: error.message }
    }
    return unreached(node, spent(), error instanceof Error ? error.message : String(error))
  }
}

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
