// What can be had where, with its price for a month as it is really billed: address and usual disk included.
import type { Offer } from '../../infra/clouds/cloud.ts'
import type { PriceBook } from './book.ts'
import { monthOf, monthWindow } from './month.ts'
import { priceOfSpec } from './plan.ts'
import type { OfferRow, OffersReport } from './shapes.ts'

export function offersReport(
  offers: readonly Offer[],
  unknown: OffersReport['unknown'],
  book: PriceBook,
  /** Median round trip from HQ to nodes of the fleet there, ms; null: none is there. */
  latencyOf: (region: string) => number | null,
  now: number,
): OffersReport {
  const window = monthWindow(monthOf(now))
  const rows = offers.map((offer): OfferRow => {
    const { provider, region, type, arch, vcpus, memoryMib, available, note } = offer
    const price = book.find(provider, region, 'instance', type)
    const lines = priceOfSpec({ provider, region, type, diskGb: null, ipv4: true }, null, book, window)
    const currency = price?.currency ?? null
    // A part without a price, or in another currency, makes the sum unknown and not smaller.
    const whole = lines.every(line => line.monthlyMicros !== null && line.currency === currency)
    return {
      provider,
      region,
      type,
      arch,
      vcpus,
      memoryMib,
      available,
      note,
      currency,
      hourlyNanos: price?.hourlyNanos ?? null,
      monthlyMicros: whole ? lines.reduce((all, line) => all + (line.monthlyMicros ?? 0), 0) : null,
      pricedAt: price?.at ?? null,
      latencyMs: latencyOf(region),
    }
  })
  return { rows: rows.sort(cheapestFirst), unknown: [...unknown] }
}

/** What cannot be had last; then by price, those without one last. Figures of two currencies are not compared. */
function cheapestFirst(a: OfferRow, b: OfferRow): number {
  const gone = Number(a.available === false) - Number(b.available === false)
  if (gone !== 0) return gone
  const unpriced = Number(a.monthlyMicros === null) - Number(b.monthlyMicros === null)
  if (unpriced !== 0) return unpriced
  return (
    (a.currency ?? '').localeCompare(b.currency ?? '') ||
    (a.monthlyMicros ?? 0) - (b.monthlyMicros ?? 0) ||
    a.provider.localeCompare(b.provider) ||
    a.region.localeCompare(b.region) ||
    a.type.localeCompare(b.type)
  )
}
