import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  DeleteVolumeCommand,
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  ImportKeyPairCommand,
  ModifyInstanceAttributeCommand,
  ModifyNetworkInterfaceAttributeCommand,
  ReleaseAddressCommand,
  RevokeSecurityGroupIngressCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { launch, publicKey } from './launch.ts'
import { type Rig, refusalOf, startRig } from './rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await startRig()
})
afterEach(() => rig.close())

const region = 'us-east-1'
const instanceOf = async (id: string) => {
  const answer = await rig.ec2().send(new DescribeInstancesCommand({ InstanceIds: [id] }))
  return answer.Reservations?.[0]?.Instances?.[0]
}
const terminate = (...InstanceIds: string[]) => rig.ec2().send(new TerminateInstancesCommand({ InstanceIds }))

describe('an end', () => {
  test('is idempotent, leaves a tombstone for an hour, and then nothing', async () => {
    const id = await launch(rig.ec2())
    rig.clock.advance(5_000)
    const first = await terminate(id)
    expect(first.TerminatingInstances?.[0]).toMatchObject({
      PreviousState: { Name: 'running' },
      CurrentState: { Name: 'shutting-down' },
    })
    expect(await refusalOf(terminate(id))).toBe('accepted')
    expect(rig.ended).toEqual([id])
    rig.clock.advance(8_000)
    const gone = await instanceOf(id)
    expect(gone?.State?.Name).toBe('terminated')
    expect(gone?.PublicIpAddress).toBeUndefined()
    rig.clock.advance(3_600_000)
    expect(await refusalOf(instanceOf(id))).toBe('InvalidInstanceID.NotFound')
    expect(rig.emulator.byHand.volumes()).toEqual([])
  })

  test('of several is refused for all when one is protected', async () => {
    const { byHand } = rig.emulator
    const [free, held] = [byHand.makeInstance({ region }), byHand.makeInstance({ region })]
    byHand.protectInstance(held, true)
    expect(await refusalOf(terminate(free, held))).toBe('OperationNotPermitted')
    expect(rig.ended).toEqual([])
    expect(await refusalOf(terminate(free))).toBe('accepted')
    const change = { InstanceId: held, DisableApiTermination: { Value: false } }
    await rig.ec2().send(new ModifyInstanceAttributeCommand(change))
    expect(await refusalOf(terminate(held))).toBe('accepted')
  })

  test('keeps its group in use until it is terminated', async () => {
    const id = await launch(rig.ec2())
    const GroupId = (await instanceOf(id))?.SecurityGroups?.[0]?.GroupId
    const remove = () => rig.ec2().send(new DeleteSecurityGroupCommand({ GroupId }))
    expect(await refusalOf(remove())).toBe('DependencyViolation')
    await terminate(id)
    expect(await refusalOf(remove())).toBe('DependencyViolation')
    rig.clock.advance(8_000)
    expect(await refusalOf(remove())).toBe('accepted')
    expect(await refusalOf(remove())).toBe('InvalidGroup.NotFound')
  })
})

describe('a stop', () => {
  test('takes the public address, and lets the type be changed', async () => {
    const id = await launch(rig.ec2())
    rig.clock.advance(5_000)
    const change = { InstanceId: id, InstanceType: { Value: 't4g.small' } }
    const modify = () => rig.ec2().send(new ModifyInstanceAttributeCommand(change))
    expect(await refusalOf(modify())).toBe('IncorrectInstanceState')
    await rig.ec2().send(new StopInstancesCommand({ InstanceIds: [id] }))
    expect((await instanceOf(id))?.State?.Name).toBe('stopping')
    rig.clock.advance(8_000)
    const stopped = await instanceOf(id)
    expect(stopped?.State?.Name).toBe('stopped')
    expect(stopped?.PublicIpAddress).toBeUndefined()
    await modify()
    await rig.ec2().send(new StartInstancesCommand({ InstanceIds: [id] }))
    rig.clock.advance(5_000)
    const running = await instanceOf(id)
    expect(running?.State?.Name).toBe('running')
    expect(running?.InstanceType).toBe('t4g.small')
    expect(running?.PublicIpAddress).toBeDefined()
  })
})

