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
