// Whole stories on a virtual clock: what the room says when HQ itself cannot see.
import { describe, expect, test } from 'vitest'
import { bigFleet, cut, Room, seeing, smallFleet } from './watcher-room.ts'

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
