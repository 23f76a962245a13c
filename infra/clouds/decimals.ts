// Prices come as decimal text or as units and nanos, and are kept as whole billionths: a float never carries one.

/** `0.0104000000000000` → 10,400,000; half a billionth and more counts as one. null: no decimal, or too big to be exact. */
export function nanosOf(decimal: string): number | null {
  const [, whole = '', fraction = ''] = /^([0-9]{1,9})(?:\.([0-9]{1,40}))?$/.exec(decimal) ?? []
  if (whole === '') return null
  const nanos = BigInt(whole) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
  return exact((fraction[9] ?? '0') >= '5' ? nanos + 1n : nanos)
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
