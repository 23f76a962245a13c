// What holds of a node's health whatever samples come, and whenever it is judged.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judge, look, startTrack, validityMs } from '../../../src/watch/health.ts'
import { quiet, rule, rulesOf, s, tls, units } from './health-rules.ts'

describe('whatever happens', () => {
  const probes = [rule('ping'), rule('ssh', { failures: 3, everyMs: 60 * s }), units, tls, quiet]
  const rules = rulesOf(...probes)
  const step = fc.record({
    after: fc.integer({ min: 0, max: 120 }),
    probe: fc.constantFrom('ping', 'ssh', 'units', 'tls', 'quiet'),
    ok: fc.constantFrom(true, false, null),
  })
  const runs = 300 * Number(process.env.WATCHFLOOR_GAUNTLET ?? '1')

  test('no sequence of samples makes a node without a valid sample up or down', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 0, max: 30_000 }), (steps, rest) => {
        let track = startTrack()
        let now = 0
        const lastLook = new Map<string, number>()
        const check = () => {
          const isValid = [...lastLook].some(([id, at]) => {
            const probe = rules.probes.get(id)
            return probe !== undefined && probe.effect !== 'none' && now * s < at + validityMs(probe)
          })
          if (!isValid) expect(track.shown.health).toBe('unknown')
        }
        for (const one of steps) {
          now += one.after
          track = judge(track, rules, now * s).track
          check()
          const probe = rules.probes.get(one.probe)
          if (probe) track = judge(look(track, probe, { ok: one.ok, detail: '' }, now * s), rules, now * s).track
          if (one.ok !== null) lastLook.set(one.probe, now * s)
          check()
        }
        now += rest
        track = judge(track, rules, now * s).track
        check()
      }),
      { numRuns: runs, seed: 7 },
    )
  })

  test('judging only when it asks to be judged misses nothing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), steps => {
        let lazy = startTrack()
        let eager = startTrack()
        let next: number | null = null
        let now = 0
        for (const one of steps) {
          for (let second = 0; second < one.after; second += 1) {
            now += 1
            eager = judge(eager, rules, now * s).track
            if (next !== null && next <= now * s) {
              const found = judge(lazy, rules, now * s)
              lazy = found.track
              next = found.nextAt
            }
            expect([lazy.shown.health, lazy.shown.severity]).toEqual([eager.shown.health, eager.shown.severity])
          }
          const probe = rules.probes.get(one.probe)
          if (!probe) continue
          eager = judge(look(eager, probe, { ok: one.ok, detail: '' }, now * s), rules, now * s).track
          const found = judge(look(lazy, probe, { ok: one.ok, detail: '' }, now * s), rules, now * s)
          lazy = found.track
          next = found.nextAt
        }
      }),
      { numRuns: Math.ceil(runs / 5), seed: 11 },
    )
  })
})
