// Asking providers: one answer for every asking, also when they fail, and never twice for what costs.
import { describe, expect, test } from 'vitest'
import type { Billed, Cloud } from '../../../infra/clouds/cloud.ts'
import { CloudError } from '../../../infra/clouds/error.ts'
import type { Price, ProviderName } from '../../../infra/clouds/shapes.ts'
import type { FleetState } from '../../../src/engine/fleet-state.ts'
import { type MoneyCommand, moneyNoun } from '../../../src/money/noun.ts'
import { createMoneyRunners } from '../../../src/money/runners.ts'
import { VirtualClock } from '../../../state/primitives/clock.ts'
import { at, stateWith } from './ledger.ts'

const start = at('11-10 12:00:00')
const nano: Price = {
  provider: 'aws',
  region: 'us-east-1',
  kind: 'instance',
  sku: 't4g.nano',
  currency: 'USD',
  hourlyNanos: 4_300_000,
  monthlyNanos: null,
  source: 'AWS Pricing API',
  at: start,
}
const billed: Billed = {
  amounts: [
    { currency: 'USD', micros: 12_000_000 },
    { currency: 'EUR', micros: 1 },
  ],
  asOf: start,
  estimated: true,
  queryCost: { currency: 'USD', micros: 10_000 },
  source: 'Cost Explorer',
}

type Asked = Partial<Pick<Cloud, 'prices' | 'billed'>>

/** The noun, a clock, and clouds that answer as they are told. */
function office(clouds: Partial<Record<ProviderName, Asked | Error>>, disk: { full: boolean } = { full: false }) {
  const clock = new VirtualClock(start)
  let state: FleetState = stateWith([])
  const tell = (command: MoneyCommand, by: string) => {
    const context = { now: clock.now(), by, roles: ['operator'], id: (prefix: string) => prefix }
    const commit = { seq: 1, at: clock.now(), by }
    const events = moneyNoun.decide(state, command, context)
    state = { ...state, money: events.reduce((slice, event) => moneyNoun.reduce(slice, event, commit), state.money) }
  }
  const runners = () =>
    createMoneyRunners({
      state: () => state,
      async do(command) {
        if (disk.full) throw new Error('no space left on device')
        tell(command, 'engine')
      },
      cloud(provider) {
        const cloud = clouds[provider]
        if (cloud === undefined || cloud instanceof Error) throw cloud ?? new Error(`no adapter for ${provider}`)
        // Only what money asks for is there.
        return cloud as Cloud
      },
      providers: () => ['aws', 'hetzner', 'static'],
      regionsOf: provider => [`${provider}-region`],
      typesOf: provider => [`${provider}-type`],
      clock,
    })
  const aborted = new AbortController()
  const run = async (with_ = runners()) => {
    for (const effect of moneyNoun.pending?.(state) ?? []) {
      await (effect.kind === 'money.prices' ? with_['money.prices'] : with_['money.billing'])(effect, aborted.signal)
    }
  }
  return { clock, tell, run, runners, aborted, money: () => state.money }
}
const refresh: MoneyCommand = { type: 'money.refresh-prices', id: 'prices-1', provider: null }
const ask = (provider: ProviderName): MoneyCommand => ({ type: 'money.ask-billing', id: 'billing-1', provider })

describe('prices', () => {
  test('are read at every provider of the fleet, where and for what it has machines', async () => {
    const asked: unknown[] = []
    const prices = async (...[regions, types]: Parameters<Cloud['prices']>) => {
      asked.push([regions, types])
      return [nano]
    }
    const room = office({ aws: { prices }, hetzner: { prices } })
    room.tell(refresh, 'anna')
    await room.run()
    expect(asked).toEqual([
      [['aws-region'], ['aws-type']],
      [['hetzner-region'], ['hetzner-type']],
    ])
    expect(room.money()).toMatchObject({ open: {}, closed: [{ changed: 1, trouble: null }] })
  })

  test('of one provider are kept though another fails, and its failure is told in its words', async () => {
    const no = new CloudError({
      failure: 'credentials',
      effect: 'none',
      message: 'the token is not accepted',
      remedy: 'renew it',
    })
    const room = office({ aws: { prices: async () => [nano] }, hetzner: no })
    room.tell(refresh, 'anna')
    await room.run()
    expect(Object.values(room.money().prices)).toEqual([nano])
    expect(room.money().closed[0]?.trouble).toBe('hetzner: the token is not accepted: renew it')
  })

  test('that could not be recorded are read once, and recorded when the disk has room again', async () => {
    let reads = 0
    const disk = { full: true }
    const prices = async () => {
      reads += 1
      return [nano]
    }
    const room = office({ aws: { prices }, hetzner: { prices } }, disk)
    room.tell(refresh, 'anna')
    const running = room.run()
    await new Promise(resolve => setImmediate(resolve))
    disk.full = false
    room.clock.advance(5_000)
    await running
    expect(reads).toBe(2)
    expect(room.money().closed).toHaveLength(1)
  })

  test('stay asked for when the engine ends meanwhile', async () => {
    const room = office({ aws: { prices: async () => [nano] }, hetzner: { prices: async () => [nano] } })
    room.tell(refresh, 'anna')
    room.aborted.abort()
    await room.run()
    expect(Object.keys(room.money().open)).toEqual(['prices-1'])
  })
})

describe('billing', () => {
  test('is written down a currency each, with what asking cost', async () => {
    const months: string[] = []
    const room = office({
      aws: {
        billed: async month => {
          months.push(month)
          return billed
        },
      },
    })
    room.tell(ask('aws'), 'anna')
    await room.run()
    expect(months).toEqual(['2026-11'])
    expect(
      Object.values(room.money().reported).map(one => [
        one.month,
        one.currency,
        one.micros,
        one.by,
        one.queryCost?.micros,
      ]),
    ).toEqual([
      ['2026-11', 'USD', 12_000_000, 'engine', 10_000],
      ['2026-11', 'EUR', 1, 'engine', 10_000],
    ])
  })

  test('in the first days of a month is asked of the month before too, and keeps what came before a failure', async () => {
    const room = office({
      aws: {
        billed: async month => {
          if (month === '2026-12') throw new Error('slow down')
          return billed
        },
      },
    })
    room.clock.jump(at('12-02 00:00:00') - start)
    room.tell(ask('aws'), 'anna')
    await room.run()
    expect(Object.keys(room.money().reported)).toEqual(['aws/2026-11/USD', 'aws/2026-11/EUR'])
    expect(room.money().closed[0]?.trouble).toBe('aws: slow down')
  })

  test('of a provider that tells none ends with what to do instead', async () => {
    const room = office({ hetzner: {} })
    room.tell(ask('hetzner'), 'anna')
    await room.run()
    expect(room.money().closed[0]?.trouble).toMatch(/does not tell what is billed; write its invoice down/)
  })

  test('is not asked again when an engine died over it', async () => {
    let asked = 0
    const room = office({
      aws: {
        billed: async () => {
          asked += 1
          return billed
        },
      },
    })
    room.tell(ask('aws'), 'anna')
    room.clock.advance(1)
    await room.run(room.runners())
    expect(asked).toBe(0)
    expect(room.money().closed[0]?.trouble).toMatch(/the engine ended while aws was asked.*from 2026-11-11 00:00 UTC/)
  })
})
