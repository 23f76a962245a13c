// An engine core on a journal in memory, with the product's own adapters, against emulated clouds over HTTP. All of them
// share a clock that goes on as soon as nothing is being worked on. The engine can be killed: its connections break, what
// the clouds have read of it takes its course, and the next engine folds the journal anew.
import { createAwsCloud } from '../../../infra/clouds/aws/cloud.ts'
import type { Cloud } from '../../../infra/clouds/cloud.ts'
import { createGcpCloud } from '../../../infra/clouds/gcp/cloud.ts'
import { createHetznerCloud } from '../../../infra/clouds/hetzner/cloud.ts'
import type { CloudSettings } from '../../../infra/clouds/settings.ts'
import type { ProviderName } from '../../../infra/clouds/shapes.ts'
import { createAwsEmulator } from '../../../infra/sandbox/clouds/aws/aws.ts'
import { type Emulated, type EmulatorServer, serveEmulated } from '../../../infra/sandbox/clouds/emulator.ts'
import type { TakenFault } from '../../../infra/sandbox/clouds/faults.ts'
import { createGcpEmulator } from '../../../infra/sandbox/clouds/gcp/gcp.ts'
import { createHetznerEmulator } from '../../../infra/sandbox/clouds/hetzner/hetzner.ts'
import { type CloudLedger, createCloudLedger } from '../../../infra/sandbox/clouds/ledger.ts'
import { emptyWorld } from '../../../infra/sandbox/clouds/world.ts'
import type { EngineInfo } from '../../../src/engine/engine.ts'
import type { FleetState } from '../../../src/engine/fleet-state.ts'
import { createLocalEngine, type LocalEngine } from '../../../src/engine/local.ts'
import { type AnyCommand, initialState, reduceAll } from '../../../src/engine/nouns.ts'
import { createCensus } from '../../../src/machines/census.ts'
import { createMachineRunners } from '../../../src/machines/runners.ts'
import type { Journal } from '../../../state/journal/journal.ts'
import type { Clock } from '../../../state/primitives/clock.ts'
import { Secret } from '../../../state/primitives/secret.ts'
import { MemoryJournal } from '../../src/engine/memory-journal.ts'
import { noAnswers } from '../../src/engine/no-answers.ts'
import { JumpClock, seeded } from '../../src/machines/rig.ts'
import {
  chanceOf,
  createActions,
  createWeather,
  type Deaths,
  endActions,
  type KillPlace,
  type Weather,
} from './weather.ts'

export const fleet = 'harbour'
const noc = { by: 'noc', roles: ['operator'] }
const firstBootMs = 1_000

type CloudName = Exclude<ProviderName, 'static'>
const names: readonly CloudName[] = ['aws', 'hetzner', 'gcp']

/** One process: what it has, and what dies with it. */
interface Life {
  isDead: boolean
  /** Calls of adapters that are under way, and how many of them only wait for the clock. */
  calls: number
  waits: number
  readonly ending: AbortController
  servers: readonly EmulatorServer[]
}

export interface Room {
  readonly clock: JumpClock
  readonly journal: MemoryJournal
  readonly ledger: CloudLedger
  readonly weather: Weather
  state(): FleetState
  /** As a client does whose engine may die: the same again, until it was answered by one that lived. */
  ask(command: AnyCommand): Promise<void>
  /** Lets time pass until no operation is open, or `what` holds. Throws after a day. */
  until(what?: (state: FleetState) => boolean): Promise<void>
  /** From now on the engine dies at these. */
  diesAt(deaths: Deaths): void
  killed(): ReadonlyMap<KillPlace, number>
  bugs(): readonly string[]
  close(): Promise<void>
}

