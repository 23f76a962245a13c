import { afterEach, expect, test } from 'vitest'
import { unitsOf } from '../../../../infra/clouds/decimals.ts'
import { price as priceShape } from '../../../../infra/clouds/shapes.ts'
import { checker } from '../../../../state/primitives/schema.ts'
import {
  answer,
  failureOf,
  html,
  json,
  noSignal,
  now,
  refusal,
  type Script,
  type Scripted,
  scripted,
} from './scripted.ts'

let world: Scripted | null = null
afterEach(async () => {
  await world?.close()
  world = null
})
const start = async (change: Script) => {
  world = await scripted(change)
  return world
}

test.each([
  ['0.0042000000', 9, 4_200_000, true],
  ['0.0050000000', 9, 5_000_000, true],
  ['0.08', 9, 80_000_000, true],
  ['12', 6, 12_000_000, true],
  ['7.', 6, 7_000_000, true],
  ['0.1234565', 6, 123_457, false],
  ['-3.5000001', 6, -3_500_000, false],
  ['-0.0000001', 6, 0, false],
  ['1.5E-7', 9, 150, true],
  ['9007199254.740991', 6, Number.MAX_SAFE_INTEGER, true],
])('%s is %i digits after the point exactly, or rounded and said so', (text, digits, units, isExact) => {
  expect(unitsOf(text, digits)).toEqual({ units, isExact })
})

test.each(['', 'x', '1,5', '0x10', ' 1', '1e999', '9'.repeat(20), '.5', '--1', 'NaN', '1'.repeat(500)])(
  '%s is no amount',
  text => {
    expect(unitsOf(text, 9)).toBeNull()
  },
)

const product = (attributes: object, unit: string, pricePerUnit: object, more: object = {}) =>
  JSON.stringify({
    product: { productFamily: 'x', attributes, sku: 'S' },
    terms: { OnDemand: { 'S.T': { priceDimensions: { 'S.T.D': { unit, beginRange: '0', pricePerUnit, ...more } } } } },
  })
const nano = (regionCode: string, usd: string) =>
  product({ instanceType: 't4g.nano', regionCode, capacitystatus: 'Used', tenancy: 'Shared' }, 'Hrs', { USD: usd })
const gp3 = (regionCode: string, usd: string) => product({ volumeApiName: 'gp3', regionCode }, 'GB-Mo', { USD: usd })
const address = (regionCode: string, usage: string, usd: string) =>
  product({ regionCode, usagetype: usage, group: 'VPCPublicIPv4Address' }, 'Hrs', { USD: usd })

interface Query {
  ServiceCode: string
  Filters: { Field: string; Value: string }[]
  NextToken?: string
}
const fieldsOf = (asked: { json: unknown }) =>
  Object.fromEntries((asked.json as Query).Filters.map(({ Field, Value }) => [Field, Value]))

test('prices are asked once a type for all regions, in pages, and told exactly', async () => {
  const { cloud, of } = await start({
    GetProducts: asked => {
      const { ServiceCode, NextToken } = asked.json as Query
      const fields = fieldsOf(asked)
      if (ServiceCode === 'AmazonVPC') {
        const list = [
          address('us-east-1', 'PublicIPv4:IdleAddress', '0.009'),
          address('us-east-1', 'PublicIPv4:InUseAddress', '0.0050000000'),
        ]
        return json({ PriceList: list })
      }
      if (fields.volumeApiName) return json({ PriceList: [gp3('us-east-1', '0.08'), gp3('eu-north-1', '0.0836')] })
      if (NextToken) return json({ PriceList: [nano('eu-north-1', '0.0043000000'), nano('ap-south-1', '0.0028')] })
      return json({ PriceList: [nano('us-east-1', '0.0042000000')], NextToken: 'two' })
    },
  })
  const prices = await cloud.prices(['us-east-1', 'eu-north-1'], ['t4g.nano'], noSignal)
  const check = checker(priceShape)
  expect(prices.flatMap(one => check.errors(one))).toEqual([])
  expect(prices.map(one => [one.region, one.sku, one.hourlyNanos, one.monthlyNanos])).toEqual([
    ['us-east-1', 't4g.nano', 4_200_000, null],
    ['eu-north-1', 't4g.nano', 4_300_000, null],
    ['us-east-1', 'gp3', null, 80_000_000],
    ['eu-north-1', 'gp3', null, 83_600_000],
    ['us-east-1', 'public-ipv4', 5_000_000, null],
  ])
  expect(prices[0]).toMatchObject({ provider: 'aws', currency: 'USD', source: 'AWS Pricing API', at: now })
  const [first] = of('GetProducts')
  expect(first?.region).toBe('us-east-1')
  expect(first && fieldsOf(first)).toEqual({
    instanceType: 't4g.nano',
    operatingSystem: 'Linux',
    tenancy: 'Shared',
    preInstalledSw: 'NA',
    capacitystatus: 'Used',
  })
})

