import { afterEach, expect, test } from 'vitest'
import {
  answer,
  failureOf,
  html,
  instance,
  machines,
  noSignal,
  refusal,
  type Script,
  type Scripted,
  scripted,
  tagSet,
  tags,
} from './scripted.ts'

let world: Scripted
afterEach(() => world.close())
const start = async (change: Script = {}) => {
  world = await scripted(change)
  return world.cloud
}
const ids = ({ form }: { form: URLSearchParams }) =>
  [...form].filter(([name]) => name.startsWith('InstanceId.')).map(([, id]) => id)
const destroy = (list: string[]) => world.cloud.destroy('us-east-1', list, tags, noSignal)

test('only what carries our tags at that moment is ended, in one batch', async () => {
  await start({
    DescribeInstances: () =>
      machines(
        instance('i-1'),
        instance('i-2'),
        instance('i-other', { tagSet: tagSet({ ...tags, node: 'oregon' }) }),
        instance('i-bare', { tagSet: [] }),
        instance('i-dead', { instanceState: { name: 'terminated' } }),
      ),
  })
  expect(await destroy(['i-1', 'i-other', 'i-2', 'i-bare', 'i-dead', 'i-unseen'])).toEqual([
    { id: 'i-1', outcome: 'asked' },
    { id: 'i-other', outcome: 'refused', why: 'its tags say: fleet noc, node oregon' },
    { id: 'i-2', outcome: 'asked' },
    { id: 'i-bare', outcome: 'refused', why: 'its tags say: no fleet' },
    { id: 'i-dead', outcome: 'gone' },
    // Never "gone": it may be too new to be seen.
    { id: 'i-unseen', outcome: 'refused', why: expect.stringContaining('too new to be seen') },
  ])
  expect(world.of('TerminateInstances').map(ids)).toEqual([['i-1', 'i-2']])
})

test('one that is protected fails its batch: each is ended alone then, and the protected one is named', async () => {
  await start({
    DescribeInstances: () => machines(instance('i-1'), instance('i-safe'), instance('i-3')),
    TerminateInstances: asked =>
      ids(asked).includes('i-safe')
        ? refusal('OperationNotPermitted')
        : answer('TerminateInstances', { instancesSet: [] }),
  })
  expect(await destroy(['i-1', 'i-safe', 'i-3'])).toEqual([
    { id: 'i-1', outcome: 'asked' },
    { id: 'i-safe', outcome: 'refused', why: expect.stringContaining('termination protection') },
    { id: 'i-3', outcome: 'asked' },
  ])
  expect(world.of('TerminateInstances').map(ids)).toEqual([['i-1', 'i-safe', 'i-3'], ['i-1'], ['i-safe'], ['i-3']])
})

test('an end that failed otherwise is told of its machine, and the others are asked for theirs', async () => {
  await start({
    DescribeInstances: () => machines(instance('i-1'), instance('i-2')),
    TerminateInstances: asked =>
      ids(asked).includes('i-1')
        ? refusal('UnauthorizedOperation', 403)
        : answer('TerminateInstances', { instancesSet: [] }),
  })
  expect(await destroy(['i-1', 'i-2'])).toEqual([
    { id: 'i-1', outcome: 'failed', error: expect.objectContaining({ failure: 'rights', effect: 'none' }) },
    { id: 'i-2', outcome: 'asked' },
  ])
  expect(world.of('TerminateInstances').map(ids)).toContainEqual(['i-2'])
})

test('what cannot be looked at is not ended', async () => {
  await start({ DescribeInstances: () => html })
  expect(await failureOf(destroy(['i-1']))).toMatchObject({ failure: 'unreachable' })
  expect(world.of('TerminateInstances')).toEqual([])
})

const installGroup = () =>
  answer('DescribeSecurityGroups', {
    securityGroupInfo: [{ groupId: 'sg-2', groupName: 'watchfloor-noc-install', tagSet: tagSet({ fleet: 'noc' }) }],
  })
const closeSsh = () => world.cloud.closeSsh('us-east-1', 'i-1', tags, noSignal)

test('closing SSH takes the machine out of the install group and leaves its other groups', async () => {
  await start({ DescribeSecurityGroups: installGroup })
  await closeSsh()
  expect(world.of('DescribeSecurityGroups')[0]?.form.get('Filter.1.Value.1')).toBe('watchfloor-noc-install')
  expect(world.of('ModifyNetworkInterfaceAttribute').map(({ form }) => Object.fromEntries(form))).toEqual([
    {
      Action: 'ModifyNetworkInterfaceAttribute',
      Version: '2016-11-15',
      NetworkInterfaceId: 'eni-1',
      'SecurityGroupId.1': 'sg-1',
    },
  ])
})

