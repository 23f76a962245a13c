// What holds of any lifetime, whatever its prices, pauses and times.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { accrue } from '../../../src/money/accrue.ts'
import { bookOf } from '../../../src/money/book.ts'
import { rounded } from '../../../src/money/exact.ts'
import { monthWindow } from '../../../src/money/month.ts'
import { costReport } from '../../../src/money/report.ts'
import type { Lifetime } from '../../../src/money/shapes.ts'
import { fleet } from '../fleet/sample.ts'
import { dayMs, lifetimeFrom, rateFrom, stateWith } from './ledger.ts'

const window = monthWindow('2026-11')
const moment = fc.integer({ min: window.from - 40 * dayMs, max: window.to + 10 * dayMs })
const figures = fc.record({
  hourlyNanos: fc.integer({ min: 0, max: 10_000_000_000 }),
  monthlyNanos: fc.option(fc.integer({ min: 0, max: 1_000_000_000_000 })),
})
const anyLifetime: fc.Arbitrary<Lifetime> = fc
  .record({
    provider: fc.constantFrom('aws', 'gcp', 'hetzner'),
    kind: fc.constantFrom('instance', 'ipv4', 'disk'),
    quantity: fc.integer({ min: 1, max: 500 }),
    // Begin, end, two pauses and three prices at sorted moments.
    moments: fc.array(moment, { minLength: 6, maxLength: 6 }).map(all => all.sort((a, b) => a - b)),
    open: fc.boolean(),
    rates: fc.array(figures, { minLength: 1, maxLength: 3 }),
    changes: fc.array(moment, { minLength: 3, maxLength: 3 }).map(all => all.sort((a, b) => a - b)),
  })
  .map(({ provider, kind, quantity, moments, open, rates, changes }) => {
    const [from = 0, a = 0, b = 0, c = 0, d = 0, to = 0] = moments
    return lifetimeFrom(from, {
      provider,
      kind,
      quantity,
      to: open ? null : to,
      pauses: [
        { from: a, to: b },
        { from: c, to: d },
      ],
      rates: rates.map((rate, index) => rateFrom(index === 0 ? from : (changes[index] ?? from), rate)),
    })
  })

function micros(lifetime: Lifetime, until: number): number {
  return (accrue(lifetime, lifetime.rates, window, until) ?? []).reduce((all, one) => all + rounded(one.micros), 0)
}

test('nothing costs less than nothing, and never less later than before', () => {
  fc.assert(
    fc.property(anyLifetime, moment, moment, (lifetime, one, other) => {
      const [early, late] = one < other ? [one, other] : [other, one]
      expect(micros(lifetime, early)).toBeGreaterThanOrEqual(0)
      expect(micros(lifetime, late)).toBeGreaterThanOrEqual(micros(lifetime, early))
    }),
    { numRuns: 500 },
  )
})

test('no projection is below what is accrued', () => {
  fc.assert(
    fc.property(fc.array(anyLifetime, { maxLength: 5 }), moment, (lifetimes, now) => {
      const state = stateWith(lifetimes)
      const report = costReport({ fleet: fleet([]), state, book: bookOf(state.money), now, month: '2026-11' })
      for (const line of report.lines) expect(line.projectionMicros).toBeGreaterThanOrEqual(line.accruedMicros ?? 0)
    }),
  )
})

test('a lifetime in two parts costs what it costs in one, but for the rounding of each', () => {
  const byTime = anyLifetime.filter(one => one.provider !== 'hetzner' && one.to !== null)
  fc.assert(
    fc.property(byTime, fc.double({ min: 0, max: 1, noNaN: true }), (drawn, share) => {
      // Without pauses and minutes that a start owes: a second start owes another.
      const lifetime = { ...drawn, pauses: [] }
      const end = lifetime.to ?? lifetime.from
      const cut = Math.round(lifetime.from + (end - lifetime.from) * share)
      fc.pre(cut - lifetime.from >= 60_000 && end - cut >= 60_000)
      const parts = [
        { ...lifetime, to: cut },
        { ...lifetime, from: cut },
      ]
      const apart = parts.reduce((all, part) => all + micros(part, window.to), 0)
      expect(Math.abs(apart - micros(lifetime, window.to))).toBeLessThanOrEqual(1)
    }),
    { numRuns: 500 },
  )
})

test('a Hetzner server never costs more in a month than its dearest monthly price', () => {
  fc.assert(
    fc.property(anyLifetime, drawn => {
      const rates = drawn.rates.map(rate => ({ ...rate, monthlyNanos: rate.monthlyNanos ?? 5_000_000_000 }))
      const cap = Math.max(...rates.map(rate => rate.monthlyNanos)) * drawn.quantity
      expect(micros({ ...drawn, provider: 'hetzner', kind: 'instance', rates }, window.to)).toBeLessThanOrEqual(
        cap / 1_000 + 1,
      )
    }),
  )
})

test('months side by side cost a Hetzner server each hour once', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: window.from - 20 * dayMs, max: window.to }),
      fc.integer({ min: 1, max: 40 * dayMs }),
      (from, ms) => {
        const lifetime = lifetimeFrom(from, { provider: 'hetzner', to: from + ms })
        const hours = ['2026-10', '2026-11', '2026-12', '2027-01'].map(month => {
          const months = monthWindow(month)
          return (accrue(lifetime, lifetime.rates, months, months.to) ?? []).reduce((all, one) => all + one.billedMs, 0)
        })
        expect(hours.reduce((all, one) => all + one, 0) / 3_600_000).toBe(Math.ceil(ms / 3_600_000))
      },
    ),
  )
})

test('what has no price is listed, and in no sum', () => {
  fc.assert(
    fc.property(fc.array(anyLifetime, { maxLength: 3 }), anyLifetime, moment, (priced, unpriced, now) => {
      const nobody = { ...unpriced, sku: 'nobody-knows', rates: [], to: null, from: window.from - dayMs }
      const with_ = stateWith([...priced, nobody])
      const without = stateWith(priced)
      const ask = (state: typeof with_) =>
        costReport({ fleet: fleet([]), state, book: bookOf(state.money), now, month: '2026-11' })
      expect(ask(with_).totals).toEqual(ask(without).totals)
      const metered = (state: typeof with_) => ask(state).unknown.filter(one => !one.isUnmetered)
      expect(metered(with_)).toHaveLength(metered(without).length + 1)
      expect(ask(with_).lines.find(line => line.sku === 'nobody-knows')).toMatchObject({
        accruedMicros: null,
        projectionMicros: null,
        monthlyMicros: null,
      })
    }),
  )
})
