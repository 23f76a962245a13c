// What may be asked of money, and how the ledger follows from events.
import { describe, expect, test } from 'vitest'
import type { Price } from '../../../infra/clouds/shapes.ts'
import type { FleetState } from '../../../src/engine/fleet-state.ts'
import { bookOf } from '../../../src/money/book.ts'
import { type MoneyCommand, type MoneyEvent, moneyNoun } from '../../../src/money/noun.ts'
import type { Lifetime, Reported } from '../../../src/money/shapes.ts'
import { at, dayMs, hourMs, lifetimeFrom, stateWith } from './ledger.ts'

const now = at('11-10 12:00:00')
const empty = stateWith([])
const person = { by: 'anna', roles: ['operator'] }

function decide(state: FleetState, command: MoneyCommand, when = now, who: { by: string; roles: string[] } = person) {
  return moneyNoun.decide(state, command, { now: when, ...who, id: prefix => `${prefix}-1` })
}
function fold(state: FleetState, events: readonly MoneyEvent[], when = now, by = 'anna'): FleetState {
  const money = events.reduce((slice, event) => moneyNoun.reduce(slice, event, { seq: 1, at: when, by }), state.money)
  return { ...state, money }
}
const tell = (state: FleetState, command: MoneyCommand, when = now, who: { by: string; roles: string[] } = person) =>
  fold(state, decide(state, command, when, who), when, who.by)
const engine = { by: 'engine', roles: [] }

const nano: Price = {
  provider: 'aws',
  region: 'us-east-1',
  kind: 'instance',
  sku: 't4g.nano',
  currency: 'USD',
  hourlyNanos: 4_200_000,
  monthlyNanos: null,
  source: 'AWS Pricing API',
  at: now,
}
const bill: Omit<Reported, 'by' | 'queryCost'> = {
  provider: 'hostkey',
  month: '2026-11',
  currency: 'EUR',
  micros: 3_900_000,
  asOf: now,
  estimated: false,
  source: 'invoice 4711',
  evidence: 'a'.repeat(64),
}
const ask = (id: string): MoneyCommand => ({ type: 'money.ask-billing', id, provider: 'aws' })
const answer = (id: string, more: Partial<Extract<MoneyCommand, { type: 'money.answer' }>> = {}): MoneyCommand => ({
  type: 'money.answer',
  id,
  prices: [],
  reported: [],
  trouble: null,
  ...more,
})

describe('asking', () => {
  test('billing is asked at most every twelve hours, and the refusal says when again', () => {
    const asked = tell(empty, ask('billing-1'))
    expect(moneyNoun.pending?.(asked)).toEqual([{ id: 'billing-1', kind: 'money.billing', provider: 'aws' }])
    expect(() => decide(asked, ask('billing-2'), now + 12 * hourMs - 1)).toThrow(/asked at 2026-11-10 12:00 UTC/)
    expect(() => decide(asked, ask('billing-2'), now + hourMs)).toThrow(
      expect.objectContaining({ exit: 5, remedy: 'it may be asked again from 2026-11-11 00:00 UTC' }),
    )
    expect(decide(asked, ask('billing-2'), now + 12 * hourMs)).toHaveLength(1)
  })

  test('another provider may be asked meanwhile, and a wrong clock forbids nothing for years', () => {
    const asked = tell(empty, ask('billing-1'))
    expect(decide(asked, { type: 'money.ask-billing', id: 'billing-2', provider: 'gcp' })).toHaveLength(1)
    expect(decide(asked, ask('billing-2'), now - 365 * dayMs)).toHaveLength(1)
  })

  test('a request that comes twice is one', () => {
    const asked = tell(empty, ask('billing-1'))
    expect(decide(asked, ask('billing-1'))).toEqual([])
    const ended = tell(asked, answer('billing-1', { trouble: 'aws: no' }), now, engine)
    expect(decide(ended, ask('billing-1'), now + 2 * dayMs)).toEqual([])
    expect(ended.money.closed).toEqual([
      { id: 'billing-1', kind: 'billing', provider: 'aws', endedAt: now, changed: 0, trouble: 'aws: no' },
    ])
    expect(moneyNoun.pending?.(ended)).toEqual([])
  })

  test('prices that are being read are not read a second time at once', () => {
    const refresh = (id: string): MoneyCommand => ({ type: 'money.refresh-prices', id, provider: null })
    const open = tell(empty, refresh('prices-1'))
    expect(moneyNoun.pending?.(open)).toEqual([{ id: 'prices-1', kind: 'money.prices', provider: null }])
    expect(() => decide(open, refresh('prices-2'))).toThrow(/are being read/)
  })

  test('who is neither operator nor owner asks for nothing', () => {
    expect(() => decide(empty, ask('billing-1'), now, { by: 'eve', roles: [] })).toThrow(/neither operator nor owner/)
  })
})

