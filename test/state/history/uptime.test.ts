import { describe, expect, test } from 'vitest'
import { day, hour, midnight, minute, openHome, second } from './home.ts'

describe('uptime is weighed by time', () => {
  test('12 hours up sampled every 30 s and 12 hours down sampled every 60 s are 50 %, not 66.7 %', async () => {
    const home = await openHome()
    const { history, clock } = home
    home.tell('paris', 'up')
    for (let i = 0; i < 1440; i += 1) {
      history.append([{ node: 'paris', probe: 'ping', at: clock.now(), ok: true, ms: 20 }])
      await home.watch(30 * second)
    }
    home.tell('paris', 'down')
    for (let i = 0; i < 720; i += 1) {
      history.append([{ node: 'paris', probe: 'ping', at: clock.now(), ok: false, ms: null }])
      await home.watch(60 * second)
    }
    expect(history.uptime({ from: midnight, to: midnight + day })).toEqual([
      {
        name: 'paris',
        upS: 43_200,
        degradedS: 0,
        downS: 43_200,
        unknownS: 0,
        maintenanceS: 0,
        ratio: 0.5,
        coverage: 1,
      },
    ])
  })

  test('one hour down in a day is 95.8 %, however often it was retried', async () => {
    const home = await openHome()
    home.tell('paris', 'up')
    await home.watch(10 * hour)
    for (let i = 0; i < 180; i += 1) {
      home.tell('paris', 'down')
      await home.watch(20 * second)
    }
    home.tell('paris', 'up')
    await home.watch(13 * hour)
    const [row] = home.history.uptime({ from: midnight, to: midnight + day })
    expect(row?.downS).toBe(3600)
    expect(row?.ratio).toBeCloseTo(23 / 24, 6)
  })

  test('maintenance and unknown are left out of the ratio, and unknown lowers the coverage', async () => {
    const home = await openHome()
    home.tell('paris', 'up')
    await home.watch(6 * hour)
    home.tell('paris', 'maintenance')
    await home.watch(2 * hour)
    home.tell('paris', 'unknown')
    await home.watch(1 * hour)
    home.tell('paris', 'degraded')
    await home.watch(2 * hour)
    home.tell('paris', 'down')
    await home.watch(1 * hour)
    const [row] = home.history.uptime({ from: midnight, to: midnight + 12 * hour })
    expect(row).toMatchObject({ upS: 21_600, maintenanceS: 7200, unknownS: 3600, degradedS: 7200, downS: 3600 })
    expect(row?.ratio).toBeCloseTo(8 / 9, 9)
    expect(row?.coverage).toBeCloseTo(11 / 12, 9)
  })

  test('a node is measured from when it was first known', async () => {
    const home = await openHome()
    home.tell('paris', 'up')
    await home.watch(6 * hour)
    home.tell('tokyo', 'up')
    await home.watch(6 * hour)
    const rows = home.history.uptime({ from: midnight, to: midnight + 12 * hour })
    expect(rows.find(row => row.name === 'tokyo')).toMatchObject({ upS: 21_600, unknownS: 0, ratio: 1, coverage: 1 })
  })

  test('where nothing was watched the ratio is null, not 0 and not 1', async () => {
    const home = await openHome()
    home.tell('paris', 'unknown')
    await home.watch(hour)
    expect(home.history.uptime({ from: midnight, to: midnight + hour }, ['paris', 'nowhere'])).toMatchObject([
      { name: 'paris', ratio: null, coverage: 0, unknownS: 3600 },
      { name: 'nowhere', ratio: null, coverage: 0, unknownS: 0 },
    ])
  })

  test('windows need not begin or end with a slot', async () => {
    const home = await openHome()
    home.tell('paris', 'up')
    await home.watch(30 * minute)
    home.tell('paris', 'down')
    await home.watch(30 * minute)
    const [row] = home.history.uptime({
      from: midnight + 29 * minute + 7 * second,
      to: midnight + 30 * minute + 11 * second,
    })
    expect(row).toMatchObject({ upS: 53, downS: 11 })
  })

  test('the running slot counts up to this moment', async () => {
    const home = await openHome()
    home.tell('paris', 'up')
    await home.watch(10 * minute + 17 * second, second)
    expect(home.history.uptime({ from: midnight, to: midnight + day })[0]).toMatchObject({ upS: 617, coverage: 1 })
  })
})

