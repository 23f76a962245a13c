import * as accountSdk from '@aws-sdk/client-account'
import * as explorerSdk from '@aws-sdk/client-cost-explorer'
import * as sdk from '@aws-sdk/client-ec2'
import * as pricingSdk from '@aws-sdk/client-pricing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ec2Actions } from '../../../../../infra/sandbox/clouds/aws/ec2/ec2.ts'
import { explorer } from '../../../../../infra/sandbox/clouds/aws/explorer.ts'
import { pricing } from '../../../../../infra/sandbox/clouds/aws/pricing.ts'
import { awsRegions } from '../../../../../infra/sandbox/clouds/aws/regions.ts'
import { regionsService } from '../../../../../infra/sandbox/clouds/aws/regions-service.ts'
import { launch } from './launch.ts'
import { droppedFrom, droppedFromJson, membersOf, operationOf, parseXml, unknownInRequest } from './model.ts'
import { clientOptions, type Rig, startRig } from './rig.ts'

const ec2Model: Readonly<Record<string, unknown>> = { ...sdk }
const ec2Names = Object.keys(ec2Actions)

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ regions: awsRegions().map(region => ({ ...region, ipv6: true })), timings: { billing: 0 } })
  await useEverything(rig)
})
afterAll(() => rig.close())

describe('held against the SDK’s model of EC2', () => {
  test.each(ec2Names)('%s knows no parameter that EC2 does not know', name => {
    const { input } = operationOf(ec2Model[`${name}$`])
    const ours = [...(ec2Actions[name]?.parameters ?? []), 'DryRun']
    expect(ours.filter(parameter => unknownInRequest(input, parameter) !== null)).toEqual([])
  })

  test.each(ec2Names)('%s is answered with nothing that the SDK drops', name => {
    const { output } = operationOf(ec2Model[`${name}$`])
    const answers = rig.exchanges.filter(({ action, reply }) => action === name && reply.status === 200)
    expect(answers.length).toBeGreaterThan(0)
    for (const { reply } of answers) {
      const answer = parseXml(reply.body)
      expect(answer.name).toBe(`${name}Response`)
      const [requestId, ...members] = answer.children
      expect(requestId?.name).toBe('requestId')
      // To a call that has no output EC2 still says that it is done.
      const expected = membersOf(output).length === 0 ? ['/return'] : []
      expect(droppedFrom(output, { ...answer, children: members })).toEqual(expected)
    }
  })

  test('a parameter that EC2 does not know would be found', () => {
    const { input, output } = operationOf(ec2Model.DescribeVolumes$)
    expect(unknownInRequest(input, 'Filter.#.Names')).toBe('Names')
    expect(droppedFrom(output, parseXml('<A><volumeSet><item><volumeID>x</volumeID></item></volumeSet></A>'))).toEqual([
      '/volumeSet/item/volumeID',
    ])
    expect(droppedFrom(output, parseXml('<A><volumeSet><member></member></volumeSet></A>'))).toEqual([
      '/volumeSet/member',
    ])
  })
})

describe.each([
  ['Account', accountSdk, regionsService],
  ['Cost Explorer', explorerSdk, explorer],
  ['Pricing', pricingSdk, pricing],
] as const)('held against the SDK’s model of %s', (_service, packaged, emulated) => {
  const model: Readonly<Record<string, unknown>> = { ...packaged }
  test.each(Object.entries(emulated.actions))('%s has the members that the SDK knows', (name, { members }) => {
    const { input, output } = operationOf(model[`${name}$`])
    expect(members.filter(member => !membersOf(input).includes(member))).toEqual([])
    const answers = rig.exchanges.filter(({ action, reply }) => action === name && reply.status === 200)
    expect(answers.length).toBeGreaterThan(0)
    for (const { reply } of answers) {
      if (reply.body !== '') expect(droppedFromJson(output, JSON.parse(reply.body))).toEqual([])
    }
  })
})

