// How each kind of effect is run. A new kind is one line here.
import { randomUUID } from 'node:crypto'
import type { SshPool } from '../../infra/ssh/ssh.ts'
import type { Evidence } from '../../state/evidence.ts'
import type { Clock } from '../../state/primitives/clock.ts'
import { own } from '../../state/primitives/record.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { writeOutput } from './answers.ts'
import type { EffectRunner } from './effects.ts'
import type { Engine, ExecProgress } from './engine.ts'
import { interrupted, runEverywhere } from './exec/run.ts'
import type { Targets } from './targets.ts'
import { untilDurable } from './until-durable.ts'

const mostKeptBytes = 9 * 1024 * 1024

export interface RunnerWorld {
  engine(): Engine
  pool: SshPool
  targets: Targets
  evidence: Evidence
  clock: Clock
  fleet(): Fleet
  onExec(progress: ExecProgress): void
  deliverAlerts: EffectRunner
  /** Operations at providers, and what is asked of them for money's sake. */
  clouds: Readonly<Record<string, EffectRunner>>
}

export function createRunners(world: RunnerWorld): Readonly<Record<string, EffectRunner>> {
  return {
    'exec.run': (effect, signal) => runExec(effect.id, world, signal),
    'alerts.deliver': world.deliverAlerts,
    ...world.clouds,
  }
}

async function runExec(id: string, world: RunnerWorld, signal: AbortSignal): Promise<void> {
  const run = own(world.engine().state().exec.open, id)
  if (!run) return
  const { clean } = world.targets
  const outcomes = await runEverywhere(
    run,
    {
      pool: world.pool,
      clock: world.clock,
      async target(name) {
        const node = world.fleet().nodes.get(name)
        return node ? world.targets.of(node, 'any') : null
      },
      async keep({ stdout, stderr }) {
        const output = writeOutput({ stdout: clean.bytes(stdout), stderr: clean.bytes(stderr) })
        return (await world.evidence.put(output, { maxBytes: mostKeptBytes })).hash
      },
      clean: clean.text,
      onOutcome: outcome => world.onExec({ exec: id, ...outcome }),
    },
    signal,
  )
  await untilDurable(() => world.engine().do({ type: 'exec.end', id, outcomes }), world.clock, signal)
}

/** Runs that were open when the last engine died: nobody knows how they ended, and nothing is run twice. */
export async function closeInterrupted(engine: Engine): Promise<void> {
  for (const run of Object.values(engine.state().exec.open)) {
    await engine.do({ type: 'exec.end', id: run.id, outcomes: interrupted(run) })
  }
}

export function newId(prefix: string): string {
  return `${prefix}-${randomUUID()}`
}
