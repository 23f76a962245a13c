// Looks at every region of every provider of the fleet, also those that the fleet file does not name any more: what runs
// unknown costs. One dead region delays nobody, and what could not be listed is unknown, never clean.
import type { Cloud, RegionState } from '../../infra/clouds/cloud.ts'
import type { Machine, Price, ProviderName, Resource } from '../../infra/clouds/shapes.ts'
import { createTurns, type Turns } from '../../infra/ssh/turns.ts'
import type { Clock } from '../../state/primitives/clock.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { CommandOf, MachinesCommand } from './commands.ts'
import { observe } from './decide-observe.ts'
import { ourTokens } from './drift.ts'
import type { DriftReport, MachinesSlice, RegionSight } from './shapes.ts'

export interface CensusOptions {
  cloud(provider: ProviderName): Promise<Cloud>
  /** Providers of the fleet; `regions`: only these are looked at, null: every one that the account has enabled. */
  regionsOf(): readonly { provider: ProviderName; regions: readonly string[] | null }[]
  clock: Clock
  /** Journals as `engine`. */
  do(command: MachinesCommand): Promise<unknown>
  state(): FleetState
  prices(resources: readonly Resource[], provider: ProviderName, region: string): readonly Price[]
  fleetName(): string
  /** Nodes of the fleet file that are made at providers. */
  declared(): readonly string[]
  /** @default 10 min */
  everyMs?: number
  /** Of one region. @default 45 s */
  deadlineMs?: number
}

export interface Census {
  /** Looks now; one that is under way is shared. */
  look(signal: AbortSignal): Promise<DriftReport['regions']>
  /** When the last whole look ended, ms; null: there was none since the engine started. */
  lastAt(): number | null
  /** Looks at once and then ever again, until the signal. */
  run(signal: AbortSignal, onBug: (error: unknown) => void): void
}

const atOnce = 8
/** Machines of others that are kept of a region, for whoever looks for one to adopt. */
const mostForeign = 200

