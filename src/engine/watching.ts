// The part of the engine that looks: scheduler, watcher, canaries and the heartbeat listener of the fleet that runs.
import { randomBytes } from 'node:crypto'
import { createHeartbeatListener, type HeartbeatListener } from '../../infra/heartbeats/listener.ts'
import { createRunLocal } from '../../infra/local/run.ts'
import type { SshPool } from '../../infra/ssh/ssh.ts'
import type { History } from '../../state/history/history.ts'
import type { Clock } from '../../state/primitives/clock.ts'
import { parseSecretRef, type ResolveSecret, type Secret } from '../../state/primitives/secret.ts'
import type { Fleet, FleetNode, ProbeInstance } from '../fleet/fleet.ts'
import { lifecycleOf } from '../fleet/noun.ts'
import { type Canaries, createCanaries } from '../watch/canaries.ts'
import type { Heartbeat, Outcome } from '../watch/probe.ts'
import { probeKinds } from '../watch/probes/index.ts'
import { createScheduler, type ScheduledContext, type Scheduler } from '../watch/scheduler.ts'
import { createWatcher, type Watcher } from '../watch/watcher.ts'
import type { Engine, LiveProbe } from './engine.ts'
import type { FleetState } from './fleet-state.ts'
import { surroundingsOf } from './surroundings.ts'
import type { Targets } from './targets.ts'

export interface Watching {
  watcher: Watcher
  /** Looks from now on: the crowd of a big fleet's first looks must not keep the engine from answering. */
  begin(): void
  /** As Scheduler.checkNow; no secret is in what it gives. */
  checkNow: Scheduler['checkNow']
  tick(now: number): Promise<void>
  reload(fleet: Fleet): Promise<void>
  /** Trouble of its own that operators must see. */
  troubles(): string[]
  stop(): Promise<void>
}

export interface WatchingOptions {
  fleet: Fleet
  clock: Clock
  pool: SshPool
  targets: Targets
  history: History
  env: Readonly<Record<string, string | undefined>>
  state(): FleetState
  do: Engine['do']
  onLive(samples: readonly LiveProbe[]): void
  onBug(message: string, error: unknown): void
}

export async function openWatching(options: WatchingOptions): Promise<Watching> {
  const { clock, history } = options
  const { clean } = options.targets
  const troubles = new Map<string, string>()
  let fleet = options.fleet
  let surroundings = await surroundingsOf(fleet)
  let listener: HeartbeatListener | null = null
  const runLocal = createRunLocal(clock, options.env.PATH ?? '')

  const watcher = createWatcher({
    clock,
    fleet,
    state: options.state,
    do: options.do,
    history,
    kinds: probeKinds,
    canaries: canariesOf(fleet),
    judgePush,
    onLive: options.onLive,
    onTrouble: trouble => say('watching', trouble),
  })

  function canariesOf({ engine }: Fleet): Canaries {
    const { ping } = engine.programs
    return createCanaries({ list: engine.canaries, runLocal, ...(ping ? { ping } : {}) })
  }

  function say(about: string, trouble: string | null): void {
    if (trouble === null) troubles.delete(about)
    else troubles.set(about, trouble)
  }

  function contextOf(probe: ProbeInstance, node: FleetNode): ScheduledContext {
    return {
      fleet,
      node,
      clock,
      ssh: options.pool,
      sshTarget: (other, via) => options.targets.of(other, via),
      resolver: surroundings.resolver,
      trustedCas: surroundings.trustedCas,
      runLocal,
      memory: watcher.memory(probe.node, probe.id),
      // What it remembers is in the journal.
      remember: memory => watcher.remember(probe.node, probe.id, clean.record(memory)),
      lastHeartbeat: watcher.lastHeartbeat(probe.node),
    }
  }

  function judgePush(probe: ProbeInstance, last: Heartbeat): Outcome {
    const kind = probeKinds.get(probe.kind)
    const node = fleet.nodes.get(probe.node)
    if (kind?.from !== 'push' || !node) throw new Error(`${probe.kind} is no push probe`)
    const context = { ...contextOf(probe, node), scratch: new Map(), periodic: true, lastHeartbeat: last }
    return clean.outcome(kind.judge(probe, context))
  }

  const scheduler = createScheduler({
    fleet,
    kinds: probeKinds,
    context: contextOf,
    clock,
    random: () => randomBytes(16).toString('hex'),
    onSample: sample => watcher.sample(clean.outcome(sample)),
    onBug: options.onBug,
    isLive: node => lifecycleOf(node, options.state().fleet) === 'live',
  })

  async function listen(): Promise<void> {
    const tokens = await tokensOf(fleet, options.targets.secret, say)
    const wanted = fleet.engine.heartbeats
    if (wanted === null) {
      await listener?.close()
      listener = null
      return
    }
    if (listener) {
      listener.reload(tokens)
      return
    }
    try {
      listener = await createHeartbeatListener({
        listen: wanted,
        tokens,
        clock,
        onHeartbeat: (node, heartbeat) => watcher.heartbeat(node, heartbeat),
      })
      say('heartbeats', null)
    } catch (error) {
      say(
        'heartbeats',
        `no heartbeat can arrive: ${wanted} cannot be listened on (${error instanceof Error ? error.message : error})`,
      )
    }
  }

  await listen()
  return {
    watcher,
    begin: () => scheduler.start(),
    checkNow: async nodes => (await scheduler.checkNow(nodes)).map(clean.outcome),
    async tick(now) {
      await watcher.tick()
      await history.tick(now)
      const { failed } = history.stats()
      say('history', failed === null ? null : `samples are being lost: ${failed}`)
      if (listener === null && fleet.engine.heartbeats !== null) await listen()
    },
    async reload(next) {
      const moved = next.engine.heartbeats !== fleet.engine.heartbeats
      fleet = next
      surroundings = await surroundingsOf(fleet)
      watcher.reload(fleet, canariesOf(fleet))
      scheduler.reload(fleet)
      if (moved) {
        await listener?.close()
        listener = null
      }
      await listen()
    },
    troubles: () => [...troubles.values(), ...surroundings.troubles],
    async stop() {
      await listener?.close()
      await scheduler.stop()
      await watcher.stop()
    },
  }
}

/** Push tokens of every node; one that cannot be resolved is named and leaves its node unheard, not the others. */
async function tokensOf(
  fleet: Fleet,
  resolve: ResolveSecret,
  say: (about: string, trouble: string | null) => void,
): Promise<Map<string, Secret[]>> {
  const tokens = new Map<string, Secret[]>()
  for (const probe of fleet.probes) {
    const text = probe.kind === 'heartbeat' ? probe.options.token : undefined
    const ref = typeof text === 'string' ? parseSecretRef(text) : null
    if (!ref) continue
    try {
      const secret = await resolve(ref)
      tokens.set(probe.node, [...(tokens.get(probe.node) ?? []), secret])
      say(`token ${probe.node}`, null)
    } catch (error) {
      say(
        `token ${probe.node}`,
        `the push token of ${probe.node} cannot be had: ${error instanceof Error ? error.message : error}`,
      )
    }
  }
  return tokens
}