test('closing SSH again, of one that has ended, or where there is no such group does nothing', async () => {
  const out = {
    groupSet: [{ groupId: 'sg-1' }],
    networkInterfaceSet: [{ networkInterfaceId: 'eni-1', groupSet: [{ groupId: 'sg-1' }] }],
  }
  await start({ DescribeSecurityGroups: installGroup, DescribeInstances: () => machines(instance('i-1', out)) })
  await closeSsh()
  world.script.DescribeInstances = () => machines(instance('i-1', { instanceState: { name: 'terminated' } }))
  await closeSsh()
  world.script.DescribeInstances = () => machines(instance('i-1'))
  world.script.DescribeSecurityGroups = () => answer('DescribeSecurityGroups', { securityGroupInfo: [] })
  await closeSsh()
  expect(world.asked.filter(({ action }) => action.startsWith('Modify'))).toEqual([])
})

test('a server that cannot change an interface changes the machine', async () => {
  await start({
    DescribeSecurityGroups: installGroup,
    ModifyNetworkInterfaceAttribute: () => refusal('InvalidAction'),
  })
  await closeSsh()
  expect(Object.fromEntries(world.of('ModifyInstanceAttribute')[0]?.form ?? [])).toMatchObject({
    InstanceId: 'i-1',
    'GroupId.1': 'sg-1',
  })
})

test('SSH of a machine that is not ours, or not seen, is not touched', async () => {
  await start({
    DescribeSecurityGroups: installGroup,
    DescribeInstances: () => machines(instance('i-1', { tagSet: [] })),
  })
  expect(await failureOf(closeSsh())).toMatchObject({ failure: 'conflict', effect: 'none' })
  world.script.DescribeInstances = () => machines()
  expect(await failureOf(closeSsh())).toMatchObject({ failure: 'not-found' })
  expect(world.asked.filter(({ action }) => action.startsWith('Modify'))).toEqual([])
})

test('tidying removes groups and keys of the fleet that nothing uses, and leaves what is in use', async () => {
  await start({
    DescribeInstances: () =>
      machines(
        instance('i-1', { keyName: 'watchfloor-noc-used' }),
        instance('i-2', {
          instanceState: { name: 'terminated' },
          keyName: 'watchfloor-noc-old',
          groupSet: [{ groupId: 'sg-5' }],
          networkInterfaceSet: [],
        }),
      ),
    DescribeSecurityGroups: () =>
      answer('DescribeSecurityGroups', {
        securityGroupInfo: [
          ['sg-1', 'watchfloor-noc', 'noc'],
          ['sg-5', 'watchfloor-noc-install', 'noc'],
          ['sg-6', 'watchfloor-noc-b', 'noc'],
          ['sg-7', 'watchfloor-other', 'other'],
          ['sg-8', 'by-hand', 'noc'],
        ].map(([groupId, groupName, fleet = '']) => ({ groupId, groupName, tagSet: tagSet({ fleet }) })),
      }),
    DescribeKeyPairs: () =>
      answer('DescribeKeyPairs', {
        keySet: ['watchfloor-noc-used', 'watchfloor-noc-old'].map(keyName => ({
          keyName,
          tagSet: tagSet({ fleet: 'noc' }),
        })),
      }),
    DeleteSecurityGroup: ({ form }) =>
      form.get('GroupId') === 'sg-6' ? refusal('DependencyViolation') : answer('DeleteSecurityGroup', { return: true }),
  })
  expect(await world.cloud.tidy('us-east-1', 'noc', noSignal)).toEqual(['group sg-5', 'key watchfloor-noc-old'])
  expect(world.of('DeleteSecurityGroup').map(({ form }) => form.get('GroupId'))).toEqual(['sg-5', 'sg-6'])
})

test('adopting tags the machine, its disks and its interfaces', async () => {
  const cloud = await start({ DescribeInstances: () => machines(instance('i-1', { tagSet: [] })) })
  await cloud.adopt('us-east-1', 'i-1', tags, noSignal)
  expect(Object.fromEntries(world.of('CreateTags')[0]?.form ?? [])).toEqual({
    Action: 'CreateTags',
    Version: '2016-11-15',
    'ResourceId.1': 'i-1',
    'ResourceId.2': 'vol-i-1',
    'ResourceId.3': 'eni-1',
    'Tag.1.Key': 'fleet',
    'Tag.1.Value': 'noc',
    'Tag.2.Key': 'node',
    'Tag.2.Value': 'virginia',
    'Tag.3.Key': 'op',
    'Tag.3.Value': 'op-1',
  })
})

test('a machine of another fleet or node, or one that has ended, is not adopted', async () => {
  const cloud = await start({
    DescribeInstances: () => machines(instance('i-1', { tagSet: tagSet({ fleet: 'other' }) })),
  })
  expect(await failureOf(cloud.adopt('us-east-1', 'i-1', tags, noSignal))).toMatchObject({ failure: 'conflict' })
  world.script.DescribeInstances = () =>
    machines(instance('i-1', { instanceState: { name: 'terminated' }, tagSet: [] }))
  expect(await failureOf(cloud.adopt('us-east-1', 'i-1', tags, noSignal))).toMatchObject({ failure: 'not-found' })
  expect(world.of('CreateTags')).toEqual([])
})
