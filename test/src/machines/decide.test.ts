// What may be asked for, and what an operation is after each step.
import { expect, test } from 'vitest'
import { tokenOf } from '../../../src/machines/token.ts'
import { Folded, machineOf, prepared } from './folded.ts'
import { provision, teardown } from './specs.ts'

const trouble = { failure: 'capacity', code: null, message: 'no room', at: 1 }

test('a batch that is asked for twice is one batch', () => {
  const room = new Folded()
  expect(room.people(provision(['paris', 'oslo']))).toHaveLength(1)
  expect(room.people(provision(['paris', 'oslo']))).toEqual([])
  expect(Object.values(room.state.machines.open).map(op => op.node)).toEqual(['paris', 'oslo'])
})

test.each([
  ['machines.settle', { prepared }],
  ['machines.created', { machine: machineOf(), prices: [] }],
  ['machines.trouble', { trouble, next: 'end' }],
  ['machines.reachable', { machine: machineOf() }],
  ['machines.asked', { machines: [] }],
  ['machines.destroyed', { machines: [], leftovers: [] }],
  ['machines.adopted', { machine: machineOf(), prices: [] }],
  ['machines.observe', { regions: [], prices: [] }],
] as const)('a person cannot claim %s', (type, rest) => {
  const room = new Folded()
  const command = { type, op: 'op-1', ...rest } as Parameters<Folded['people']>[0]
  expect(() => room.people(command)).toThrow(expect.objectContaining({ name: 'engine-only', exit: 5 }))
})

test('a node that something is done with, or that has a machine, is not provisioned', () => {
  const room = new Folded()
  const { op } = room.launched('paris')
  expect(() => room.people(provision(['paris'], 'batch-2'))).toThrow(expect.objectContaining({ name: 'node-busy' }))
  room.engine({ type: 'machines.reachable', op, machine: machineOf() })
  expect(() => room.people(provision(['paris'], 'batch-2'))).toThrow(
    expect.objectContaining({ name: 'node-has-machine' }),
  )
  room.sees([machineOf({ state: 'gone', resources: [] })])
  expect(room.people(provision(['paris'], 'batch-2'))).toHaveLength(1)
})

test('a batch that names a node twice, or a static host, is refused whole', () => {
  const room = new Folded()
  expect(() => room.people(provision(['paris', 'paris']))).toThrow(expect.objectContaining({ name: 'node-twice' }))
  expect(() => room.people(provision(['paris'], 'batch-s', { provider: 'static' }))).toThrow(
    expect.objectContaining({ name: 'provider-makes-nothing' }),
  )
  expect(room.state.machines.open).toEqual({})
})

test('the token is a UUID of fleet, operation and attempt, and is stored with the request', () => {
  const room = new Folded()
  const op = room.wanted('paris')
  room.engine({ type: 'machines.settle', op, prepared, fleet: 'harbour' })
  const token = tokenOf('harbour', op, 1)
  expect(token).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(room.state.machines.open[op]).toMatchObject({
    phase: 'settled',
    attempt: 1,
    token,
    fleet: 'harbour',
    prepared,
  })
  expect(new Set([token, tokenOf('harbour', op, 2), tokenOf('other', op, 1), tokenOf('harbour', 'op-x', 1)]).size).toBe(
    4,
  )
})

test('a step that is told twice changes nothing the second time', () => {
  const room = new Folded()
  const { op, machine } = room.launched('paris')
  expect(room.engine({ type: 'machines.settle', op, prepared, fleet: 'harbour' })).toEqual([])
  expect(room.engine({ type: 'machines.created', op, machine, prices: [] })).toEqual([])
  room.engine({ type: 'machines.reachable', op, machine })
  expect(room.engine({ type: 'machines.reachable', op, machine })).toEqual([])
})

test('another zone means another attempt with another token, and the tried one is remembered', () => {
  const room = new Folded()
  const op = room.wanted('paris')
  room.engine({ type: 'machines.settle', op, prepared, fleet: 'harbour' })
  room.engine({ type: 'machines.trouble', op, trouble, next: 'other-zone' })
  expect(room.state.machines.open[op]).toMatchObject({ phase: 'wanted', triedZones: ['a'], attempt: 1 })
  room.engine({ type: 'machines.settle', op, prepared: { ...prepared, zone: 'b' }, fleet: 'harbour' })
  expect(room.state.machines.open[op]).toMatchObject({ attempt: 2, token: tokenOf('harbour', op, 2) })
})

