// Puts the engine's side of clouds and money together: adapters, the look at all regions by the clock, what runs
// operations, and what answers questions. `host.ts` gives it the rest of the engine.
import { createCloud } from '../../infra/clouds/clouds.ts'
import type { Machine, ProviderName, Resource } from '../../infra/clouds/shapes.ts'
import { answersSsh } from '../../infra/ssh/banner.ts'
import { publicHalf } from '../../infra/ssh/public-half.ts'
import type { Clock } from '../../state/primitives/clock.ts'
import { formatSecretRef } from '../../state/primitives/secret.ts'
import type { Fleet, FleetNode } from '../fleet/fleet.ts'
import { type Census, createCensus } from '../machines/census.ts'
import { createMachineRunners } from '../machines/runners.ts'
import { createMoneyRunners } from '../money/runners.ts'
import type { CloudAnswers } from './answers.ts'
import { type CloudRoom, createCloudRoom } from './cloud-room.ts'
import { createDesk, pricesOf } from './desk.ts'
import type { EffectRunner } from './effects.ts'
import type { Engine, Live } from './engine.ts'
import type { FleetState } from './fleet-state.ts'
import type { Targets } from './targets.ts'

/** The first look at the regions waits until those who attach have their first frame. */
const firstLookMs = 3_000
const everyMs = 600_000
const reachMs = 8_000

export interface CloudsWorld {
  fleet(): Fleet
  state(): FleetState
  do: Engine['do']
  targets: Pick<Targets, 'secret' | 'secretAnew'>
  sparks(): Live['sparks']
  env: Readonly<Record<string, string | undefined>>
  clock: Clock
  random(): number
  onBug(what: string, error: unknown): void
}

export interface Clouds {
  room: CloudRoom
  answers: CloudAnswers
  runners: Readonly<Record<string, EffectRunner>>
  /** Looks at the regions by the clock from now on, if the fleet has an account or anything that we launched. */
  begin(signal: AbortSignal): void
}

export function createClouds(world: CloudsWorld): Clouds {
  const { fleet, state, clock, env } = world
  const room = createCloudRoom({
    fleet,
    state,
    load: createCloud,
    secret: world.targets.secret,
    secretAnew: world.targets.secretAnew,
    env,
    now: () => clock.now(),
  })
  const prices = (resources: readonly Resource[], provider: ProviderName, region: string) =>
    pricesOf(resources, provider, region, state())
  const fleetName = () => fleet().name
  const census = createCensus({
    cloud: room.cloud,
    regionsOf: () => room.providers().map(provider => ({ provider, regions: accountRegions(fleet(), provider) })),
    clock,
    do: world.do,
    state,
    prices,
    fleetName,
    declared: () => declaredAtProviders(fleet()),
  })
  const machines = createMachineRunners({
    state,
    do: world.do,
    cloud: room.cloud,
    prices,
    reach: (machine, signal) => reach(machine, fleet(), signal),
    clock,
    fleetName,
    random: world.random,
  })
  const money = createMoneyRunners({
    state,
    do: world.do,
    cloud: room.cloud,
    // Of a provider where the fleet has no machine there is nothing to ask.
    providers: () => room.providers().filter(provider => room.typesOf(provider).length > 0),
    regionsOf: room.regionsOf,
    typesOf: room.typesOf,
    clock,
  })
  const answers = createDesk({
    fleet,
    state,
    clouds: room,
    census,
    publicKeys: node => publicKeys(node, world.targets),
    latencyOf: region => medianLatency(fleet(), region, world.sparks()),
    now: () => clock.now(),
  })
  return {
    room,
    answers,
    runners: { ...machines, ...money },
    begin: signal => lookByTheClock(census, world, signal),
  }
}

function lookByTheClock(census: Census, { fleet, state, clock, onBug }: CloudsWorld, signal: AbortSignal): void {
  let cancel = () => {}
  const look = () => {
    cancel = clock.after(everyMs, look)
    const isConcerned = fleet().clouds !== undefined || Object.keys(state().machines.machines).length > 0
    if (isConcerned) census.look(signal).catch(error => onBug('census', error))
  }
  cancel = clock.after(firstLookMs, look)
  signal.addEventListener('abort', () => cancel(), { once: true })
}

function declaredAtProviders({ nodes }: Fleet): string[] {
  return [...nodes.values()].filter(node => node.provider !== 'static' && !node.isHq).map(({ name }) => name)
}

/** null: every one that the account has enabled. */
function accountRegions({ clouds = {} }: Fleet, provider: ProviderName): readonly string[] | null {
  return provider === 'static' ? [] : (clouds[provider]?.regions ?? null)
}

/** On the port that the fleet file gives its node. */
function reach(machine: Machine, fleet: Fleet, signal: AbortSignal): Promise<boolean> {
  const { ipv4, ipv6 } = machine.addresses
  const host = ipv4 ?? ipv6
  if (host === null) return Promise.resolve(false)
  const port = machine.tags.node === undefined ? null : (fleet.nodes.get(machine.tags.node)?.ssh.port ?? null)
  return answersSsh(host, port ?? 22, reachMs, signal)
}

async function publicKeys({ ssh }: FleetNode, targets: Pick<Targets, 'secret'>): Promise<string[]> {
  const passphrase = ssh.passphrase ? await targets.secret(ssh.passphrase) : null
  return Promise.all(
    ssh.identities.map(async ref => publicHalf(formatSecretRef(ref), await targets.secret(ref), passphrase)),
  )
}

/** Of the last latencies of nodes there, ms. */
function medianLatency(fleet: Fleet, region: string, sparks: Live['sparks']): number | null {
  const last = [...fleet.nodes.values()]
    .filter(node => node.region === region)
    .flatMap(({ name }) => (Object.hasOwn(sparks, name) ? (sparks[name] ?? []) : []))
    .filter(ms => ms !== null)
    .sort((a, b) => a - b)
  return last[Math.floor(last.length / 2)] ?? null
}
