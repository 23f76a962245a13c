// What a report says beside its lines: what is unknown, what the ceiling says, what providers say, and where to save.
import { describe, expect, test } from 'vitest'
import type { Fleet } from '../../../src/fleet/fleet.ts'
import { bookOf } from '../../../src/money/book.ts'
import { costReport } from '../../../src/money/report.ts'
import type { Lifetime, MoneySlice, Reported } from '../../../src/money/shapes.ts'
import { fleet, node } from '../fleet/sample.ts'
import { at, lifetimeFrom, rateFrom, stateWith } from './ledger.ts'

const now = at('11-16 00:00:00')
const october = at('10-01 00:00:00')
const budget = { ceilingMicros: 10_000_000, currency: 'USD', warnRatio: 0.8 }

function report(
  lifetimes: Lifetime[],
  over: Partial<Fleet> = {},
  money: Partial<MoneySlice> = {},
  month: string | null = null,
) {
  const { nodes } = over
  const state = stateWith(lifetimes, money)
  return costReport({ fleet: fleet([...(nodes?.values() ?? [])], over), state, book: bookOf(state.money), now, month })
}
const nodesOf = (...nodes: ReturnType<typeof node>[]) => new Map(nodes.map(one => [one.name, one]))
const priced = (hourlyNanos: number, more: Partial<Lifetime> = {}) =>
  lifetimeFrom(october, { rates: [rateFrom(october, { hourlyNanos })], ...more })
const unpriced = () => lifetimeFrom(october, { sku: 'nobody-knows', rates: [] })

describe('the ceiling', () => {
  test.each([
    // × 720 h: 7.2, 8.64, 10.08
    ['within', 10_000_000, -2_800_000],
    ['warn', 12_000_000, -1_360_000],
    ['over', 14_000_000, 80_000],
  ] as const)('is judged %s at %i billionths an hour', (verdict, hourlyNanos, overMicros) => {
    expect(report([priced(hourlyNanos)], { budget }).ceiling).toMatchObject({ verdict, overMicros })
  })

  test('what has no price makes it unknown, even where it would only warn', () => {
    expect(report([priced(12_000_000), unpriced()], { budget }).ceiling).toMatchObject({
      verdict: 'unknown',
      overMicros: null,
    })
  })

  test('what has no price does not hide that it is passed', () => {
    expect(report([priced(14_000_000), unpriced()], { budget }).ceiling).toMatchObject({
      verdict: 'over',
      overMicros: 80_000,
    })
  })

  test('a currency without a rate makes it unknown', () => {
    const euros = lifetimeFrom(october, { rates: [rateFrom(october, { currency: 'EUR', hourlyNanos: 1 })] })
    const found = report([priced(1_000_000), euros], { budget })
    expect(found.ceiling?.verdict).toBe('unknown')
    expect(found.converted).toBeNull()
  })

  test('is not there without a budget', () => {
    expect(report([priced(1_000_000)])).toMatchObject({ ceiling: null, converted: null })
  })
})

describe('a full month', () => {
  test('shows by how much the ceiling will be missed, of what was launched late in this one', () => {
    // 20 cents an hour: 15 of 30 days are 72 dollars, 30 are 144.
    const found = report([priced(200_000_000, { from: now })], { budget: { ...budget, ceilingMicros: 100_000_000 } })
    expect(found.totals).toMatchObject([{ projectionMicros: 72_000_000, monthlyMicros: 144_000_000 }])
    expect(found.ceiling).toMatchObject({ verdict: 'within', overMicros: -28_000_000, monthlyOverMicros: 44_000_000 })
  })

  test('has nothing of what ended, and is in the budget’s currency too', () => {
    const gone = priced(10_000_000, { to: at('11-10 00:00:00') })
    const euros = lifetimeFrom(october, { rates: [rateFrom(october, { currency: 'EUR', hourlyNanos: 1_000_000 })] })
    const rates = [{ currency: 'EUR', rate: '2', date: '2026-11-01' }]
    const found = report([priced(1_000_000), gone, euros], { budget: { ...budget, rates } })
    expect(found.totals.map(one => [one.currency, one.monthlyMicros])).toEqual([
      ['EUR', 720_000],
      ['USD', 720_000],
    ])
    expect(found.converted?.monthlyMicros).toBe(2_160_000)
    expect(found.ceiling?.monthlyOverMicros).toBe(-7_840_000)
  })

  test('is not known where something has no price, unless what is known misses the ceiling already', () => {
    expect(report([priced(1_000_000), unpriced()], { budget }).ceiling?.monthlyOverMicros).toBeNull()
    expect(report([priced(14_000_000), unpriced()], { budget }).ceiling?.monthlyOverMicros).toBe(80_000)
  })

  test('is none of a month that is over', () => {
    const found = report([priced(1_000_000)], { budget }, {}, '2026-10')
    expect(found.totals.map(one => one.monthlyMicros)).toEqual([null])
    expect(found.ceiling?.monthlyOverMicros).toBeNull()
  })
})

