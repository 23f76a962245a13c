// What a lifetime has cost in a month: pure and exact. Providers count differently, and the differences are money:
//  * AWS and GCP: instances and addresses by time, an instance at least 60 seconds each time it starts; disks GB × monthly
//    price × share of the month as long as it really is. Stopped is not billed.
//  * Hetzner: each started hour, at most the monthly price in a calendar month; stopped servers are billed
//    (docs.hetzner.com, billing system, 2025-11-30).
import type { ProviderName, ResourceKind } from '../../infra/clouds/shapes.ts'
import { type Exact, greater, lesser, measured, nothing, plus, times } from './exact.ts'
import type { MonthWindow } from './month.ts'
import type { Lifetime, Rate } from './shapes.ts'

const hourMs = 3_600_000
/** What a start of an instance owes at least, where it is billed by the second. */
export const minimumMs = 60_000

/** What a price is of. */
export type Priced = Pick<Lifetime, 'provider' | 'kind' | 'quantity'>
type Figures = Pick<Rate, 'hourlyNanos' | 'monthlyNanos'>

export interface Accrued {
  currency: string
  /** Exact micro-units: round once, where it becomes a line. */
  micros: Exact
  billedMs: number
}

/**
 * Of the month up to `until`, a currency each; null: no price is known. What runs is taken to run on until `until`, so
 * the month's end gives the projection.
 */
export function accrue(
  lifetime: Lifetime,
  rates: readonly Rate[],
  window: MonthWindow,
  until: number,
): Accrued[] | null {
  if (rates.length === 0) return null
  const end = Math.min(until, window.to)
  if (lifetime.from > end || lifetime.from >= window.to) return []
  return startsHours(lifetime.provider)
    ? byStartedHours(lifetime, rates, window, end)
    : byTime(lifetime, rates, window, end)
}

/** A whole month at this price, running all the time. */
export function wholeMonth(what: Priced, rate: Figures, window: MonthWindow): Exact | null {
  const quantity = measured(what.quantity)
  const unit = unitOf(what, rate)
  if (unit === null) return null
  if (unit === 'month') return times(perMonth(rate.monthlyNanos ?? 0), quantity)
  const hours = times(perHour(rate.hourlyNanos ?? 0, window.to - window.from), quantity)
  if (!startsHours(what.provider) || rate.monthlyNanos === null) return hours
  return lesser(hours, times(perMonth(rate.monthlyNanos), quantity))
}

/** Which of its two prices counts: disks go by the month, everything else by the hour where there is one. */
export function unitOf(what: Pick<Priced, 'kind'>, rate: Figures): 'hour' | 'month' | null {
  if (isStorage(what.kind) && rate.monthlyNanos !== null) return 'month'
  if (rate.hourlyNanos !== null) return 'hour'
  return rate.monthlyNanos === null ? null : 'month'
}

/** The price in force; the first one holds for what came before it too, since nothing older is known. */
export function rateAt(rates: readonly Rate[], at: number): Rate | null {
  let found = rates[0] ?? null
  for (const rate of rates) if (rate.from <= at) found = rate
  return found
}

/** Billed at this moment: it exists, and is not stopped where stopping spares money. */
export function isBilled(lifetime: Lifetime, at: number): boolean {
  if (lifetime.from > at || (lifetime.to !== null && lifetime.to <= at)) return false
  if (startsHours(lifetime.provider)) return true
  return !lifetime.pauses.some(pause => pause.from <= at && (pause.to === null || pause.to > at))
}

function startsHours(provider: ProviderName): boolean {
  return provider === 'hetzner'
}

function isStorage(kind: ResourceKind): boolean {
  return kind === 'disk' || kind === 'snapshot'
}

function perHour(nanos: number, ms: number): Exact {
  return { n: BigInt(nanos) * BigInt(Math.round(ms)), d: BigInt(hourMs) * 1_000n }
}

function perMonth(nanos: number): Exact {
  return { n: BigInt(nanos), d: 1_000n }
}

function shareOfMonth(nanos: number, ms: number, window: MonthWindow): Exact {
  return { n: BigInt(nanos) * BigInt(Math.round(ms)), d: BigInt(window.to - window.from) * 1_000n }
}

function minimumOf(lifetime: Lifetime): number {
  return lifetime.kind === 'instance' && (lifetime.provider === 'aws' || lifetime.provider === 'gcp') ? minimumMs : 0
}

/** Collects amounts by currency. */
class Sums {
  private readonly sums = new Map<string, Accrued>()

