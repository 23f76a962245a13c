// Whole stories on a virtual clock: an engine ends and another goes on over the same state.
import { describe, expect, test } from 'vitest'
import { bigFleet, Room, seeing, smallFleet } from './watcher-room.ts'

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