describe('invoices', () => {
  const report = (more: Partial<typeof bill> = {}): MoneyCommand => ({
    type: 'money.report',
    reported: { ...bill, ...more },
  })

  test('a person writes one down, with its evidence and their name', () => {
    const state = tell(empty, report())
    expect(Object.values(state.money.reported)).toEqual([{ ...bill, by: 'anna', queryCost: null }])
    expect(decide(state, report())).toEqual([])
  })

  test('the engine writes none down', () => {
    expect(() => decide(empty, report(), now, engine)).toThrow(/by a person/)
  })

  test('none is of before its month, or of the future', () => {
    expect(() => decide(empty, report({ asOf: at('10-31 23:59:59') }))).toThrow(/cannot be as of/)
    expect(() => decide(empty, report({ asOf: now + 2 * dayMs }))).toThrow(/cannot be as of/)
  })

  test('an estimate does not undo a final figure, a later final figure does', () => {
    const state = tell(empty, report())
    expect(() => decide(state, report({ estimated: true, asOf: now + hourMs }))).toThrow(/already has a final figure/)
    const later = tell(state, report({ micros: 4_000_000, asOf: now + hourMs }))
    expect(Object.values(later.money.reported)).toMatchObject([{ micros: 4_000_000 }])
  })

  test('two currencies of one provider stand side by side', () => {
    const state = tell(tell(empty, report()), report({ currency: 'USD' }))
    expect(Object.keys(state.money.reported)).toHaveLength(2)
  })

  test('those of the last 24 months are kept', () => {
    const state = tell(empty, report())
    const later = (when: number) =>
      tell(state, report({ provider: 'x', month: new Date(when).toISOString().slice(0, 7), asOf: when }), when)
    expect(Object.keys(later(Date.UTC(2028, 9, 20)).money.reported)).toHaveLength(2)
    expect(Object.keys(later(Date.UTC(2028, 10, 20)).money.reported)).toEqual(['x/2028-11/EUR'])
  })
})

describe('answers', () => {
  const open = tell(empty, { type: 'money.refresh-prices', id: 'prices-1', provider: 'aws' })

  test('only the engine gives them', () => {
    expect(() => decide(open, answer('prices-1'))).toThrow(/only the engine/)
  })

  test('one that nobody waits for changes nothing', () => {
    expect(decide(empty, answer('prices-9', { prices: [nano] }), now, engine)).toEqual([])
  })

  test('a refreshed price stands before the one that the program carries', () => {
    const dearer = { ...nano, hourlyNanos: 5_000_000 }
    const state = tell(open, answer('prices-1', { prices: [dearer] }), now, engine)
    expect(bookOf(state.money).find('aws', 'us-east-1', 'instance', 't4g.nano')).toEqual(dearer)
    expect(state.money.closed.at(-1)).toMatchObject({ changed: 1, trouble: null })
  })

  test('a price that is the same as before counts as no change, and is younger', () => {
    const state = tell(open, answer('prices-1', { prices: [nano] }), now, engine)
    expect(state.money.closed.at(-1)?.changed).toBe(0)
    expect(bookOf(state.money).find('aws', 'us-east-1', 'instance', 't4g.nano')?.at).toBe(now)
  })

  test('a running lifetime gets the new price from now on, an ended one and another type do not', () => {
    const running = lifetimeFrom(at('11-01 00:00:00'))
    const ended = lifetimeFrom(at('11-01 00:00:00'), { to: at('11-05 00:00:00') })
    const other = lifetimeFrom(at('11-01 00:00:00'), { sku: 't4g.micro' })
    const before = { ...stateWith([running, ended, other]).money, open: open.money.open }
    const state = tell(
      { ...empty, money: before },
      answer('prices-1', { prices: [{ ...nano, hourlyNanos: 5_000_000 }] }),
      now,
      engine,
    )
    const rates = (one: Lifetime) => state.money.lifetimes[one.id]?.rates.map(rate => [rate.from, rate.hourlyNanos])
    expect(rates(running)).toEqual([
      [at('11-01 00:00:00'), 4_200_000],
      [now, 5_000_000],
    ])
    expect(rates(ended)).toHaveLength(1)
    expect(rates(other)).toHaveLength(1)
  })

  test('the same price again adds no rate; the first one that is known holds from the begin', () => {
    const running = lifetimeFrom(at('11-01 00:00:00'))
    const unpriced = lifetimeFrom(at('11-02 00:00:00'), { rates: [] })
    const state = fold(stateWith([running, unpriced]), [{ type: 'money.priced', prices: [nano], at: now }])
    expect(state.money.lifetimes[running.id]).toBe(running)
    expect(state.money.lifetimes[unpriced.id]?.rates).toMatchObject([
      { from: at('11-02 00:00:00'), hourlyNanos: 4_200_000 },
    ])
  })

  test('an older reading does not undo a newer one', () => {
    const state = tell(
      open,
      answer('prices-1', { prices: [nano, { ...nano, hourlyNanos: 1, at: now - 1 }] }),
      now,
      engine,
    )
    expect(state.money.prices['aws/us-east-1/instance/t4g.nano']).toEqual(nano)
  })

  test('the last fifty ends are kept', () => {
    let state = empty
    for (let count = 0; count < 60; count += 1) {
      state = tell(state, { type: 'money.refresh-prices', id: `prices-${count}`, provider: null })
      state = tell(state, answer(`prices-${count}`), now, engine)
    }
    expect(state.money.closed.map(one => one.id).at(0)).toBe('prices-10')
    expect(state.money.closed).toHaveLength(50)
  })
})

