// Lifetimes, rates and a state to put them in, for tests of money.
import type { FleetState } from '../../../src/engine/fleet-state.ts'
import type { Lifetime, MoneySlice, Rate } from '../../../src/money/shapes.ts'
import { emptyState } from '../watch/watcher-room.ts'

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs

/** `11-10 12:00:00` of 2026 in UTC. */
export function at(text: string): number {
  return Date.parse(`2026-${text.replace(' ', 'T')}Z`)
}

export function rateFrom(from: number, more: Partial<Rate> = {}): Rate {
  return { from, currency: 'USD', hourlyNanos: null, monthlyNanos: null, source: 'test', pricedAt: 0, ...more }
}

let count = 0

export function lifetimeFrom(from: number, more: Partial<Lifetime> = {}): Lifetime {
  count += 1
  const common = { id: `aws/us-east-1/i-${count}`, node: 'virginia', region: 'us-east-1', to: null, pauses: [] }
  return {
    ...common,
    provider: 'aws',
    kind: 'instance',
    sku: 't4g.nano',
    quantity: 1,
    from,
    fromSource: 'provider',
    rates: [rateFrom(from, { hourlyNanos: 4_200_000 })],
    ...more,
  }
}

export function stateWith(lifetimes: readonly Lifetime[], more: Partial<MoneySlice> = {}): FleetState {
  const money = { ...emptyState.money, lifetimes: Object.fromEntries(lifetimes.map(one => [one.id, one])), ...more }
  return { ...emptyState, money }
}
