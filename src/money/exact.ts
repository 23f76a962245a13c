// Amounts between price and line: exact fractions, since a float that is added to a float is no book-keeping. Each line
// is rounded once, at its end.

/** Micro-units of a currency, as a fraction; the denominator is above 0. */
export interface Exact {
  n: bigint
  d: bigint
}

export const nothing: Exact = { n: 0n, d: 1n }

export function plus(a: Exact, b: Exact): Exact {
  return a.d === b.d ? { n: a.n + b.n, d: a.d } : { n: a.n * b.d + b.n * a.d, d: a.d * b.d }
}

export function minus(a: Exact, b: Exact): Exact {
  return plus(a, { n: -b.n, d: b.d })
}

export function times(a: Exact, b: Exact): Exact {
  return { n: a.n * b.n, d: a.d * b.d }
}

export function lesser(a: Exact, b: Exact): Exact {
  return a.n * b.d <= b.n * a.d ? a : b
}

export function greater(a: Exact, b: Exact): Exact {
  return a.n * b.d >= b.n * a.d ? a : b
}

export function whole(value: number): Exact {
  return { n: BigInt(value), d: 1n }
}

/** `1.1637` as it is written; null when it is no decimal number above 0. */
export function decimal(text: string): Exact | null {
  if (!/^[0-9]{1,12}(\.[0-9]{1,12})?$/.test(text)) return null
  const [units = '0', fraction = ''] = text.split('.')
  const n = BigInt(units + fraction)
  return n === 0n ? null : { n, d: 10n ** BigInt(fraction.length) }
}

/** A number that came as a float (GB, a ratio), to nine decimals. */
export function measured(value: number): Exact {
  return { n: BigInt(Math.round(value * 1e9)), d: 1_000_000_000n }
}

/** Whole micro-units, half away from zero. */
export function rounded({ n, d }: Exact): number {
  const size = n < 0n ? -n : n
  const up = (size * 2n + d) / (d * 2n)
  return Number(n < 0n ? -up : up)
}