export function createCensus(options: CensusOptions): Census {
  const { clock, everyMs = 600_000, deadlineMs = 45_000 } = options
  let lastAt: number | null = null
  let underWay: Promise<DriftReport['regions']> | null = null

  async function lookNow(signal: AbortSignal): Promise<DriftReport['regions']> {
    const turns = createTurns(atOnce)
    const perProvider = await Promise.all(
      options.regionsOf().map(async ({ provider, regions }) => {
        const found = await regionsOf(provider, regions, signal)
        return Promise.all(
          found.map(region =>
            inTurn(turns, signal, () => sightOf(provider, region, signal)).then(sight => told(sight, signal)),
          ),
        )
      }),
    )
    if (!signal.aborted) lastAt = clock.now()
    return perProvider
      .flat()
      .map(({ provider, region, listed, why, at }) => ({ provider, region, listed, why, at }))
      .sort((a, b) => order(a.provider, b.provider) || order(a.region, b.region))
  }

  /** Regions to list, and those that cannot be, with the reason. */
  async function regionsOf(
    provider: ProviderName,
    only: readonly string[] | null,
    signal: AbortSignal,
  ): Promise<{ region: string; why: string | null }[]> {
    const known = knownRegions(options.state().machines, provider)
    const asked = only === null ? null : [...new Set([...only, ...known])]
    if (asked !== null) return asked.map(region => ({ region, why: null }))
    let states: RegionState[]
    try {
      states = await within(signal, async inner => (await options.cloud(provider)).regions(inner))
    } catch (error) {
      const why = `the regions of ${provider} could not be asked for: ${messageOf(error)}`
      return known.length === 0 ? [{ region: '*', why }] : known.map(region => ({ region, why }))
    }
    const off = new Map(states.filter(one => one.status === 'off').map(one => [one.region, one.why] as const))
    const on = states.filter(one => one.status !== 'off').map(one => one.region)
    return [
      ...[...new Set([...on, ...known.filter(region => !off.has(region))])].map(region => ({ region, why: null })),
      // Nothing can run where the account is not enabled, but for what we know of.
      ...known
        .filter(region => off.has(region))
        .map(region => ({ region, why: off.get(region) ?? 'the account has not enabled the region' })),
    ]
  }

  async function sightOf(
    provider: ProviderName,
    { region, why }: { region: string; why: string | null },
    signal: AbortSignal,
  ): Promise<RegionSight> {
    const at = clock.now()
    const unknown = (reason: string): RegionSight => ({
      provider,
      region,
      at,
      listed: false,
      why: reason.slice(0, 1_000),
      machines: [],
      loose: [],
    })
    if (why !== null) return unknown(why)
    try {
      const { machines, loose } = await within(signal, async inner =>
        (await options.cloud(provider)).list(region, inner),
      )
      const isOurs = ownerOf(options.state().machines, options.fleetName())
      const ours = machines.filter(isOurs)
      const foreign = machines
        .filter(machine => !isOurs(machine) && machine.state !== 'gone')
        .sort((a, b) => order(a.id, b.id))
        .slice(0, mostForeign)
        // Somebody else's costs and states are not ours to keep.
        .map(machine => ({ ...machine, resources: [], hostkeys: [] }))
      return {
        provider,
        region,
        at,
        listed: true,
        why: null,
        machines: [...ours, ...foreign],
        loose: loose.filter(one => one.tags.fleet === options.fleetName()),
      }
    } catch (error) {
      return unknown(messageOf(error))
    }
  }

  async function told(sight: RegionSight, signal: AbortSignal): Promise<RegionSight> {
    if (signal.aborted || sight.region === '*') return sight
    const { provider, region } = sight
    const resources = [...sight.machines.flatMap(machine => machine.resources), ...sight.loose]
    const command: CommandOf<'machines.observe'> = {
      type: 'machines.observe',
      regions: [sight],
      prices: [...options.prices(resources, provider, region)],
      fleet: options.fleetName(),
      declared: [...options.declared()],
    }
    // What is as it was is not even asked to be written.
    if (observe(options.state(), command).length > 0) await options.do(command)
    return sight
  }

  async function within<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ending = new AbortController()
    const late = Promise.withResolvers<never>()
    const giveUp = (why: string) => {
      late.reject(new Error(why))
      ending.abort()
    }
    const cancel = clock.after(deadlineMs, () => giveUp(`no answer within ${Math.round(deadlineMs / 1000)} s`))
    const stop = () => giveUp('the engine stops')
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    try {
      return await Promise.race([work(ending.signal), late.promise])
    } finally {
      cancel()
      signal.removeEventListener('abort', stop)
    }
  }

  function look(signal: AbortSignal): Promise<DriftReport['regions']> {
    underWay ??= lookNow(signal).finally(() => {
      underWay = null
    })
    return underWay
  }

  return {
    look,
    lastAt: () => lastAt,
    run(signal, onBug) {
      const again = () => {
        if (signal.aborted) return
        look(signal)
          .catch(onBug)
          .finally(() => {
            if (signal.aborted) return
            const cancel = clock.after(everyMs, () => {
              signal.removeEventListener('abort', cancel)
              again()
            })
            signal.addEventListener('abort', cancel, { once: true })
          })
      }
      again()
    },
  }
}

/** Regions that something of ours is, was or is coming in, whatever the fleet file says by now. */
function knownRegions(slice: MachinesSlice, provider: ProviderName): string[] {
  const regions = [
    ...Object.values(slice.regions),
    ...Object.values(slice.machines).map(record => record.machine),
    ...Object.values(slice.open).map(op => (op.kind === 'launch' ? op.spec : op)),
  ]
  return [...new Set(regions.filter(one => one.provider === provider).map(one => one.region))].sort(order)
}

function ownerOf(slice: MachinesSlice, fleet: string): (machine: Machine) => boolean {
  const tokens = ourTokens(slice)
  const recorded = new Set(
    Object.values(slice.machines).map(({ machine }) => `${machine.provider}/${machine.region}/${machine.id}`),
  )
  return machine =>
    machine.tags.fleet === fleet ||
    recorded.has(`${machine.provider}/${machine.region}/${machine.id}`) ||
    (machine.token !== null && tokens.has(machine.token))
}

async function inTurn<T>(turns: Turns, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const giveBack = await turns.take(signal)
  try {
    return await work()
  } finally {
    giveBack()
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
