// Numbers and ages for people.
import type { Theme } from '../theme/tokens.ts'

/** `20 s`, `4 m`, `3 h`, `2 d`; in steps of ten seconds and `now` below the first, so that nothing twitches. */
export function age(now: number, then: number, moment = 'now'): string {
  const seconds = Math.max(0, (now - then) / 1000)
  if (seconds < 10) return moment
  if (seconds < 120) return `${Math.floor(seconds / 10) * 10} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} m`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

/** `4 m ago`, `just now`. */
export function ago(now: number, then: number): string {
  const words = age(now, then, '')
  return words === '' ? 'just now' : `${words} ago`
}

/** To the second, for what is waited for: `12 s`, `3 m 12 s`. */
export function exactAge(now: number, then: number): string {
  const seconds = Math.max(0, Math.floor((now - then) / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`
  return age(now, then)
}

export function milliseconds(ms: number | null): string {
  if (ms === null) return '–'
  return ms < 9.95 ? ms.toFixed(1) : String(Math.round(ms))
}

/** The node's usual latency is drawn this low, so that a quiet node looks quiet and five times the usual fills the line. */
const usualShare = 0.2

/** The value at the upper edge of a small chart. */
export function usualTop(values: readonly (number | null)[]): number {
  const known = values.filter(value => value !== null).sort((a, b) => a - b)
  return Math.max(0.1, (known[Math.floor(known.length / 2)] ?? 1) / usualShare)
}

/** The last values as a small chart against their own median; a gap is drawn as a gap. */
export function sparkline(values: readonly (number | null)[], width: number, theme: Theme): string {
  const { spark, gap } = theme.glyphs
  const last = values.slice(-width)
  const top = usualTop(last)
  const highest = spark.length - 1
  return last
    .map(value => (value === null ? gap : (spark[Math.min(highest, Math.round((value / top) * highest))] ?? gap)))
    .join('')
    .padEnd(width)
}

/** `10:42:07Z`, with the day where it is not today's. */
export function clock(at: number, now: number): string {
  const iso = new Date(at).toISOString()
  const time = `${iso.slice(11, 19)}Z`
  return now - at < 86_400_000 && iso.slice(0, 10) === new Date(now).toISOString().slice(0, 10)
    ? time
    : `${iso.slice(5, 10)} ${time}`
}
