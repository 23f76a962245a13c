// The schedule on a virtual clock: which looks go to a node together, and what one that fails spoils.
import { describe, expect, test } from 'vitest'
import { frameBatch, readBatchArgv } from '../../../infra/batch/batch.ts'
import { SshError, type SshPool } from '../../../infra/ssh/ssh.ts'
import { nodeText } from '../../../state/primitives/node-text.ts'
import { fleet as makeFleet, noPool } from './probes/world.ts'
import { answeringPool, direct, fine, host, instance, nodes, rig } from './scheduler-rig.ts'

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
