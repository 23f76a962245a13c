// Hetzner's price list in our words: net, by location, exact. The monthly price is the cap of the hourly one.
import { nanosOf } from '../decimals.ts'
import { providerText } from '../provider-text.ts'
import type { Price, ResourceKind } from '../shapes.ts'
import type { Pricing } from './replies.ts'

const source = 'Hetzner GET /v1/pricing'

export function pricesOf(pricing: Pricing, regions: readonly string[], types: readonly string[], at: number): Price[] {
  const { currency } = pricing
  const prices: Price[] = []
  const add = (kind: ResourceKind, sku: string, region: string, hourly: string | null, monthly: string | null) => {
    const hourlyNanos = hourly === null ? null : nanosOf(hourly)
    const monthlyNanos = monthly === null ? null : nanosOf(monthly)
    // Unknown is not free.
    if (hourlyNanos === null && monthlyNanos === null) return
    prices.push({ provider: 'hetzner', region, kind, sku, currency, hourlyNanos, monthlyNanos, source, at })
  }
  const addThere = (kind: ResourceKind, sku: string, list: Pricing['server_types'][number]['prices']) => {
    for (const region of regions) {
      const here = list.find(({ location }) => location === region)
      if (here) add(kind, sku, region, here.price_hourly?.net ?? null, here.price_monthly?.net ?? null)
    }
  }
  for (const type of pricing.server_types) {
    if (types.includes(type.name)) addThere('instance', providerText(type.name), type.prices)
  }
  for (const ip of pricing.primary_ips ?? []) {
    if (ip.type === 'ipv4') addThere('ipv4', 'public-ipv4', ip.prices)
    if (ip.type === 'ipv4' || ip.type === 'ipv6') addThere('address', `public-${ip.type}`, ip.prices)
  }
  for (const ip of pricing.floating_ips ?? []) {
    if (ip.type === 'ipv4' || ip.type === 'ipv6') addThere('address', `floating-${ip.type}`, ip.prices)
  }
  for (const region of regions) {
    if (pricing.volume) add('disk', 'volume', region, null, pricing.volume.price_per_gb_month.net)
    if (pricing.image) add('snapshot', 'snapshot', region, null, pricing.image.price_per_gb_month.net)
  }
  return prices
}
