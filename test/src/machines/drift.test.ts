// Fleet file, records and clouds compared.
import { expect, test } from 'vitest'
import type { Resource } from '../../../infra/clouds/shapes.ts'
import type { Fleet } from '../../../src/fleet/fleet.ts'
import { loadFleet } from '../../../src/fleet/load.ts'
import { driftReport, type MonthlyOf } from '../../../src/machines/drift.ts'
import { probeKinds } from '../../../src/watch/probes/index.ts'
import { Folded, hour, machineOf, prepared } from './folded.ts'

function fleetOf(nodes: string): Fleet {
  const loaded = loadFleet({ path: 'fleet.yaml', text: `fleet: harbour\nnodes:\n${nodes}` }, { kinds: probeKinds })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded))
  return loaded.fleet
}

const paris = '  paris: { provider: aws, region: eu-central-1, type: t4g.nano, lifecycle: live }\n'
const fleet = fleetOf(paris)
const tags = { fleet: 'harbour', node: 'paris', op: 'op-1' }
const dollar: MonthlyOf = ({ quantity }) => ({ currency: 'USD', micros: quantity * 1_000_000 })
const judge = (room: Folded, of = fleet, monthlyOf = dollar) =>
  driftReport(of, room.state.machines, room.now, monthlyOf)
const found = (room: Folded, of = fleet) => judge(room, of).findings.map(({ kind, id, node }) => ({ kind, id, node }))

function running(): Folded {
  const room = new Folded()
  room.sees([])
  const { op, machine } = room.launched('paris')
  room.engine({ type: 'machines.reachable', op, machine })
  room.now += hour
  return room
}

test('a fleet that is as it is declared has no findings', () => {
  const room = running()
  room.sees([machineOf({ tags })])
  expect(found(room)).toEqual([])
})

test('a recorded machine that a listed region does not show is missing', () => {
  const room = running()
  room.sees([])
  expect(judge(room).findings).toMatchObject([{ kind: 'missing', id: 'i-1', node: 'paris', monthly: null }])
})

test('in a region that could not be listed nothing is missing, and it is named as unknown', () => {
  const room = running()
  const sight = {
    provider: 'aws' as const,
    region: 'eu-central-1',
    at: room.now,
    listed: false,
    why: 'HTML',
    machines: [],
    loose: [],
  }
  room.engine({ type: 'machines.observe', regions: [sight], prices: [], fleet: 'harbour' })
  expect(judge(room)).toMatchObject({ findings: [], regions: [{ region: 'eu-central-1', listed: false, why: 'HTML' }] })
})

test('a region that holds a node and was never looked at is unknown', () => {
  expect(judge(new Folded())).toMatchObject({
    findings: [],
    regions: [{ region: 'eu-central-1', listed: false, why: 'it was not looked at yet', at: null }],
  })
})

test('a node that is declared live and has no machine is missing; one that has its address is named', () => {
  const room = new Folded()
  room.sees([])
  expect(found(room)).toEqual([{ kind: 'missing', id: 'paris', node: 'paris' }])
  const addressed = fleetOf('  paris: { provider: aws, region: eu-central-1, address: 192.0.2.1 }\n')
  room.sees([machineOf({ id: 'i-hand' })])
  expect(found(room, addressed)).toEqual([{ kind: 'missing', id: 'i-hand', node: 'paris' }])
})

test('a machine that was made a moment ago is neither missing nor an orphan', () => {
  const room = new Folded()
  const { op, machine } = room.launched('paris')
  room.engine({ type: 'machines.reachable', op, machine })
  room.now += 60_000
  room.sees([])
  expect(found(room)).toEqual([])
  const other = new Folded()
  other.sees([machineOf({ tags, launchedAt: other.now - 60_000 })])
  expect(found(other)).toEqual([])
})

test('a machine with our tags whose node the fleet file does not have is extra, with what it costs', () => {
  const room = running()
  room.sees([machineOf({ tags }), machineOf({ id: 'i-2', tags: { ...tags, node: 'lyon' } })])
  expect(judge(room).findings).toMatchObject([
    { kind: 'extra', id: 'i-2', node: 'lyon', monthly: { currency: 'USD', micros: 10_000_000 } },
  ])
})

