// What begins to cost, pauses and ends when machines are made, seen and destroyed; folded by the money noun itself.
import { expect, test } from 'vitest'
import { Folded, hour, machineOf, priceOf } from './folded.ts'
import { startMs } from './rig.ts'
import { teardown } from './specs.ts'

const base = 'aws/eu-central-1'
const tags = { fleet: 'harbour', node: 'paris', op: 'op-1' }
const lifetimes = (room: Folded) => room.state.money.lifetimes

test('a machine begins a lifetime for each thing that costs, from the provider’s own time, at the prices that are known', () => {
  const room = new Folded()
  room.now += 5_000
  const { machine } = room.launched('paris', {}, [priceOf('t4g.nano', 4_800_000)])
  expect(Object.keys(lifetimes(room))).toEqual([`${base}/i-1`, `${base}/i-1/ipv4`, `${base}/vol-i-1`])
  expect(lifetimes(room)[`${base}/i-1`]).toMatchObject({
    node: 'paris',
    from: machine.launchedAt,
    fromSource: 'provider',
    to: null,
    rates: [{ from: startMs, currency: 'USD', hourlyNanos: 4_800_000, monthlyNanos: null }],
  })
  expect(lifetimes(room)[`${base}/i-1/ipv4`]).toMatchObject({ rates: [] })
})

test('what the provider gives no time for counts from when it was seen', () => {
  const room = new Folded()
  room.launched('paris', { launchedAt: null })
  expect(lifetimes(room)[`${base}/i-1`]).toMatchObject({ from: startMs, fromSource: 'seen' })
})

test('groups and keys cost nothing and have no lifetime', () => {
  const room = new Folded()
  const group = { id: 'sg-1', kind: 'group' as const, sku: 'group', quantity: 1, createdAt: null, tags, machine: 'i-1' }
  room.launched('paris', { resources: [group] })
  expect(lifetimes(room)).toEqual({})
})

test('a destroyed machine ends what it cost, but not the disk that stays', () => {
  const room = new Folded()
  const { op, machine } = room.launched('paris')
  room.engine({ type: 'machines.reachable', op, machine })
  room.people(teardown(['paris']))
  const destroy = Object.keys(room.state.machines.open)[0] ?? ''
  room.now += hour
  const disk = { id: 'vol-i-1', kind: 'disk' as const, sku: 'gp3', quantity: 8, createdAt: null, tags, machine: null }
  room.engine({ type: 'machines.destroyed', op: destroy, machines: ['i-1'], leftovers: [disk] })
  expect(lifetimes(room)[`${base}/i-1`]).toMatchObject({ to: startMs + hour })
  expect(lifetimes(room)[`${base}/i-1/ipv4`]).toMatchObject({ to: startMs + hour })
  expect(lifetimes(room)[`${base}/vol-i-1`]).toMatchObject({ to: null })
})

test.each([
  ['aws', [true, true, false]],
  ['gcp', [true, false, false]],
  ['hetzner', [false, false, false]],
] as const)(
  'a stopped machine of %s pauses what its provider does not bill, and goes on when it runs',
  (provider, paused) => {
    const room = new Folded()
    const machine = machineOf({ provider, tags })
    room.sees([machine])
    room.now += hour
    room.sees([{ ...machine, state: 'stopped' }])
    const pauses = () => Object.values(lifetimes(room)).map(one => one.pauses)
    expect(pauses().map(list => list.length > 0)).toEqual(paused)
    expect(room.sees([{ ...machine, state: 'stopped' }])).toEqual([])
    room.now += hour
    room.sees([machine])
    const ended = { from: startMs + hour, to: startMs + 2 * hour }
    expect(pauses()).toEqual(paused.map(is => (is ? [ended] : [])))
  },
)

test('a stopped EC2 machine that shows no address any more pauses it all the same', () => {
  const room = new Folded()
  const machine = machineOf({ tags })
  room.sees([machine])
  room.now += hour
  room.sees([{ ...machine, state: 'stopped', resources: machine.resources.filter(one => one.kind !== 'ipv4') }])
  expect(lifetimes(room)[`${base}/i-1/ipv4`]).toMatchObject({ to: null, pauses: [{ from: startMs + hour, to: null }] })
})

