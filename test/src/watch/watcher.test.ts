// Whole stories on a virtual clock: what the room says when nodes, regions and HQ itself come and go.
import { describe, expect, test } from 'vitest'
import type { CanaryResult } from '../../../src/watch/blindness.ts'
import { nodeText } from '../../../state/primitives/node-text.ts'
import { fleetOf, nodeNamed, probeOf, Room } from './watcher-room.ts'

const names = Array.from({ length: 20 }, (_, index) => `node${String(index + 1).padStart(2, '0')}`)
const hq = nodeNamed('zurich', { isHq: true, provider: 'static' })

/** The 21-node fleet: HQ and 20 nodes of one provider in five regions. */
function bigFleet() {
  const nodes = [hq, ...names.map((name, index) => nodeNamed(name, { region: `region-${index % 5}` }))]
  const probes = nodes.flatMap(node => [
    probeOf(node.name, 'ping'),
    ...(node.isHq ? [] : [probeOf(node.name, 'heartbeat'), probeOf(node.name, 'units')]),
  ])
  return fleetOf(nodes, probes)
}

function smallFleet(...probes: string[]) {
  return fleetOf(
    [nodeNamed('paris')],
    probes.map(kind => probeOf('paris', kind)),
  )
}

const seeing = (): CanaryResult[] => [{ name: 'gateway', ok: true, detail: 'answers' }]
const cut = (): CanaryResult[] => [
  { name: 'gateway', ok: false, detail: 'no answer to ping' },
  { name: '192.0.2.1:53', ok: false, detail: 'no answer' },
]

describe('HQ cannot see', () => {
  test("HQ's link is cut: all 21 nodes are unknown and there is one alert", async () => {
    const room = new Room(bigFleet(), { canaries: seeing })
    await room.pass(90)
    expect(room.healths()).toEqual({ up: 21 })
    room.canaries = cut
    room.world = () => false
    room.pushes = () => false
    await room.pass(300)
    expect(room.healths()).toEqual({ unknown: 21 })
    expect(room.events.filter(event => event.type === 'watch.health' && event.health.health === 'down')).toEqual([])
    expect(room.queued().map(alert => alert.title)).toEqual(['SEV1 HQ is blind'])
    expect(room.open().map(one => one.scope)).toEqual(['hq'])
    expect(room.state.watch.blind?.why).toContain('gateway (no answer to ping)')
  })

  test('when the link is back nodes are judged afresh and nobody else is alerted', async () => {
    const room = new Room(bigFleet(), { canaries: seeing })
    await room.pass(90)
    room.canaries = cut
    room.world = () => false
    room.pushes = () => false
    await room.pass(300)
    room.canaries = seeing
    room.world = () => true
    room.pushes = () => true
    await room.pass(45)
    expect(room.healths()).toEqual({ up: 21 })
    expect(room.open()).toEqual([])
    expect(new Set(room.queued().map(alert => alert.incident)).size).toBe(1)
  })

  test('a failing node is not called down before the canaries were asked', async () => {
    const room = new Room(smallFleet('ping'), { canaries: seeing })
    await room.pass(60)
    let asked = 0
    room.canaries = () => {
      asked += 1
      return cut()
    }
    room.world = () => false
    await room.pass(60)
    expect(asked).toBeGreaterThan(1)
    expect(room.health('paris')).toBe('unknown')
    expect(room.queued()).toHaveLength(1)
  })

  test('one of two anchors failing while nodes answer blinds nobody', async () => {
    const room = new Room(bigFleet(), { canaries: seeing })
    await room.pass(60)
    room.canaries = () => [...seeing(), { name: '192.0.2.1:53', ok: false, detail: 'no answer' }]
    await room.pass(120)
    expect(room.healths()).toEqual({ up: 21 })
    room.world = node => node !== 'node07'
    await room.pass(60)
    expect(room.health('node07')).toBe('down')
  })

  test('one of two anchors failing while no node answers is blindness', async () => {
    const room = new Room(bigFleet(), { canaries: seeing })
    await room.pass(60)
    room.canaries = () => [...seeing(), { name: '192.0.2.1:53', ok: false, detail: 'no answer' }]
    room.world = () => false
    room.pushes = () => false
    await room.pass(120)
    expect(room.healths()).toEqual({ unknown: 21 })
    expect(room.queued()).toHaveLength(1)
  })

  test('an engine that was stopped and woken excuses two push intervals', async () => {
    const room = new Room(smallFleet('heartbeat'))
    await room.pass(90)
    room.pushes = () => false
    room.clock.advance(600_000)
    await room.pass(1)
    expect(
      room.events.some(event => event.type === 'watch.blind' && event.blind.why.includes('stood still for 601 s')),
    ).toBe(true)
    await room.pass(60)
    expect(room.health('paris')).toBe('unknown')
    await room.pass(6)
    expect(room.health('paris')).toBe('down')
    expect(room.queued().filter(alert => alert.title.includes('HQ is blind'))).toHaveLength(1)
  })

  test('a clock that jumps by an hour makes nodes unknown, not down', async () => {
    const room = new Room(smallFleet('ping', 'heartbeat'))
    await room.pass(60)
    room.clock.jump(3_600_000)
    await room.pass(1)
    expect(
      room.events.some(event => event.type === 'watch.blind' && event.blind.why.includes('jumped by +3600 s')),
    ).toBe(true)
    await room.pass(60)
    expect(room.health('paris')).toBe('up')
    expect(room.events.some(event => event.type === 'watch.health' && event.health.health === 'down')).toBe(false)
  })
})

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
    room.state = { ...room.state, alerts: { outbox: {}, done: [{ ...opened, at: 0, delivered: true, why: null }] } }
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

