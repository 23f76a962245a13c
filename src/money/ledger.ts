// The ledger of lifetimes and prices as events change it: pure, total and bounded. Others (who launches, destroys, looks)
// write these events in their own commits.
import type { Price } from '../../infra/clouds/shapes.ts'
import { Changing } from '../engine/changing.ts'
import { priceKey, sameFigure } from './book.ts'
import { monthOf, monthsFrom, monthWindow } from './month.ts'
import type { Lifetime, MoneyEvent, MoneySlice, Rate, Reported } from './shapes.ts'

/** Months before the current one whose lifetimes are kept. */
export const keptMonths = 2
const keptReportedMonths = 24
const keptClosed = 50

export function reduceMoney(
  slice: MoneySlice,
  events: readonly MoneyEvent[],
  commit: { at: number; by: string },
): MoneySlice {
  const lifetimes = new Changing(slice.lifetimes)
  const prices = new Changing(slice.prices)
  const reported = new Changing(slice.reported)
  const asked = new Changing(slice.asked)
  const open = new Changing(slice.open)
  let closed = slice.closed
  const change = (ids: readonly string[], how: (before: Lifetime) => Lifetime) => {
    for (const id of ids) {
      const before = lifetimes.get(id)
      if (before === undefined || before.to !== null) continue
      const after = how(before)
      if (after !== before) lifetimes.set(id, after)
    }
  }
  for (const event of events) {
    switch (event.type) {
      case 'money.began':
        for (const one of event.lifetimes) if (lifetimes.get(one.id) === undefined) lifetimes.set(one.id, one)
        break
      case 'money.ended':
        change(event.ids, before => ({ ...before, to: Math.max(event.at, before.from) }))
        break
      case 'money.paused':
        change(event.ids, before => paused(before, event.at))
        break
      case 'money.resumed':
        change(event.ids, before => resumed(before, event.at))
        break
      case 'money.priced':
        for (const price of event.prices) prices.set(priceKey(price), price)
        reprice(lifetimes, event.prices, event.at)
        break
      case 'money.reported': {
        const key = reportedKey(event.reported)
        if (supersedes(event.reported, reported.get(key))) reported.set(key, event.reported)
        break
      }
      case 'money.asking': {
        const { id, kind, provider } = event
        open.set(id, { id, kind, provider, by: commit.by, at: commit.at })
        if (kind === 'billing' && provider !== null) asked.set(provider, commit.at)
        break
      }
      case 'money.answered': {
        const was = open.get(event.id)
        if (was === undefined) break
        open.delete(event.id)
        const { id, kind, provider } = was
        const end = { id, kind, provider, endedAt: commit.at, changed: event.changed, trouble: event.trouble }
        closed = [...closed, end].slice(-keptClosed)
        break
      }
    }
  }
  forget(lifetimes, reported, commit.at)
  const next = {
    lifetimes: lifetimes.result(),
    prices: prices.result(),
    reported: reported.result(),
    asked: asked.result(),
    open: open.result(),
    closed,
  }
  const same =
    next.lifetimes === slice.lifetimes &&
    next.prices === slice.prices &&
    next.reported === slice.reported &&
    next.asked === slice.asked &&
    next.open === slice.open &&
    closed === slice.closed
  return same ? slice : next
}

export function reportedKey(what: Pick<Reported, 'provider' | 'month' | 'currency'>): string {
  return `${what.provider}/${what.month}/${what.currency}`
}

/** A final figure is not undone by an estimate; else what is about a later moment counts. */
export function supersedes(next: Reported, before: Reported | undefined): boolean {
  if (before === undefined) return true
  if (next.estimated !== before.estimated) return before.estimated
  return next.asOf >= before.asOf
}

function paused(before: Lifetime, at: number): Lifetime {
  const last = before.pauses.at(-1)
  if (last && last.to === null) return before
  // A clock that was set back must not make stretches overlap.
  const from = Math.max(at, last?.to ?? before.from)
  return { ...before, pauses: [...before.pauses, { from, to: null }] }
}

function resumed(before: Lifetime, at: number): Lifetime {
  const last = before.pauses.at(-1)
  if (!last || last.to !== null) return before
  return { ...before, pauses: [...before.pauses.slice(0, -1), { from: last.from, to: Math.max(at, last.from) }] }
}

function reprice(lifetimes: Changing<Lifetime>, prices: readonly Price[], at: number): void {
  const byKey = new Map(prices.map(price => [priceKey(price), price]))
  for (const lifetime of lifetimes.values()) {
    const price = lifetime.to === null ? byKey.get(priceKey(lifetime)) : undefined
    if (price === undefined) continue
    const last = lifetime.rates.at(-1)
    if (last && sameFigure(last, price)) continue
    // Where no price was known at all, the first one holds from the begin: it is the best there is, and it is dated.
    const from = last ? Math.max(at, last.from) : lifetime.from
    lifetimes.set(lifetime.id, { ...lifetime, rates: [...lifetime.rates, rateOf(price, from)] })
  }
}

/** A price as a lifetime carries it. */
export function rateOf(price: Price, from: number): Rate {
  const { currency, hourlyNanos, monthlyNanos, source } = price
  return { from, currency, hourlyNanos, monthlyNanos, source, pricedAt: price.at }
}

/** What no report asks for any more. The journal itself keeps everything. */
function forget(lifetimes: Changing<Lifetime>, reported: Changing<Reported>, now: number): void {
  const from = monthWindow(monthsFrom(monthOf(now), -keptMonths)).from
  for (const lifetime of lifetimes.values()) {
    if (lifetime.to !== null && lifetime.to < from) lifetimes.delete(lifetime.id)
    else shorten(lifetimes, lifetime, from)
  }
  const month = monthsFrom(monthOf(now), -keptReportedMonths)
  for (const one of reported.values()) if (one.month <= month) reported.delete(reportedKey(one))
}

/** A machine that runs for years is stopped and priced many times. */
function shorten(lifetimes: Changing<Lifetime>, lifetime: Lifetime, from: number): void {
  // The minute that a start owes may reach over the edge, so a pause just before it still counts.
  const pauses = lifetime.pauses.filter(pause => pause.to === null || pause.to >= from - 60_000)
  const rates = lifetime.rates.filter((_, index) => {
    const next = lifetime.rates[index + 1]
    return next === undefined || next.from >= from - 3_600_000
  })
  if (pauses.length === lifetime.pauses.length && rates.length === lifetime.rates.length) return
  lifetimes.set(lifetime.id, { ...lifetime, pauses, rates })
}
