// Every request that the adapter makes, by the models that the SDKs ship: a parameter that a service does not know is a
// fault. What is judged is what went over the wire, not what the code says.
import * as accountSdk from '@aws-sdk/client-account'
import * as explorerSdk from '@aws-sdk/client-cost-explorer'
import * as ec2Sdk from '@aws-sdk/client-ec2'
import * as pricingSdk from '@aws-sdk/client-pricing'
import { afterEach, expect, test } from 'vitest'
import { droppedFromJson, operationOf, unknownInRequest } from '../../sandbox/clouds/aws/model.ts'
import {
  type Asked,
  answer,
  instance,
  json,
  machines,
  noSignal,
  refusal,
  type Script,
  type Scripted,
  scripted,
  spec,
  tagSet,
  tags,
  token,
} from './scripted.ts'

const models: readonly Readonly<Record<string, unknown>>[] = [
  { ...ec2Sdk },
  { ...pricingSdk },
  { ...explorerSdk },
  { ...accountSdk },
]

function faultsOf({ action, form, json: body }: Asked): string[] {
  const operation = models.map(model => model[`${action}$`]).find(found => found !== undefined)
  if (operation === undefined) return [`there is no ${action}`]
  const { input } = operationOf(operation)
  const parameters = [...form.keys()].filter(name => name !== 'Action' && name !== 'Version')
  return [
    ...parameters.filter(name => unknownInRequest(input, name) !== null).map(name => `${action} has no ${name}`),
    ...droppedFromJson(input, body).map(path => `${action} has no ${path}`),
  ]
}

const worlds: Scripted[] = []
const start = async (change: Script = {}) => {
  const world = await scripted(change)
  worlds.push(world)
  return world
}
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close()
})

/** Rules that somebody changed, a group of ours without tags, and a machine that is in the group which opens SSH. */
const changed: Script = {
  DescribeSecurityGroups: ({ form }) => {
    const permission = { ipProtocol: 'tcp', fromPort: 8080, toPort: 8080 }
    const ranges = { ipRanges: [{ cidrIp: '0.0.0.0/0', description: 'watchfloor http' }] }
    const name = form.get('Filter.1.Name') === 'group-name' ? (form.get('Filter.1.Value.1') ?? '') : 'watchfloor-noc'
    const ours = { groupId: 'sg-2', groupName: name, ipPermissions: [{ ...permission, ...ranges }] }
    return answer('DescribeSecurityGroups', {
      securityGroupInfo: [
        form.get('Filter.1.Name') === 'group-name' ? ours : { ...ours, groupId: 'sg-9', tagSet: tagSet(tags) },
      ],
    })
  },
  DescribeKeyPairs: ({ form }) => {
    const isAll = form.get('Filter.1.Name') !== 'key-name'
    return answer('DescribeKeyPairs', {
      keySet: isAll ? [{ keyName: 'watchfloor-noc-9', tagSet: tagSet(tags) }] : [],
    })
  },
}