test.each(['aws', 'gcp'] as const)(
  'a stopped machine of %s that shows nothing but its disk is paid for no more',
  provider => {
    const room = new Folded()
    const machine = machineOf({ provider, tags })
    room.sees([machine])
    room.now += hour
    room.sees([{ ...machine, state: 'stopped', resources: machine.resources.filter(one => one.kind === 'disk') }])
    const instance = Object.values(lifetimes(room)).find(one => one.kind === 'instance')
    expect(instance).toMatchObject({ to: null, pauses: [{ from: startMs + hour, to: null }] })
    room.now += hour
    room.sees([machine])
    const again = Object.values(lifetimes(room)).filter(one => one.kind === 'instance')
    expect(again).toMatchObject([{ to: null, pauses: [{ from: startMs + hour, to: startMs + 2 * hour }] }])
  },
)

test('a resized machine ends its old lifetime and begins a second one from its new start', () => {
  const room = new Folded()
  room.sees([machineOf({ tags })])
  room.now += 2 * hour
  const started = startMs + hour
  room.sees([machineOf({ tags, type: 't4g.micro', launchedAt: started })], [], [priceOf('t4g.micro', 9_600_000)])
  expect(lifetimes(room)[`${base}/i-1`]).toMatchObject({ sku: 't4g.nano', to: started })
  expect(lifetimes(room)[`${base}/i-1#2`]).toMatchObject({
    sku: 't4g.micro',
    from: started,
    to: null,
    rates: [{ hourlyNanos: 9_600_000 }],
  })
  room.now += hour
  room.sees([machineOf({ tags, type: 't4g.small', launchedAt: started })])
  expect(lifetimes(room)[`${base}/i-1#3`]).toMatchObject({
    sku: 't4g.small',
    from: startMs + 3 * hour,
    fromSource: 'seen',
  })
})

test('a machine of somebody else has no lifetime; one with our tags has', () => {
  const room = new Folded()
  room.sees([machineOf({ id: 'i-theirs' }), machineOf({ id: 'i-other', tags: { fleet: 'another', node: 'paris' } })])
  expect(lifetimes(room)).toEqual({})
  room.sees([machineOf({ id: 'i-ours', tags })])
  expect(Object.keys(lifetimes(room))).toContain(`${base}/i-ours`)
})

test('what a listed region shows no more ends; in a region that was not listed it goes on', () => {
  const room = new Folded()
  room.sees([machineOf({ tags })])
  room.now += hour
  const dead = {
    provider: 'aws' as const,
    region: 'eu-central-1',
    at: room.now,
    listed: false,
    why: 'HTML',
    machines: [],
    loose: [],
  }
  room.engine({ type: 'machines.observe', regions: [dead], prices: [], fleet: 'harbour' })
  expect(Object.values(lifetimes(room)).every(one => one.to === null)).toBe(true)
  expect(room.state.machines.regions[base]).toMatchObject({ listed: false, machines: [{ id: 'i-1' }] })
  room.now += hour
  room.sees([])
  expect(Object.values(lifetimes(room)).map(one => one.to)).toEqual([room.now, room.now, room.now])
})

test('what is missing just after it was made goes on', () => {
  const room = new Folded()
  room.sees([machineOf({ tags })])
  room.now += 60_000
  room.sees([])
  expect(Object.values(lifetimes(room)).every(one => one.to === null)).toBe(true)
})

test('a look that was taken before a machine was destroyed does not begin it anew', () => {
  const room = new Folded()
  const { op, machine } = room.launched('paris')
  room.engine({ type: 'machines.reachable', op, machine })
  room.people(teardown(['paris']))
  const [destroy = ''] = Object.keys(room.state.machines.open)
  const before = room.now
  room.now += hour
  room.engine({ type: 'machines.destroyed', op: destroy, machines: ['i-1'], leftovers: [] })
  const sight = {
    provider: 'aws' as const,
    region: 'eu-central-1',
    at: before,
    listed: true,
    why: null,
    machines: [machine],
    loose: [],
  }
  room.engine({ type: 'machines.observe', regions: [sight], prices: [], fleet: 'harbour' })
  expect(Object.values(lifetimes(room)).every(one => one.to !== null)).toBe(true)
})

test('checks and host keys that come and go are not written down', () => {
  const room = new Folded()
  room.sees([machineOf({ tags })])
  expect(room.sees([machineOf({ tags, checks: 'failing', hostkeys: ['SHA256:x'] })])).toEqual([])
})