test('a single region is asked for alone', async () => {
  const { cloud, of } = await start({ GetProducts: () => json({ PriceList: [] }) })
  expect(await cloud.prices(['eu-north-1'], ['t4g.nano'], noSignal)).toEqual([])
  expect(of('GetProducts').map(asked => fieldsOf(asked).regionCode)).toEqual(['eu-north-1', 'eu-north-1', 'eu-north-1'])
})

test('a price that is hostile, finer than a nano or of two meanings is left out, never 0', async () => {
  const ours = { instanceType: 't4g.nano', regionCode: 'us-east-1' }
  const hostile = [
    'no json',
    '{"__proto__":{"polluted":1}}',
    JSON.stringify({ product: 1, terms: [] }),
    product(ours, 'Hrs', { USD: 'free' }),
    product(ours, 'Hrs', { USD: '-1' }),
    product(ours, 'Hrs', { USD: '0.00000000001' }),
    product(ours, 'Hrs', { USD: '1', EUR: '1' }),
    product(ours, 'Hrs', { USD: 0.0042 }),
    product(ours, 'Quantity', { USD: '1' }),
    product(ours, 'Hrs', { USD: '1' }, { beginRange: '100' }),
    product({ ...ours, instanceType: 'm7i.large' }, 'Hrs', { USD: '1' }),
    product({ ...ours, tenancy: 'Dedicated' }, 'Hrs', { USD: '1' }),
    product({ ...ours, regionCode: '../../etc' }, 'Hrs', { USD: '1' }),
  ]
  const { cloud, script } = await start({ GetProducts: () => json({ PriceList: hostile }) })
  expect(await cloud.prices(['us-east-1'], ['t4g.nano'], noSignal)).toEqual([])
  // The same with one that is good: it is they that are left out, and not everything.
  script.GetProducts = () => json({ PriceList: [...hostile, product(ours, 'Hrs', { USD: '0.0042' })] })
  expect(await cloud.prices(['us-east-1'], ['t4g.nano'], noSignal)).toMatchObject([{ hourlyNanos: 4_200_000 }])
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
})

test('where the first region of the Pricing API does not answer, the next is asked', async () => {
  const { cloud, of } = await start({
    GetProducts: ({ region }) => (region === 'us-east-1' ? html : json({ PriceList: [gp3('us-east-1', '0.08')] })),
  })
  expect(await cloud.prices(['us-east-1'], [], noSignal)).toHaveLength(1)
  expect(new Set(of('GetProducts').map(({ region }) => region))).toEqual(new Set(['us-east-1', 'eu-central-1']))
})

test('prices that may not be read are an error that says so', async () => {
  const { cloud } = await start({
    GetProducts: () => json({ __type: 'AccessDeniedException', message: 'no pricing:GetProducts' }, 400),
  })
  expect(await failureOf(cloud.prices(['us-east-1'], [], noSignal))).toMatchObject({ failure: 'rights' })
})

const month = (amount: string, more: object = {}) => ({
  TimePeriod: { Start: '2026-11-01', End: '2026-11-22' },
  Total: { UnblendedCost: { Amount: amount, Unit: 'USD' } },
  Estimated: true,
  ...more,
})
const billed = (of = '2026-11') => {
  if (!world?.cloud.billed) throw new Error('it has billing')
  return world.cloud.billed(of, noSignal)
}

