// Amounts as people read them: to the cent, the currency beside them, and what is not known said so. Pure.
import { formatAmount } from '../../state/primitives/money.ts'

const centMicros = 10_000

/** `$163.90`, `3.90 EUR`; less than a cent is not nothing. */
export function amountOf(micros: number, currency: string): string {
  const cents = Math.round(Math.abs(micros) / centMicros) * centMicros
  const sign = micros < 0 ? '-' : ''
  if (micros !== 0 && cents === 0) return `${sign}<${written(centMicros, currency)}`
  return `${sign}${written(cents, currency)}`
}

/** With its direction: `+$7.82`, `-$3.65`. */
export function changeOf(micros: number, currency: string): string {
  return micros > 0 ? `+${amountOf(micros, currency)}` : amountOf(micros, currency)
}

function written(micros: number, currency: string): string {
  const amount = formatAmount(micros)
  // The only sign that is ASCII, and so the same on every terminal.
  return currency === 'USD' ? `$${amount}` : `${amount} ${currency}`
}

/** What is known of several amounts; `isWhole` false: some of them are not known. */
export interface Sum {
  micros: number | null
  isWhole: boolean
}

export function sumOf(amounts: readonly (number | null)[]): Sum {
  const known = amounts.filter(amount => amount !== null)
  return {
    micros: known.length === 0 ? null : known.reduce((sum, amount) => sum + amount, 0),
    isWhole: amounts.length > 0 && known.length === amounts.length,
  }
}

/** `$9.76`, `$9.76 +?` where something is missing, `unknown` where nothing is known. */
export function sumWords({ micros, isWhole }: Sum, currency: string): string {
  if (micros === null) return 'unknown'
  return isWhole ? amountOf(micros, currency) : `${amountOf(micros, currency)} +?`
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** `2026-11` → `November 2026`. */
export function monthWords(month: string): string {
  const [year = '', number = ''] = month.split('-')
  const name = months[Number(number) - 1]
  return name === undefined ? month : `${name} ${year}`
}

/** `2026-11` and a step → `2026-10`. */
export function monthBeside(month: string, step: -1 | 1): string {
  const [year = 1970, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 + step, 1)).toISOString().slice(0, 7)
}
