// A month of everything that can happen, with figures worked out by hand to the micro-unit. November 2026: 30 days, 720
// hours, 2,592,000 seconds. "Now" is 21 November, 00:00: 480 hours are over, 240 are to come.
import { describe, expect, test } from 'vitest'
import { bookOf } from '../../../src/money/book.ts'
import { costReport } from '../../../src/money/report.ts'
import type { Lifetime } from '../../../src/money/shapes.ts'
import { fleet, node } from '../fleet/sample.ts'
import { at, dayMs, lifetimeFrom, rateFrom, stateWith } from './ledger.ts'

const now = at('11-21 00:00:00')
const october = at('10-01 00:00:00')
const eur = { currency: 'EUR' } as const
const cx33 = { ...eur, hourlyNanos: 10_400_000, monthlyNanos: 6_490_000_000 }

interface Expected {
  what: string
  lifetime: Lifetime
  hours: number
  accrued: number
  projection: number
  monthly: number
}

const month: Expected[] = [
  {
    what: 'a nano that ran before the month began',
    // 0.0042 × 480 h = 2.016; × 720 h = 3.024
    lifetime: lifetimeFrom(october, { node: 'a' }),
    hours: 480,
    accrued: 2_016_000,
    projection: 3_024_000,
    monthly: 3_024_000,
  },
  {
    what: 'its address, by the second',
    // 0.005 × 480 = 2.4; × 720 = 3.6
    lifetime: lifetimeFrom(october, {
      node: 'a',
      kind: 'ipv4',
      sku: 'public-ipv4',
      rates: [rateFrom(october, { hourlyNanos: 5_000_000 })],
    }),
    hours: 480,
    accrued: 2_400_000,
    projection: 3_600_000,
    monthly: 3_600_000,
  },
  {
    what: 'its disk, by the share of a month of 30 days',
    // 8 GB × 0.0928 = 0.7424 a month; × 20/30 = 0.494933̅ → 494,933
    lifetime: lifetimeFrom(october, {
      node: 'a',
      kind: 'disk',
      sku: 'gp3',
      quantity: 8,
      rates: [rateFrom(october, { monthlyNanos: 92_800_000 })],
    }),
    hours: 480,
    accrued: 494_933,
    projection: 742_400,
    monthly: 742_400,
  },
  {
    what: 'a launch in the middle of an hour, gone after 1 h 0 min 1 s',
    // 3,601 s × 0.0042 / 3,600 = 0.00420116̅ → 4,201
    lifetime: lifetimeFrom(at('11-03 10:30:00'), { node: 'b', to: at('11-03 11:30:01') }),
    hours: 1.000278,
    accrued: 4_201,
    projection: 4_201,
    monthly: 3_024_000,
  },
  {
    what: 'an instance that lived 10 seconds, billed for 60',
    // 0.0042 / 60 = 0.00007 → 70
    lifetime: lifetimeFrom(at('11-05 00:00:00'), { node: 'c', to: at('11-05 00:00:10') }),
    hours: 0.016667,
    accrued: 70,
    projection: 70,
    monthly: 3_024_000,
  },
  {
    what: 'the address of it, without a minimum: 10 seconds',
    // 10 × 0.005 / 3,600 = 0.0000138̅ → 14
    lifetime: lifetimeFrom(at('11-05 00:00:00'), {
      node: 'c',
      to: at('11-05 00:00:10'),
      kind: 'ipv4',
      sku: 'public-ipv4',
      rates: [rateFrom(at('11-05 00:00:00'), { hourlyNanos: 5_000_000 })],
    }),
    hours: 0.002778,
    accrued: 14,
    projection: 14,
    monthly: 3_600_000,
  },
  {
    what: 'a nano that was stopped from the 6th to the 11th, and ran 20 seconds in the middle of it',
    // 5 days + 60 s (a start owes a minute) + 10 days: 360 h + 1/60 h; × 0.0042 = 1.51207; and 240 h more = 2.52007
    lifetime: lifetimeFrom(october, {
      node: 'd',
      pauses: [
        { from: at('11-06 00:00:00'), to: at('11-08 00:00:00') },
        { from: at('11-08 00:00:20'), to: at('11-11 00:00:00') },
      ],
    }),
    hours: 360.016667,
    accrued: 1_512_070,
    projection: 2_520_070,
    monthly: 3_024_000,
  },
  {
    what: 'a nano that is stopped now',
    // 5 days = 120 h × 0.0042 = 0.504, and no more to come
    lifetime: lifetimeFrom(october, { node: 'e', pauses: [{ from: at('11-06 00:00:00'), to: null }] }),
    hours: 120,
    accrued: 504_000,
    projection: 504_000,
    monthly: 3_024_000,
  },
  {
    what: 'a price that rises on the 11th at noon',
    // 252 h × 0.0042 = 1.0584; 228 h × 0.0050 = 1.14; so far 2.1984; 240 h × 0.0050 = 1.2 more
    lifetime: lifetimeFrom(october, {
      node: 'f',
      rates: [
        rateFrom(october, { hourlyNanos: 4_200_000 }),
        rateFrom(at('11-11 12:00:00'), { hourlyNanos: 5_000_000 }),
      ],
    }),
    hours: 480,
    accrued: 2_198_400,
    projection: 3_398_400,
    monthly: 3_600_000,
  },
  {
    what: 'a resize on the 16th at 06:00: the nano before',
    // 366 h × 0.0042 = 1.5372
    lifetime: lifetimeFrom(october, { node: 'g', to: at('11-16 06:00:00') }),
    hours: 366,
    accrued: 1_537_200,
    projection: 1_537_200,
    monthly: 3_024_000,
  },
  {
    what: 'a resize on the 16th at 06:00: the micro after',
    // 114 h × 0.0084 = 0.9576; 240 h more = 2.016
    lifetime: lifetimeFrom(at('11-16 06:00:00'), {
      node: 'g',
      sku: 't4g.micro',
      rates: [rateFrom(at('11-16 06:00:00'), { hourlyNanos: 8_400_000 })],
    }),
    hours: 114,
    accrued: 957_600,
    projection: 2_973_600,
    monthly: 6_048_000,
  },
  {
    what: 'a Hetzner server that runs all month: hours up to now, the cap at the end',
    // 480 h × 0.0104 = 4.992; 720 h would be 7.488, capped at 6.49
    lifetime: lifetimeFrom(october, {
      node: 'h',
      provider: 'hetzner',
      region: 'fsn1',
      sku: 'cx33',
      rates: [rateFrom(october, cx33)],
    }),
    hours: 480,
    accrued: 4_992_000,
    projection: 6_490_000,
    monthly: 6_490_000,
  },
  {
    what: 'a Hetzner server of 2 h 0 min 1 s: three started hours',
    // 3 × 0.0104 = 0.0312
    lifetime: lifetimeFrom(at('11-09 08:10:00'), {
      node: 'i',
      provider: 'hetzner',
      region: 'fsn1',
      sku: 'cx33',
      to: at('11-09 10:10:01'),
      rates: [rateFrom(at('11-09 08:10:00'), cx33)],
    }),
    hours: 3,
    accrued: 31_200,
    projection: 31_200,
    monthly: 6_490_000,
  },
  {
    what: 'a Hetzner server that is stopped since the 2nd, and billed all the same',
    lifetime: lifetimeFrom(october, {
      node: 'j',
      provider: 'hetzner',
      region: 'fsn1',
      sku: 'cx33',
      rates: [rateFrom(october, cx33)],
      pauses: [{ from: at('11-02 00:00:00'), to: null }],
    }),
    hours: 480,
    accrued: 4_992_000,
    projection: 6_490_000,
    monthly: 6_490_000,
  },
  {
    what: 'a Hetzner server whose price rose on the 15th at 00:30: the hour that had begun keeps its price',
    // Hours 0 to 336 (the one that began on the 15th at 00:00) at 0.0104: 337 × 0.0104 = 3.5048; 143 × 0.0136 = 1.9448;
    // so far 5.4496. To the end 383 × 0.0136 = 5.2088: 8.7136, capped at 8.49.
    lifetime: lifetimeFrom(october, {
      node: 'k',
      provider: 'hetzner',
      region: 'fsn1',
      sku: 'cx33',
      rates: [
        rateFrom(october, cx33),
        rateFrom(at('11-15 00:30:00'), { ...eur, hourlyNanos: 13_600_000, monthlyNanos: 8_490_000_000 }),
      ],
    }),
    hours: 480,
    accrued: 5_449_600,
    projection: 8_490_000,
    monthly: 8_490_000,
  },
  {
    what: 'a Hetzner volume of 10 GB since the 11th: 240 of 720 hours',
    // 10 × 0.0572 = 0.572; × 240/720 = 0.190666̅ → 190,667; at the end × 480/720 = 0.381333̅ → 381,333
    lifetime: lifetimeFrom(at('11-11 00:00:00'), {
      node: 'h',
      provider: 'hetzner',
      region: 'fsn1',
      kind: 'disk',
      sku: 'volume',
      quantity: 10,
      rates: [rateFrom(at('11-11 00:00:00'), { ...eur, monthlyNanos: 57_200_000 })],
    }),
    hours: 240,
    accrued: 190_667,
    projection: 381_333,
    monthly: 572_000,
  },
  {
    what: 'an e2-micro that lived for half a minute, billed for a whole one',
    // 0.0084 / 60 = 0.00014
    lifetime: lifetimeFrom(at('11-12 00:00:00'), {
      node: 'l',
      provider: 'gcp',
      region: 'us-central1',
      sku: 'e2-micro',
      to: at('11-12 00:00:30'),
      rates: [rateFrom(at('11-12 00:00:00'), { hourlyNanos: 8_400_000 })],
    }),
    hours: 0.016667,
    accrued: 140,
    projection: 140,
    monthly: 6_048_000,
  },
]

