// The schedule on a virtual clock: when looks begin, what never happens twice, and what it costs.
import { describe, expect, test } from 'vitest'
import type { FleetNode } from '../../../src/fleet/fleet.ts'
import type { Outcome, PushProbe } from '../../../src/watch/probe.ts'
import { VirtualClock } from '../../../state/primitives/clock.ts'
import { nodeText } from '../../../state/primitives/node-text.ts'
import { context, fleet as makeFleet, node as makeNode } from './probes/world.ts'
import { answeringPool, common, direct, fine, host, instance, nodes, rig } from './scheduler-rig.ts'

describe('time', () => {
  test('everything is looked at soon after the start, and then once an interval, for ever in place', async () => {
    const all = nodes(20)
    const at = new Map<string, number[]>()
    const kind = direct('http', async probe => {
      at.set(probe.node, [...(at.get(probe.node) ?? []), clock.mono()])
      return fine
    })
    const { clock, scheduler, pass, samples } = rig(
      makeFleet(all, { probes: all.map(one => instance(one.name, 'http')) }),
      [kind],
    )
    scheduler.start()
    await pass(1200)
    expect(samples).toHaveLength(20)
    await pass(600_000)
    for (const times of at.values()) {
      const steps = times.slice(2).map((time, index) => time - (times[index + 1] ?? 0))
      expect(new Set(steps)).toEqual(new Set([30_000]))
      const second = (times[1] ?? 0) - (times[0] ?? 0)
      expect(second).toBeGreaterThanOrEqual(7500 - 100)
      expect(second).toBeLessThanOrEqual(37_500 + 100)
    }
  })

  test('nodes are spread over the interval: no tick holds a crowd', async () => {
    const all = nodes(1000)
    const inSecond = new Map<number, number>()
    const kind = direct('http', async () => {
      const second = Math.floor(clock.mono() / 1000)
      inSecond.set(second, (inSecond.get(second) ?? 0) + 1)
      return fine
    })
    const { clock, scheduler, pass } = rig(makeFleet(all, { probes: all.map(one => instance(one.name, 'http')) }), [
      kind,
    ])
    scheduler.start()
    await pass(120_000, 500)
    const steady = [...inSecond].filter(([second]) => second >= 60 && second < 90).map(([, count]) => count)
    expect(steady.reduce((sum, count) => sum + count, 0)).toBe(1000)
    expect(Math.max(...steady)).toBeLessThan(75)
  })

  test('intervals that HQ slept through are skipped, not made up for', async () => {
    const kind = direct('http', async () => fine)
    const base = new VirtualClock(1_800_000_000_000)
    let slept = 0
    const clock = {
      now: () => base.now() + slept,
      mono: () => base.mono() + slept,
      after: (ms: number, fire: () => void) => base.after(ms, fire),
    }
    const fleet = makeFleet(nodes(1), { probes: [instance('node-0', 'http')] })
    const { scheduler, samples } = rig(fleet, [kind], { clock })
    const pass = async (ms: number): Promise<void> => {
      for (let gone = 0; gone < ms; gone += 100) {
        base.advance(100)
        for (let turn = 0; turn < 12; turn++) await Promise.resolve()
      }
    }
    scheduler.start()
    await pass(60_000)
    const before = samples.length
    slept = 3_600_000
    await pass(2000)
    expect(samples.length - before).toBeLessThanOrEqual(2)
    const after = samples.length
    await pass(90_000)
    expect(samples.length - after).toBe(3)
  })

  test('a node that is not live is not looked at, and is from the moment it is', async () => {
    const planned = makeNode('later', { lifecycle: 'planned' })
    let live = false
    const kind = direct('http', async () => fine)
    const { scheduler, pass, samples } = rig(makeFleet([planned], { probes: [instance('later', 'http')] }), [kind], {
      isLive: () => live,
    })
    scheduler.start()
    await pass(60_000)
    expect(await scheduler.checkNow()).toEqual([])
    expect(samples).toEqual([])
    live = true
    await pass(30_000)
    expect(samples).toHaveLength(1)
  })
})

