// Pushes judged: late, missed, never come, and what they said.
import { expect, test } from 'vitest'
import type { Heartbeat, Outcome } from '../../../../src/watch/probe.ts'
import { VirtualClock } from '../../../../state/primitives/clock.ts'
import { context, kindOf, node, probe } from './world.ts'

const paris = node('paris')

function world(options: Readonly<Record<string, unknown>> = {}) {
  const clock = new VirtualClock(1_800_000_000_000)
  const scratch = new Map<string, number>()
  let last: Heartbeat | null = null
  return {
    clock,
    push: (over: Partial<Heartbeat> = {}) => {
      last = { at: clock.now(), status: 'up', values: {}, facts: {}, ...over }
    },
    judge: (): Outcome => {
      const kind = kindOf('heartbeat')
      if (kind.from !== 'push') throw new Error('a heartbeat is pushed')
      return kind.judge(probe('heartbeat', options, paris), context(paris, { clock, scratch, lastHeartbeat: last }))
    },
  }
}

test.each([
  [0, true, undefined],
  [30_000, true, undefined],
  [37_400, true, undefined],
  [37_500, false, 1],
  [67_400, false, 1],
  [67_500, false, 2],
])('%i ms after a push every 30 s the node is %s', (age, ok, missed) => {
  const { clock, push, judge } = world()
  judge()
  clock.advance(100_000)
  push()
  clock.advance(age)
  const outcome = judge()
  expect(outcome.ok).toBe(ok)
  if (missed !== undefined) expect(outcome.values?.missed).toBe(missed)
})

test('before a first push nobody knows; silence longer than an interval is a finding', () => {
  const { clock, judge } = world()
  expect(judge().ok).toBeNull()
  clock.advance(37_500)
  expect(judge().ok).toBeNull()
  clock.advance(30_000)
  expect(judge()).toMatchObject({ ok: false, values: { missed: 2 } })
})

test('an engine that was away does not count the pushes that it could not hear', () => {
  const { clock, push, judge } = world()
  push()
  clock.advance(3_600_000)
  expect(judge().ok).toBeNull()
  clock.advance(60_000)
  expect(judge().ok).toBe(false)
})

test.each([
  [{}, { facts: { db_integrity: 'ok' } }, { ok: true }],
  [{}, { facts: { db_integrity: 'row 7 missing' } }, { ok: false, effect: 'degraded' }],
  [{}, { status: 'down' as const }, { ok: false }],
  [{ expect: { nix_gen: 41 } }, { values: { nix_gen: 41 } }, { ok: true }],
  [{ expect: { nix_gen: 41 } }, { values: { nix_gen: 40 } }, { ok: false, detail: 'nix_gen is 40, not 41' }],
  [{ expect: { nix_gen: 41 } }, {}, { ok: false, detail: 'nix_gen was not pushed' }],
  [{ warn: { disk_pct: 80 } }, { values: { disk_pct: 81 } }, { ok: true, warn: true }],
  [{ fail: { cert_days_remaining: '<7' } }, { values: { cert_days_remaining: 6 } }, { ok: false }],
  [{ fail: { cert_days_remaining: '<7' } }, { values: { cert_days_remaining: 7 } }, { ok: true }],
])('with %j the push %j gives %j', (options, said, wanted) => {
  const { push, judge } = world(options)
  push(said)
  expect(judge()).toMatchObject(wanted)
})