describe('lifetimes', () => {
  const one = lifetimeFrom(at('11-01 00:00:00'))
  const began: MoneyEvent = { type: 'money.began', lifetimes: [one] }

  test('one that began twice began once, as it did the first time', () => {
    const state = fold(empty, [began, { type: 'money.began', lifetimes: [{ ...one, node: 'other' }] }])
    expect(state.money.lifetimes).toEqual({ [one.id]: one })
  })

  test('it ends once, and not before it began', () => {
    const state = fold(empty, [
      began,
      { type: 'money.ended', ids: [one.id, 'unknown'], at: one.from - 5 },
      { type: 'money.ended', ids: [one.id], at: now },
    ])
    expect(state.money.lifetimes[one.id]?.to).toBe(one.from)
  })

  test('pauses open and close once, and never overlap, even when the clock went back', () => {
    const ids = [one.id]
    const state = fold(empty, [
      began,
      { type: 'money.resumed', ids, at: now },
      { type: 'money.paused', ids, at: now },
      { type: 'money.paused', ids, at: now + 1 },
      { type: 'money.resumed', ids, at: now + 10 },
      { type: 'money.paused', ids, at: now + 5 },
    ])
    expect(state.money.lifetimes[one.id]?.pauses).toEqual([
      { from: now, to: now + 10 },
      { from: now + 10, to: null },
    ])
  })

  test('one that ended more than two months before this one is dropped, and what runs is not', () => {
    const ended = lifetimeFrom(at('08-01 00:00:00'), { to: at('08-31 23:59:59') })
    const kept = lifetimeFrom(at('08-01 00:00:00'), { to: at('09-01 00:00:00') })
    const old = lifetimeFrom(at('01-01 00:00:00'))
    const state = fold(stateWith([ended, kept, old]), [began])
    expect(Object.keys(state.money.lifetimes).sort()).toEqual([kept.id, old.id, one.id].sort())
  })

  test('pauses and prices that no kept month needs are dropped', () => {
    const [rate] = one.rates
    if (!rate) throw new Error('no rate')
    const old = lifetimeFrom(at('01-01 00:00:00'), {
      rates: ['01-01', '02-01', '10-01'].map(day => ({ ...rate, from: at(`${day} 00:00:00`) })),
      pauses: [
        { from: at('01-02 00:00:00'), to: at('01-03 00:00:00') },
        { from: at('08-30 00:00:00'), to: at('09-02 00:00:00') },
      ],
    })
    const after = fold(stateWith([old]), [began]).money.lifetimes[old.id]
    expect(after?.pauses).toHaveLength(1)
    expect(after?.rates.map(rate => rate.from)).toEqual([at('02-01 00:00:00'), at('10-01 00:00:00')])
  })

  test('an event that changes nothing leaves the very same slice', () => {
    const state = fold(empty, [began])
    expect(fold(state, [began]).money).toBe(state.money)
  })
})