describe('a new engine over the same state', () => {
  test('the five minutes go on where they stood; time without an engine does not count', async () => {
    const room = new Room(smallFleet('ping'), { canaries: seeing })
    await room.pass(60)
    room.world = () => false
    await room.pass(120)
    const since = room.state.watch.nodes.paris?.since ?? 0
    const beforeMs = room.clock.now() - since
    // Killed; an hour later the next one starts.
    room.clock.advance(3_600_000)
    room.start()
    await room.pass(40)
    expect(room.state.watch.nodes.paris?.severity).not.toBe('SEV1')
    await room.pass(400)
    expect(room.state.watch.nodes.paris?.severity).toBe('SEV1')
    expect(beforeMs).toBeLessThan(300_000)
    expect(room.events.filter(event => event.type === 'incidents.opened')).toHaveLength(1)
  })

  test('a restart of ten seconds in the middle shifts SEV1 by about ten seconds', async () => {
    const room = new Room(smallFleet('ping'), { canaries: seeing })
    await room.pass(60)
    room.world = () => false
    await room.pass(120)
    const due = room.state.watch.nodes.paris?.worsensAt ?? 0
    await room.watcher.stop()
    room.clock.advance(10_000)
    room.start()
    await room.pass(2)
    const moved = (room.state.watch.nodes.paris?.worsensAt ?? 0) - due
    expect(moved).toBeGreaterThanOrEqual(9_000)
    expect(moved).toBeLessThanOrEqual(11_000)
    expect(room.health('paris')).toBe('down')
  })

  test('an engine that was killed loses at most fifteen seconds of the five minutes', async () => {
    const room = new Room(smallFleet('ping'), { canaries: seeing })
    await room.pass(60)
    room.world = () => false
    await room.pass(250)
    room.clock.advance(10_000)
    room.start()
    await room.pass(1)
    const leftMs = (room.state.watch.nodes.paris?.worsensAt ?? 0) - room.clock.now()
    const downForMs = room.clock.now() - (room.state.watch.nodes.paris?.since ?? 0)
    expect(leftMs + downForMs).toBeGreaterThanOrEqual(310_000)
    expect(leftMs + downForMs).toBeLessThanOrEqual(326_000)
  })

  test('a start makes no alerts and forgets no health', async () => {
    const room = new Room(bigFleet(), { canaries: seeing })
    await room.pass(90)
    await room.watcher.stop()
    room.clock.advance(5_000)
    const before = room.events.length
    room.start()
    await room.pass(120)
    expect(room.events.slice(before).filter(event => !event.type.startsWith('watch.mark'))).toEqual([])
    expect(room.healths()).toEqual({ up: 21 })
  })

  test('after a long absence all are unknown until looked at, without alerts', async () => {
    const room = new Room(bigFleet(), { canaries: seeing })
    await room.pass(90)
    room.clock.advance(7_200_000)
    room.start()
    room.world = () => undefined
    room.pushes = () => false
    await room.pass(1)
    expect(room.healths()).toEqual({ unknown: 21 })
    room.world = () => true
    room.pushes = () => true
    await room.pass(40)
    expect(room.healths()).toEqual({ up: 21 })
    expect(room.queued()).toEqual([])
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