test('machines of another fleet, or of nobody, are none of our business', () => {
  const room = running()
  room.sees([
    machineOf({ tags }),
    machineOf({ id: 'i-2' }),
    machineOf({ id: 'i-3', tags: { fleet: 'x', node: 'paris' } }),
  ])
  expect(found(room)).toEqual([])
})

test('a second machine of a node is an orphan, and so is one that no record knows', () => {
  const room = running()
  room.sees([machineOf({ tags }), machineOf({ id: 'i-2', tags })])
  expect(found(room)).toEqual([{ kind: 'orphan', id: 'i-2', node: 'paris' }])
  const empty = new Folded()
  empty.sees([machineOf({ tags, launchedAt: empty.now - hour })])
  expect(found(empty)).toEqual([{ kind: 'orphan', id: 'i-1', node: 'paris' }])
})

test('a machine without tags whose token is ours is ours', () => {
  const room = running()
  const [launch] = room.state.machines.closed
  const token = launch?.kind === 'launch' ? launch.token : null
  room.sees([machineOf({ tags }), machineOf({ id: 'i-bare', token }), machineOf({ id: 'i-else', token: 'theirs' })])
  expect(found(room)).toEqual([{ kind: 'orphan', id: 'i-bare', node: 'paris' }])
})

test.each([
  ['its type', { type: 't4g.micro' }, 'it is a t4g.micro, declared is t4g.nano'],
  ['that it is stopped', { state: 'stopped' as const }, 'it is stopped'],
  ['that its tags are gone', { tags: {} }, 'it does not carry our tags any more'],
])('a recorded machine is changed by %s', (_what, change, said) => {
  const room = running()
  room.sees([machineOf({ tags, ...change })])
  expect(judge(room).findings).toMatchObject([{ kind: 'changed', id: 'i-1', what: expect.stringContaining(said) }])
})

test('a machine elsewhere than declared, or with another address, is changed; a DNS name is not compared', () => {
  const room = running()
  room.sees([machineOf({ tags })])
  const moved = fleetOf('  paris: { provider: aws, region: us-east-1, type: t4g.nano, address: 192.0.2.9 }\n')
  expect(judge(room, moved).findings).toMatchObject([
    {
      kind: 'changed',
      what: expect.stringMatching(/eu-central-1, declared is us-east-1.*192\.0\.2\.1, declared is 192\.0\.2\.9/),
    },
  ])
  expect(
    found(room, fleetOf('  paris: { provider: aws, region: eu-central-1, address: paris.example.com }\n')),
  ).toEqual([])
})

test('loose disks and addresses with our tags are left over; groups and keys only where nothing runs any more', () => {
  const loose = (id: string, kind: Resource['kind'], its: Resource['tags']): Resource => ({
    id,
    kind,
    sku: kind,
    quantity: 1,
    createdAt: null,
    tags: its,
    machine: null,
  })
  const all = [
    loose('vol-1', 'disk', tags),
    loose('eip-1', 'address', { fleet: 'harbour' }),
    loose('sg-1', 'group', { fleet: 'harbour' }),
    loose('vol-2', 'disk', {}),
    loose('vol-3', 'disk', { fleet: 'other' }),
  ]
  const room = running()
  room.sees([machineOf({ tags })], all)
  expect(found(room).map(one => one.id)).toEqual(['eip-1', 'vol-1'])
  const empty = new Folded()
  empty.sees([], all)
  expect(found(empty).map(one => one.id)).toEqual(['paris', 'eip-1', 'sg-1', 'vol-1'])
})

test('what is being worked on is not drift', () => {
  const room = new Folded()
  room.sees([])
  const op = room.wanted('paris')
  room.engine({ type: 'machines.settle', op, prepared, fleet: 'harbour' })
  room.now += hour
  room.sees([machineOf({ tags: { ...tags, op }, launchedAt: room.now - hour })])
  expect(found(room)).toEqual([])
})

test('one unknown price makes the sum unknown, never smaller', () => {
  const room = running()
  room.sees([machineOf({ tags }), machineOf({ id: 'i-2', tags })])
  const partly: MonthlyOf = ({ kind }) => (kind === 'disk' ? null : { currency: 'USD', micros: 1 })
  expect(judge(room, fleet, partly).findings).toMatchObject([{ id: 'i-2', monthly: null }])
})
