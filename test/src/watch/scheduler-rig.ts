// A schedule on a virtual clock, over nodes and probe kinds made up for a test.
import { Type } from 'typebox'
import { frameBatch, readBatchArgv } from '../../../infra/batch/batch.ts'
import type { SshPool } from '../../../infra/ssh/ssh.ts'
import type { Fleet, FleetNode, ProbeInstance } from '../../../src/fleet/fleet.ts'
import type { DirectProbe, HostProbe, Outcome, ProbeKind, Sample } from '../../../src/watch/probe.ts'
import { createScheduler, type SchedulerOptions } from '../../../src/watch/scheduler.ts'
import { VirtualClock } from '../../../state/primitives/clock.ts'
import { nodeText } from '../../../state/primitives/node-text.ts'
import { context, node as makeNode, noPool } from './probes/world.ts'

export const fine: Outcome = { ok: true, ms: 1, detail: nodeText('fine') }
export const common = {
  options: Type.Object({}),
  defaults: { everyMs: 30_000, timeoutMs: 5000, failures: 1 },
  targets: () => [],
}

export function direct(kind: string, look: DirectProbe['look'], lookMany?: DirectProbe['lookMany']): DirectProbe {
  return { ...common, kind, from: 'hq', effect: 'down', look, ...(lookMany ? { lookMany } : {}) }
}

export function host(kind: string, over: Partial<HostProbe> = {}): HostProbe {
  return {
    ...common,
    kind,
    from: 'host',
    effect: 'degraded',
    commands: () => [['echo', kind]],
    read: () => fine,
    ...over,
  }
}

export function instance(node: string, kind: string, over: Partial<ProbeInstance> = {}): ProbeInstance {
  return {
    id: kind,
    node,
    kind,
    target: kind,
    everyMs: 30_000,
    timeoutMs: 5000,
    failures: 1,
    severity: null,
    options: {},
    ...over,
  }
}

/** A pool that runs batches in its head: every command answers nothing with exit 0. */
export function answeringPool(seen: { argv: readonly string[]; become: boolean | undefined }[]): SshPool {
  return {
    ...noPool,
    async exec(_target, request) {
      seen.push({ argv: request.argv, become: request.become })
      const batch = readBatchArgv(request.argv)
      if (!batch) throw new Error('no batch')
      const answers = batch.commands.map(() => ({ exit: 0, stdout: new Uint8Array(), stderr: new Uint8Array() }))
      return { outcome: 'ok', exit: 0, killedBy: null, ms: 1, truncated: false, ...frameBatch(batch.boundary, answers) }
    },
  }
}

export function rig(
  fleet: Fleet,
  kinds: readonly ProbeKind[],
  over: Partial<SchedulerOptions> = {},
  ssh: SshPool = noPool,
) {
  const clock = new VirtualClock(1_800_000_000_000)
  const samples: Sample[] = []
  const bugs: string[] = []
  const scheduler = createScheduler({
    fleet,
    kinds: new Map(kinds.map(kind => [kind.kind, kind])),
    clock,
    random: () => '0123456789abcdef0123456789abcdef',
    onSample: sample => samples.push(sample),
    onBug: message => bugs.push(message),
    context: (_, node) => context(node, { fleet, clock, ssh }),
    ...over,
  })
  /** Moves the clock in small steps, so that looks which end at once end in between. */
  const pass = async (ms: number, step = 100): Promise<void> => {
    for (let gone = 0; gone < ms; gone += step) {
      clock.advance(Math.min(step, ms - gone))
      for (let turn = 0; turn < 12; turn++) await Promise.resolve()
    }
  }
  return { clock, samples, bugs, scheduler, pass }
}

export function nodes(count: number): FleetNode[] {
  return Array.from({ length: count }, (_, at) => makeNode(`node-${at}`))
}
