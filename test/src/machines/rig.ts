// A real engine core on a journal in memory, a fake cloud and a calendar of its own. The engine can be killed at any point
// where it waits: what it would have done next never happens, and the next one folds the journal anew.
import type { Machine } from '../../../infra/clouds/shapes.ts'
import type { EngineInfo } from '../../../src/engine/engine.ts'
import type { FleetState } from '../../../src/engine/fleet-state.ts'
import { createLocalEngine, type LocalEngine } from '../../../src/engine/local.ts'
import { type AnyCommand, initialState, reduceAll } from '../../../src/engine/nouns.ts'
import { createMachineRunners } from '../../../src/machines/runners.ts'
import type { Clock } from '../../../state/primitives/clock.ts'
import { MemoryJournal } from '../engine/memory-journal.ts'
import { noAnswers } from '../engine/no-answers.ts'
import { createFakeCloud, type FakeAction, type FakeCloud, type FakeFault } from './fake-cloud.ts'

export const startMs = Date.UTC(2026, 10, 24, 12)
const noc = { by: 'noc', roles: ['operator'] }

/** Stands still until it is told to go to the next timer. */
export class JumpClock implements Clock {
  private time = 0
  private timers: { at: number; fire: () => void }[] = []
  now = () => startMs + this.time
  mono = () => this.time
  after(ms: number, fire: () => void): () => void {
    const timer = { at: this.time + ms, fire }
    this.timers.push(timer)
    return () => {
      const at = this.timers.indexOf(timer)
      if (at >= 0) this.timers.splice(at, 1)
    }
  }
  /** False: nothing waits. */
  jump(): boolean {
    let next = this.timers[0]
    if (!next) return false
    for (const timer of this.timers) if (timer.at < next.at) next = timer
    this.timers.splice(this.timers.indexOf(next), 1)
    this.time = Math.max(this.time, next.at)
    next.fire()
    return true
  }
  waiting = () => this.timers.length
}

/** mulberry32: the same seed gives the same run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export type KillPoint = 'before the command' | 'after the command' | `${'before' | 'in-flight' | 'after'} ${FakeAction}`

export interface RigOptions {
  seed?: number
  fault?(action: FakeAction, region: string, zone: string | null): FakeFault | null
  lagMs?(): number
  latencyMs?(): number
  diskStaysMs?(): number
  zones?: readonly string[]
  reach?(machine: Machine): boolean
  /** Instead of the fake cloud. */
  cloud?(): Promise<FakeCloud>
  /** True: the engine dies here. */
  kill?(point: KillPoint): boolean
}

export interface Rig {
  cloud: FakeCloud
  clock: JumpClock
  journal: MemoryJournal
  state(): FleetState
  /** As an operator; an engine that dies meanwhile answers never, so ask `untilQuiet` instead of waiting. */
  do(command: AnyCommand): Promise<unknown>
  asEngine(command: AnyCommand): Promise<unknown>
  kills(): number
  bugs(): readonly string[]
  /** Lets time pass until no operation is open, or `what` holds. Throws when nothing moves any more, or after a day. */
  until(what?: (state: FleetState) => boolean): Promise<void>
  killNow(): void
}

export function createRig(options: RigOptions = {}): Rig {
  const clock = new JumpClock()
  const random = seeded(options.seed ?? 1)
  const journal = new MemoryJournal()
  const bugs: string[] = []
  let kills = 0
  let ids = 0
  let living: { engine: LocalEngine; life: { isDead: boolean } }

  const never = () => new Promise<never>(() => {})

  const cloud = createFakeCloud({
    clock,
    random,
    ...(options.fault ? { fault: options.fault } : {}),
    ...(options.lagMs ? { lagMs: options.lagMs } : {}),
    ...(options.latencyMs ? { latencyMs: options.latencyMs } : {}),
    ...(options.diskStaysMs ? { diskStaysMs: options.diskStaysMs } : {}),
    ...(options.zones ? { zones: options.zones } : {}),
    at: async (point, action) => {
      if (living.life.isDead) await never()
      if (options.kill?.(`${point} ${action}`)) {
        killNow()
        await never()
      }
    },
  })

  /** The cloud as one engine sees it: calls of a dead one may still reach the provider, but their answers reach nobody. */
  function forLife(life: { isDead: boolean }): FakeCloud {
    return new Proxy(cloud, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          if (life.isDead) return never()
          try {
            const result: unknown = await Reflect.apply(value, target, args)
            return life.isDead ? never() : result
          } catch (error) {
            if (life.isDead) return never()
            throw error
          }
        }
      },
    })
  }

  function boot(): typeof living {
    const life = { isDead: false }
    const state = journal.commits.reduce(
      (so, { events, seq, at, by }) => reduceAll(so, events, { seq, at, by }),
      initialState,
    )
    const own: Clock = {
      now: clock.now,
      mono: clock.mono,
      after: (ms, fire) => clock.after(ms, () => (life.isDead ? undefined : fire())),
    }
    const mine = forLife(life)
    const engine: LocalEngine = createLocalEngine({
      journal,
      state,
      clock: own,
      newId: prefix => `${prefix}-${++ids}`,
      actor: { by: 'engine', roles: [] },
      live: { fleet: notAsked, probes: () => ({}), sparks: () => ({}), info: notAsked as () => EngineInfo },
      answers: noAnswers,
      runners: createMachineRunners({
        state: () => engine.state(),
        async do(command) {
          if (life.isDead) return never()
          if (options.kill?.('before the command')) {
            killNow()
            return never()
          }
          const receipt = await engine.do(command)
          if (options.kill?.('after the command')) killNow()
          return life.isDead ? never() : receipt
        },
        cloud: async () => options.cloud?.() ?? mine,
        prices: () => [],
        reach: async machine => options.reach?.(machine) ?? true,
        clock: own,
        fleetName: () => 'harbour',
        random,
      }),
      guard: () => null,
      onBroken: error => bugs.push(String(error)),
      onBug: (what, error) => bugs.push(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : error}`),
    })
    engine.begin()
    return { engine, life }
  }

  function killNow(): void {
    living.life.isDead = true
    kills += 1
    // A moment later its successor is there; what the dead one had written by then is what counts.
    clock.after(1_000, () => {
      living = boot()
    })
  }

  living = boot()

  async function until(what?: (state: FleetState) => boolean): Promise<void> {
    const isDone = what ?? (state => Object.keys(state.machines.open).length === 0)
    const end = clock.mono() + 24 * 3_600_000
    for (;;) {
      await new Promise(resolve => setImmediate(resolve))
      if (!living.life.isDead && isDone(living.engine.state())) return
      if (clock.mono() > end)
        throw new Error(`a day has passed: ${describe(living.engine.state())}; ${bugs.join('; ')}`)
      if (!clock.jump()) throw new Error(`nothing moves: ${describe(living.engine.state())}; ${bugs.join('; ')}`)
    }
  }

  return {
    cloud,
    clock,
    journal,
    state: () => living.engine.state(),
    do: command => living.engine.as(noc).do(command),
    asEngine: command => living.engine.do(command),
    kills: () => kills,
    bugs: () => bugs,
    until,
    killNow,
  }
}

function describe({ machines }: FleetState): string {
  return Object.values(machines.open)
    .map(op => `${op.kind} ${op.node} ${op.phase} ${op.trouble?.message ?? ''}`)
    .join(' | ')
}

function notAsked(): never {
  throw new Error('nobody asks for this here')
}