describe('where prices are from', () => {
  test('a refresh that finds the same figure makes it what was read last, source and date', () => {
    const price = {
      ...{ provider: 'aws' as const, region: 'us-east-1', kind: 'instance' as const, sku: 't4g.nano' },
      ...{ currency: 'USD', hourlyNanos: 4_200_000, monthlyNanos: null, source: 'AWS Pricing API', at: now },
    }
    const found = report([lifetimeFrom(october)], {}, { prices: { 'aws/us-east-1/instance/t4g.nano': price } })
    expect(found.lines).toMatchObject([{ source: 'AWS Pricing API', pricedAt: now }])
    expect(found.priceBook.bySource).toEqual([
      { source: 'AWS Pricing API', oldestAt: now, newestAt: now, isEstimated: false, prices: 1 },
    ])
  })

  test('what nobody read is marked as an estimate', () => {
    const rates = [rateFrom(october, { hourlyNanos: 1, source: 'estimated: as next door' })]
    expect(report([lifetimeFrom(october, { rates })]).priceBook.bySource).toMatchObject([{ isEstimated: true }])
  })
})

describe('what is unknown', () => {
  const metered = (found: ReturnType<typeof report>) => found.unknown.filter(one => !one.isUnmetered)

  test('traffic, once a provider that bills it, and without a word in the verdict', () => {
    const other = priced(1_000_000, { region: 'eu-west-3' })
    const server = priced(1_000_000, { provider: 'hetzner', region: 'fsn1', sku: 'cx23' })
    const found = report([priced(1_000_000), other, server], { budget })
    expect(found.unknown).toMatchObject([
      { node: null, what: 'traffic of aws', isUnmetered: true },
      { node: null, what: 'traffic of hetzner', isUnmetered: true },
    ])
    expect(found.lines.some(line => line.resource === 'traffic')).toBe(false)
    expect(found.ceiling?.verdict).toBe('within')
  })

  test('time before a machine was first seen this month', () => {
    const seen = priced(1_000_000, { from: at('11-10 00:00:00'), fromSource: 'seen' })
    expect(metered(report([seen]))).toEqual([
      {
        node: 'virginia',
        what: 'instance t4g.nano in aws us-east-1',
        why: 'it was first seen on 2026-11-10: what it cost this month before is not known',
      },
    ])
  })

  test('nothing of a machine that was first seen in an earlier month', () => {
    expect(metered(report([priced(1_000_000, { fromSource: 'seen' })]))).toEqual([])
  })

  test('a static machine whose cost nobody wrote down, a cloud machine without a region or type', () => {
    const nodes = nodesOf(
      node('office'),
      node('somewhere', { provider: 'aws', type: 't4g.nano' }),
      node('something', { provider: 'aws', region: 'us-east-1' }),
      node('later', { provider: 'aws', lifecycle: 'planned' }),
    )
    expect(report([], { nodes }).unknown.map(one => [one.node, one.why])).toEqual([
      ['office', 'the fleet file says no `cost` of it'],
      ['somewhere', 'the fleet file says no region'],
      ['something', 'the fleet file says no type'],
    ])
  })

  test('the same of more than twenty nodes is said once', () => {
    const nodes = nodesOf(...Array.from({ length: 30 }, (_, index) => node(`n${index}`)))
    expect(report([], { nodes }).unknown).toEqual([
      { node: null, what: 'the machine of 30 nodes (n0, n1, n2, …)', why: 'the fleet file says no `cost` of it' },
    ])
  })

  test('what was spent in months that the ledger has forgotten', () => {
    expect(report([], {}, {}, '2026-08').unknown).toHaveLength(1)
    expect(report([], {}, {}, '2026-09').unknown).toEqual([])
  })

  test('a node that the ledger knows is not counted by its declaration too', () => {
    const nodes = nodesOf(node('virginia', { provider: 'aws', region: 'us-east-1', type: 't4g.nano' }))
    expect(report([priced(1_000_000)], { nodes }).lines).toHaveLength(1)
    expect(report([], { nodes }).lines).toHaveLength(3)
  })

  test('a price that was read again and is the same is as young as its last reading', () => {
    const price = {
      provider: 'aws' as const,
      region: 'us-east-1',
      kind: 'instance' as const,
      sku: 't4g.nano',
      currency: 'USD',
      hourlyNanos: 4_200_000,
      monthlyNanos: null,
      source: 'AWS Pricing API',
      at: now,
    }
    const prices = (hourlyNanos: number) => ({
      prices: { 'aws/us-east-1/instance/t4g.nano': { ...price, hourlyNanos } },
    })
    expect(report([priced(4_200_000)], {}, prices(4_200_000)).lines[0]?.pricedAt).toBe(now)
    expect(report([priced(4_200_000)], {}, prices(5_000_000)).lines[0]?.pricedAt).toBe(0)
  })

  test('a lifetime that came without a price takes the price of the book', () => {
    // 0.0042 × 360
    expect(report([lifetimeFrom(october, { rates: [] })]).lines[0]).toMatchObject({ accruedMicros: 1_512_000 })
  })
})

