// Amounts, prices and moments as people read them. What is unknown is called so, and never 0.
import { formatAmount } from '../../state/primitives/money.ts'

/** `12.35 USD`, to the cent; a small amount that is not 0 does not look like it. */
export function money(micros: number | null, currency: string): string {
  // A resource without any price has no currency either.
  if (micros === null) return `unknown ${currency}`.trimEnd()
  const cents = Math.round(Math.abs(micros) / 10_000)
  if (cents === 0 && micros !== 0) return `${micros < 0 ? '-' : ''}<0.01 ${currency}`
  return `${micros < 0 && cents > 0 ? '-' : ''}${formatAmount(cents * 10_000)} ${currency}`
}

/** A change: `+3.65 USD`. */
export function signedMoney(micros: number, currency: string): string {
  return micros > 0 ? `+${money(micros, currency)}` : money(micros, currency)
}

/** A unit price with all its decimals: 4,200,000 billionths → `0.0042`. */
export function price(nanos: number | null): string {
  if (nanos === null) return 'unknown'
  const fraction = String(nanos % 1_000_000_000).padStart(9, '0')
  return `${Math.floor(nanos / 1_000_000_000)}.${fraction.replace(/0{1,7}$/, '')}`
}

/** `2026-11-22`; prices and reports are as old as their day. */
export function dayOf(at: number | null): string {
  return at === null ? 'unknown' : new Date(at).toISOString().slice(0, 10)
}

export function isoOf(at: number): string {
  return new Date(at).toISOString()
}

export function isoOrNull(at: number | null): string | null {
  return at === null ? null : isoOf(at)
}
