import {
  AccountClient,
  EnableRegionCommand,
  GetRegionOptStatusCommand,
  ListRegionsCommand,
} from '@aws-sdk/client-account'
import {
  CostExplorerClient,
  GetCostAndUsageCommand,
  type GetCostAndUsageCommandInput,
} from '@aws-sdk/client-cost-explorer'
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2'
import { GetProductsCommand, PricingClient } from '@aws-sdk/client-pricing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listIn } from '../../../../../infra/sandbox/clouds/aws/json.ts'
import { clientOptions, type Rig, refusalOf, start, startRig } from './rig.ts'

let rig: Rig
let account: AccountClient
let costs: CostExplorerClient
let prices: PricingClient
beforeEach(async () => {
  rig = await startRig()
  account = new AccountClient(clientOptions(rig.server, 'us-east-1'))
  costs = new CostExplorerClient(clientOptions(rig.server, 'us-east-1'))
  prices = new PricingClient(clientOptions(rig.server, 'us-east-1'))
})
afterEach(async () => {
  for (const client of [account, costs, prices]) client.destroy()
  await rig.close()
})

const dayMs = 24 * 3_600_000
const november: GetCostAndUsageCommandInput = {
  TimePeriod: { Start: '2026-11-01', End: '2026-12-01' },
  Granularity: 'MONTHLY',
  Metrics: ['UnblendedCost'],
}
const cost = async (input = november) => await costs.send(new GetCostAndUsageCommand(input))
const amount = async () => (await cost()).ResultsByTime?.[0]?.Total?.UnblendedCost?.Amount

