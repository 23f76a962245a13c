import {
  DescribeAvailabilityZonesCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeRegionsCommand,
  DescribeVpcsCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { awsRegions } from '../../../../../infra/sandbox/clouds/aws/regions.ts'
import { awsKept } from '../../../../../infra/sandbox/clouds/aws/state.ts'
import { checker } from '../../../../../state/primitives/schema.ts'
import { launch, launchInput } from './launch.ts'
import { type Rig, refusalOf, startRig } from './rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await startRig()
})
afterEach(() => rig.close())

describe('regions', () => {
  test('that are not enabled are told on demand, and answer as bad credentials do', async () => {
    const usual = await rig.ec2().send(new DescribeRegionsCommand({}))
    expect(usual.Regions?.some(({ RegionName }) => RegionName === 'ap-south-2')).toBe(false)
    const all = await rig.ec2().send(new DescribeRegionsCommand({ AllRegions: true }))
    const statusOf = (name: string) => all.Regions?.find(({ RegionName }) => RegionName === name)?.OptInStatus
    expect([statusOf('us-east-1'), statusOf('me-central-1'), statusOf('ap-south-2')]).toEqual([
      'opt-in-not-required',
      'opted-in',
      'not-opted-in',
    ])
    const off = await rig
      .ec2('ap-south-2')
      .send(new DescribeInstancesCommand({}))
      .catch((error: unknown) => error)
    const badKey = await rig
      .ec2('us-east-1', 'AKIAKNOWNBAD')
      .send(new DescribeInstancesCommand({}))
      .catch((error: unknown) => error)
    const told = {
      name: 'AuthFailure',
      message: 'AWS was not able to validate the provided access credentials',
      $metadata: { httpStatusCode: 401 },
    }
    expect(off).toMatchObject(told)
    expect(badKey).toMatchObject(told)
  })

  test('without a default network say so, before anything is made', async () => {
    await rig.close()
    rig = await startRig({ regions: awsRegions().map(region => ({ ...region, defaultVpc: false })) })
    const vpcs = await rig.ec2().send(new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }))
    expect(vpcs.Vpcs).toEqual([])
    const images = await rig.ec2().send(new DescribeImagesCommand({ Owners: ['427812963091'] }))
    const ImageId = images.Images?.find(({ Architecture }) => Architecture === 'arm64')?.ImageId
    const input = { ImageId, InstanceType: 't4g.nano', MinCount: 1, MaxCount: 1 } as const
    expect(await refusalOf(rig.ec2().send(new RunInstancesCommand(input)))).toBe('VPCIdNotSpecified')
  })

  test('have zones, of which each has its id', async () => {
    const zones = await rig.ec2('eu-central-1').send(new DescribeAvailabilityZonesCommand({}))
    expect(zones.AvailabilityZones?.map(({ ZoneName, ZoneId }) => `${ZoneName} ${ZoneId}`)).toEqual([
      'eu-central-1a euc1-az1',
      'eu-central-1b euc1-az2',
      'eu-central-1c euc1-az3',
    ])
  })
})

describe('images', () => {
  const nixos = async (region: string, arch: string, deprecated = false) => {
    const input = {
      Owners: ['427812963091'],
      Filters: [
        { Name: 'name', Values: ['nixos/*'] },
        { Name: 'architecture', Values: [arch] },
      ],
      IncludeDeprecated: deprecated,
    }
    const answer = await rig.ec2(region).send(new DescribeImagesCommand(input))
    return answer.Images?.map(({ CreationDate }) => CreationDate?.slice(0, 10))
  }
  test('of NixOS are there in several ages, the deprecated on demand', async () => {
    expect(await nixos('us-east-1', 'arm64')).toEqual(['2026-09-30', '2026-11-14'])
    expect(await nixos('us-east-1', 'x86_64', true)).toEqual(['2026-03-12', '2026-09-30', '2026-11-14'])
  })

  test('in me-central-1 are stale or missing', async () => {
    expect(await nixos('me-central-1', 'arm64')).toEqual([])
    expect(await nixos('me-central-1', 'arm64', true)).toEqual(['2026-03-12'])
    expect(await nixos('me-central-1', 'x86_64', true)).toEqual([])
  })
})