const state = stateWith(month.map(one => one.lifetime))
const report = costReport({
  fleet: fleet([node('zurich', { isHq: true, cost: { monthlyMicros: 3_900_000, currency: 'EUR' } })], {
    budget: {
      ceilingMicros: 60_000_000,
      currency: 'USD',
      warnRatio: 0.8,
      rates: [
        { currency: 'EUR', rate: '1.08', date: '2025-01-02' },
        { currency: 'EUR', rate: '1.1637', date: '2026-05-27' },
      ],
    },
  }),
  state,
  book: bookOf(state.money),
  now,
  month: null,
})

describe('a synthetic month', () => {
  test.each(month)('$what', ({ lifetime, hours, accrued, projection, monthly }) => {
    const alone = costReport({
      fleet: fleet([]),
      state: stateWith([lifetime]),
      book: bookOf({ prices: {} }),
      now,
      month: '2026-11',
    })
    expect(alone.lines).toHaveLength(1)
    expect(alone.lines[0]).toMatchObject({
      hours,
      accruedMicros: accrued,
      projectionMicros: projection,
      monthlyMicros: monthly,
    })
    expect(alone.unknown.filter(one => !one.isUnmetered)).toEqual([])
  })

  test('the declared machine of HQ costs 20 days of 30 so far, and all of it in the end', () => {
    // 3.90 × 20/30 = 2.60
    expect(report.lines.find(line => line.node === 'zurich')).toMatchObject({
      resource: 'declared',
      accruedMicros: 2_600_000,
      projectionMicros: 3_900_000,
    })
  })

  test('its totals are those of its lines, a currency each', () => {
    // USD so far 2,016,000 + 2,400,000 + 494,933 + 4,201 + 70 + 14 + 1,512,070 + 504,000 + 2,198,400 + 1,537,200 + 957,600
    //            + 140 = 11,624,628
    // USD at the end 3,024,000 + 3,600,000 + 742,400 + 4,201 + 70 + 14 + 2,520,070 + 504,000 + 3,398,400 + 1,537,200
    //            + 2,973,600 + 140 = 18,304,095
    // EUR so far 4,992,000 + 31,200 + 4,992,000 + 5,449,600 + 190,667 + 2,600,000 = 18,255,467
    // EUR at the end 6,490,000 + 31,200 + 6,490,000 + 8,490,000 + 381,333 + 3,900,000 = 25,782,533
    // A full month of what runs: USD 3,024,000 + 3,600,000 + 742,400 + 6,048,000 + 3,024,000 + 3,600,000 = 20,038,400;
    // EUR 6,490,000 + 6,490,000 + 8,490,000 + 572,000 + 3,900,000 = 25,942,000
    const nothingSaid = { reportedMicros: null, reportedAsOf: null }
    expect(report.totals).toEqual([
      {
        currency: 'EUR',
        accruedMicros: 18_255_467,
        projectionMicros: 25_782_533,
        monthlyMicros: 25_942_000,
        ...nothingSaid,
      },
      {
        currency: 'USD',
        accruedMicros: 11_624_628,
        projectionMicros: 18_304_095,
        monthlyMicros: 20_038_400,
        ...nothingSaid,
      },
    ])
  })

  test('all of it in dollars at the latest dated rate, and what the ceiling says to that', () => {
    // 11,624,628 + 18,255,467 × 1.1637 = 11,624,628 + 21,243,886.9479 = 32,868,514.9479
    // 18,304,095 + 25,782,533 × 1.1637 = 18,304,095 + 30,003,133.6521 = 48,307,228.6521, which is over 80 % of 60
    expect(report.converted).toEqual({
      currency: 'USD',
      rates: [{ from: 'EUR', rate: '1.1637', date: '2026-05-27' }],
      accruedMicros: 32_868_515,
      projectionMicros: 48_307_229,
      // 20,038,400 + 25,942,000 × 1.1637 = 50,227,105.4
      monthlyMicros: 50_227_105,
    })
    expect(report.ceiling).toMatchObject({ verdict: 'warn', warnMicros: 48_000_000, overMicros: -11_692_771 })
  })

  test('a week ago is compared: what came, went and changed its price, a month each', () => {
    // 14 November, 00:00: the micro came for the nano of g on the 16th, k became dearer on the 15th.
    expect(
      report.changes.map(one => [one.node, one.what.split(' ').slice(-3).join(' '), one.currency, one.monthlyMicros]),
    ).toEqual([
      ['g', 'aws us-east-1 came', 'USD', 6_048_000],
      ['g', 'aws us-east-1 went', 'USD', -3_024_000],
      ['k', 'changed its price', 'EUR', 2_000_000],
    ])
  })

  test('the month before is what it was, whatever came later', () => {
    const before = costReport({ fleet: fleet([]), state, book: bookOf(state.money), now, month: '2026-10' })
    const a = before.lines.filter(line => line.node === 'a')
    // 744 h × 0.0042 = 3.1248; × 0.005 = 3.72; the disk all of its month
    expect(a.map(line => [line.accruedMicros, line.projectionMicros])).toEqual([
      [3_124_800, 3_124_800],
      [3_720_000, 3_720_000],
      [742_400, 742_400],
    ])
    expect(before.lines.some(line => line.node === 'b')).toBe(false)
  })
})

