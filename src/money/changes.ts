// What a month at full running costs now against a week ago: what came, went, stopped, or changed its price.
import { isBilled, rateAt, wholeMonth } from './accrue.ts'
import type { PriceBook } from './book.ts'
import { type Exact, minus, nothing, rounded } from './exact.ts'
import { ratesOf } from './ledger-lines.ts'
import type { MonthWindow } from './month.ts'
import type { CostReport, Lifetime } from './shapes.ts'

export function changesSince(
  lifetimes: readonly Lifetime[],
  book: PriceBook,
  window: MonthWindow,
  then: number,
  now: number,
): CostReport['changes'] {
  const changes = lifetimes.flatMap(lifetime => {
    const before = runningAt(lifetime, book, window, then)
    const after = runningAt(lifetime, book, window, now)
    const { node } = lifetime
    const thing = `${lifetime.kind} ${lifetime.sku} in ${lifetime.provider} ${lifetime.region}`
    if (before && after && before.currency !== after.currency) {
      const gone = {
        thing,
        what: `${thing} changed its currency`,
        node,
        currency: before.currency,
        monthlyMicros: -rounded(before.monthly),
      }
      return [gone, { ...gone, currency: after.currency, monthlyMicros: rounded(after.monthly) }]
    }
    const currency = after?.currency ?? before?.currency
    if (currency === undefined) return []
    const monthlyMicros = rounded(minus(after?.monthly ?? nothing, before?.monthly ?? nothing))
    if (monthlyMicros === 0) return []
    return [
      {
        thing,
        what: `${thing} ${verb(lifetime, before !== null, after !== null, then)}`,
        node,
        currency,
        monthlyMicros,
      },
    ]
  })
  // A machine that took the place of one of its kind at the same price changes nothing of what a month costs.
  const things = Map.groupBy(changes, one => JSON.stringify([one.node, one.thing, one.currency]))
  const real = [...things.values()].filter(all => all.reduce((sum, one) => sum + one.monthlyMicros, 0) !== 0).flat()
  return real
    .map(({ thing: _, ...change }) => change)
    .sort((a, b) => Math.abs(b.monthlyMicros) - Math.abs(a.monthlyMicros))
}

function verb(lifetime: Lifetime, before: boolean, after: boolean, then: number): string {
  if (before && after) return 'changed its price'
  if (after) return lifetime.from > then ? (lifetime.fromSource === 'seen' ? 'was first seen' : 'came') : 'runs again'
  return lifetime.to === null ? 'stopped' : 'went'
}

function runningAt(
  lifetime: Lifetime,
  book: PriceBook,
  window: MonthWindow,
  at: number,
): { currency: string; monthly: Exact } | null {
  const rate = isBilled(lifetime, at) ? rateAt(ratesOf(lifetime, book), at) : null
  const monthly = rate ? wholeMonth(lifetime, rate, window) : null
  return rate && monthly ? { currency: rate.currency, monthly } : null
}
