import { describe, expect, test } from 'vitest'
import { createBackoff } from '../../../infra/ssh/backoff.ts'
import { startLimit, within } from '../../../infra/ssh/limit.ts'
import { createTurns } from '../../../infra/ssh/turns.ts'
import { VirtualClock } from '../../../state/primitives/clock.ts'

describe('backing off', () => {
  test('doubles to its most, and a success forgets it', () => {
    const backoff = createBackoff({ firstMs: 1000, mostMs: 8000 }, () => 0.5)
    const holdsFor = [1000, 2000, 4000, 8000, 8000].map(ms => {
      backoff.fail(0)
      return [backoff.holds(ms - 1), backoff.holds(ms)]
    })
    expect(holdsFor).toEqual(Array.from({ length: 5 }, () => [true, false]))
    backoff.succeed()
    expect(backoff.holds(0)).toBe(false)
  })

  test.each([
    [0, 500],
    [0.999999, 1499],
  ])('with chance %f holds for about %i ms', (chance, ms) => {
    const backoff = createBackoff({ firstMs: 1000, mostMs: 8000 }, () => chance)
    backoff.fail(0)
    expect([backoff.holds(ms - 1), backoff.holds(ms + 1)]).toEqual([true, false])
  })
})

describe('turns', () => {
  test('are given in order and no more than allowed at once', async () => {
    const turns = createTurns(2)
    const signal = new AbortController().signal
    const first = await turns.take(signal)
    await turns.take(signal)
    const order: string[] = []
    const third = turns.take(signal).then(() => order.push('third'))
    const fourth = turns.take(signal).then(() => order.push('fourth'))
    expect(turns.taken()).toBe(2)
    first()
    first()
    await third
    expect(order).toEqual(['third'])
    expect(turns.taken()).toBe(2)
    void fourth
  })

  test('are not given to those who gave up', async () => {
    const turns = createTurns(1)
    const giveBack = await turns.take(new AbortController().signal)
    const gone = new AbortController()
    const given = expect(turns.take(gone.signal)).rejects.toBeDefined()
    gone.abort()
    await given
    const next = turns.take(new AbortController().signal)
    giveBack()
    await next
    expect(turns.taken()).toBe(1)
  })
})

describe('a limit', () => {
  test('ends by its deadline on the monotonic clock', () => {
    const clock = new VirtualClock(0)
    const limit = startLimit(clock, 100)
    clock.jump(5000)
    expect(limit.ended()).toBeNull()
    clock.advance(100)
    expect([limit.ended(), limit.signal.aborted]).toEqual(['timeout', true])
  })

  test('ends by the caller, also one who had given up before', () => {
    const caller = new AbortController()
    caller.abort()
    expect(startLimit(new VirtualClock(0), 100, caller.signal).ended()).toBe('cancelled')
  })

  test('that was released ends no more', () => {
    const clock = new VirtualClock(0)
    const limit = startLimit(clock, 100)
    limit.release()
    clock.advance(1000)
    expect(limit.ended()).toBeNull()
  })

  test('cuts a wait that would never end', async () => {
    const clock = new VirtualClock(0)
    const limit = startLimit(clock, 100)
    const waiting = within(new Promise(() => undefined), limit.signal, () => new Error('too late'))
    clock.advance(100)
    await expect(waiting).rejects.toThrow('too late')
  })
})