describe('what was not watched is unknown', () => {
  test('an engine that was dead for an hour leaves an unknown hour', async () => {
    const home = await openHome()
    home.tell('paris', 'up')
    await home.watch(2 * hour)
    await home.history.close()
    home.clock.advance(hour)
    await home.reopen()
    home.tell('paris', 'up')
    await home.watch(hour)
    const [row] = home.history.uptime({ from: midnight, to: midnight + 4 * hour })
    expect(row).toMatchObject({ upS: 3 * 3600, unknownS: 3600, downS: 0, ratio: 1, coverage: 0.75 })
    expect(home.history.absence()).toMatchObject({ realMs: hour })
  })

  test('a process that was stopped and woken leaves the same gap', async () => {
    const home = await openHome()
    home.tell('paris', 'up')
    await home.watch(hour)
    home.clock.advance(hour)
    await home.watch(hour)
    const [row] = home.history.uptime({ from: midnight, to: midnight + 3 * hour })
    expect(row).toMatchObject({ upS: 7200, unknownS: 3600 })
  })

  test('after a restart a node is unknown until something is told about it', async () => {
    const home = await openHome()
    home.tell('paris', 'up')
    await home.watch(hour)
    await home.history.close()
    await home.reopen()
    await home.watch(hour)
    expect(home.history.uptime({ from: midnight, to: midnight + 2 * hour })[0]).toMatchObject({
      upS: 3600,
      unknownS: 3600,
    })
  })

  test('a clock that jumps ahead makes the time between unknown', async () => {
    const home = await openHome()
    home.tell('paris', 'up')
    await home.watch(hour)
    home.clock.jump(3 * hour)
    await home.watch(hour)
    const [row] = home.history.uptime({ from: midnight, to: midnight + 5 * hour })
    expect(row).toMatchObject({ upS: 7200, unknownS: 3 * 3600 })
  })

  test('a clock set back never rewrites what is settled', async () => {
    const home = await openHome()
    home.tell('paris', 'up')
    await home.watch(2 * hour)
    const before = home.history.slots('paris', { from: midnight, to: midnight + hour + 59 * minute })
    home.clock.jump(-hour)
    home.tell('paris', 'down')
    await home.watch(30 * minute)
    expect(home.history.slots('paris', { from: midnight, to: midnight + hour + 30 * minute })).toEqual(
      before.slice(0, 180),
    )
    await home.watch(hour)
    const after = home.history.slots('paris', { from: midnight, to: midnight + 2.5 * hour })
    expect(after.slice(0, before.length)).toEqual(before)
    expect(after.slice(-58)).toEqual(Array.from({ length: 58 }, () => 'down'))
  })

  test('a clock that was a year ahead for a minute does not cost a year', async () => {
    const home = await openHome()
    home.tell('paris', 'up')
    await home.watch(hour)
    home.clock.jump(365 * day)
    await home.watch(minute)
    home.clock.jump(-365 * day)
    await home.watch(hour)
    const [row] = home.history.uptime({ from: midnight, to: midnight + 2 * hour })
    expect(row?.upS).toBeGreaterThan(7000)
    expect(row?.downS).toBe(0)
  })

  test('a node that left is none, also through an outage of the engine', async () => {
    const home = await openHome()
    home.tell('paris', 'up')
    await home.watch(hour)
    home.tell('paris', 'none')
    await home.watch(hour)
    await home.history.close()
    home.clock.advance(day)
    await home.reopen()
    await home.watch(hour)
    expect(home.history.uptime({ from: midnight, to: midnight + 2 * day }, ['paris'])[0]).toMatchObject({
      upS: 3600,
      unknownS: 0,
      coverage: 1,
    })
  })
})

test('a month is answered from days on disk as from memory', async () => {
  const home = await openHome()
  home.tell('paris', 'up')
  await home.watch(12 * hour, 10 * second)
  home.tell('paris', 'down')
  await home.watch(36 * hour, 10 * second)
  await home.tidy()
  await home.history.close()
  home.clock.advance(27 * day)
  await home.reopen()
  home.tell('paris', 'up')
  await home.watch(day, 10 * second)
  const expected = { upS: (6 + 24) * 3600, downS: 36 * 3600, unknownS: 27 * 86_400 }
  const window = { from: midnight + 6 * hour, to: midnight + 30 * day }
  expect(home.history.uptime(window)[0]).toMatchObject(expected)
  expect(home.history.slots('paris', { from: midnight + 11.9 * hour, to: midnight + 12.1 * hour })).toEqual([
    ...Array.from({ length: 12 }, () => 'up'),
    ...Array.from({ length: 12 }, () => 'down'),
  ])
})
