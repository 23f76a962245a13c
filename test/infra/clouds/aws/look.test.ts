import { afterEach, expect, test } from 'vitest'
import { machine as machineShape, resource as resourceShape } from '../../../../infra/clouds/shapes.ts'
import { checker } from '../../../../state/primitives/schema.ts'
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
  status,
  tagSet,
  tags,
  volume,
} from './scripted.ts'

let world: Scripted
afterEach(() => world.close())
const start = async (change: Script = {}) => {
  world = await scripted(change)
  return world.cloud
}
const machineCheck = checker(machineShape)
const resourceCheck = checker(resourceShape)

test('finding is one filtered question for all states, and what is found is a machine with what it is billed for', async () => {
  const cloud = await start()
  const [machine, ...others] = await cloud.find('us-east-1', tags, noSignal)
  expect(others).toEqual([])
  expect(machineCheck.errors(machine)).toEqual([])
  expect(machine).toMatchObject({
    id: 'i-1',
    zone: 'us-east-1a',
    tags,
    state: 'running',
    checks: 'ok',
    addresses: { ipv4: '198.51.100.7', ipv6: null, private: '172.31.0.7' },
    launchedAt: Date.UTC(2026, 10, 20, 10),
    resources: [
      { id: 'i-1', kind: 'instance', sku: 't4g.nano', quantity: 1, machine: 'i-1' },
      { id: 'i-1/ipv4', kind: 'ipv4', sku: 'public-ipv4', quantity: 1, machine: 'i-1' },
      { id: 'vol-i-1', kind: 'disk', sku: 'gp3', quantity: 8, createdAt: Date.UTC(2026, 10, 20, 10, 0, 1) },
    ],
  })
  const [asked, ...more] = world.of('DescribeInstances')
  expect(more).toEqual([])
  expect(Object.fromEntries(asked?.form ?? [])).toMatchObject({
    'Filter.1.Name': 'tag:fleet',
    'Filter.1.Value.1': 'noc',
    'Filter.2.Name': 'tag:node',
    'Filter.2.Value.1': 'virginia',
    'Filter.3.Name': 'tag:op',
    'Filter.3.Value.1': 'op-1',
  })
  expect([...(asked?.form.keys() ?? [])].some(name => name.includes('state'))).toBe(false)
  expect(world.of('GetConsoleOutput')).toEqual([])
})

test('a name with a star in it finds only itself', async () => {
  const cloud = await start()
  await cloud.find('us-east-1', { fleet: 'a*?\\b', node: 'n' }, noSignal)
  expect(world.of('DescribeInstances')[0]?.form.get('Filter.1.Value.1')).toBe('a\\*\\?\\\\b')
})

test('a server that does not know the filters shows everybody’s machines, and only ours are found', async () => {
  const cloud = await start({
    DescribeInstances: () =>
      machines(instance('i-1'), instance('i-theirs', { tagSet: tagSet({ ...tags, fleet: 'x' }) })),
  })
  expect((await cloud.find('us-east-1', tags, noSignal)).map(({ id }) => id)).toEqual(['i-1'])
})

test('who may not see the checks goes without them, and is not kept waiting for them', async () => {
  const cloud = await start({ DescribeInstanceStatus: () => refusal('UnauthorizedOperation', 403) })
  expect(await cloud.get('us-east-1', 'i-1', noSignal)).toMatchObject({ state: 'running', checks: 'none' })
})

test('all pages are read, and a server that turns in circles is refused', async () => {
  const paged = (token: string, id: string) =>
    answer('DescribeInstances', { reservationSet: [{ instancesSet: [instance(id)] }], nextToken: token })
  const cloud = await start({
    DescribeInstances: ({ form }) =>
      form.get('NextToken') === 'two' ? machines(instance('i-2')) : paged('two', 'i-1'),
  })
  expect((await cloud.find('us-east-1', tags, noSignal)).map(({ id }) => id)).toEqual(['i-1', 'i-2'])
  world.script.DescribeInstances = () => paged('again', 'i-1')
  expect(await failureOf(cloud.find('us-east-1', tags, noSignal))).toMatchObject({ failure: 'unreachable' })
})

