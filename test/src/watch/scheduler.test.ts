// The schedule on a virtual clock: when looks begin, what is joined, what never happens twice, and what it costs.
import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { frameBatch, readBatchArgv } from '../../../infra/batch/batch.ts'
import { SshError, type SshPool } from '../../../infra/ssh/ssh.ts'
import type { Fleet, FleetNode, ProbeInstance } from '../../../src/fleet/fleet.ts'
import type { DirectProbe, HostProbe, Outcome, ProbeKind, PushProbe, Sample } from '../../../src/watch/probe.ts'
import { createScheduler, type SchedulerOptions } from '../../../src/watch/scheduler.ts'
import { VirtualClock } from '../../../state/primitives/clock.ts'
import { nodeText } from '../../../state/primitives/node-text.ts'
import { context, fleet as makeFleet, node as makeNode, noPool } from './probes/world.ts'

const fine: Outcome = { ok: true, ms: 1, detail: nodeText('fine') }
const common = {
  options: Type.Object({}),
  defaults: { everyMs: 30_000, timeoutMs: 5000, failures: 1 },
  targets: () => [],
}

function direct(kind: string, look: DirectProbe['look'], lookMany?: DirectProbe['lookMany']): DirectProbe {
  return { ...common, kind, from: 'hq', effect: 'down', look, ...(lookMany ? { lookMany } : {}) }
}

function host(kind: string, over: Partial<HostProbe> = {}): HostProbe {
  return {
    ...common,
    kind,
    from: 'host',
    effect: 'degraded',
    commands: () => [['echo', kind]],
    read: () => fine,
    ...over,
  }
}

function instance(node: string, kind: string, over: Partial<ProbeInstance> = {}): ProbeInstance {
  return {
    id: kind,
    node,
    kind,
    target: kind,
    everyMs: 30_000,
    timeoutMs: 5000,
    failures: 1,
    severity: null,
    options: {},
    ...over,
  }
}

/** A pool that runs batches in its head: every command answers nothing with exit 0. */
function answeringPool(seen: { argv: readonly string[]; become: boolean | undefined }[]): SshPool {
  return {
    ...noPool,
    async exec(_target, request) {
      seen.push({ argv: request.argv, become: request.become })
      const batch = readBatchArgv(request.argv)
      if (!batch) throw new Error('no batch')
      const answers = batch.commands.map(() => ({ exit: 0, stdout: new Uint8Array(), stderr: new Uint8Array() }))
      return { outcome: 'ok', exit: 0, killedBy: null, ms: 1, truncated: false, ...frameBatch(batch.boundary, answers) }
    },
  }
}

function rig(fleet: Fleet, kinds: readonly ProbeKind[], over: Partial<SchedulerOptions> = {}, ssh: SshPool = noPool) {
  const clock = new VirtualClock(1_800_000_000_000)
  const samples: Sample[] = []
  const bugs: string[] = []
  const scheduler = createScheduler({
    fleet,
    kinds: new Map(kinds.map(kind => [kind.kind, kind])),
    clock,
    random: () => '0123456789abcdef0123456789abcdef',
    onSample: sample => samples.push(sample),
    onBug: message => bugs.push(message),
    context: (_, node) => context(node, { fleet, clock, ssh }),
    ...over,
  })
  /** Moves the clock in small steps, so that looks which end at once end in between. */
  const pass = async (ms: number, step = 100): Promise<void> => {
    for (let gone = 0; gone < ms; gone += step) {
      clock.advance(Math.min(step, ms - gone))
      for (let turn = 0; turn < 12; turn++) await Promise.resolve()
    }
  }
  return { clock, samples, bugs, scheduler, pass }
}

function nodes(count: number): FleetNode[] {
  return Array.from({ length: count }, (_, at) => makeNode(`node-${at}`))
}

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