describe('months as long as they are', () => {
  test.each([
    // 0.0042 × 672, × 696, × 744
    ['2027-02', Date.UTC(2027, 1, 1), 28, 2_822_400],
    ['2028-02', Date.UTC(2028, 1, 1), 29, 2_923_200],
    // Clocks go back in Europe in the middle of it: UTC does not.
    ['2026-10', Date.UTC(2026, 9, 1), 31, 3_124_800],
  ])('%s has %i days', (which, begin, days, whole) => {
    const one = lifetimeFrom(begin)
    const later = costReport({
      fleet: fleet([]),
      state: stateWith([one]),
      book: bookOf({ prices: {} }),
      now: begin + days * dayMs,
      month: which,
    })
    expect(later.lines[0]).toMatchObject({
      accruedMicros: whole,
      projectionMicros: whole,
      monthlyMicros: whole,
      hours: days * 24,
    })
  })
})

describe('at the edges', () => {
  const ask = (lifetime: Lifetime, month: string) =>
    costReport({ fleet: fleet([]), state: stateWith([lifetime]), book: bookOf({ prices: {} }), now, month }).lines

  test('the minute that is owed is billed once, in the two months that it lies in', () => {
    // From 31 October, 23:59:50, for 5 seconds: 10 s in October, 50 s in November; × 0.0042 / 3,600 = 11.6̅ and 58.3̅
    const short = lifetimeFrom(at('10-31 23:59:50'), { to: at('10-31 23:59:55') })
    expect(ask(short, '2026-10')[0]).toMatchObject({ accruedMicros: 12 })
    expect(ask(short, '2026-11')[0]).toMatchObject({ accruedMicros: 58 })
  })

  test('what ended in the month before has no line', () => {
    expect(ask(lifetimeFrom(october, { to: at('10-31 23:59:55') }), '2026-11')).toEqual([])
    expect(ask(lifetimeFrom(october, { to: at('11-01 00:00:00') }), '2026-11')).toEqual([])
  })

  test('what is destroyed while it is stopped was not started once more', () => {
    const to = at('11-11 00:00:00')
    const stopped = lifetimeFrom(october, { to, pauses: [{ from: at('11-01 00:00:00'), to }] })
    expect(ask(stopped, '2026-11')[0]).toMatchObject({ accruedMicros: 0, hours: 0 })
  })
})