export async function openRoom(options: { seed: number; nodes: readonly string[]; census?: boolean }): Promise<Room> {
  const { seed } = options
  const clock = new JumpClock()
  const random = seeded(seed)
  const weather = createWeather(seed)
  const journal = new MemoryJournal()
  const ledger = createCloudLedger({ now: clock.now })
  const killed = new Map<KillPlace, number>()
  const bugs: string[] = []
  const reached = new Map<string, number>()
  let deaths: Deaths = new Map()
  let passed = new Map<KillPlace, number>()
  let ids = 0
  let living: { life: Life; engine: LocalEngine } | null = null
  /** What the emulators themselves hold back. */
  let held = 0

  const never = () => new Promise<never>(() => {})
  const wait = (ms: number) => new Promise<void>(resolve => void clock.after(ms, resolve))
  const hold = async (ms: number) => {
    held += 1
    await wait(ms)
    held -= 1
  }
  /** A cloud that waits (an operation of Compute Engine) is not at work either. */
  const cloudClock: Clock = {
    now: clock.now,
    mono: clock.mono,
    after(ms, fire) {
      held += 1
      return clock.after(ms, () => {
        held -= 1
        fire()
      })
    },
  }
  const parts = { world: emptyWorld(), ledger, clock: cloudClock, random }
  const emulators: Readonly<Record<CloudName, Emulated>> = {
    aws: createAwsEmulator(parts),
    hetzner: createHetznerEmulator({ ...parts, requestLimit: 100_000 }),
    gcp: createGcpEmulator(parts),
  }

  /** Dies here if it is the time for it; true: it is dead. */
  function dies(life: Life, place: KillPlace): boolean {
    if (life.isDead) return true
    const times = (passed.get(place) ?? 0) + 1
    passed.set(place, times)
    if (!deaths.get(place)?.has(times)) return false
    killed.set(place, (killed.get(place) ?? 0) + 1)
    kill(life)
    return true
  }

  function kill(life: Life): void {
    life.isDead = true
    living = null
    life.ending.abort()
    for (const server of life.servers) void server.close()
    clock.after(firstBootMs, () => void boot().catch(error => bugs.push(String(error))))
  }

  /** The same cloud, as this process reaches it. */
  function reachedBy(life: Life, emulated: Emulated): Emulated {
    return {
      provider: emulated.provider,
      classify: request => emulated.classify(request),
      async answer(request, fault) {
        const { action } = emulated.classify(request)
        const deed = createActions.includes(action) ? 'launch' : endActions.includes(action) ? 'destroy' : null
        if (deed && mayHappen(fault)) dies(life, `${deed}: in flight`)
        const reply = await emulated.answer(request, fault)
        const hasHappened = reply.status < 300 || fault?.kind === 'error-after-effect'
        if (deed && hasHappened) dies(life, `${deed}: after the effect`)
        return reply
      },
    }
  }

  /** The adapters of a process: counted, and silent once it is dead. */
  function adapters(life: Life, endpoint: (name: CloudName) => string): (name: ProviderName) => Promise<Cloud> {
    const pause = async (ms: number, signal: AbortSignal) => {
      signal.throwIfAborted()
      life.waits += 1
      try {
        await wait(ms)
      } finally {
        life.waits -= 1
      }
      signal.throwIfAborted()
    }
    const settings: CloudSettings = {
      env: {
        AWS_ENDPOINT_URL: endpoint('aws'),
        AWS_ACCESS_KEY_ID: 'AKIAGAUNTLET',
        AWS_SECRET_ACCESS_KEY: 'none-at-all',
      },
      aws: { profile: null, endpoint: null, keys: null },
      gcp: { project: 'noc', endpoint: endpoint('gcp'), credentials: null },
      hetzner: { endpoint: `${endpoint('hetzner')}/v1`, token: async () => new Secret('none-at-all') },
      now: clock.now,
    }
    const rim = { pause, random }
    const made: Partial<Record<ProviderName, Cloud>> = {
      aws: counted(life, createAwsCloud(settings, pause)),
      hetzner: counted(life, createHetznerCloud(settings, rim)),
      gcp: counted(life, createGcpCloud(settings, rim)),
    }
    return async name => {
      const cloud = made[name]
      if (!cloud) throw new Error(`no adapter for ${name}`)
      return cloud
    }
  }

  function counted(life: Life, cloud: Cloud): Cloud {
    return new Proxy(cloud, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          if (life.isDead) return never()
          const given = args.at(-1)
          const signal = given instanceof AbortSignal ? AbortSignal.any([given, life.ending.signal]) : given
          life.calls += 1
          try {
            const result: unknown = await Reflect.apply(value, target, [...args.slice(0, -1), signal])
            return life.isDead ? never() : result
          } catch (error) {
            if (life.isDead) return never()
            throw error
          } finally {
            life.calls -= 1
          }
        }
      },
    })
  }

  async function boot(): Promise<void> {
    const life: Life = { isDead: false, calls: 0, waits: 0, ending: new AbortController(), servers: [] }
    const servers = await Promise.all(
      names.map(name =>
        serveEmulated(reachedBy(life, emulators[name]), {
          address: '127.0.0.1',
          port: 0,
          faults: weather,
          ledger,
          pause: hold,
        }),
      ),
    )
    life.servers = servers
    const cloud = adapters(life, name => servers[names.indexOf(name)]?.url ?? '')
    const own: Clock = {
      now: clock.now,
      mono: clock.mono,
      after: (ms, fire) => clock.after(ms, () => (life.isDead ? undefined : fire())),
    }
    const state = journal.commits.reduce(
      (so, { events, seq, at, by }) => reduceAll(so, events, { seq, at, by }),
      initialState,
    )
    const engine: LocalEngine = createLocalEngine({
      journal: ofLife(life),
      state,
      clock: own,
      newId: prefix => `${prefix}-${++ids}`,
      actor: { by: 'engine', roles: [] },
      live: { fleet: notAsked, probes: () => ({}), sparks: () => ({}), info: notAsked as () => EngineInfo },
      answers: noAnswers,
      runners: createMachineRunners({
        state: () => engine.state(),
        do: command => told(life, engine, command),
        cloud,
        prices: () => [],
        async reach(machine) {
          const times = (reached.get(machine.id) ?? 0) + 1
          reached.set(machine.id, times)
          return chanceOf(seed, 'reach', machine.id, times)('answers') < 0.8
        },
        clock: own,
        fleetName: () => fleet,
        random,
      }),
      guard: () => null,
      onBroken: error => bugs.push(String(error)),
      onBug: (what, error) => {
        if (!life.isDead) bugs.push(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : error}`)
      },
    })
    living = { life, engine }
    engine.begin()
    if (!options.census) return
    const census = createCensus({
      cloud,
      regionsOf: () => names.map(provider => ({ provider, regions: null })),
      clock: own,
      do: command => told(life, engine, command),
      state: () => engine.state(),
      prices: () => [],
      fleetName: () => fleet,
      declared: () => options.nodes,
    })
    census.run(life.ending.signal, error => {
      if (!life.isDead) bugs.push(`census: ${error}`)
    })
  }

  /** A step on its way into the journal, with the deaths before and after it. */
  async function told(life: Life, engine: LocalEngine, command: Parameters<LocalEngine['do']>[0]): Promise<unknown> {
    if (life.isDead) return never()
    const step = stepOf(command.type)
    if (step && dies(life, step[0] === 'intent' ? `${step[1]}: before the intent` : `${step[1]}: after the effect`))
      return never()
    const receipt = await engine.do(command)
    if (step && dies(life, step[0] === 'intent' ? `${step[1]}: after the intent` : `${step[1]}: after the outcome`))
      return never()
    return life.isDead ? never() : receipt
  }

  function ofLife(life: Life): Journal {
    return new Proxy<Journal>(journal, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => (life.isDead && name === 'append' ? never() : Reflect.apply(value, target, args))
      },
    })
  }

  async function until(what?: (state: FleetState) => boolean): Promise<void> {
    const isDone = what ?? (state => Object.keys(state.machines.open).length === 0)
    const end = clock.mono() + 24 * 3_600_000
    for (;;) {
      // What was just woken up comes to its next call first.
      for (let turn = 0; turn < 3; turn += 1) await new Promise(resolve => setImmediate(resolve))
      if (living && isDone(living.engine.state())) return
      if (clock.mono() > end) throw new Error(`a day has passed: ${describe(living)}; ${bugs.join('; ')}`)
      if (living && living.life.calls - living.life.waits - held > 0) continue
      if (!clock.jump() && living && living.life.calls === 0)
        throw new Error(`nothing moves: ${describe(living)}; ${bugs.join('; ')}`)
    }
  }

  await boot()
  return {
    clock,
    journal,
    ledger,
    weather,
    state: () => (living ? living.engine.state() : initialState),
    async ask(command) {
      for (;;) {
        await until(() => true)
        const asked = living
        let isAnswered = false
        const answered = () => {
          isAnswered = true
        }
        asked?.engine.as(noc).do(command).then(answered, answered)
        await until(() => isAnswered || living !== asked)
        if (isAnswered) return
      }
    },
    until,
    diesAt(next) {
      deaths = next
      passed = new Map()
    },
    killed: () => killed,
    bugs: () => bugs,
    async close() {
      if (!living) return
      const { life } = living
      life.isDead = true
      life.ending.abort()
      await Promise.all(life.servers.map(server => server.close()))
    },
  }
}

function stepOf(type: string): readonly ['intent' | 'outcome', 'launch' | 'destroy'] | null {
  switch (type) {
    case 'machines.settle':
      return ['intent', 'launch']
    case 'machines.created':
      return ['outcome', 'launch']
    case 'machines.asked':
      return ['intent', 'destroy']
    case 'machines.destroyed':
      return ['outcome', 'destroy']
    default:
      return null
  }
}

/** The request may still take effect. */
function mayHappen(fault: TakenFault | null): boolean {
  return fault === null || ['error-after-effect', 'reply-lost', 'lag', 'slow', 'fails-later'].includes(fault.kind)
}

function describe(living: { engine: LocalEngine } | null): string {
  if (!living) return 'no engine lives'
  return Object.values(living.engine.state().machines.open)
    .map(op => `${op.kind} ${op.node} ${op.phase} ${op.trouble?.message ?? ''}`)
    .join(' | ')
}

function notAsked(): never {
  throw new Error('nobody asks for this here')
}