  add(currency: string, micros: Exact, billedMs: number): void {
    const before = this.sums.get(currency) ?? { currency, micros: nothing, billedMs: 0 }
    this.sums.set(currency, { currency, micros: plus(before.micros, micros), billedMs: before.billedMs + billedMs })
  }

  all(): Accrued[] {
    return [...this.sums.values()]
  }
}

function byTime(lifetime: Lifetime, rates: readonly Rate[], window: MonthWindow, end: number): Accrued[] | null {
  const sums = new Sums()
  const quantity = measured(lifetime.quantity)
  for (const stretch of stretchesOf(lifetime, end)) {
    // The minimum is owed from the first second, so it may lie ahead of `end`, but never in the next month.
    const until = Math.min(window.to, Math.max(stretch.to, stretch.from + minimumOf(lifetime)))
    for (const part of partsOf(rates, Math.max(stretch.from, window.from), until)) {
      const unit = unitOf(lifetime, part.rate)
      if (unit === null) return null
      const ms = part.to - part.from
      const micros =
        unit === 'hour'
          ? perHour(part.rate.hourlyNanos ?? 0, ms)
          : shareOfMonth(part.rate.monthlyNanos ?? 0, ms, window)
      sums.add(part.rate.currency, times(micros, quantity), ms)
    }
  }
  return sums.all()
}

/** What lies between pauses, up to `end`. */
function stretchesOf(lifetime: Lifetime, end: number): { from: number; to: number }[] {
  const last = Math.min(lifetime.to ?? end, end)
  const stretches: { from: number; to: number }[] = []
  let from = lifetime.from
  for (const pause of lifetime.pauses) {
    if (pause.from > last) break
    if (pause.from >= from) stretches.push({ from, to: pause.from })
    from = Math.max(from, pause.to ?? Number.POSITIVE_INFINITY)
  }
  // What ended while it was stopped was not started once more by that.
  const endedStopped = from === lifetime.to && lifetime.pauses.length > 0
  if (from <= last && !endedStopped) stretches.push({ from, to: last })
  return stretches
}

function partsOf(rates: readonly Rate[], from: number, to: number): { rate: Rate; from: number; to: number }[] {
  return rates.flatMap((rate, index) => {
    const begins = index === 0 ? from : Math.max(from, rate.from)
    const ends = Math.min(to, rates[index + 1]?.from ?? to)
    return begins < ends ? [{ rate, from: begins, to: ends }] : []
  })
}

/**
 * Hours are counted from the lifetime's begin, and belong to the month in which they start: no hour is billed in two
 * months. The cap is the highest monthly price that was in force: an estimate shall not be too low.
 */
function byStartedHours(
  lifetime: Lifetime,
  rates: readonly Rate[],
  window: MonthWindow,
  end: number,
): Accrued[] | null {
  const last = Math.min(lifetime.to ?? end, end)
  // The first hour has started as soon as the thing is there.
  const started = Math.max(1, Math.ceil((last - lifetime.from) / hourMs))
  const first = Math.max(0, Math.ceil((window.from - lifetime.from) / hourMs))
  const after = Math.min(started, Math.ceil((window.to - lifetime.from) / hourMs))
  const sums = new Sums()
  const caps = new Map<string, Exact | null>()
  const quantity = measured(lifetime.quantity)
  for (let hour = first; hour < after; ) {
    const at = lifetime.from + hour * hourMs
    const rate = rateAt(rates, at)
    if (rate === null) return null
    const unit = unitOf(lifetime, rate)
    if (unit === null) return null
    const next = rates.find(later => later.from > at)
    const until = next ? Math.min(after, Math.ceil((next.from - lifetime.from) / hourMs)) : after
    const ms = (until - hour) * hourMs
    const micros =
      unit === 'hour' ? perHour(rate.hourlyNanos ?? 0, ms) : shareOfMonth(rate.monthlyNanos ?? 0, ms, window)
    sums.add(rate.currency, times(micros, quantity), ms)
    const cap = rate.monthlyNanos === null ? null : times(perMonth(rate.monthlyNanos), quantity)
    const before = caps.get(rate.currency)
    caps.set(rate.currency, before === undefined ? cap : cap === null || before === null ? null : greater(before, cap))
    hour = until
  }
  return sums.all().map(sum => {
    const cap = caps.get(sum.currency)
    return cap ? { ...sum, micros: lesser(sum.micros, cap) } : sum
  })
}
