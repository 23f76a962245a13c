// The price book: what providers told, and behind it the snapshot that the program carries.
import type { Price, ResourceKind } from '../../infra/clouds/shapes.ts'
import { own } from '../../state/primitives/record.ts'
import type { MoneySlice, PriceSource } from './shapes.ts'
import { snapshotPrices } from './snapshot.ts'

export interface PriceBook {
  /** null: no price is known, which is never 0. */
  find(provider: string, region: string, kind: ResourceKind, sku: string): Price | null
  all(): readonly Price[]
  oldestAt: number
  newestAt: number
  sources: string[]
}

export type PriceKey = Pick<Price, 'provider' | 'region' | 'kind' | 'sku'>

export function priceKey(price: PriceKey): string {
  return `${price.provider}/${price.region}/${price.kind}/${price.sku}`
}

export function bookOf(slice: Pick<MoneySlice, 'prices'>): PriceBook {
  const carried = new Map(snapshotPrices().map(price => [priceKey(price), price]))
  const refreshed = slice.prices
  const all = [...carried.values()].filter(price => !Object.hasOwn(refreshed, priceKey(price)))
  all.push(...Object.values(refreshed))
  const byKey = (key: string) => own(refreshed, key) ?? carried.get(key) ?? null
  return {
    find(provider, region, kind, sku) {
      const found = byKey(`${provider}/${region}/${kind}/${sku}`)
      // AWS and Hetzner bill an address that hangs on nothing like one in use; Google bills it double, so not there.
      if (found || kind !== 'address' || provider === 'gcp') return found
      return byKey(`${provider}/${region}/ipv4/${sku}`)
    },
    all: () => all,
    oldestAt: Math.min(...all.map(price => price.at)),
    newestAt: Math.max(...all.map(price => price.at)),
    sources: [...new Set(all.map(price => price.source))].sort(),
  }
}

/** Prices by where they were read, the newest first. */
export function bySource(prices: readonly { source: string; at: number }[]): PriceSource[] {
  const found = [...Map.groupBy(prices, price => price.source)].map(([source, own]) => ({
    source,
    oldestAt: Math.min(...own.map(one => one.at)),
    newestAt: Math.max(...own.map(one => one.at)),
    isEstimated: source.includes('estimated'),
    prices: own.length,
  }))
  return found.sort((a, b) => b.newestAt - a.newestAt || a.source.localeCompare(b.source))
}

/** The figure itself is other: not only its date or where it was read. */
export function sameFigure(
  a: Pick<Price, 'currency' | 'hourlyNanos' | 'monthlyNanos'>,
  b: Pick<Price, 'currency' | 'hourlyNanos' | 'monthlyNanos'>,
): boolean {
  return a.currency === b.currency && a.hourlyNanos === b.hourlyNanos && a.monthlyNanos === b.monthlyNanos
}
