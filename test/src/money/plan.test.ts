// Price and new projection before anything is created, and what the ceiling refuses.
import { describe, expect, test } from 'vitest'
import type { Offer } from '../../../infra/clouds/cloud.ts'
import { bookOf } from '../../../src/money/book.ts'
import { offersReport } from '../../../src/money/offers.ts'
import { judgeBudget, type PlannedMachine, planMoney } from '../../../src/money/plan.ts'
import { fleet, node } from '../fleet/sample.ts'
import { at, lifetimeFrom, stateWith } from './ledger.ts'

const now = at('11-21 00:00:00')
const budget = (dollars: number) => ({ ceilingMicros: dollars * 1_000_000, currency: 'USD', warnRatio: 0.8 })
const paris = { provider: 'aws' as const, region: 'eu-west-3', type: 't4g.nano', diskGb: null, ipv4: true }
const machine = (more: Partial<typeof paris> = {}): PlannedMachine => ({
  node: 'paris',
  spec: { ...paris, ...more },
  resources: null,
})
const running = lifetimeFrom(at('10-01 00:00:00'))

function world(dollars: number | null, lifetimes = [running], nodes: ReturnType<typeof node>[] = []) {
  const state = stateWith(lifetimes)
  return {
    fleet: fleet(nodes, { budget: dollars === null ? null : budget(dollars) }),
    state,
    book: bookOf(state.money),
    now,
  }
}

describe('a plan', () => {
  test('shows each resource, a whole month of them, and this month before and after', () => {
    // A month: 0.0047 × 720 + 0.005 × 720 + 8 × 0.0928 = 3.384 + 3.6 + 0.7424 = 7.7264
    // Before: 0.0042 × 720 = 3.024. After: ten of thirty days more: 1.128 + 1.2 + 0.247467 = 2.575467.
    const plan = planMoney(world(100), [machine()])
    expect(plan.nodes[0]?.lines.map(line => [line.resource, line.sku, line.quantity, line.monthlyMicros])).toEqual([
      ['instance', 't4g.nano', 1, 3_384_000],
      ['ipv4', 'public-ipv4', 1, 3_600_000],
      ['disk', 'gp3', 8, 742_400],
    ])
    expect(plan).toMatchObject({
      monthly: [{ currency: 'USD', micros: 7_726_400 }],
      projection: { currency: 'USD', beforeMicros: 3_024_000, afterMicros: 5_599_467 },
      wholeMonth: { currency: 'USD', beforeMicros: 3_024_000, afterMicros: 10_750_400 },
      verdict: 'within',
      warnings: [],
    })
  })

  test('takes what the adapter says it will be billed for', () => {
    const resources = [
      { kind: 'instance' as const, sku: 't4g.nano', quantity: 1 },
      { kind: 'disk' as const, sku: 'gp3', quantity: 20 },
      { kind: 'group' as const, sku: 'group', quantity: 1 },
    ]
    const plan = planMoney(world(null), [{ ...machine(), resources }])
    expect(plan.nodes[0]?.lines.map(line => line.monthlyMicros)).toEqual([3_384_000, 1_856_000])
    expect(plan.verdict).toBe('no-budget')
  })

  test('passes the ceiling by a whole month, also on the 21st', () => {
    expect(planMoney(world(10), [machine()])).toMatchObject({
      verdict: 'over',
      overMicros: 750_400,
      warnings: ['with them a month costs 10.75 USD, 0.75 USD over the ceiling of 10.00 USD'],
    })
    expect(planMoney(world(13), [machine()]).verdict).toBe('warn')
  })

  test('is unknown where a price is, and says of what', () => {
    expect(planMoney(world(100), [machine({ type: 'x9.huge' })])).toMatchObject({
      monthly: [{ currency: 'USD', micros: null }],
      projection: { beforeMicros: 3_024_000, afterMicros: null },
      verdict: 'unknown',
      warnings: ['no price of instance x9.huge is known'],
    })
  })

  test('counts a node that is declared live and was never seen only once', () => {
    const declared = node('paris', { provider: 'aws', region: 'eu-west-3', type: 't4g.nano' })
    expect(planMoney(world(100, [running], [declared]), [machine()])).toMatchObject({
      projection: { beforeMicros: 10_750_400, afterMicros: 5_599_467 },
      wholeMonth: { beforeMicros: 10_750_400, afterMicros: 10_750_400 },
    })
  })

  test('in euros beside a budget in dollars is unknown without a rate, and says so', () => {
    const bern: PlannedMachine = {
      node: 'bern',
      spec: { ...paris, provider: 'hetzner', region: 'fsn1', type: 'cx23' },
      resources: null,
    }
    expect(planMoney(world(100), [bern])).toMatchObject({
      monthly: [{ currency: 'EUR', micros: 5_990_000 }],
      verdict: 'unknown',
      warnings: ['the fleet file says no rate from EUR to USD: what is in EUR is not in the sum'],
    })
  })
})

describe('the guard', () => {
  test('refuses what passes the ceiling, with the figures and what to do', () => {
    expect(judgeBudget(world(10), [machine()])).toEqual({
      why: 'with them a month costs 10.75 USD, 0.75 USD over the ceiling of 10.00 USD',
      remedy: 'launch fewer, raise the ceiling in the fleet file, or say that it may pass the budget',
    })
  })

  test('refuses nothing within it, without a budget, or for want of a price', () => {
    expect(judgeBudget(world(11), [machine()])).toBeNull()
    expect(judgeBudget(world(null), [machine()])).toBeNull()
    expect(judgeBudget(world(100), [machine({ type: 'x9.huge' })])).toBeNull()
  })

  test('refuses what passes it by what is known, though not all is', () => {
    expect(judgeBudget(world(10), [machine(), { ...machine({ type: 'x9.huge' }), node: 'lyon' }])).not.toBeNull()
  })
})

describe('offers', () => {
  const offer = (more: Partial<Offer>): Offer => ({
    provider: 'aws',
    region: 'eu-west-3',
    type: 't4g.nano',
    arch: 'arm64',
    vcpus: 2,
    memoryMib: 512,
    diskGb: null,
    available: true,
    note: null,
    ...more,
  })
  const ask = (...offers: Offer[]) =>
    offersReport(offers, [], bookOf({ prices: {} }), region => (region === 'eu-west-3' ? 11 : null), now)

  test('have a price for a month with address and disk, and the way to what is there', () => {
    expect(ask(offer({})).rows[0]).toMatchObject({
      currency: 'USD',
      hourlyNanos: 4_700_000,
      monthlyMicros: 7_726_400,
      latencyMs: 11,
    })
    // 5.49 and 0.50: the disk of a Hetzner type is inside
    const bern = offer({ provider: 'hetzner', region: 'fsn1', type: 'cx23', diskGb: 40 })
    expect(ask(bern).rows[0]).toMatchObject({ currency: 'EUR', monthlyMicros: 5_990_000, latencyMs: null })
  })

  test('are in order of price; those without one, and those that cannot be had, come last', () => {
    const rows = ask(
      offer({ region: 'ap-south-1', available: false }),
      offer({ type: 'x9.huge' }),
      offer({ region: 'sa-east-1' }),
      offer({ region: 'us-east-1', available: null }),
    ).rows
    expect(rows.map(row => [row.region, row.monthlyMicros])).toEqual([
      // 0.0042 × 720 + 3.6 + 0.64; 0.0067 × 720 + 3.6 + 1.216
      ['us-east-1', 7_264_000],
      ['sa-east-1', 9_640_000],
      ['eu-west-3', null],
      ['ap-south-1', 6_345_600],
    ])
  })
})