describe('looking', () => {
  test('goes page by page, and sees each instance once', async () => {
    const made = Array.from({ length: 12 }, () => rig.emulator.byHand.makeInstance({ region }))
    const seen: (string | undefined)[] = []
    let NextToken: string | undefined
    let pages = 0
    do {
      const answer = await rig.ec2().send(new DescribeInstancesCommand({ MaxResults: 5, NextToken }))
      for (const { Instances = [] } of answer.Reservations ?? []) seen.push(...Instances.map(one => one.InstanceId))
      NextToken = answer.NextToken
      pages += 1
    } while (NextToken)
    expect(seen).toEqual(made)
    expect(pages).toBe(3)
  })

  test.each([
    ['tag:fleet', 'shop', 1],
    ['tag:fleet', 's*p', 1],
    ['tag:fleet', 'sho', 0],
    ['tag-key', 'fleet', 1],
    ['client-token', 'token-9', 1],
    ['instance-state-name', 'pending', 2],
    ['instance-state-name', 'running', 0],
    ['instance-type', 't4g.n?no', 2],
  ])('by %s %s finds %i', async (Name, value, count) => {
    rig.emulator.byHand.makeInstance({ region, tags: { fleet: 'shop' }, token: 'token-9' })
    rig.emulator.byHand.makeInstance({ region })
    const answer = await rig.ec2().send(new DescribeInstancesCommand({ Filters: [{ Name, Values: [value] }] }))
    expect(answer.Reservations).toHaveLength(count)
  })

  test('by a filter that there is not is refused', async () => {
    const look = rig.ec2().send(new DescribeInstancesCommand({ Filters: [{ Name: 'tags', Values: ['x'] }] }))
    expect(await refusalOf(look)).toBe('InvalidParameterValue')
  })
})

describe('groups', () => {
  const create = (GroupName: string) =>
    rig.ec2().send(new CreateSecurityGroupCommand({ GroupName, Description: 'watchfloor' }))
  const rule = (port: number) => ({
    IpProtocol: 'tcp',
    FromPort: port,
    ToPort: port,
    IpRanges: [{ CidrIp: '0.0.0.0/0' }],
    Ipv6Ranges: [{ CidrIpv6: '::/0' }],
  })
  test('have a name once, and a rule once', async () => {
    const { GroupId } = await create('shop')
    expect(await refusalOf(create('shop'))).toBe('InvalidGroup.Duplicate')
    const open = (port: number) =>
      rig.ec2().send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [rule(port)] }))
    const close = (port: number) =>
      rig.ec2().send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [rule(port)] }))
    await open(22)
    await open(80)
    expect(await refusalOf(open(80))).toBe('InvalidPermission.Duplicate')
    await close(22)
    expect(await refusalOf(close(22))).toBe('InvalidPermission.NotFound')
    const told = await rig.ec2().send(new DescribeSecurityGroupsCommand({ GroupNames: ['shop'] }))
    expect(told.SecurityGroups?.[0]?.IpPermissions).toEqual([{ ...rule(80), UserIdGroupPairs: [], PrefixListIds: [] }])
  })
})

test('an interface takes other groups, and lets the one it had be deleted', async () => {
  const id = await launch(rig.ec2())
  const nic = (await instanceOf(id))?.NetworkInterfaces?.[0]
  const other = await rig.ec2().send(new CreateSecurityGroupCommand({ GroupName: 'other', Description: 'watchfloor' }))
  const change = { NetworkInterfaceId: nic?.NetworkInterfaceId, Groups: [other.GroupId ?? ''] }
  await rig.ec2().send(new ModifyNetworkInterfaceAttributeCommand(change))
  expect((await instanceOf(id))?.SecurityGroups).toEqual([{ GroupId: other.GroupId, GroupName: 'other' }])
  const remove = rig.ec2().send(new DeleteSecurityGroupCommand({ GroupId: nic?.Groups?.[0]?.GroupId }))
  expect(await refusalOf(remove)).toBe('accepted')
})

