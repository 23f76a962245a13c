// Whole stories on a virtual clock: what the room says when nodes and regions come and go.
import { describe, expect, test } from 'vitest'
import { nodeText } from '../../../state/primitives/node-text.ts'
import { bigFleet, cut, fleetOf, foldAll, names, nodeNamed, probeOf, Room, seeing, smallFleet } from './watcher-room.ts'

describe('a node', () => {
  test('two missed pushes are SEV2, said in words, and alerted within two minutes', async () => {
    const room = new Room(smallFleet('heartbeat'), { canaries: seeing })
    await room.pass(90)
    room.pushes = () => false
    await room.pass(95)
    const health = room.state.watch.nodes.paris
    expect(health).toMatchObject({ health: 'down', severity: 'SEV2', causes: ['heartbeat'] })
    expect(health?.reason).toMatch(/^paris has not pushed for 6\d s \(2 missed\)$/)
    await room.pass(25)
    expect(room.due()).toHaveLength(1)
  })

  test('five minutes down is SEV1, told once more', async () => {
    const room = new Room(smallFleet('ping'), { canaries: seeing })
    await room.pass(60)
    room.world = () => false
    await room.pass(400)
    expect(room.state.watch.nodes.paris?.severity).toBe('SEV1')
    expect(room.queued().map(alert => alert.what)).toEqual(['opened', 'worse'])
    expect(room.open()).toHaveLength(1)
  })

  test('nothing that goes on and on makes new events', async () => {
    const room = new Room(smallFleet('ping', 'heartbeat'), { canaries: seeing })
    await room.pass(60)
    room.world = () => false
    room.pushes = () => false
    await room.pass(400)
    const before = room.commits
    await room.pass(600)
    expect(room.commits).toBe(before)
  })

  test('recovery ends the incident; who was told is told', async () => {
    const room = new Room(smallFleet('ping'), { canaries: seeing })
    await room.pass(60)
    room.world = () => false
    await room.pass(180)
    const opened = room.queued()[0]
    if (!opened) throw new Error('no alert')
    room.state = foldAll(room.state, [{ type: 'alerts.delivered', id: opened.id }], room.clock.now())
    room.world = () => true
    await room.pass(60)
    expect(room.open()).toEqual([])
    expect(room.queued().map(alert => alert.what)).toEqual(['opened', 'resolved'])
  })

  test('a blip that ends before its alert left withdraws it', async () => {
    const room = new Room(smallFleet('ping'), { canaries: seeing })
    await room.pass(66)
    room.watcher.sample({
      node: 'paris',
      probe: 'ping',
      kind: 'ping',
      at: room.clock.now(),
      ok: false,
      ms: null,
      detail: nodeText('x'),
    })
    await room.pass(2)
    expect(Object.keys(room.state.alerts.outbox)).toHaveLength(1)
    room.person({ type: 'incidents.resolve', id: room.open()[0]?.id ?? '', how: 'me, testing' })
    expect(room.state.alerts.outbox).toEqual({})
    expect(room.state.alerts.done[0]).toMatchObject({ delivered: false, why: 'not needed any more: me, testing' })
  })

  test.each(['planned', 'provisioning', 'retired'] as const)('one that is %s is never judged', async lifecycle => {
    const room = new Room(
      fleetOf([nodeNamed('paris', { lifecycle })], [probeOf('paris', 'ping'), probeOf('paris', 'heartbeat')]),
    )
    room.world = () => false
    room.pushes = () => false
    await room.pass(400)
    expect(room.state.watch.nodes).toEqual({})
    expect(room.events).toEqual([])
  })

  test('retiring a node ends its incident', async () => {
    const room = new Room(smallFleet('ping'), { canaries: seeing })
    room.world = () => false
    await room.pass(60)
    expect(room.open()).toHaveLength(1)
    room.state = { ...room.state, fleet: { ...room.state.fleet, lifecycle: { paris: 'retired' } } }
    await room.pass(2)
    expect(room.open()).toEqual([])
    expect(room.health('paris')).toBeUndefined()
  })

  test('one taken out of the fleet file is gone, with its incident', async () => {
    const room = new Room(smallFleet('ping'), { canaries: seeing })
    room.world = () => false
    await room.pass(60)
    room.watcher.reload(fleetOf([], []))
    await room.pass(1)
    expect([room.state.watch.nodes, room.open()]).toEqual([{}, []])
  })

  test('a probe that cannot look makes it unknown, with the reason', async () => {
    const room = new Room(smallFleet('ping'))
    room.world = () => null
    await room.pass(90)
    expect(room.state.watch.nodes.paris).toMatchObject({ health: 'unknown', reason: 'no answer' })
  })
})

