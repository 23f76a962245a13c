// Looking at every region: bounded, with a deadline each, and written down only where something changed.
import { expect, test } from 'vitest'
import type { Cloud, RegionState } from '../../../infra/clouds/cloud.ts'
import type { Machine, ProviderName } from '../../../infra/clouds/shapes.ts'
import { createCensus } from '../../../src/machines/census.ts'
import { createFakeCloud } from './fake-cloud.ts'
import { Folded, machineOf } from './folded.ts'
import { JumpClock, startMs } from './rig.ts'

interface Place {
  status?: RegionState['status']
  machines?: Machine[]
  fails?: string
  hangs?: boolean
}

function setUp(
  places: Record<string, Place>,
  options: { declared?: string[]; only?: string[]; regionsFail?: boolean } = {},
) {
  const clock = new JumpClock()
  const room = new Folded()
  const sent: string[] = []
  const listed: string[] = []
  let listing = 0
  let most = 0
  const cloud: Cloud = {
    ...createFakeCloud({ clock, random: () => 0 }),
    async regions() {
      if (options.regionsFail) throw new Error('AuthFailure')
      return Object.entries(places).map(([region, { status = 'enabled' }]) => ({ region, status, why: null }))
    },
    async list(region) {
      listed.push(region)
      listing += 1
      most = Math.max(most, listing)
      await new Promise(resolve => setImmediate(resolve))
      listing -= 1
      const place = places[region] ?? {}
      if (place.hangs) await new Promise(() => {})
      if (place.fails) throw new Error(place.fails)
      return { machines: place.machines ?? [], loose: [] }
    },
  }
  const census = createCensus({
    cloud: async (_provider: ProviderName) => cloud,
    regionsOf: () => [{ provider: 'aws', regions: options.only ?? null }],
    clock,
    do: async command => {
      room.now = clock.now()
      if (command.type === 'machines.observe') sent.push(...command.regions.map(one => one.region))
      room.engine(command)
    },
    state: () => room.state,
    prices: () => [],
    fleetName: () => 'harbour',
    declared: () => options.declared ?? [],
  })
  async function look() {
    sent.length = 0
    listed.length = 0
    let rows = null as Awaited<ReturnType<typeof census.look>> | null
    const done = census.look(new AbortController().signal).then(found => {
      rows = found
    })
    for (let turn = 0; turn < 200 && rows === null; turn += 1) await new Promise(resolve => setImmediate(resolve))
    while (rows === null && clock.jump()) await new Promise(resolve => setImmediate(resolve))
    await done
    return rows ?? []
  }
  return { census, room, clock, sent, listed, look, most: () => most }
}

const ours = (region: string, id = 'i-1') =>
  machineOf({ id, region, tags: { fleet: 'harbour', node: region, op: 'op-1' } })

test('every enabled region is listed, and only what changed is written down', async () => {
  const places: Record<string, Place> = { 'eu-north-1': { machines: [ours('eu-north-1')] }, 'us-east-1': {} }
  const { look, sent, room } = setUp(places)
  await look()
  expect([...sent].sort()).toEqual(['eu-north-1', 'us-east-1'])
  await look()
  expect(sent).toEqual([])
  places['us-east-1'] = { machines: [ours('us-east-1', 'i-2')] }
  await look()
  expect(sent).toEqual(['us-east-1'])
  expect(room.state.machines.regions['aws/us-east-1']?.machines).toMatchObject([{ id: 'i-2' }])
})

test('a dead region is unknown with the reason after its deadline, and delays nobody', async () => {
  const { look, census, clock } = setUp({ dead: { hangs: true }, html: { fails: '<html>502' }, good: {} })
  const began = clock.mono()
  const rows = await look()
  expect(rows.map(({ region, listed, why }) => ({ region, listed, why }))).toEqual([
    { region: 'dead', listed: false, why: 'no answer within 45 s' },
    { region: 'good', listed: true, why: null },
    { region: 'html', listed: false, why: '<html>502' },
  ])
  expect(clock.mono() - began).toBe(45_000)
  expect(census.lastAt()).toBe(clock.now())
})