/** Every action at least once, with something to tell. */
async function useEverything({ ec2, emulator, clock, server }: Rig): Promise<void> {
  const client = ec2()
  const id = await launch(client)
  const { byHand } = emulator
  const address = byHand.makeAddress({ region: 'us-east-1', tags: { fleet: 'shop' } })
  const volume = byHand.makeVolume({ region: 'us-east-1', sizeGb: 20, tags: { fleet: 'shop' } })
  byHand.makeSnapshot({ region: 'us-east-1', sizeGb: 8, tags: { fleet: 'shop' } })
  clock.advance(60_000)
  const { SecurityGroups: groups = [] } = await client.send(new sdk.DescribeSecurityGroupsCommand({}))
  const GroupId = groups[0]?.GroupId
  const IpPermissions = [
    { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'web' }] },
    { IpProtocol: 'udp', FromPort: 51820, ToPort: 51820, Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
  ]
  await client.send(new sdk.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
  await client.send(new sdk.DescribeSecurityGroupsCommand({}))
  await client.send(new sdk.RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: IpPermissions.slice(1) }))
  await client.send(new sdk.DescribeRegionsCommand({ AllRegions: true }))
  await client.send(new sdk.DescribeAvailabilityZonesCommand({}))
  await client.send(new sdk.DescribeVpcsCommand({}))
  await client.send(new sdk.DescribeInstanceTypeOfferingsCommand({ LocationType: 'availability-zone' }))
  await client.send(new sdk.DescribeInstanceTypesCommand({}))
  await client.send(new sdk.DescribeKeyPairsCommand({ IncludePublicKey: true }))
  const { Reservations: seen = [] } = await client.send(new sdk.DescribeInstancesCommand({ InstanceIds: [id] }))
  const nic = seen[0]?.Instances?.[0]?.NetworkInterfaces?.[0]
  await client.send(new sdk.DescribeInstanceStatusCommand({ IncludeAllInstances: true }))
  await client.send(new sdk.GetConsoleOutputCommand({ InstanceId: id }))
  await client.send(new sdk.CreateTagsCommand({ Resources: [id, volume], Tags: [{ Key: 'op', Value: 'op-2' }] }))
  await client.send(new sdk.DescribeVolumesCommand({}))
  await client.send(new sdk.DescribeAddressesCommand({}))
  await client.send(new sdk.DescribeNetworkInterfacesCommand({}))
  await client.send(new sdk.DescribeSnapshotsCommand({ OwnerIds: ['self'] }))
  await client.send(
    new sdk.ModifyNetworkInterfaceAttributeCommand({
      NetworkInterfaceId: nic?.NetworkInterfaceId,
      Groups: [GroupId ?? ''],
    }),
  )
  await client.send(new sdk.StopInstancesCommand({ InstanceIds: [id] }))
  clock.advance(60_000)
  await client.send(new sdk.ModifyInstanceAttributeCommand({ InstanceId: id, InstanceType: { Value: 't4g.micro' } }))
  await client.send(new sdk.StartInstancesCommand({ InstanceIds: [id] }))
  await client.send(new sdk.DeleteVolumeCommand({ VolumeId: volume }))
  await client.send(new sdk.ReleaseAddressCommand({ AllocationId: address }))
  await client.send(new sdk.TerminateInstancesCommand({ InstanceIds: [id] }))
  clock.advance(60_000)
  await client.send(new sdk.DescribeInstancesCommand({}))
  await client.send(new sdk.DeleteSecurityGroupCommand({ GroupId }))
  await client.send(new sdk.DeleteKeyPairCommand({ KeyName: 'shop' }))

  const options = clientOptions(server, 'us-east-1')
  const regions = new accountSdk.AccountClient(options)
  await regions.send(new accountSdk.ListRegionsCommand({ MaxResults: 5 }))
  await regions.send(new accountSdk.EnableRegionCommand({ RegionName: 'ap-south-2' }))
  await regions.send(new accountSdk.GetRegionOptStatusCommand({ RegionName: 'ap-south-2' }))
  const costs = new explorerSdk.CostExplorerClient(options)
  await costs.send(
    new explorerSdk.GetCostAndUsageCommand({
      TimePeriod: { Start: '2026-11-01', End: '2026-11-21' },
      Granularity: 'MONTHLY',
      Metrics: ['UnblendedCost'],
      GroupBy: [{ Type: 'DIMENSION', Key: 'SERVICE' }],
    }),
  )
  const prices = new pricingSdk.PricingClient(options)
  await prices.send(new pricingSdk.GetProductsCommand({ ServiceCode: 'AmazonEC2', MaxResults: 10 }))
  for (const used of [regions, costs, prices]) used.destroy()
}
