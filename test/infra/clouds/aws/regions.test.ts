import { afterEach, expect, test } from 'vitest'
import {
  answer,
  failureOf,
  html,
  machines,
  noSignal,
  refusal,
  type Script,
  type Scripted,
  scripted,
  spec,
  tags,
} from './scripted.ts'

let world: Scripted
afterEach(() => world.close())
const start = async (change: Script = {}) => {
  world = await scripted(change)
  return world.cloud
}
const listing = (cloud: Scripted['cloud'], region: string) => cloud.list(region, noSignal)

test('regions are on, off or in trouble, as the account and the facts say', async () => {
  const cloud = await start()
  expect(await cloud.regions(noSignal)).toEqual([
    { region: 'us-east-1', status: 'enabled', why: null },
    { region: 'me-central-1', status: 'impaired', why: expect.stringContaining('two of its three zones') },
    { region: 'af-south-1', status: 'off', why: 'not enabled for this account' },
  ])
  expect(world.of('DescribeRegions')[0]?.form.get('AllRegions')).toBe('true')
})

test('the account says what is under way, where it may be asked', async () => {
  const Regions = [{ RegionName: 'af-south-1', RegionOptStatus: 'ENABLING' }]
  const cloud = await start({
    ListRegions: () => ({ type: 'application/json', body: JSON.stringify({ Regions }) }),
  })
  expect((await cloud.regions(noSignal))[2]).toMatchObject({
    status: 'off',
    why: expect.stringContaining('being enabled'),
  })
})

test('without the right to ask EC2 the account is asked', async () => {
  const Regions = [
    { RegionName: 'eu-north-1', RegionOptStatus: 'ENABLED_BY_DEFAULT' },
    { RegionName: 'af-south-1', RegionOptStatus: 'DISABLED' },
  ]
  const cloud = await start({
    DescribeRegions: () => refusal('UnauthorizedOperation', 403),
    ListRegions: () => ({ type: 'application/json', body: JSON.stringify({ Regions }) }),
  })
  expect((await cloud.regions(noSignal)).map(({ region, status }) => `${region} ${status}`)).toEqual([
    'eu-north-1 enabled',
    'af-south-1 off',
  ])
})

test('a region of which nothing is said is unknown, and a page of a proxy is not an account without regions', async () => {
  const cloud = await start({
    DescribeRegions: (_, nth) =>
      nth === 1
        ? answer('DescribeRegions', { regionInfo: [{ regionName: 'us-east-1' }] })
        : { status: 200, type: 'text/html', body: '<html><p>hi</p></html>' },
  })
  expect(await cloud.regions(noSignal)).toMatchObject([{ status: 'unknown' }])
  expect(await failureOf(cloud.regions(noSignal))).toMatchObject({ failure: 'unreachable' })
})

test('a region that is off is told as that, before it is asked and without blame for the key', async () => {
  const cloud = await start({ DescribeInstances: () => refusal('AuthFailure', 401) })
  const failure = await failureOf(cloud.prepare(spec({ region: 'af-south-1' }), tags, null, noSignal))
  expect(failure).toMatchObject({ failure: 'region-off', effect: 'none', name: 'cloud-region-off' })
  expect(failure.remedy).toContain('enable-region --region-name af-south-1')
  expect(failure.message).not.toMatch(/credential/i)
  expect(world.asked.filter(({ region }) => region === 'af-south-1')).toEqual([])
})

test('a region that was switched off since is told as that by its AuthFailure', async () => {
  const off = { regionName: 'us-east-1', optInStatus: 'not-opted-in' }
  const on = { regionName: 'us-east-1', optInStatus: 'opted-in' }
  const cloud = await start({
    DescribeRegions: (_, nth) => answer('DescribeRegions', { regionInfo: [nth === 1 ? on : off] }),
    DescribeInstances: () => refusal('AuthFailure', 401),
  })
  expect(await failureOf(listing(cloud, 'us-east-1'))).toMatchObject({ failure: 'region-off' })
})

test('AuthFailure of a region that is on is about the credentials', async () => {
  const cloud = await start({ DescribeInstances: () => refusal('AuthFailure', 401) })
  expect(await failureOf(listing(cloud, 'us-east-1'))).toMatchObject({ failure: 'credentials', code: 'AuthFailure' })
})

test('where nobody can say whether the region is on, the message says both', async () => {
  const cloud = await start({
    DescribeRegions: () => refusal('UnauthorizedOperation', 403),
    DescribeInstances: () => refusal('AuthFailure', 401),
  })
  const failure = await failureOf(listing(cloud, 'us-east-1'))
  expect(failure.message).toContain('could not be learned')
  expect(failure.remedy).toContain('whether us-east-1 is enabled')
})

test('bad credentials are told by the first question, and no region is asked', async () => {
  const cloud = await start({ DescribeRegions: () => refusal('AuthFailure', 401) })
  expect(await failureOf(listing(cloud, 'eu-north-1'))).toMatchObject({ failure: 'credentials' })
  expect(world.of('DescribeInstances')).toEqual([])
})

test('an account that cannot be asked for its regions does not stop one that answers', async () => {
  const cloud = await start({ DescribeRegions: () => html, DescribeInstances: () => machines() })
  expect(await listing(cloud, 'us-east-1')).toMatchObject({ machines: [] })
})

test('twenty regions that begin at once ask for the regions once, and each with its own name', async () => {
  const cloud = await start({ DescribeInstances: () => machines() })
  const names = Array.from({ length: 20 }, (_, nth) => `test-north-${nth + 1}`)
  await Promise.all(names.map(name => listing(cloud, name)))
  expect(world.of('DescribeRegions')).toHaveLength(1)
  expect(new Set(world.of('DescribeInstances').map(({ region }) => region))).toEqual(new Set(names))
})

test('no credentials at all are told as that, with how to give some', async () => {
  world = await scripted()
  const { createAwsCloud } = await import('../../../../infra/clouds/aws/index.ts')
  const cloud = createAwsCloud({
    env: { AWS_ENDPOINT_URL: world.url },
    aws: { profile: 'there-is-no-such-profile', endpoint: null },
    gcp: { project: null, endpoint: null, credentials: null },
    hetzner: { endpoint: null, token: null },
    now: () => 0,
  })
  const failure = await failureOf(cloud.list('us-east-1', noSignal))
  expect(failure).toMatchObject({ failure: 'credentials', effect: 'none' })
  expect(failure.remedy).toContain('AWS_PROFILE')
})
