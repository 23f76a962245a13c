// The lines of the ledger: what each lifetime has cost, will have cost at the month's end, and costs a month.
import { accrue, isBilled, minimumMs, rateAt, wholeMonth } from './accrue.ts'
import { type PriceBook, sameFigure } from './book.ts'
import { hoursOf, noPrice, type Unknown, unitPrice } from './declared.ts'
import { rounded } from './exact.ts'
import { rateOf } from './ledger.ts'
import { dayText, type MonthWindow } from './month.ts'
import type { CostLine, Lifetime, Rate } from './shapes.ts'

export interface LedgerLines {
  lines: CostLine[]
  /** Without a price: neither figure is known. */
  unpriced: Unknown[]
  /** Costs of before it was first seen: only what is accrued is too low. */
  unseen: Unknown[]
}

export function ledgerLines(
  lifetimes: readonly Lifetime[],
  book: PriceBook,
  window: MonthWindow,
  now: number,
): LedgerLines {
  const found: LedgerLines = { lines: [], unpriced: [], unseen: [] }
  for (const lifetime of lifetimes) {
    if (costsNothing(lifetime)) continue
    // A minute that was owed may reach over from the month before.
    if (lifetime.from >= window.to || (lifetime.to !== null && lifetime.to + minimumMs <= window.from)) continue
    const lines = linesOf(lifetime, book, window, now)
    found.lines.push(...lines)
    if (lines.some(line => line.accruedMicros === null)) {
      found.unpriced.push(noPrice(lifetime, lifetime.kind, lifetime.sku, book))
    } else if (lifetime.fromSource === 'seen' && lifetime.from > window.from) {
      const what = `${lifetime.kind} ${lifetime.sku} in ${lifetime.provider} ${lifetime.region}`
      const why = `it was first seen on ${dayText(lifetime.from)}: what it cost this month before is not known`
      found.unseen.push({ node: lifetime.node, what, why })
    }
  }
  return found
}

/** Groups and keys are free, and their lifetimes are nobody's business here. */
function costsNothing(lifetime: Lifetime): boolean {
  return lifetime.kind === 'group' || lifetime.kind === 'key'
}

/** The lifetime's own rates; where it has none, the book's, from its begin. */
export function ratesOf(lifetime: Lifetime, book: PriceBook): readonly Rate[] {
  if (lifetime.rates.length > 0) return lifetime.rates
  const price = book.find(lifetime.provider, lifetime.region, lifetime.kind, lifetime.sku)
  return price ? [rateOf(price, lifetime.from)] : []
}

/** One line; a second only where the currency changed. */
function linesOf(lifetime: Lifetime, book: PriceBook, window: MonthWindow, now: number): CostLine[] {
  const rates = ratesOf(lifetime, book)
  const until = Math.min(now, window.to)
  const accrued = accrue(lifetime, rates, window, until)
  const projected = accrue(lifetime, rates, window, projectionEnd(window, now))
  if (lifetime.to !== null && lifetime.to <= window.from && projected?.length === 0) return []
  const running = now < window.to ? isBilled(lifetime, now) : false
  const common = {
    node: lifetime.node,
    resource: lifetime.kind,
    sku: lifetime.sku,
    quantity: lifetime.quantity,
    provider: lifetime.provider,
    region: lifetime.region,
    running,
  }
  const latest = rateAt(rates, until)
  if (accrued === null || projected === null || latest === null) {
    const nothingKnown = { hours: null, accruedMicros: null, projectionMicros: null, monthlyMicros: null }
    const currency = latest?.currency ?? ''
    return [
      {
        ...common,
        currency,
        ...unitPrice(lifetime, null),
        ...nothingKnown,
        source: 'no price is known',
        pricedAt: null,
      },
    ]
  }
  const currencies = new Set([latest.currency, ...projected.map(one => one.currency)])
  return [...currencies].map(currency => {
    const soFar = accrued.find(one => one.currency === currency)
    const atEnd = projected.find(one => one.currency === currency)
    const rate =
      rates.findLast(one => one.currency === currency && one.from <= Math.max(until, lifetime.from)) ?? latest
    const monthly = wholeMonth(lifetime, rate, window)
    return {
      ...common,
      currency,
      ...unitPrice(lifetime, rate),
      hours: hoursOf(soFar?.billedMs ?? 0),
      accruedMicros: soFar ? rounded(soFar.micros) : 0,
      projectionMicros: atEnd ? rounded(atEnd.micros) : 0,
      monthlyMicros: monthly === null ? null : rounded(monthly),
      ...readAt(lifetime, rate, book),
    }
  })
}

/** What runs is taken to run on; a month that is over is what it was. */
function projectionEnd(window: MonthWindow, now: number): number {
  return now < window.to ? window.to : Math.min(now, window.to)
}

/** A refresh that found the same figure makes it younger, without a new rate: it is then what was read last. */
function readAt(lifetime: Lifetime, rate: Rate, book: PriceBook): Pick<CostLine, 'source' | 'pricedAt'> {
  const price = book.find(lifetime.provider, lifetime.region, lifetime.kind, lifetime.sku)
  if (price && sameFigure(price, rate) && price.at > rate.pricedAt) return { source: price.source, pricedAt: price.at }
  return { source: rate.source, pricedAt: rate.pricedAt }
}