test('every request of every method is as the service knows it', async () => {
  const fresh = await start({
    GetProducts: () => json({ PriceList: [] }),
    GetCostAndUsage: () => json({ ResultsByTime: [] }),
  })
  await fresh.cloud.regions(noSignal)
  await fresh.cloud.offers('us-east-1', ['t4g.nano'], noSignal)
  await fresh.cloud.offers('us-east-1', null, noSignal)
  for (const image of [null, 'my-nixos', 'ami-1']) await fresh.cloud.prepare(spec({ image }), tags, null, noSignal)
  const prepared = await fresh.cloud.prepare(spec({ diskGb: 20, meshPort: null }), tags, 'us-east-1b', noSignal)
  const { id } = await fresh.cloud.launch(prepared, tags, token, noSignal)
  await fresh.cloud.find('us-east-1', tags, noSignal)
  await fresh.cloud.find('us-east-1', { fleet: 'noc', node: 'a*?' }, noSignal)
  await fresh.cloud.get('us-east-1', id, noSignal)
  await fresh.cloud.list('us-east-1', noSignal)
  await fresh.cloud.adopt('us-east-1', id, tags, noSignal)
  await fresh.cloud.destroy('us-east-1', [id], tags, noSignal)
  await fresh.cloud.prices(['us-east-1'], ['t4g.nano'], noSignal)
  await fresh.cloud.prices(['us-east-1', 'eu-west-2'], ['t4g.nano'], noSignal)
  await fresh.cloud.billed?.('2026-11', noSignal)

  const used = await start(changed)
  await used.cloud.prepare(spec(), tags, null, noSignal)
  await used.cloud.closeSsh('us-east-1', id, tags, noSignal)
  await used.cloud.tidy('us-east-1', 'noc', noSignal)
  const old = await start({ ...changed, ModifyNetworkInterfaceAttribute: () => refusal('InvalidAction') })
  await old.cloud.closeSsh('us-east-1', id, tags, noSignal)
  const paged = await start({
    DescribeInstances: ({ form }) =>
      form.has('NextToken') ? machines() : answer('DescribeInstances', { reservationSet: [], nextToken: 'more' }),
  })
  await paged.cloud.find('us-east-1', tags, noSignal)
  const sixOnly = await start({
    DescribeSubnets: () =>
      answer('DescribeSubnets', {
        subnetSet: [
          {
            subnetId: 'subnet-a',
            availabilityZone: 'us-east-1a',
            ipv6CidrBlockAssociationSet: [{ ipv6CidrBlock: '2001:db8::/64' }],
          },
        ],
      }),
    RunInstances: ({ form }) =>
      form.has('DryRun') ? refusal('DryRunOperation') : answer('RunInstances', { instancesSet: [instance('i-6')] }),
  })
  const six = await sixOnly.cloud.prepare(spec({ ipv4: false }), tags, null, noSignal)
  await sixOnly.cloud.launch(six, tags, token, noSignal)

  const asked = [fresh, used, old, paged, sixOnly].flatMap(world => world.asked)
  expect([...new Set(asked.flatMap(faultsOf))]).toEqual([])
  expect([...new Set(asked.map(({ action }) => action))].sort()).toEqual([
    'AuthorizeSecurityGroupIngress',
    'CreateSecurityGroup',
    'CreateTags',
    'DeleteKeyPair',
    'DeleteSecurityGroup',
    'DescribeAddresses',
    'DescribeAvailabilityZones',
    'DescribeImages',
    'DescribeInstanceStatus',
    'DescribeInstanceTypeOfferings',
    'DescribeInstanceTypes',
    'DescribeInstances',
    'DescribeKeyPairs',
    'DescribeRegions',
    'DescribeSecurityGroups',
    'DescribeSubnets',
    'DescribeVolumes',
    'DescribeVpcs',
    'GetConsoleOutput',
    'GetCostAndUsage',
    'GetProducts',
    'ImportKeyPair',
    'ListRegions',
    'ModifyInstanceAttribute',
    'ModifyNetworkInterfaceAttribute',
    'RevokeSecurityGroupIngress',
    'RunInstances',
    'TerminateInstances',
  ])
})

test('the judge sees an action and a parameter that are none', () => {
  const one = (action: string, form: Record<string, string>, body: unknown = null): Asked => {
    return { action, region: 'us-east-1', form: new URLSearchParams(form), json: body }
  }
  expect(faultsOf(one('RunInstances', { Action: 'RunInstances', 'NetworkInterface.1.SubnetId': 'a' }))).toEqual([])
  expect(faultsOf(one('RunInstances', { 'NetworkInterfaces.1.SubnetId': 'a' }))).not.toEqual([])
  expect(faultsOf(one('LaunchInstances', {}))).not.toEqual([])
  expect(faultsOf(one('GetProducts', {}, { ServiceCode: 'AmazonEC2', Filter: [] }))).not.toEqual([])
})