describe('what providers say', () => {
  const said = (micros: number, more: Partial<Reported> = {}): Partial<MoneySlice> => ({
    reported: {
      'aws/2026-11/USD': {
        provider: 'aws',
        month: '2026-11',
        currency: 'USD',
        micros,
        asOf: at('11-15 00:00:00'),
        estimated: true,
        source: 'Cost Explorer',
        evidence: null,
        by: 'engine',
        queryCost: { currency: 'USD', micros: 10_000 },
        ...more,
      },
    },
  })
  // 0.02 × 336 h until the 15th = 6.72; × 360 h until now = 7.2
  const running = priced(20_000_000)

  test('stands beside what is accrued, and changes nothing of it', () => {
    expect(report([running], {}, said(7_000_000)).totals).toEqual([
      {
        currency: 'USD',
        accruedMicros: 7_200_000,
        reportedMicros: 7_000_000,
        reportedAsOf: at('11-15 00:00:00'),
        projectionMicros: 14_400_000,
        monthlyMicros: 14_400_000,
      },
    ])
  })

  test('null is not 0: another month says nothing of this one', () => {
    expect(report([running], {}, said(7_000_000, { month: '2026-10' })).totals[0]?.reportedMicros).toBeNull()
  })

  test('more than a tenth and a unit apart from what was accrued until then is a finding', () => {
    expect(report([running], {}, said(8_000_000)).differences).toEqual([
      { provider: 'aws', currency: 'USD', accruedMicros: 6_720_000, reportedMicros: 8_000_000 },
    ])
    // 7.47: within a tenth of the greater; 0.9 apart is within a unit
    expect(report([running], {}, said(7_460_000)).differences).toEqual([])
    expect(report([priced(2_000_000)], {}, said(1_570_000)).differences).toEqual([])
  })

  test('more than a lower bound contradicts nothing, less than it does', () => {
    expect(report([running, unpriced()], {}, said(20_000_000)).differences).toEqual([])
    expect(report([running, unpriced()], {}, said(2_000_000)).differences).toHaveLength(1)
  })
})

