import {
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  GetConsoleOutputCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { awsRegions } from '../../../../../infra/sandbox/clouds/aws/regions.ts'
import { launch, launchInput, owner, publicKey } from './launch.ts'
import { hostkey, type Rig, refusalOf, startRig } from './rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await startRig()
})
afterEach(() => rig.close())

const stateOf = async (id: string) => {
  const answer = await rig.ec2().send(new DescribeInstancesCommand({ InstanceIds: [id] }))
  return answer.Reservations?.[0]?.Instances?.[0]
}
const run = (input: RunInstancesCommandInput) => rig.ec2().send(new RunInstancesCommand(input))

describe('a launch', () => {
  test('goes from pending to running, with addresses, disk and tags', async () => {
    const id = await launch(rig.ec2())
    expect((await stateOf(id))?.State).toEqual({ Code: 0, Name: 'pending' })
    rig.clock.advance(5_000)
    const instance = await stateOf(id)
    expect(instance?.State?.Name).toBe('running')
    expect(instance?.PublicIpAddress).toMatch(/^198\.51\.100\./)
    expect(instance?.PrivateIpAddress).toMatch(/^192\.0\.2\./)
    expect(instance?.ClientToken).toBe('token-1')
    expect(instance?.Architecture).toBe('arm64')
    expect(Object.fromEntries(instance?.Tags?.map(({ Key, Value }) => [Key, Value]) ?? [])).toEqual(owner)
    expect(instance?.BlockDeviceMappings?.[0]?.Ebs?.DeleteOnTermination).toBe(true)
    expect(instance?.SecurityGroups?.[0]?.GroupName).toBe('shop')
    expect(rig.born).toEqual([
      { provider: 'aws', region: 'us-east-1', id, node: 'edge-1', type: 't4g.nano', sshKeys: [publicKey] },
    ])
  })

  test('has checks that pass, and a console with its host keys, some seconds after it runs', async () => {
    const id = await launch(rig.ec2())
    const status = async () => {
      const answer = await rig.ec2().send(new DescribeInstanceStatusCommand({ InstanceIds: [id] }))
      return answer.InstanceStatuses?.[0]?.InstanceStatus?.Status
    }
    const console = async () => {
      const answer = await rig.ec2().send(new GetConsoleOutputCommand({ InstanceId: id, Latest: true }))
      return Buffer.from(answer.Output ?? '', 'base64').toString('utf8')
    }
    expect(await status()).toBeUndefined()
    expect(await console()).toBe('')
    rig.clock.advance(5_000)
    expect(await status()).toBe('initializing')
    rig.clock.advance(10_000)
    expect(await status()).toBe('ok')
    expect(await console()).toContain(
      `-----BEGIN SSH HOST KEY FINGERPRINTS-----\r\n256 ${hostkey} root@ip-192-0-2-1 (ED25519)\r\n-----END`,
    )
  })

  test('that is sent again with its token gives the same instance, and no second one', async () => {
    const input = await launchInput(rig.ec2())
    const first = await run(input)
    const second = await run(input)
    expect(second.Instances?.[0]?.InstanceId).toBe(first.Instances?.[0]?.InstanceId)
    expect(rig.ledger.lines().filter(line => line.what === 'created' && line.kind === 'instance')).toHaveLength(1)
    expect(await refusalOf(run({ ...input, InstanceType: 't4g.micro' }))).toBe('IdempotentParameterMismatch')
    const [id = ''] = rig.emulator.byHand.instances().map(instance => instance.id)
    await rig.ec2().send(new TerminateInstancesCommand({ InstanceIds: [id] }))
    expect(await refusalOf(run(input))).toBe('IdempotentInstanceTerminated')
  })

  test('whose token was used in another region makes one of its own', async () => {
    const here = await launch(rig.ec2('us-east-1'))
    const there = await launch(rig.ec2('eu-central-1'))
    expect(there).not.toBe(here)
    expect(rig.emulator.byHand.instances().map(({ region }) => region)).toEqual(['us-east-1', 'eu-central-1'])
  })

  test('that is only a rehearsal says what it would have done, and does nothing', async () => {
    const input = await launchInput(rig.ec2())
    expect(await refusalOf(run({ ...input, DryRun: true }))).toBe('DryRunOperation')
    expect(await refusalOf(run({ ...input, DryRun: true, ImageId: 'ami-nothing' }))).toBe('InvalidAMIID.NotFound')
    expect(rig.emulator.byHand.instances()).toEqual([])
  })

  test.each<[string, Partial<RunInstancesCommandInput>]>([
    ['InvalidAMIID.NotFound', { ImageId: 'ami-0123' }],
    ['InvalidKeyPair.NotFound', { KeyName: 'another' }],
    ['InvalidSubnetID.NotFound', { NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: 'subnet-0123' }] }],
    ['InvalidGroup.NotFound', { NetworkInterfaces: [{ DeviceIndex: 0, Groups: ['sg-0123'] }] }],
    ['InvalidParameterCombination', { SecurityGroupIds: ['sg-0123'] }],
    ['InvalidParameterValue', { InstanceType: 't3.nano' }],
    ['InvalidParameterValue', { ClientToken: 'x'.repeat(65) }],
    ['UnknownParameter', { KernelId: 'aki-1' }],
  ])('is refused with %s when it names what is not there: %o', async (code, changes) => {
    const input = await launchInput(rig.ec2())
    expect(await refusalOf(run({ ...input, ...changes }))).toBe(code)
    expect(rig.emulator.byHand.instances()).toEqual([])
  })

  test('that is rehearsed uses up no fault that is meant for it, and does not say whether there is room', async () => {
    const input = await launchInput(rig.ec2())
    rig.faults.add({ kind: 'capacity', action: 'RunInstances' })
    rig.emulator.setFull('us-east-1a', true)
    expect(await refusalOf(run({ ...input, DryRun: true }))).toBe('DryRunOperation')
    expect(await refusalOf(run(input))).toBe('InsufficientInstanceCapacity')
    rig.faults.add({ kind: 'rights', action: 'RunInstances (dry run)' })
    expect(await refusalOf(run({ ...input, DryRun: true }))).toBe('UnauthorizedOperation')
  })

  test('without a public IPv4 address needs a subnet with IPv6, and pays for no address', async () => {
    const ipv6Only = async () => {
      const input = await launchInput(rig.ec2())
      const [nic] = input.NetworkInterfaces ?? []
      return { ...input, NetworkInterfaces: [{ ...nic, AssociatePublicIpAddress: false, Ipv6AddressCount: 1 }] }
    }
    expect(await refusalOf(run(await ipv6Only()))).toBe('InvalidParameterValue')
    await rig.close()
    rig = await startRig({ regions: awsRegions().map(region => ({ ...region, ipv6: true })) })
    const reservation = await run(await ipv6Only())
    rig.clock.advance(5_000)
    const instance = await stateOf(reservation.Instances?.[0]?.InstanceId ?? '')
    expect(instance?.PublicIpAddress).toBeUndefined()
    expect(instance?.Ipv6Address).toMatch(/^2001:db8:/)
    expect(rig.ledger.lines().some(line => line.what === 'created' && line.kind === 'ipv4')).toBe(false)
  })

  test('into a full zone finds no room, and finds it in the next', async () => {
    rig.emulator.setFull('us-east-1a', true)
    const input = await launchInput(rig.ec2())
    expect(await refusalOf(run(input))).toBe('InsufficientInstanceCapacity')
    rig.emulator.setFull('us-east-1a', false)
    expect(await refusalOf(run(input))).toBe('accepted')
  })
})