describe('trips are shared', () => {
  const kinds = [host('units'), host('boot'), host('load', { needsRoot: true })]
  const probes = [
    instance('node-0', 'units'),
    instance('node-0', 'boot', { everyMs: 60_000 }),
    instance('node-0', 'load'),
  ]

  test('all due host probes of a node go in one exec, as root where one of them needs it', async () => {
    const seen: { argv: readonly string[]; become: boolean | undefined }[] = []
    const { scheduler, pass, samples } = rig(makeFleet(nodes(1), { probes }), kinds, {}, answeringPool(seen))
    scheduler.start()
    await pass(1100)
    expect(samples).toHaveLength(3)
    expect(seen).toHaveLength(1)
    expect(seen[0]?.become).toBe(true)
    await pass(120_000)
    // Two intervals of one minute, four of half a minute: whoever is due at the same time travels together.
    const trips = seen.slice(1).map(({ argv }) => readBatchArgv(argv)?.commands.length)
    expect(trips.length).toBeLessThanOrEqual(5)
    expect(trips).toContain(3)
  })

  test('a node out of reach makes its host probes unknown, not down', async () => {
    const pool: SshPool = {
      ...noPool,
      exec: () => Promise.reject(new SshError('node-0', 'unreachable', nodeText('connection refused'))),
    }
    const { scheduler } = rig(makeFleet(nodes(1), { probes }), kinds, {}, pool)
    const samples = await scheduler.checkNow()
    expect(samples.map(sample => sample.ok)).toEqual([null, null, null])
    expect(samples[0]?.detail).toBe('could not look: unreachable: connection refused')
  })

  test('where root is refused, only what needs it is unknown', async () => {
    const seen: { argv: readonly string[]; become: boolean | undefined }[] = []
    const answering = answeringPool(seen)
    const pool: SshPool = {
      ...noPool,
      exec: (target, request) =>
        request.become
          ? Promise.reject(new SshError('node-0', 'become', nodeText('sudo wants a password')))
          : answering.exec(target, request),
    }
    const { scheduler } = rig(makeFleet(nodes(1), { probes }), kinds, {}, pool)
    const samples = await scheduler.checkNow()
    expect(samples.map(({ kind, ok }) => [kind, ok])).toEqual([
      ['units', true],
      ['boot', true],
      ['load', null],
    ])
  })

  test('a reader that throws spoils its own probe alone', async () => {
    const broken = host('units', {
      read() {
        throw new RangeError('oops')
      },
    })
    const { scheduler, bugs } = rig(makeFleet(nodes(1), { probes }), [broken, ...kinds.slice(1)], {}, answeringPool([]))
    expect((await scheduler.checkNow()).map(sample => sample.ok)).toEqual([null, true, true])
    expect(bugs).toHaveLength(1)
  })

  test('an answer that was cut leaves the probes after the cut unknown', async () => {
    const pool: SshPool = {
      ...noPool,
      async exec(_, request) {
        const batch = readBatchArgv(request.argv)
        const whole = frameBatch(batch?.boundary ?? '', [
          { exit: 0, stdout: Buffer.from('x'), stderr: new Uint8Array() },
        ])
        return { outcome: 'timeout', exit: null, killedBy: null, ms: 1, truncated: false, ...whole }
      },
    }
    const { scheduler } = rig(makeFleet(nodes(1), { probes }), kinds, {}, pool)
    const samples = await scheduler.checkNow()
    expect(samples.map(sample => sample.ok)).toEqual([true, null, null])
    expect(samples[1]?.detail).toContain('did not answer in time')
  })

  test('all due targets of a bulk kind go in one call, or one by one where that is not possible', async () => {
    const calls: number[] = []
    let possible = true
    const singles: string[] = []
    const kind = direct(
      'ping',
      async probe => {
        singles.push(probe.node)
        if (probe.node === 'node-3') throw new Error('oops')
        return fine
      },
      async looks => {
        calls.push(looks.length)
        return possible ? looks.map(() => fine) : null
      },
    )
    const all = nodes(50)
    const { scheduler, samples } = rig(makeFleet(all, { probes: all.map(one => instance(one.name, 'ping')) }), [kind])
    await scheduler.checkNow()
    expect(calls).toEqual([50])
    expect(singles).toEqual([])
    possible = false
    await scheduler.checkNow()
    expect(singles).toHaveLength(50)
    expect(samples).toHaveLength(100)
    expect(samples.filter(sample => sample.ok === null).map(sample => sample.node)).toEqual(['node-3'])
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

test('every batch gets a fresh boundary', async () => {
  const seen: { argv: readonly string[]; become: boolean | undefined }[] = []
  let drawn = 0
  const all = nodes(3)
  const fleet = makeFleet(all, { probes: all.map(one => instance(one.name, 'boot')) })
  const random = () => String(drawn++).padStart(32, '0')
  const { scheduler } = rig(fleet, [host('boot')], { random }, answeringPool(seen))
  await scheduler.checkNow()
  expect(new Set(seen.map(({ argv }) => readBatchArgv(argv)?.boundary)).size).toBe(3)
})