describe('changes since a week ago', () => {
  test('a machine in the place of one of its kind at the same price is none', () => {
    const day = at('11-12 00:00:00')
    expect(report([priced(5_000_000, { to: day }), priced(5_000_000, { from: day })]).changes).toEqual([])
    const dearer = report([priced(5_000_000, { to: day }), priced(6_000_000, { from: day })]).changes
    expect(dearer.map(one => one.monthlyMicros)).toEqual([4_320_000, -3_600_000])
  })

  const change = (lifetime: Lifetime) => report([lifetime]).changes.map(one => [one.what, one.monthlyMicros])
  const what = 'instance t4g.nano in aws us-east-1'

  test.each([
    ['came', { from: at('11-12 00:00:00') }, 7_200_000],
    ['was first seen', { from: at('11-12 00:00:00'), fromSource: 'seen' as const }, 7_200_000],
    ['went', { to: at('11-12 00:00:00') }, -7_200_000],
    ['stopped', { pauses: [{ from: at('11-12 00:00:00'), to: null }] }, -7_200_000],
    ['runs again', { pauses: [{ from: at('11-02 00:00:00'), to: at('11-12 00:00:00') }] }, 7_200_000],
  ])('a machine %s', (word, more, monthlyMicros) => {
    expect(change(priced(10_000_000, more))).toEqual([[`${what} ${word}`, monthlyMicros]])
  })

  test('a price in another currency is one that went and one that came', () => {
    const rates = [
      rateFrom(october, { hourlyNanos: 10_000_000 }),
      rateFrom(at('11-12 00:00:00'), { currency: 'EUR', hourlyNanos: 9_000_000 }),
    ]
    const found = report([lifetimeFrom(october, { rates })])
    expect(found.changes.map(one => [one.currency, one.monthlyMicros])).toEqual([
      ['USD', -7_200_000],
      ['EUR', 6_480_000],
    ])
    // 264 h × 0.01; 96 h × 0.009 so far
    expect(found.totals.map(one => [one.currency, one.accruedMicros])).toEqual([
      ['EUR', 864_000],
      ['USD', 2_640_000],
    ])
  })

  test('what came and went in between, and what did not change, is no change', () => {
    expect(change(priced(10_000_000, { from: at('11-12 00:00:00'), to: at('11-13 00:00:00') }))).toEqual([])
    expect(change(priced(10_000_000))).toEqual([])
  })
})

describe('hints', () => {
  test('a retired type is named with its successor and what that costs, also where it is only planned', () => {
    const nodes = nodesOf(node('bern', { provider: 'hetzner', region: 'fsn1', type: 'cx22', lifecycle: 'planned' }))
    expect(report([], { nodes }).hints).toEqual([
      {
        what: 'cx22 is retired since January 2026: its successor cx23 costs 5.49 EUR a month',
        nodes: ['bern'],
        currency: 'EUR',
        monthlyMicros: 0,
      },
    ])
  })

  test('a retired machine that runs for less than its successor saves less than nothing', () => {
    const rates = [rateFrom(october, { currency: 'EUR', hourlyNanos: 6_400_000, monthlyNanos: 3_990_000_000 })]
    const old = lifetimeFrom(october, { node: 'bern', provider: 'hetzner', region: 'fsn1', sku: 'cx22', rates })
    expect(report([old]).hints.find(one => one.what.startsWith('cx22'))?.monthlyMicros).toBe(-1_500_000)
  })

  test('a live node of a retired type without a price is unknown, and says what has one', () => {
    const nodes = nodesOf(node('bern', { provider: 'hetzner', region: 'fsn1', type: 'cx22' }))
    expect(report([], { nodes }).unknown[0]?.why).toBe(
      'no price is known; cx22 is retired (since January 2026), cx23 has a price: read prices anew',
    )
  })

  test('a loose disk and an idle address are named with what they cost', () => {
    // Of a machine that is nobody's, and in use: no hint.
    const disk = lifetimeFrom(october, {
      id: 'aws/us-east-1/vol-9',
      node: null,
      kind: 'disk',
      sku: 'gp3',
      quantity: 8,
      rates: [rateFrom(october, { monthlyNanos: 80_000_000 })],
    })
    const tags = { node: 'paris' }
    const loose = [
      { id: 'vol-1', kind: 'disk' as const, sku: 'gp3', quantity: 8, createdAt: null, tags, machine: null },
      { id: 'eip-1', kind: 'address' as const, sku: 'public-ipv4', quantity: 1, createdAt: null, tags, machine: null },
    ]
    const sight = {
      provider: 'aws' as const,
      region: 'us-east-1',
      at: now,
      listed: true,
      why: null,
      machines: [],
      loose,
    }
    const state = stateWith([disk])
    const machines = { ...state.machines, regions: { 'aws/us-east-1': sight } }
    const { hints } = costReport({
      fleet: fleet([]),
      state: { ...state, machines },
      book: bookOf(state.money),
      now,
      month: null,
    })
    expect(hints.map(one => [one.what, one.nodes, one.monthlyMicros])).toEqual([
      ['loose address in aws us-east-1: no machine uses it', ['paris'], 3_600_000],
      ['loose disk gp3 in aws us-east-1, 8 GB: no machine uses it', ['paris'], 640_000],
    ])
  })
})