describe('deadlines', () => {
  test('a look that heeds its signal ends with its own words', async () => {
    const kind = direct(
      'http',
      (_, __, signal) =>
        new Promise(resolve => {
          signal.addEventListener('abort', () => resolve({ ok: false, ms: null, detail: nodeText('no answer') }))
        }),
    )
    const { scheduler, pass, samples, bugs } = rig(makeFleet(nodes(1), { probes: [instance('node-0', 'http')] }), [
      kind,
    ])
    scheduler.start()
    await pass(8000)
    expect(samples).toMatchObject([{ ok: false, detail: 'no answer' }])
    expect(bugs).toEqual([])
  })

  test('one that never ends becomes unknown, is named as our bug, and is never begun again beside itself', async () => {
    let begun = 0
    const kind = direct('http', () => {
      begun++
      return new Promise(() => {})
    })
    const { scheduler, pass, samples, bugs } = rig(makeFleet(nodes(1), { probes: [instance('node-0', 'http')] }), [
      kind,
    ])
    scheduler.start()
    await pass(120_000)
    expect(begun).toBe(1)
    expect(bugs).toHaveLength(1)
    expect(samples.length).toBeGreaterThan(2)
    expect(samples.every(sample => sample.ok === null)).toBe(true)
    expect((await scheduler.checkNow())[0]?.ok).toBeNull()
  })

  test('a probe that throws is unknown and named, and the others go on', async () => {
    const bad = direct('bad', () => {
      throw new TypeError('oops')
    })
    const good = direct('good', async () => fine)
    const fleet = makeFleet(nodes(1), { probes: [instance('node-0', 'bad'), instance('node-0', 'good')] })
    const { scheduler, samples, bugs } = rig(fleet, [bad, good])
    await scheduler.checkNow()
    expect(samples.map(({ kind, ok }) => [kind, ok]).sort()).toEqual([
      ['bad', null],
      ['good', true],
    ])
    expect(bugs).toEqual(['the bad probe bad of node-0 threw'])
  })

  test('the dead do not starve the living', async () => {
    const all = nodes(400)
    const kind = direct('http', (probe, _, signal) =>
      Number(probe.node.slice(5)) % 2 === 0
        ? Promise.resolve(fine)
        : new Promise(resolve => signal.addEventListener('abort', () => resolve({ ...fine, ok: false }))),
    )
    const probes = all.map(one => instance(one.name, 'http', { timeoutMs: 20_000 }))
    const { scheduler, pass, samples } = rig(makeFleet(all, { probes }), [kind])
    scheduler.start()
    await pass(90_000, 500)
    const living = samples.filter(sample => sample.ok === true)
    expect(living.length).toBeGreaterThanOrEqual(400)
  })
})

