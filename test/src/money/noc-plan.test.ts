// The plan of twenty regions that believes in $3 a node: what it really costs, and by how much its ceiling is missed.
import { describe, expect, test } from 'vitest'
import { plannedNodes } from '../../../infra/sandbox/plan.ts'
import { bookOf } from '../../../src/money/book.ts'
import { pricedNode } from '../../../src/money/declared.ts'
import { costReport, whatIfReport } from '../../../src/money/report.ts'
import { fleet, node } from '../fleet/sample.ts'
import { at, stateWith } from './ledger.ts'

const nodes = plannedNodes.map(one =>
  one.region === null
    ? node(one.name, { isHq: true, cost: { monthlyMicros: 3_900_000, currency: 'EUR' } })
    : node(one.name, { provider: 'aws', region: one.region, type: 't4g.nano', arch: 'arm64' }),
)
const budget = { ceilingMicros: 100_000_000, currency: 'USD', warnRatio: 0.8 }
const state = stateWith([])
const book = bookOf(state.money)
const november = at('11-16 00:00:00')

describe('the plan of twenty regions', () => {
  test('costs 157.69 dollars in a November of 720 hours, and passes its ceiling of 100 by 57.69', () => {
    // Hours of the twenty nanos add up to 0.0042 + 0.0050 + 0.0046 + 0.0044 + 0.0067 + 0.0047 + 0.0047 + 0.0048 + 0.0046
    // + 0.0043 + 0.0051 + 0.0048 + 0.0054 + 0.0028 + 3 × 0.0053 + 0.0048 + 0.0052 + 0.0058 = 0.0978 dollars.
    //   instances  0.0978 × 720 h             =  70.416000
    //   addresses  20 × 0.005 × 720 h         =  72.000000
    //   disks      8 GB × (0.08 + 0.096 + 0.088 + 0.084 + 0.152 + 0.0928 + 0.0928 + 0.0952 + 0.088 + 0.0836 + 0.0968
    //              + 0.0924 + 0.1047 + 0.0912 + 3 × 0.096 + 0.0864 + 0.0912 + 0.1056)
    //              = 8 × 1.9087               =  15.269600
    //   together                              = 157.685600
    const report = costReport({ fleet: fleet(nodes, { budget }), state, book, now: november, month: null })
    const usd = report.totals.find(one => one.currency === 'USD')
    expect(usd).toEqual({
      currency: 'USD',
      accruedMicros: 0,
      reportedMicros: null,
      reportedAsOf: null,
      projectionMicros: 157_685_600,
      monthlyMicros: 157_685_600,
    })
    expect(report.ceiling).toEqual({
      currency: 'USD',
      micros: 100_000_000,
      warnMicros: 80_000_000,
      verdict: 'over',
      overMicros: 57_685_600,
      monthlyOverMicros: 57_685_600,
    })
  })

  test('costs 162.43 dollars in a month of 31 days, HQ in euros beside it', () => {
    // 0.0978 × 744 + 20 × 0.005 × 744 + 15.2696 = 72.7632 + 74.4 + 15.2696
    const report = whatIfReport(nodes.map(pricedNode), {
      fleet: fleet([], { budget }),
      book,
      now: at('10-05 00:00:00'),
    })
    expect(report.totals.map(one => [one.currency, one.accruedMicros, one.projectionMicros])).toEqual([
      ['EUR', 0, 3_900_000],
      ['USD', 0, 162_432_800],
    ])
    expect(report.ceiling).toMatchObject({ verdict: 'over', overMicros: 62_432_800 })
  })

  test('has no one total without a dated rate, and one to the micro-unit with it', () => {
    const asked = (more: { rates?: { currency: string; rate: string; date: string }[] }) =>
      costReport({ fleet: fleet(nodes, { budget: { ...budget, ...more } }), state, book, now: november, month: null })
    const without = asked({})
    expect(without.converted).toBeNull()
    expect(without.unknown).toContainEqual({
      node: null,
      what: 'everything in EUR, in USD',
      why: 'the fleet file says no dated rate under `budget`',
    })
    // 157.6856 + 3.90 × 1.1637 = 157.6856 + 4.53843; accrued: half of the month of HQ, 1.95 × 1.1637 = 2.269215.
    const dated = asked({ rates: [{ currency: 'EUR', rate: '1.1637', date: '2026-05-27' }] })
    expect(dated.converted).toEqual({
      currency: 'USD',
      rates: [{ from: 'EUR', rate: '1.1637', date: '2026-05-27' }],
      accruedMicros: 2_269_215,
      projectionMicros: 162_224_030,
      monthlyMicros: 162_224_030,
    })
    expect(dated.ceiling?.overMicros).toBe(62_224_030)
  })

  test('says of each node that it was never seen, and does not call that 0', () => {
    const report = costReport({ fleet: fleet(nodes, { budget }), state, book, now: november, month: null })
    const paris = report.lines.filter(line => line.node === 'paris')
    expect(paris.map(line => [line.resource, line.accruedMicros, line.projectionMicros])).toEqual([
      ['instance', null, 3_384_000],
      ['ipv4', null, 3_600_000],
      ['disk', null, 742_400],
    ])
    expect(paris[0]?.source).toMatch(/^declared, not seen; /)
    expect(report.unknown.filter(one => one.node === 'paris')).toHaveLength(1)
  })

  test('is told that IPv6 only saves the 72 dollars of its addresses, and how much Mumbai is cheaper', () => {
    const { hints } = costReport({ fleet: fleet(nodes, { budget }), state, book, now: november, month: null })
    expect(hints[0]).toMatchObject({ currency: 'USD', monthlyMicros: 72_000_000 })
    expect(hints[0]?.nodes).toHaveLength(20)
    // (0.0978 − 20 × 0.0028) × 720 = 0.0418 × 720
    expect(hints[1]).toMatchObject({ monthlyMicros: 30_096_000 })
    expect(hints[1]?.what).toMatch(/^t4g\.nano in ap-south-1 \(2\.02 USD a month\)/)
    expect(hints[1]?.nodes).toHaveLength(19)
  })
})