test.each([
  ['pending', 'pending', ['instance', 'ipv4', 'disk']],
  ['running', 'running', ['instance', 'ipv4', 'disk']],
  ['stopping', 'stopping', ['instance', 'ipv4', 'disk']],
  ['stopped', 'stopped', ['ipv4', 'disk']],
  ['shutting-down', 'terminating', ['instance', 'ipv4', 'disk']],
  ['terminated', 'gone', []],
  ['dreaming', 'unknown', ['instance', 'ipv4', 'disk']],
])('an instance that is %s is a machine that is %s', async (name, state, kinds) => {
  const cloud = await start({ DescribeInstances: () => machines(instance('i-1', { instanceState: { name } })) })
  if (name === 'terminated') world.script.DescribeVolumes = () => answer('DescribeVolumes', { volumeSet: [] })
  const [machine] = await cloud.find('us-east-1', tags, noSignal)
  expect(machine?.state).toBe(state)
  expect(machine?.resources.map(({ kind }) => kind)).toEqual(kinds)
})

test.each([
  [status('i-1', 'ok', 'ok'), 'ok'],
  [status('i-1', 'initializing', 'ok'), 'pending'],
  [status('i-1', 'ok', 'impaired'), 'failing'],
])('both status checks must be ok', async (one, checks) => {
  const cloud = await start({
    DescribeInstanceStatus: () => answer('DescribeInstanceStatus', { instanceStatusSet: [one] }),
  })
  expect((await cloud.find('us-east-1', tags, noSignal))[0]?.checks).toBe(checks)
})

test('a server without status checks has none, and one that fails has not told yet', async () => {
  const cloud = await start({ DescribeInstanceStatus: () => refusal('InvalidAction') })
  expect((await cloud.find('us-east-1', tags, noSignal))[0]?.checks).toBe('none')
  world.script.DescribeInstanceStatus = () => refusal('InvalidInstanceID.NotFound')
  expect((await cloud.find('us-east-1', tags, noSignal))[0]?.checks).toBe('pending')
})

test('an id that is not known is null, which is for the caller to understand', async () => {
  const cloud = await start({ DescribeInstances: () => refusal('InvalidInstanceID.NotFound') })
  expect(await cloud.get('us-east-1', 'i-1', noSignal)).toBeNull()
  world.script.DescribeInstances = () => refusal('InvalidInstanceID.Malformed')
  expect(await cloud.get('us-east-1', 'nonsense', noSignal)).toBeNull()
})

const key = (letter: string) => `SHA256:${letter.repeat(43)}`
const shown = (...lines: string[]) =>
  answer('GetConsoleOutput', { output: Buffer.from(lines.join('\r\n')).toString('base64') })
const begin = '-----BEGIN SSH HOST KEY FINGERPRINTS-----'
const end = '-----END SSH HOST KEY FINGERPRINTS-----'

test('host keys are read between their marks on the console, once', async () => {
  const cloud = await start({
    GetConsoleOutput: () =>
      shown(
        `256 ${key('X')} outside (ED25519)`,
        `<14>Nov 21 10:00:00 ec2: ${begin}`,
        `<14>Nov 21 10:00:00 ec2: 256 ${key('A')} root@ip (ED25519)`,
        `<14>Nov 21 10:00:00 ec2: 3072 ${key('B')} \u001b]0;title\u0007root@ip (RSA)`,
        'MD5:c0:ff:ee root@ip',
        `256 SHA256:tooShort root@ip`,
        `256 ${key('C')}CCC root@ip`,
        `<14>Nov 21 10:00:00 ec2: ${end}`,
        `256 ${key('Y')} outside`,
      ),
  })
  expect((await cloud.get('us-east-1', 'i-1', noSignal))?.hostkeys).toEqual([key('A'), key('B')])
  expect((await cloud.get('us-east-1', 'i-1', noSignal))?.hostkeys).toEqual([key('A'), key('B')])
  expect(world.of('GetConsoleOutput')).toHaveLength(1)
})

test('a console that is empty, torn or not to be had shows no keys, and the machine is there all the same', async () => {
  for (const reply of [
    shown(begin, key('A')),
    shown(end),
    shown(''),
    refusal('InvalidAction'),
    refusal('UnauthorizedOperation', 403),
    html,
  ]) {
    const cloud = await start({ GetConsoleOutput: () => reply })
    expect(await cloud.get('us-east-1', 'i-1', noSignal)).toMatchObject({ id: 'i-1', hostkeys: [] })
    await world.close()
  }
  await start()
})

test('a type that has no latest output gives what it has', async () => {
  const cloud = await start({
    GetConsoleOutput: ({ form }) =>
      form.get('Latest') === 'true' ? refusal('UnsupportedOperation') : shown(begin, key('A'), end),
  })
  expect((await cloud.get('us-east-1', 'i-1', noSignal))?.hostkeys).toEqual([key('A')])
})