describe('check, reload and stop', () => {
  test('a check joins a look that is under way', async () => {
    let begun = 0
    let end = (_: Outcome): void => {}
    const kind = direct('http', () => {
      begun++
      return new Promise(resolve => {
        end = resolve
      })
    })
    const { scheduler, pass } = rig(makeFleet(nodes(1), { probes: [instance('node-0', 'http')] }), [kind])
    scheduler.start()
    await pass(1100)
    const checks = [scheduler.checkNow(['node-0']), scheduler.checkNow(['node-0'])]
    end(fine)
    expect((await Promise.all(checks)).flat().map(sample => sample.ok)).toEqual([true, true])
    expect(begun).toBe(1)
  })

  test('a check of some nodes looks at no others and leaves the schedule where it was', async () => {
    const kind = direct('http', async () => fine)
    const all = nodes(3)
    const { scheduler, samples } = rig(makeFleet(all, { probes: all.map(one => instance(one.name, 'http')) }), [kind])
    expect((await scheduler.checkNow(['node-1'])).map(sample => sample.node)).toEqual(['node-1'])
    expect(samples).toHaveLength(1)
  })

  test('a reload keeps the place of what is the same, begins what is new and ends what is gone', async () => {
    const at = new Map<string, number[]>()
    const kind = direct('http', async probe => {
      at.set(probe.node, [...(at.get(probe.node) ?? []), clock.mono()])
      return fine
    })
    const [a, b, c] = [makeNode('a'), makeNode('b'), makeNode('c')]
    const of = (...all: FleetNode[]) => makeFleet(all, { probes: all.map(one => instance(one.name, 'http')) })
    const { clock, scheduler, pass } = rig(of(a, b), [kind])
    scheduler.start()
    await pass(90_000)
    const placeOf = (name: string) => (at.get(name)?.at(-1) ?? 0) % 30_000
    const before = placeOf('a')
    scheduler.reload(of({ ...a }, c))
    await pass(1200)
    expect(at.get('c')).toHaveLength(1)
    const looksAtB = at.get('b')?.length
    await pass(60_000)
    expect(placeOf('a')).toBe(before)
    const gaps = (at.get('a') ?? []).slice(2).map((time, index) => time - (at.get('a')?.[index + 1] ?? 0))
    expect(new Set(gaps)).toEqual(new Set([30_000]))
    expect(at.get('b')).toHaveLength(looksAtB ?? -1)
    expect(scheduler.stats()).toMatchObject({ probes: 2, running: 0, waiting: 0 })
  })

  test('stop ends looks under way, drops their samples and answers those who wait', async () => {
    const kind = direct(
      'http',
      (_, __, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    )
    const { scheduler, pass, samples, bugs } = rig(makeFleet(nodes(1), { probes: [instance('node-0', 'http')] }), [
      kind,
    ])
    const check = scheduler.checkNow()
    await scheduler.stop()
    expect((await check)[0]).toMatchObject({ ok: null, detail: 'could not look: the engine is stopping' })
    await pass(60_000)
    expect(samples).toEqual([])
    expect(bugs).toEqual([])
  })

  test('pushes are judged in their interval', async () => {
    const push: PushProbe = { ...common, kind: 'heartbeat', from: 'push', effect: 'down', judge: () => fine }
    const { scheduler, pass, samples } = rig(makeFleet(nodes(1), { probes: [instance('node-0', 'heartbeat')] }), [push])
    scheduler.start()
    await pass(120_000)
    expect(samples.length).toBeGreaterThanOrEqual(4)
  })
})

test('a thousand nodes with eight probes cost the schedule little of a core', async () => {
  const all = nodes(1000)
  const seen: { argv: readonly string[]; become: boolean | undefined }[] = []
  const kinds = [
    ...['h1', 'h2', 'h3', 'h4', 'h5'].map(name => host(name)),
    ...['d1', 'd2'].map(name => direct(name, async () => fine)),
    direct(
      'p',
      async () => fine,
      async looks => looks.map(() => fine),
    ),
  ]
  const probes = all.flatMap(one => kinds.map(kind => instance(one.name, kind.kind)))
  const shared = context(all[0] ?? makeNode('x'), { ssh: answeringPool(seen) })
  const { scheduler, pass, samples } = rig(makeFleet(all, { probes }), kinds, {
    context: (_, node) => ({ ...shared, node }),
  })
  scheduler.start()
  await pass(60_000)
  samples.length = 0
  const before = process.cpuUsage()
  await pass(30_000)
  const used = process.cpuUsage(before)
  expect(samples).toHaveLength(8000)
  const share = (used.user + used.system) / 1000 / 30_000
  console.log(`schedule, 1,000 nodes x 8 probes / 30 s: ${(share * 100).toFixed(1)}% of a core`)
  // With the virtual clock's own cost and a busy machine; the budget of the whole engine is 25 %.
  expect(share).toBeLessThan(0.15)
})
