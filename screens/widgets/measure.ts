// Numbers and ages for people.
import type { Theme } from '../theme/tokens.ts'

/** `8 s`, `4 m`, `3 h`, `2 d`; below ten seconds it is now, so that nothing twitches. */
export function age(now: number, then: number): string {
  const seconds = Math.max(0, (now - then) / 1000)
  if (seconds < 10) return 'now'
  if (seconds < 120) return `${Math.floor(seconds / 10) * 10} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} m`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

export function milliseconds(ms: number | null): string {
  if (ms === null) return '–'
  return ms < 10 ? ms.toFixed(1) : String(Math.round(ms))
}

/** The last values as a small chart, scaled from zero to the largest; a gap is drawn as a gap. */
export function sparkline(values: readonly (number | null)[], width: number, theme: Theme): string {
  const { spark, gap } = theme.glyphs
  const last = values.slice(-width)
  const largest = Math.max(1, ...last.filter(value => value !== null))
  return last
    .map(value => (value === null ? gap : (spark[Math.min(spark.length - 1, Math.floor((value / largest) * spark.length))] ?? gap)))
    .join('')
    .padStart(width)
}
