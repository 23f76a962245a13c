// Asks providers for prices and for what their billing says, when the journal says so. Every asking ends in one
// `money.answer`, also a failed one: in words, for people.
import type { Cloud } from '../../infra/clouds/cloud.ts'
import { type Price, type ProviderName, providerName } from '../../infra/clouds/shapes.ts'
import type { Clock } from '../../state/primitives/clock.ts'
import { own } from '../../state/primitives/record.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { Effect } from '../engine/noun.ts'
import { untilDurable } from '../engine/until-durable.ts'
import { momentText, monthOf, monthsFrom, monthWindow } from './month.ts'
import { billingPauseMs, type MoneyCommand } from './noun.ts'

type Answer = Extract<MoneyCommand, { type: 'money.answer' }>
type Said = Answer['reported'][number]
type Runner = (effect: Effect, signal: AbortSignal) => Promise<void>

export interface MoneyRunnersWorld {
  state(): FleetState
  do(command: MoneyCommand): Promise<unknown>
  /** Loads the adapter when it is first needed. */
  cloud(provider: ProviderName): Cloud | Promise<Cloud>
  /** Providers of the fleet file, without `static`. */
  providers(): readonly ProviderName[]
  /** Where the fleet has or plans machines. */
  regionsOf(provider: ProviderName): readonly string[]
  typesOf(provider: ProviderName): readonly string[]
  clock: Clock
}

const mostTrouble = 2_000
const settlesWithinMs = 5 * 86_400_000

export function createMoneyRunners(world: MoneyRunnersWorld): {
  readonly 'money.prices': Runner
  readonly 'money.billing': Runner
} {
  const startedAt = world.clock.now()
  return {
    'money.prices': async (effect, signal) => {
      const asked = own(world.state().money.open, effect.id)
      if (!asked) return
      const answer = await readPrices(world, effect.id, asked.provider, signal)
      await untilDurable(() => world.do(answer), world.clock, signal)
    },
    'money.billing': async (effect, signal) => {
      const asked = own(world.state().money.open, effect.id)
      if (!asked) return
      // Of an engine that is no more: whether it asked nobody knows, and asking costs.
      const lost = asked.at < startedAt
      const why = `the engine ended while ${asked.provider} was asked; not asked again, since asking costs: from ${momentText(asked.at + billingPauseMs)}`
      const answer = lost ? failed(effect.id, why) : await readBilling(world, effect.id, asked.provider, signal)
      await untilDurable(() => world.do(answer), world.clock, signal)
    },
  }
}

async function readPrices(
  world: MoneyRunnersWorld,
  id: string,
  only: string | null,
  signal: AbortSignal,
): Promise<Answer> {
  const wanted = only === null ? world.providers().filter(one => one !== 'static') : [only]
  if (wanted.length === 0) return failed(id, 'the fleet file names no provider that has prices')
  const prices: Price[] = []
  const troubles: string[] = []
  await Promise.all(
    wanted.map(async name => {
      try {
        const provider = providerOf(name)
        if (provider === null) throw new Error('no such provider')
        const cloud = await world.cloud(provider)
        const found = await cloud.prices(world.regionsOf(provider), world.typesOf(provider), signal)
        if (found.length === 0) troubles.push(`${name}: it told no prices`)
        prices.push(...found)
      } catch (error) {
        troubles.push(`${name}: ${wordsOf(error)}`)
      }
    }),
  )
  const trouble = troubles.length === 0 ? null : troubles.sort().join('; ').slice(0, mostTrouble)
  return { type: 'money.answer', id, prices, reported: [], trouble }
}

async function readBilling(
  world: MoneyRunnersWorld,
  id: string,
  name: string | null,
  signal: AbortSignal,
): Promise<Answer> {
  const provider = name === null ? null : providerOf(name)
  if (provider === null) return failed(id, `${name ?? 'nobody'}: no such provider`)
  const reported: Said[] = []
  try {
    const cloud = await world.cloud(provider)
    if (!cloud.billed) {
      return failed(
        id,
        `${provider}: its API does not tell what is billed; write its invoice down with \`cost reported add\``,
      )
    }
    for (const month of monthsToAsk(world.clock.now())) {
      const { amounts, asOf, estimated, source, queryCost } = await cloud.billed(month, signal)
      const common = { provider, month, asOf, estimated, source, evidence: null, queryCost }
      reported.push(...amounts.map(({ currency, micros }) => ({ ...common, currency, micros })))
    }
  } catch (error) {
    // What was answered before it failed was paid for, and is kept.
    return { ...failed(id, `${provider}: ${wordsOf(error)}`), reported }
  }
  const trouble = reported.length === 0 ? `${provider}: its billing named no amount` : null
  return { type: 'money.answer', id, prices: [], reported, trouble }
}

/** This month, and at its begin the one before, which is billed to its end only days later. */
function monthsToAsk(now: number): string[] {
  const month = monthOf(now)
  const settled = now - monthWindow(month).from > settlesWithinMs
  return settled ? [month] : [monthsFrom(month, -1), month]
}

function failed(id: string, trouble: string): Answer {
  return { type: 'money.answer', id, prices: [], reported: [], trouble: trouble.slice(0, mostTrouble) }
}

function providerOf(name: string): ProviderName | null {
  return providerName.enum.find(one => one === name) ?? null
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed without a word'
  const remedy = 'remedy' in error && typeof error.remedy === 'string' ? `: ${error.remedy}` : ''
  return `${error.message}${remedy}`
}

/** Only the record may be missing (a full disk): it is tried again, and what was read is not read twice. */