describe('keys', () => {
  const rsa =
    'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDRV4J3oLmmmQy21GplW9qmv8Shqna/V3WMhuV87E5zeYuM9+LLq5dbn2Jio0frTtFEsbEOBgHjI7oGEZXvCDwoElvJfEiZTqHgLJOfMEbM5rWnYoaw3b/5n0EUbsiFk2wcYDcNCR1xFPLPZL1rNDsPa70VK3tO9R3WEsUOZeoWO5HUEkvvLlrAqBsQ2XiZJKGjZOBc3S8w/KZTyZpB0mGOLfbyzLPWTBUzKmUwnFIkEzJbCWkBUqRhPVlLn2a2hhFfs3SRXIXIHAZAWMgNhV2HmFNQ9wOEsJYHZyTs1jC3AG6rVMzHKnbxgXCUsyaR4TQCRCCIFVNVK+zkDmFEGk9r'
  const put = (KeyName: string, key: string) =>
    rig.ec2().send(new ImportKeyPairCommand({ KeyName, PublicKeyMaterial: Buffer.from(key) }))
  test('have a name once, a fingerprint of their kind, and can be deleted twice', async () => {
    const ed25519 = await put('shop', publicKey)
    expect(ed25519.KeyFingerprint).toMatch(/^[A-Za-z0-9+/]{43}=$/)
    expect((await put('old', rsa)).KeyFingerprint).toMatch(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/)
    expect(await refusalOf(put('shop', publicKey))).toBe('InvalidKeyPair.Duplicate')
    expect(await refusalOf(put('bad', 'not a key'))).toBe('InvalidKey.Format')
    const told = await rig.ec2().send(new DescribeKeyPairsCommand({ KeyNames: ['shop'], IncludePublicKey: true }))
    expect(told.KeyPairs?.[0]).toMatchObject({ KeyType: 'ed25519', PublicKey: publicKey })
    for (const _time of [1, 2]) await rig.ec2().send(new DeleteKeyPairCommand({ KeyName: 'shop' }))
    const look = rig.ec2().send(new DescribeKeyPairsCommand({ KeyNames: ['shop'] }))
    expect(await refusalOf(look)).toBe('InvalidKeyPair.NotFound')
  })
})

describe('what nobody’s product made', () => {
  test('is found loose, and can be removed', async () => {
    const { byHand } = rig.emulator
    const volume = byHand.makeVolume({ region, sizeGb: 20 })
    const address = byHand.makeAddress({ region })
    const volumes = await rig
      .ec2()
      .send(new DescribeVolumesCommand({ Filters: [{ Name: 'status', Values: ['available'] }] }))
    expect(volumes.Volumes?.map(({ VolumeId, Size }) => [VolumeId, Size])).toEqual([[volume, 20]])
    const addresses = await rig.ec2().send(new DescribeAddressesCommand({}))
    expect(addresses.Addresses?.map(({ AllocationId }) => AllocationId)).toEqual([address])
    await rig.ec2().send(new DeleteVolumeCommand({ VolumeId: volume }))
    await rig.ec2().send(new ReleaseAddressCommand({ AllocationId: address }))
    expect(rig.ledger.lines().filter(({ what }) => what === 'deleted')).toHaveLength(2)
  })

  test('can be tagged, the instance and what hangs on it', async () => {
    const id = rig.emulator.byHand.makeInstance({ region })
    const filters = [{ Name: 'attachment.instance-id', Values: [id] }]
    const nics = await rig.ec2().send(new DescribeNetworkInterfacesCommand({ Filters: filters }))
    const volumes = await rig.ec2().send(new DescribeVolumesCommand({ Filters: filters }))
    const ids = [id, volumes.Volumes?.[0]?.VolumeId ?? '', nics.NetworkInterfaces?.[0]?.NetworkInterfaceId ?? '']
    await rig.ec2().send(new CreateTagsCommand({ Resources: ids, Tags: [{ Key: 'fleet', Value: 'shop' }] }))
    expect((await instanceOf(id))?.Tags).toEqual([{ Key: 'fleet', Value: 'shop' }])
    // What the ledger said when it was made stays as it was said.
    expect(rig.ledger.lines().find(line => line.what === 'created' && line.id === id)).toMatchObject({ tags: {} })
    expect(rig.ledger.lines().some(line => line.what === 'created' && 'fleet' in line.tags)).toBe(false)
    const ours = await rig
      .ec2()
      .send(new DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'tag:fleet', Values: ['shop'] }] }))
    expect(ours.NetworkInterfaces).toHaveLength(1)
    const used = rig.ec2().send(new DeleteVolumeCommand({ VolumeId: ids[1] }))
    expect(await refusalOf(used)).toBe('VolumeInUse')
  })

  test('changes behind our back: stopped, of another type, ended', async () => {
    const { byHand } = rig.emulator
    const id = byHand.makeInstance({ region })
    rig.clock.advance(5_000)
    byHand.changeType(id, 't4g.micro')
    expect((await instanceOf(id))?.InstanceType).toBe('t4g.micro')
    byHand.stopInstance(id)
    rig.clock.advance(8_000)
    expect((await instanceOf(id))?.State?.Name).toBe('stopped')
    byHand.terminateInstance(id)
    rig.clock.advance(8_000)
    expect((await instanceOf(id))?.State?.Name).toBe('terminated')
  })
})