test('what was billed is asked of one region once, for the days of the month, and each page costs a cent', async () => {
  const { of } = await start({
    GetCostAndUsage: (_, nth) =>
      nth === 1
        ? json({ ResultsByTime: [month('47.1234567891')], NextPageToken: 'two' })
        : json({ ResultsByTime: [month('0.8765432109')] }),
  })
  expect(await billed()).toEqual({
    amounts: [{ currency: 'USD', micros: 48_000_000 }],
    asOf: Date.UTC(2026, 10, 21),
    estimated: true,
    queryCost: { currency: 'USD', micros: 20_000 },
    source: 'AWS Cost Explorer, unblended',
  })
  expect(of('GetCostAndUsage').map(({ region }) => region)).toEqual(['us-east-1', 'us-east-1'])
  expect(of('GetCostAndUsage')[0]?.json).toEqual({
    TimePeriod: { Start: '2026-11-01', End: '2026-11-22' },
    Granularity: 'MONTHLY',
    Metrics: ['UnblendedCost'],
  })
})

test('a month that is over is asked for whole, and a credit may make it negative', async () => {
  const { of } = await start({ GetCostAndUsage: () => json({ ResultsByTime: [month('-1.5', { Estimated: false })] }) })
  expect(await billed('2025-12')).toMatchObject({
    amounts: [{ currency: 'USD', micros: -1_500_000 }],
    asOf: Date.UTC(2026, 0, 1),
    estimated: false,
  })
  expect(of('GetCostAndUsage')[0]?.json).toMatchObject({ TimePeriod: { Start: '2025-12-01', End: '2026-01-01' } })
})

test('a month that has not begun, or is none, is not asked for: asking costs', async () => {
  const { of } = await start({})
  for (const wrong of ['2026-12', '2026-13', 'now', '\u009b2J']) {
    expect(await failureOf(billed(wrong))).toMatchObject({ failure: 'invalid' })
  }
  expect(of('GetCostAndUsage')).toEqual([])
})

test.each([
  ['DataUnavailableException', 'Data is not available', 'not-found', 'a day after'],
  ['AccessDeniedException', 'User not enabled for cost explorer access', 'account', 'Enable Cost Explorer'],
  ['AccessDeniedException', 'User is not authorized to perform: ce:GetCostAndUsage', 'rights', 'ce:GetCostAndUsage'],
  ['LimitExceededException', 'Too many', 'quota', 'limit'],
])('%s (%s) is %s, with what to do, and is not asked again', async (type, message, failure, remedy) => {
  const { of } = await start({ GetCostAndUsage: () => json({ __type: type, message }, 400) })
  expect(await failureOf(billed())).toMatchObject({ failure, remedy: expect.stringContaining(remedy) })
  expect(of('GetCostAndUsage')).toHaveLength(1)
})

test.each([
  ['a page of a proxy', html],
  ['no results', json({})],
  ['an amount that is none', json({ ResultsByTime: [month('lots')] })],
  ['an amount that is a number', json({ ResultsByTime: [{ Total: { UnblendedCost: { Amount: 4, Unit: 'USD' } } }] })],
  ['another metric', json({ ResultsByTime: [{ Total: {} }] })],
  ['pages that go round in circles', json({ ResultsByTime: [month('1')], NextPageToken: 'same' })],
])('%s is no bill', async (_what, reply) => {
  await start({ GetCostAndUsage: () => reply })
  expect(await failureOf(billed())).toMatchObject({ failure: 'unreachable', effect: 'none' })
})

test('offers say size and architecture, and never that there is room', async () => {
  const { cloud, of } = await start({})
  expect(await cloud.offers('us-east-1', ['t4g.nano'], noSignal)).toEqual([
    {
      provider: 'aws',
      region: 'us-east-1',
      type: 't4g.nano',
      arch: 'arm64',
      vcpus: 2,
      memoryMib: 512,
      diskGb: null,
      available: null,
      note: null,
    },
  ])
  // By filter: one type that is not known would fail all of them.
  expect(of('DescribeInstanceTypes')[0]?.form.get('InstanceType.1')).toBeNull()
})

test('a type that the region does not have is said to be not offered, and a server without offerings says nothing', async () => {
  const { cloud, script } = await start({
    DescribeInstanceTypeOfferings: () => answer('DescribeInstanceTypeOfferings', { instanceTypeOfferingSet: [] }),
  })
  const [offer] = await cloud.offers('us-east-1', ['t4g.nano'], noSignal)
  expect(offer).toMatchObject({ available: false, note: 'not offered in this region' })
  script.DescribeInstanceTypeOfferings = () => refusal('InvalidAction')
  expect((await cloud.offers('us-east-1', ['t4g.nano'], noSignal))[0]).toMatchObject({ available: null, note: null })
})