describe('a fault on demand', () => {
  test.each([
    ['throttle', 'RequestLimitExceeded', 503],
    ['capacity', 'InsufficientInstanceCapacity', 500],
    ['quota', 'VcpuLimitExceeded', 400],
    ['rights', 'UnauthorizedOperation', 403],
    ['account', 'PendingVerification', 400],
    ['server-error', 'InternalError', 500],
  ] as const)('%s is answered with %s, and nothing is made', async (kind, code, status) => {
    const input = await launchInput(rig.ec2())
    rig.faults.add({ kind, action: 'RunInstances' })
    const error = await run(input).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: code, $metadata: { httpStatusCode: status } })
    expect(rig.emulator.byHand.instances()).toEqual([])
    expect(await refusalOf(run(input))).toBe('accepted')
  })

  test('after the effect leaves an instance that its token finds', async () => {
    const input = await launchInput(rig.ec2())
    rig.faults.add({ kind: 'error-after-effect', action: 'RunInstances' })
    expect(await refusalOf(run(input))).toBe('InternalError')
    const again = await run(input)
    expect(rig.emulator.byHand.instances().map(({ id }) => id)).toEqual([again.Instances?.[0]?.InstanceId])
  })

  test('of lag hides what was just made, by id and by tag', async () => {
    rig.faults.add({ kind: 'lag', action: 'RunInstances', ms: 60_000 })
    const id = await launch(rig.ec2())
    const byTag = () =>
      rig.ec2().send(new DescribeInstancesCommand({ Filters: [{ Name: 'tag:fleet', Values: ['shop'] }] }))
    expect(await refusalOf(stateOf(id))).toBe('InvalidInstanceID.NotFound')
    expect((await byTag()).Reservations).toEqual([])
    rig.clock.advance(60_000)
    expect((await stateOf(id))?.InstanceId).toBe(id)
    expect((await byTag()).Reservations).toHaveLength(1)
  })

  test('that comes later ends what was accepted, with a reason', async () => {
    rig.faults.add({ kind: 'fails-later', action: 'RunInstances' })
    const id = await launch(rig.ec2())
    expect((await stateOf(id))?.State?.Name).toBe('pending')
    rig.clock.advance(5_000)
    const instance = await stateOf(id)
    expect(instance?.State?.Name).toBe('terminated')
    expect(instance?.StateReason?.Code).toBe('Server.InternalError')
    expect(rig.born).toEqual([])
    expect(rig.emulator.byHand.volumes()).toEqual([])
  })
})
