// Amounts are whole micro-units of one currency: no float is ever added to another. Unknown is null, never 0.
import Type from 'typebox'

const pattern = '^[0-9]{1,9}(?:\\.[0-9]{1,6})?$'

/** Schema of an amount in a file: a number, or the same in quotes where a float could not carry it. */
export const Amount = Type.Union([Type.Number({ minimum: 0, maximum: 999_999_999 }), Type.String({ pattern })], {
  is: 'an amount of money',
  allowed: '0 or more with at most six decimals, such as 3.90; the currency stands beside it',
})

/** Schema of a currency in a file. */
export const Currency = Type.String({
  pattern: '^[A-Z]{3}$',
  is: 'a currency',
  allowed: 'an ISO 4217 code, such as EUR or USD',
})

const ratePattern = '^[0-9]{1,9}(?:\\.[0-9]{1,12})?$'

/** Schema of a rate of exchange in a file; `parseRate` says whether it is one. */
export const PositiveRate = Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.String({ pattern: ratePattern })], {
  is: 'a rate of exchange',
  allowed: 'more than 0 with at most twelve decimals, such as 1.08',
})

/** Schema of the day of a rate in a file. */
export const RateDate = Type.String({
  format: 'date',
  is: 'a day',
  allowed: 'YEAR-MONTH-DAY, such as 2026-11-20',
})

/** The rate's exact decimal text; null when it is none, is 0, or a float could not carry it as it was written. */
export function parseRate(rate: number | string): string | null {
  const text = String(rate)
  if (!new RegExp(ratePattern).test(text) || !/[1-9]/.test(text)) return null
  // A double gives back fifteen digits as they were written, and not always more.
  if (typeof rate === 'number' && text.replace(/^0\.0*|\./g, '').length > 15) return null
  return text
}

/** `3.9` or `'3.90'` → 3,900,000 micro-units; null when it is no amount or has more than six decimals. */
export function parseAmount(amount: number | string): number | null {
  // A float's own shortest text; what needs an exponent (1e-7) is too fine to be an amount.
  const text = String(amount)
  if (!new RegExp(pattern).test(text)) return null
  const [whole = '0', fraction = ''] = text.split('.')
  return Number(whole) * 1_000_000 + Number(fraction.padEnd(6, '0'))
}

/** 3,900,000 → `3.90`; cents unless the amount is finer than that. */
export function formatAmount(micros: number): string {
  const sign = micros < 0 ? '-' : ''
  const whole = Math.floor(Math.abs(micros) / 1_000_000)
  const fraction = String(Math.abs(micros) % 1_000_000).padStart(6, '0')
  return `${sign}${whole}.${fraction.replace(/0{1,4}$/, '')}`
}
