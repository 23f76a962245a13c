// Durations as people write them: `30s`, `5m`, `6h`, `21d`, `1h30m`. Kept and counted in whole milliseconds.
import Type from 'typebox'

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

export const durationPattern = '^(?:[0-9]{1,9}(?:\\.[0-9]{1,3})?(?:ms|s|m|h|d|w))+$'
/** A century: beyond it a number is a slip of the finger, and timers overflow long before. */
const longestMs = 36_525 * 86_400_000

/** What a schema of a duration says beside its type; `is` and `allowed` feed the error messages. */
export const durationOptions = {
  pattern: durationPattern,
  is: 'a duration',
  allowed: 'a number with ms, s, m, h, d or w, such as 30s, 5m, 6h, 21d or 1h30m',
}

/** A duration in a file. */
export const DurationText = Type.String(durationOptions)

/** `1h30m` → 5,400,000; null when it is no duration. */
export function parseDuration(text: string): number | null {
  if (!new RegExp(durationPattern).test(text)) return null
  let total = 0
  for (const [, amount, unit] of text.matchAll(/([0-9.]+)(ms|[smhdw])/g)) {
    total += Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN)
  }
  const ms = Math.round(total)
  return Number.isFinite(ms) && ms <= longestMs ? ms : null
}

/** The shortest exact text: 5,400,000 → `1h30m`, 0 → `0s`. */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms)
  if (rest === 0) return '0s'
  let text = ''
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const size = unitMs[unit] ?? 1
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  return text
}