test('a region that cannot be listed keeps what it last showed, and is unknown', async () => {
  const places: Record<string, Place> = { north: { machines: [ours('north')] } }
  const { look, room } = setUp(places)
  await look()
  places.north = { fails: 'timeout' }
  await look()
  expect(room.state.machines.regions['aws/north']).toMatchObject({
    listed: false,
    why: 'timeout',
    machines: [{ id: 'i-1' }],
  })
})

test('a region that is off is not listed, unless something of ours is known to be there', async () => {
  const { look, listed, room } = setUp({ on: {}, off: { status: 'off' }, was: { status: 'off' } })
  room.sees([ours('was')])
  const rows = await look()
  expect(listed).toEqual(['on'])
  expect(rows.map(row => [row.region, row.listed])).toEqual([
    ['on', true],
    ['was', false],
  ])
})

test('without the list of regions, those that are known are unknown', async () => {
  const { look, room } = setUp({}, { regionsFail: true })
  expect(await look()).toMatchObject([{ region: '*', listed: false }])
  room.sees([ours('north')])
  expect(await look()).toMatchObject([{ region: 'north', listed: false, why: expect.stringContaining('AuthFailure') }])
})

test('where the fleet file names regions, those are looked at, and those that hold something of ours', async () => {
  const { look, listed, room } = setUp({ a: {}, b: {}, c: {} }, { only: ['a'] })
  room.sees([ours('c')])
  await look()
  expect([...listed].sort()).toEqual(['a', 'c'])
})

test('of other people’s machines a bounded number is kept, without what they cost', async () => {
  const theirs = Array.from({ length: 500 }, (_, index) => machineOf({ id: `i-${index}`, region: 'r' }))
  const { look, room } = setUp({ r: { machines: theirs } })
  await look()
  const { machines = [] } = room.state.machines.regions['aws/r'] ?? {}
  expect(machines).toHaveLength(200)
  expect(machines.every(machine => machine.resources.length === 0)).toBe(true)
  expect(room.state.money.lifetimes).toEqual({})
})

test('no more than eight regions are asked at once', async () => {
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`r-${index}`, {}]))
  const { look, listed, most } = setUp(many)
  await look()
  expect(listed).toHaveLength(30)
  expect(most()).toBe(8)
})

test('it looks at once and then every ten minutes, until it is stopped', async () => {
  const { census, clock, listed } = setUp({ r: {} })
  const stopping = new AbortController()
  census.run(stopping.signal, error => {
    throw error
  })
  const turn = () => new Promise(resolve => setImmediate(resolve))
  for (let count = 0; count < 20; count += 1) await turn()
  expect(listed).toEqual(['r'])
  clock.jump()
  for (let count = 0; count < 20; count += 1) await turn()
  expect(listed).toEqual(['r', 'r'])
  expect(clock.mono()).toBe(600_000)
  stopping.abort()
  expect(clock.jump()).toBe(false)
})

test('a machine that carries the tags of a declared node without one is recognised; of two, neither is', async () => {
  const old = (region: string, id: string) => ({ ...ours(region, id), launchedAt: startMs - 3_600_000 })
  const places: Record<string, Place> = {
    'eu-north-1': { machines: [old('eu-north-1', 'i-1')] },
    'us-east-1': { machines: [old('us-east-1', 'i-2'), old('us-east-1', 'i-3')] },
    'eu-west-3': { machines: [old('eu-west-3', 'i-4')] },
  }
  const { look, room } = setUp(places, { declared: ['eu-north-1', 'us-east-1'] })
  await look()
  expect(Object.values(room.state.machines.machines).map(({ node, op, machine }) => [node, op, machine.id])).toEqual([
    ['eu-north-1', 'op-1', 'i-1'],
  ])
})

test('a machine that is minutes old is not recognised yet: its launch may be under way elsewhere', async () => {
  const young = { ...ours('eu-north-1'), launchedAt: startMs - 60_000 }
  const { look, room } = setUp({ 'eu-north-1': { machines: [young] } }, { declared: ['eu-north-1'] })
  await look()
  expect(room.state.machines.machines).toEqual({})
})
