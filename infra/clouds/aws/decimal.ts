// Decimal text into whole units, without a float on the way: prices carry ten digits and are multiplied by months.

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
