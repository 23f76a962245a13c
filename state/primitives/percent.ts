// Shares as people write them: `80%`, `2.5%`. Kept as a ratio.
import Type from 'typebox'

const pattern = '^(?:100(?:\\.0+)?|[0-9]{1,2}(?:\\.[0-9]{1,4})?)%$'

/** Schema of a percentage in a file. */
export const PercentText = Type.String({
  pattern,
  is: 'a percentage',
  allowed: '0% to 100%, with the sign, such as 80% or 2.5%',
})

/** `80%` → 0.8; null when it is no percentage from 0 to 100. */
export function parsePercent(text: string): number | null {
  // Divided once at the end and rounded, so that 7% is 0.07 and not 0.07000000000000001.
  return new RegExp(pattern).test(text) ? Number((Number(text.slice(0, -1)) / 100).toFixed(8)) : null
}

/** 0.825 → `82.5%`. */
export function formatPercent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(4))}%`
}
