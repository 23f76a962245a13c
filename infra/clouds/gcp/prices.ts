// Google's price catalogue in our words. It has no price of a machine: cores and memory have theirs, and a shared-core type
// takes a share of a core. The trap: e2-micro has two vCPU to look at, and is billed for a quarter of one.
import { nanosOfUnits, nanosTimes } from '../decimals.ts'
import type { Price, ResourceKind } from '../shapes.ts'
import type { Sku } from './replies.ts'

/** Cores and GiB, in thousandths. */
export interface Power {
  cores: number
  memory: number
}

const sharedCore: Readonly<Record<string, Power>> = {
  'e2-micro': { cores: 250, memory: 1_000 },
  'e2-small': { cores: 500, memory: 2_000 },
  'e2-medium': { cores: 1_000, memory: 4_000 },
}

/** What a type is billed for. null: shared-core types of other families, which have prices of their own. */
export function powerOf(
  type: string,
  shown: { guestCpus?: number | null; memoryMb?: number | null } | null,
): Power | null {
  if (Object.hasOwn(sharedCore, type)) return sharedCore[type] ?? null
  if (!shown?.guestCpus || !shown.memoryMb || /^(?:f1|g1)-/.test(type)) return null
  return { cores: shown.guestCpus * 1_000, memory: Math.round((shown.memoryMb * 1_000) / 1_024) }
}

export function isSharedCore(type: string): boolean {
  return Object.hasOwn(sharedCore, type)
}

const source = 'Google Cloud Billing catalogue'

export function pricesOf(
  skus: readonly Sku[],
  regions: readonly string[],
  types: ReadonlyMap<string, Power>,
  at: number,
): Price[] {
  const prices: Price[] = []
  for (const region of regions) {
    const of = (form: RegExp) => rateOf(skus, region, form)
    const add = (kind: ResourceKind, sku: string, hourlyNanos: number | null, monthlyNanos: number | null) => {
      // Unknown is not free.
      if (hourlyNanos === null && monthlyNanos === null) return
      prices.push({ provider: 'gcp', region, kind, sku, currency: 'USD', hourlyNanos, monthlyNanos, source, at })
    }
    for (const [type, power] of types) {
      const family = (type.split('-')[0] ?? '').toUpperCase()
      const core = of(new RegExp(`^${family}(?: Predefined| AMD| Arm)? Instance Core running in `))
      const memory = of(new RegExp(`^${family}(?: Predefined| AMD| Arm)? Instance Ram running in `))
      if (core === null || memory === null) continue
      const terms = [
        { nanos: core, thousandths: power.cores },
        { nanos: memory, thousandths: power.memory },
      ]
      add('instance', type, nanosTimes(terms), null)
    }
    add('ipv4', 'public-ipv4', of(/^External IP Charge on a Standard VM/), null)
    add('address', 'static-ipv4', of(/^Static Ip Charge/), null)
    add('disk', 'pd-balanced', null, of(/^Balanced PD Capacity(?: in |$)/))
    add('disk', 'pd-standard', null, of(/^Storage PD Capacity(?: in |$)/))
    add('disk', 'pd-ssd', null, of(/^SSD backed PD Capacity(?: in |$)/))
    add('snapshot', 'snapshot', null, of(/^Storage PD Snapshot(?: in |$)/))
  }
  return prices
}

/**
 * On demand, of the region or of everywhere. Of several tiers the last: the first is what is free for the whole account
 * once, and no machine may count on it.
 */
function rateOf(skus: readonly Sku[], region: string, form: RegExp): number | null {
  const fits = skus.filter(
    ({ description, category }) => form.test(description) && (category?.usageType ?? 'OnDemand') === 'OnDemand',
  )
  const sku =
    fits.find(({ serviceRegions }) => serviceRegions?.includes(region)) ??
    fits.find(({ serviceRegions }) => serviceRegions?.includes('global'))
  const tiers = sku?.pricingInfo?.at(-1)?.pricingExpression?.tieredRates ?? []
  const [last] = [...tiers].sort((one, other) => (other.startUsageAmount ?? 0) - (one.startUsageAmount ?? 0))
  const price = last?.unitPrice
  return price?.currencyCode === 'USD' ? nanosOfUnits(price.units, price.nanos) : null
}