test('types are told with what they are, and where they are offered', async () => {
  const types = await rig.ec2().send(new DescribeInstanceTypesCommand({ InstanceTypes: ['t4g.nano'] }))
  expect(types.InstanceTypes?.[0]).toMatchObject({
    VCpuInfo: { DefaultVCpus: 2 },
    MemoryInfo: { SizeInMiB: 512 },
    ProcessorInfo: { SupportedArchitectures: ['arm64'] },
  })
  const offered = await rig.ec2().send(
    new DescribeInstanceTypeOfferingsCommand({
      LocationType: 'availability-zone',
      Filters: [{ Name: 'instance-type', Values: ['t4g.nano'] }],
    }),
  )
  expect(offered.InstanceTypeOfferings?.map(({ Location }) => Location)).toEqual([
    'us-east-1a',
    'us-east-1b',
    'us-east-1c',
  ])
})

describe('what is kept', () => {
  test('is plain JSON, from which an emulator goes on as if nothing had happened', async () => {
    const input = await launchInput(rig.ec2())
    const first = await rig.ec2().send(new RunInstancesCommand(input))
    const kept: unknown = JSON.parse(JSON.stringify(rig.kept()))
    const keptState = checker(awsKept)
    if (!keptState.is(kept)) throw new Error('What is kept is not what the shape says')
    await rig.close()

    rig = await startRig({ kept })
    expect(rig.born.map(({ id }) => id)).toEqual([first.Instances?.[0]?.InstanceId])
    const again = await rig.ec2().send(new RunInstancesCommand(input))
    expect(again.Instances?.[0]?.InstanceId).toBe(first.Instances?.[0]?.InstanceId)
    expect(rig.emulator.byHand.instances()).toHaveLength(1)
    expect(rig.ledger.lines().filter(line => line.what !== 'request')).toEqual([])
  })

  test('does not begin again what had ended', async () => {
    const id = await launch(rig.ec2())
    await rig.ec2().send(new TerminateInstancesCommand({ InstanceIds: [id] }))
    const kept = rig.kept()
    await rig.close()
    rig = await startRig({ kept })
    expect(rig.born).toEqual([])
  })
})

describe('the ledger', () => {
  test('has a line for each thing that came and went, with tags and token', async () => {
    const id = await launch(rig.ec2())
    await rig.ec2().send(new TerminateInstancesCommand({ InstanceIds: [id] }))
    const lines = rig.ledger.lines().flatMap(line => (line.what === 'request' ? [] : [`${line.what} ${line.kind}`]))
    expect(lines).toEqual([
      'created group',
      'created key',
      'created instance',
      'created ipv4',
      'created disk',
      'deleted ipv4',
      'deleted instance',
      'deleted disk',
    ])
    const [instance] = rig.ledger.lines().filter(line => line.what === 'created' && line.kind === 'instance')
    expect(instance).toMatchObject({ id, token: 'token-1', tags: { fleet: 'shop', node: 'edge-1', op: 'op-1' } })
  })

  test('knows one that was stopped and started as the same, and says when it ends while it is stopped', async () => {
    const { byHand } = rig.emulator
    const id = byHand.makeInstance({ region: 'us-east-1', publicIpv4: false })
    byHand.stopInstance(id)
    byHand.startInstance(id)
    byHand.stopInstance(id)
    byHand.terminateInstance(id)
    const lines = rig.ledger.lines().flatMap(line => (line.what === 'request' ? [] : [`${line.what} ${line.kind}`]))
    expect(lines).toEqual(['created instance', 'created disk', 'deleted instance', 'deleted disk'])
  })

  test('names the action and region of each request, and what was done to it', async () => {
    rig.faults.add({ kind: 'reply-lost', action: 'DescribeVpcs' })
    await rig
      .ec2('eu-west-2')
      .send(new DescribeVpcsCommand({}))
      .catch(() => {})
    expect(rig.ledger.lines()[0]).toMatchObject({
      what: 'request',
      region: 'eu-west-2',
      action: 'DescribeVpcs',
      fault: 'reply-lost',
    })
  })
})

test('a request without a signature is refused', async () => {
  const answer = await fetch(rig.server.url, { method: 'POST', body: 'Action=DescribeRegions&Version=2016-11-15' })
  expect(answer.status).toBe(403)
  expect(await answer.text()).toContain('MissingAuthenticationToken')
})