test('a list is everything in the region, and what hangs on no machine', async () => {
  const cloud = await start({
    DescribeInstances: () => machines(instance('i-1'), instance('i-2', { tagSet: [], keyName: '' })),
    DescribeVolumes: () => answer('DescribeVolumes', { volumeSet: [volume('vol-1', 'i-1'), volume('vol-9', null)] }),
    DescribeAddresses: () =>
      answer('DescribeAddresses', {
        addressesSet: [
          { allocationId: 'eipalloc-1', publicIp: '198.51.100.9', tagSet: tagSet(tags) },
          { allocationId: 'eipalloc-2', publicIp: '198.51.100.8', associationId: 'eipassoc-1', instanceId: 'i-1' },
        ],
      }),
    DescribeSecurityGroups: () =>
      answer('DescribeSecurityGroups', {
        securityGroupInfo: [
          { groupId: 'sg-1', groupName: 'watchfloor-noc', tagSet: tagSet({ fleet: 'noc' }) },
          { groupId: 'sg-9', groupName: 'watchfloor-old', tagSet: tagSet({ fleet: 'old' }) },
          { groupId: 'sg-8', groupName: 'somebody', tagSet: tagSet({ fleet: 'noc' }) },
        ],
      }),
    DescribeKeyPairs: () =>
      answer('DescribeKeyPairs', {
        keySet: [
          { keyName: 'watchfloor-noc-1', tagSet: tagSet({ fleet: 'noc' }) },
          { keyName: 'watchfloor-noc-2', tagSet: tagSet({ fleet: 'noc' }) },
          { keyName: 'laptop', tagSet: [] },
        ],
      }),
  })
  const { machines: found, loose } = await cloud.list('us-east-1', noSignal)
  expect(found.map(({ id, tags: owner }) => [id, owner])).toEqual([
    ['i-1', tags],
    ['i-2', {}],
  ])
  expect(loose.flatMap(one => resourceCheck.errors(one))).toEqual([])
  expect(loose.map(({ kind, id, machine }) => [kind, id, machine])).toEqual([
    ['disk', 'vol-9', null],
    ['address', 'eipalloc-1', null],
    ['group', 'sg-9', null],
    ['key', 'watchfloor-noc-2', null],
  ])
})

test.each(['DescribeInstances', 'DescribeVolumes', 'DescribeAddresses', 'DescribeSecurityGroups', 'DescribeKeyPairs'])(
  'a list of which %s is answered by a page of a proxy is an error, never an empty region',
  async action => {
    const cloud = await start({ [action]: () => ({ status: 200, type: 'text/html', body: '<html><p>hi</p></html>' }) })
    expect(await failureOf(cloud.list('us-east-1', noSignal))).toMatchObject({ failure: 'unreachable', effect: 'none' })
  },
)

test('hostile answers neither crash nor leak: they are refused, or cut and cleaned', async () => {
  const long = 'z'.repeat(100_000)
  const cloud = await start({
    DescribeInstances: () =>
      machines(
        instance('i-1', {
          ipAddress: '198.51.100.7; rm -rf /',
          tagSet: [
            { key: '__proto__', value: 'polluted' },
            { key: 'constructor', value: 'polluted' },
            ...Object.entries(tags).map(([key, value]) => ({ key, value })),
            { key: 'Name', value: `evil\u009b2J\u202e${long}` },
          ],
          stateReason: { code: 'x', message: long },
          architecture: long,
        }),
      ),
  })
  const [machine] = await cloud.find('us-east-1', tags, noSignal)
  expect(machineCheck.errors(machine)).toEqual([])
  expect(machine?.tags).toEqual(tags)
  expect(machine?.addresses.ipv4).toBeNull()
  expect(machine?.name).not.toMatch(/\u009b|\u202e/)
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  for (const body of [
    '<DescribeInstancesResponse><reservationSet><item><instancesSet><item><__proto__><a>1</a></__proto__></item></instancesSet></item></reservationSet></DescribeInstancesResponse>',
    '<DescribeInstancesResponse><reservationSet><item><instancesSet><item></item></instancesSet></item></reservationSet></DescribeInstancesResponse>',
    '<DescribeInstancesResponse><reservationSet><item>boo</item></reservationSet></DescribeInstancesResponse>',
    '<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId><a>1</a></instanceId></item></instancesSet></item></reservationSet></DescribeInstancesResponse>',
    '',
    '\u0000\u0001',
  ]) {
    world.script.DescribeInstances = () => ({ body })
    expect(await failureOf(cloud.find('us-east-1', tags, noSignal)), body).toMatchObject({ failure: 'unreachable' })
  }
})