test('the same trouble again is not written again', () => {
  const room = new Folded()
  const op = room.wanted('paris')
  expect(room.engine({ type: 'machines.trouble', op, trouble, next: 'again' })).toHaveLength(1)
  expect(room.engine({ type: 'machines.trouble', op, trouble: { ...trouble, at: 2 }, next: 'again' })).toEqual([])
})

test('a destroy waits until the launch of its node has ended', async () => {
  const { pending } = await import('../../../src/engine/nouns.ts')
  const room = new Folded()
  const op = room.wanted('paris')
  room.engine({ type: 'machines.settle', op, prepared, fleet: 'harbour' })
  room.people(teardown(['paris']))
  expect(pending(room.state)).toEqual([{ id: `machines.${op}`, kind: 'machines.launch', op }])
  room.engine({ type: 'machines.created', op, machine: machineOf(), prices: [] })
  expect(room.state.machines.closed).toMatchObject([{ id: op, phase: 'cancelled', endedAt: room.now }])
  expect(pending(room.state)).toMatchObject([{ kind: 'machines.destroy' }])
})

test('a teardown that is asked for twice destroys once; of nothing it is refused', () => {
  const room = new Folded()
  const { op, machine } = room.launched('paris')
  room.engine({ type: 'machines.reachable', op, machine })
  expect(room.people(teardown(['paris'], 'batch-a')).map(({ type }) => type)).toEqual([
    'machines.unwanted',
    'fleet.lifecycle-changed',
  ])
  expect(room.people(teardown(['paris'], 'batch-b'))).toEqual([])
  expect(() => room.people(teardown(['oslo'], 'batch-c'))).toThrow(
    expect.objectContaining({ name: 'node-has-no-machine' }),
  )
})

test('a node whose end is asked for alerts nobody any more; one that could not be ended is watched again', () => {
  const room = new Folded()
  const { op, machine } = room.launched('paris')
  room.engine({ type: 'machines.reachable', op, machine })
  room.people(teardown(['paris']))
  expect(room.state.fleet.lifecycle).toEqual({ paris: 'retired' })
  const [destroy] = Object.keys(room.state.machines.open)
  const trouble = { failure: 'refused', code: null, message: 'it is protected', at: room.now }
  room.engine({ type: 'machines.trouble', op: destroy ?? '', trouble, next: 'end' })
  expect(room.state.fleet.lifecycle).toEqual({ paris: 'live' })
})

test('what carries the tags of a node without a record is torn down wherever it was seen', () => {
  const room = new Folded()
  const tags = { fleet: 'harbour', node: 'paris', op: 'op-lost' }
  room.sees([machineOf({ id: 'i-9', region: 'eu-north-1', tags })])
  room.people(teardown(['paris']))
  expect(Object.values(room.state.machines.open)).toMatchObject([{ region: 'eu-north-1', machines: ['i-9'] }])
})

test('closed operations are bounded and keep no request', () => {
  const room = new Folded()
  for (let count = 0; count < 230; count += 1) {
    const op = room.wanted(`node-${count}`)
    room.engine({ type: 'machines.settle', op, prepared, fleet: 'harbour' })
    room.engine({ type: 'machines.trouble', op, trouble, next: 'end' })
  }
  const { closed } = room.state.machines
  expect(closed).toHaveLength(200)
  expect(closed.at(-1)).toMatchObject({ node: 'node-229', phase: 'failed', prepared: { request: null } })
  expect(JSON.stringify(room.state)).not.toContain('of the adapter')
})

test('hostile text of a provider is kept, and shortened', () => {
  const room = new Folded()
  room.launched('paris', { name: '\u001b[2J'.repeat(60), tags: { fleet: 'harbour', node: 'x'.repeat(5_000) } })
  const { machine } = room.state.machines.machines.paris ?? { machine: null }
  expect(machine?.name).toHaveLength(100)
  expect(machine?.name).toContain('\u001b[2J')
  expect(machine?.tags.node).toHaveLength(200)
})

test('a machine cannot be adopted for two nodes', () => {
  const room = new Folded()
  const { op, machine } = room.launched('paris')
  room.engine({ type: 'machines.reachable', op, machine })
  const command = {
    type: 'machines.adopt',
    id: 'batch-a',
    provider: 'aws',
    region: 'eu-central-1',
    machine: 'i-1',
  } as const
  expect(() => room.people({ ...command, node: 'oslo' })).toThrow(expect.objectContaining({ name: 'machine-has-node' }))
  expect(room.people({ ...command, node: 'paris' })).toEqual([])
})