describe('the account', () => {
  test('switches a region on, which takes minutes', async () => {
    const status = async () => {
      const answer = await account.send(new GetRegionOptStatusCommand({ RegionName: 'ap-south-2' }))
      return answer.RegionOptStatus
    }
    const enable = () => account.send(new EnableRegionCommand({ RegionName: 'ap-south-2' }))
    const look = () => rig.ec2('ap-south-2').send(new DescribeInstancesCommand({}))
    expect(await status()).toBe('DISABLED')
    await enable()
    expect(await status()).toBe('ENABLING')
    expect(await refusalOf(enable())).toBe('ConflictException')
    expect(await refusalOf(look())).toBe('AuthFailure')
    rig.clock.advance(300_000)
    expect(await status()).toBe('ENABLED')
    expect(await refusalOf(look())).toBe('accepted')
  })

  test('lists its regions page by page', async () => {
    const names: (string | undefined)[] = []
    let NextToken: string | undefined
    do {
      const page = await account.send(new ListRegionsCommand({ MaxResults: 10, NextToken }))
      names.push(...(page.Regions ?? []).map(({ RegionName }) => RegionName))
      NextToken = page.NextToken
    } while (NextToken)
    expect(names).toHaveLength(27)
    const off = await account.send(new ListRegionsCommand({ RegionOptStatusContains: ['DISABLED'] }))
    expect(off.Regions?.map(({ RegionName }) => RegionName)).toEqual(['ap-south-2', 'eu-central-2', 'me-south-1'])
  })

  test('says who the credentials are', async () => {
    const ask = (key: string) =>
      fetch(rig.server.url, {
        method: 'POST',
        headers: {
          authorization: `AWS4-HMAC-SHA256 Credential=${key}/20261120/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
        },
        body: 'Action=GetCallerIdentity&Version=2011-06-15',
      })
    const good = await ask('AKIAGOOD')
    expect(await good.text()).toContain('<Account>111122223333</Account>')
    const bad = await ask('AKIAKNOWNBAD')
    expect(bad.status).toBe(403)
    expect(await bad.text()).toContain('<Code>InvalidClientTokenId</Code>')
  })
})

describe('Cost Explorer', () => {
  test('counts the account’s own lifetimes, a day late, and its own pages', async () => {
    const id = rig.emulator.byHand.makeInstance({ region: 'us-east-1', diskGb: 8 })
    expect(await amount()).toBe('0.0000000000')
    rig.clock.advance(10 * 3_600_000)
    rig.emulator.byHand.terminateInstance(id)
    rig.clock.advance(dayMs)
    // 10 h of 0.0042 and of 0.005, 8 GB for 10 of November's 720 h at 0.08, and two pages by then: the first is a day old.
    expect(await amount()).toBe('0.1108888880')
    expect(rig.emulator.billedQueries()).toBe(2)
  })

  test('calls the running month an estimate, and the one before final', async () => {
    rig.emulator.byHand.addLife({
      id: 'i-1',
      kind: 'instance',
      sku: 't4g.nano',
      region: 'eu-central-1',
      quantity: 1,
      tags: {},
      from: Date.UTC(2026, 9, 1),
      to: start,
    })
    const answer = await cost({ ...november, TimePeriod: { Start: '2026-10-01', End: '2026-12-01' } })
    expect(answer.ResultsByTime?.map(({ Estimated }) => Estimated)).toEqual([false, true])
    // All 744 hours of October at 0.0048.
    expect(answer.ResultsByTime?.[0]?.Total?.UnblendedCost?.Amount).toBe('3.5712000000')
  })

  test('tells groups page by page, and takes a cent for each', async () => {
    await rig.close()
    rig = await startRig({ costExplorer: { groupsPerPage: 1 }, timings: { billing: 0 } })
    costs.destroy()
    costs = new CostExplorerClient(clientOptions(rig.server, 'us-east-1'))
    rig.emulator.byHand.makeInstance({ region: 'us-east-1' })
    rig.clock.advance(3_600_000)
    const GroupBy = [{ Type: 'DIMENSION' as const, Key: 'SERVICE' }]
    const services: (string | undefined)[] = []
    let NextPageToken: string | undefined
    do {
      const page = await cost({ ...november, GroupBy, NextPageToken })
      services.push(...(page.ResultsByTime?.[0]?.Groups ?? []).map(({ Keys }) => Keys?.[0]))
      NextPageToken = page.NextPageToken
    } while (NextPageToken)
    expect(services).toEqual([
      'AWS Cost Explorer',
      'Amazon Elastic Compute Cloud - Compute',
      'Amazon Virtual Private Cloud',
      'EC2 - Other',
    ])
    expect(rig.emulator.billedQueries()).toBe(4)
  })

  test('that is not enabled has no data, and asking costs nothing', async () => {
    rig.emulator.setCostExplorer(false)
    expect(await refusalOf(cost())).toBe('DataUnavailableException')
    expect(rig.emulator.billedQueries()).toBe(0)
  })

  test.each([
    ['throttle', 'LimitExceededException'],
    ['rights', 'AccessDeniedException'],
  ] as const)('refuses with its own words on %s', async (kind, code) => {
    rig.faults.add({ kind, action: 'GetCostAndUsage' })
    expect(await refusalOf(cost())).toBe(code)
    expect(rig.emulator.billedQueries()).toBe(0)
  })
})

describe('the price list', () => {
  const list = async (ServiceCode: string, fields: Readonly<Record<string, string>>) => {
    const Filters = Object.entries(fields).map(([Field, Value]) => ({ Type: 'TERM_MATCH' as const, Field, Value }))
    const answer = await prices.send(new GetProductsCommand({ ServiceCode, Filters }))
    return listIn(answer.PriceList).map(text => /"USD":"([^"]+)"/.exec(String(text))?.[1])
  }
  const linux = { operatingSystem: 'Linux', tenancy: 'Shared', capacitystatus: 'Used', preInstalledSw: 'NA' }
  test.each([
    ['us-east-1', 't4g.nano', '0.0042000000'],
    ['ap-south-1', 't4g.nano', '0.0028000000'],
    ['us-east-1', 't4g.small', '0.0168000000'],
  ])('has one Linux price in %s of %s', async (regionCode, instanceType, price) => {
    expect(await list('AmazonEC2', { ...linux, regionCode, instanceType })).toEqual([price])
  })

  test('has neighbours that a careless question finds as well', async () => {
    const regionCode = 'us-east-1'
    expect(await list('AmazonEC2', { regionCode, instanceType: 't3.nano' })).toHaveLength(4)
    expect(await list('AmazonEC2', { regionCode, volumeApiName: 'gp3' })).toHaveLength(3)
    expect(await list('AmazonEC2', { regionCode, volumeApiName: 'gp3', productFamily: 'Storage' })).toEqual([
      '0.0800000000',
    ])
    expect(await list('AmazonVPC', { regionCode, group: 'VPCPublicIPv4Address' })).toEqual([
      '0.0050000000',
      '0.0050000000',
    ])
  })

  test('has nothing of a region whose prices nobody knows', async () => {
    expect(await list('AmazonEC2', { ...linux, regionCode: 'ap-south-2', instanceType: 't4g.nano' })).toEqual([])
  })
})