describe('many nodes at once', () => {
  test('a provider that drops is one incident with its nodes inside and one alert', async () => {
    const room = new Room(bigFleet(), { canaries: seeing })
    await room.pass(90)
    room.world = node => node === 'zurich'
    room.pushes = () => false
    await room.pass(200)
    expect(room.healths()).toEqual({ up: 1, down: 20 })
    expect(room.open().map(one => [one.scope, one.subject, one.nodes.length])).toEqual([['group', 'provider aws', 20]])
    const told = Object.values(room.state.alerts.outbox)
    expect(told.map(alert => [alert.title, alert.what])).toEqual([['SEV2 provider aws', 'opened']])
  })

  test('a region that drops is named, though its provider lives', async () => {
    const room = new Room(bigFleet(), { canaries: seeing })
    await room.pass(90)
    const region = names.filter((_, index) => index % 5 === 2)
    room.world = node => !region.includes(node)
    room.pushes = node => !region.includes(node)
    await room.pass(100)
    expect(room.open().map(one => [one.subject, [...one.nodes].sort()])).toEqual([['region region-2', region]])
    expect(room.due()).toHaveLength(1)
  })

  test('five minutes later it is worse, once', async () => {
    const room = new Room(bigFleet(), { canaries: seeing })
    await room.pass(90)
    room.world = node => node === 'zurich'
    room.pushes = () => false
    await room.pass(500)
    expect(Object.values(room.state.alerts.outbox).map(alert => alert.title)).toEqual([
      'SEV2 provider aws',
      'SEV1 provider aws (worse)',
    ])
  })

  test('it ends when the last of its nodes is up', async () => {
    const room = new Room(bigFleet(), { canaries: seeing })
    await room.pass(90)
    room.world = node => node === 'zurich'
    room.pushes = () => false
    await room.pass(200)
    room.world = node => node !== 'node03'
    room.pushes = node => node !== 'node03'
    await room.pass(120)
    expect(room.open()).toHaveLength(1)
    room.world = () => true
    room.pushes = () => true
    await room.pass(120)
    expect(room.open()).toEqual([])
  })

  test('two nodes of twenty are two incidents', async () => {
    const room = new Room(bigFleet(), { canaries: seeing })
    await room.pass(90)
    room.world = node => node !== 'node01' && node !== 'node02'
    await room.pass(60)
    expect(
      room
        .open()
        .map(one => one.subject)
        .sort(),
    ).toEqual(['node01', 'node02'])
  })
})

describe('people and their words', () => {
  test('a node in maintenance is neither down nor alerted, and is told of afterwards if it stays away', async () => {
    const room = new Room(smallFleet('ping'), { canaries: seeing })
    await room.pass(60)
    room.person({
      type: 'incidents.maintain',
      selector: 'paris',
      until: room.clock.now() + 300_000,
      reason: 'new disk',
    })
    room.world = () => false
    await room.pass(200)
    expect(room.state.watch.nodes.paris).toMatchObject({ health: 'maintenance', reason: 'new disk' })
    expect(room.queued()).toEqual([])
    await room.pass(150)
    expect(room.health('paris')).toBe('down')
    expect(room.open()).toHaveLength(1)
    expect(room.state.incidents.maintenance).toEqual([])
  })

  test('a silence mutes alerts, not incidents', async () => {
    const room = new Room(smallFleet('ping'), { canaries: seeing })
    await room.pass(60)
    room.person({
      type: 'incidents.silence',
      selector: 'provider=aws',
      until: room.clock.now() + 3_600_000,
      reason: 'known',
    })
    room.world = () => false
    await room.pass(400)
    expect(room.open()).toHaveLength(1)
    expect(room.queued()).toEqual([])
  })
})

describe('the live side', () => {
  test('a burst of samples is told once, within 50 ms, the last value of each probe', async () => {
    const room = new Room(smallFleet('ping', 'http'))
    const at = room.clock.now()
    for (const ms of [1, 2, 3]) {
      for (const kind of ['ping', 'http'])
        room.watcher.sample({ node: 'paris', probe: kind, kind, at, ok: true, ms, detail: nodeText('') })
    }
    room.clock.advance(50)
    expect(room.live.map(bunch => bunch.map(one => [one.probe, one.ms]))).toEqual([
      [
        ['ping', 3],
        ['http', 3],
      ],
    ])
    expect(room.watcher.live().sparks.paris).toEqual([1, 2, 3])
  })

  test('what a blind HQ could not reach goes into history as not seen', async () => {
    const room = new Room(smallFleet('ping'), { canaries: cut })
    await room.pass(20)
    room.world = () => false
    const before = room.rows.length
    await room.pass(60)
    expect(room.rows.slice(before).map(row => row.ok)).toEqual([null, null])
  })

  test('a full disk loses no change: it is written when there is room', async () => {
    const room = new Room(smallFleet('ping'), { canaries: seeing })
    await room.pass(60)
    room.diskIsFull = true
    room.world = () => false
    await room.pass(60)
    expect(room.health('paris')).toBe('up')
    expect(room.trouble).toContain('no space left')
    room.diskIsFull = false
    await room.pass(2)
    expect(room.health('paris')).toBe('down')
    expect(room.trouble).toBeNull()
  })

  test('what probes remember is durable after the end, and kept small in between', async () => {
    const room = new Room(smallFleet('ping'))
    for (let cursor = 0; cursor < 30; cursor += 1) {
      room.watcher.remember('paris', 'journal', { cursor: String(cursor) })
      await room.pass(1)
    }
    expect(room.watcher.memory('paris', 'journal')).toEqual({ cursor: '29' })
    expect(room.events.filter(event => event.type === 'watch.remembered')).toHaveLength(0)
    await room.watcher.stop()
    expect(room.state.watch.memory.paris?.journal).toEqual({ cursor: '29' })
  })
})
