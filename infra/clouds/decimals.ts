// Prices come as decimal text or as units and nanos, and are kept as whole billionths: a float never carries one.

/** `0.0042000000` with 9 digits → 4,200,000. null: it is no decimal, or too large to be counted exactly. */
export function unitsOf(text: string, digits: number): { units: number; isExact: boolean } | null {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d{1,20})(?:\.(\d{0,40}))?(?:[Ee]([+-]?\d{1,2}))?$/.exec(text) ?? []
  if (whole === '') return null
  const shift = digits + Number(exponent) - fraction.length
  const all = BigInt(whole + fraction)
  const divisor = 10n ** BigInt(Math.max(0, -shift))
  const scaled = all * 10n ** BigInt(Math.max(0, shift))
  // Half of a unit counts as one.
  const rounded = (scaled * 2n + divisor) / (divisor * 2n)
  if (rounded > BigInt(Number.MAX_SAFE_INTEGER)) return null
  const units = Number(rounded)
  return { units: sign && units !== 0 ? -units : units, isExact: rounded * divisor === scaled }
}

/** `0.0104000000000000` → 10,400,000; half a billionth and more counts as one. null: no price, or too big to be exact. */
export function nanosOf(decimal: string): number | null {
  return /^[0-9]/.test(decimal) ? (unitsOf(decimal, 9)?.units ?? null) : null
}

/** Google's money: `{units: "1", nanos: 250000000}`. */
export function nanosOfUnits(units: string | number | null | undefined, nanos: number | null | undefined) {
  const whole = String(units ?? '0')
  const part = nanos ?? 0
  if (!/^[0-9]{1,9}$/.test(whole) || !Number.isInteger(part) || part < 0 || part > 999_999_999) return null
  return exact(BigInt(whole) * 1_000_000_000n + BigInt(part))
}

/** Sum of nanos × quantity, exactly, and rounded once. Quantities are in thousandths: 0.25 of a core is 250. */
export function nanosTimes(terms: readonly { nanos: number; thousandths: number }[]): number | null {
  const sum = terms.reduce((total, { nanos, thousandths }) => total + BigInt(nanos) * BigInt(thousandths), 0n)
  return exact((sum + 500n) / 1000n)
}

function exact(nanos: bigint): number | null {
  const number = Number(nanos)
  return Number.isSafeInteger(number) ? number : null
}
