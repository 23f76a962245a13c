// Moments as people write them: `now`, `+30m`, `22:00` (the next one), `2026-11-25 22:00`. Everything is UTC, as on the screen. Pure.
import { parseDuration } from '../../state/primitives/duration.ts'

const dayMs = 86_400_000

/** ms since the epoch; null: it is no moment. */
export function momentOf(text: string, now: number): number | null {
  const words = text.trim().toLowerCase()
  if (words === '' || words === 'now') return now
  if (words.startsWith('+')) {
    const ms = parseDuration(words.slice(1).trim())
    return ms === null ? null : now + ms
  }
  const clock = /^(\d{1,2}):(\d{2})z?$/.exec(words)
  if (clock) {
    const [, hours, minutes] = clock
    if (Number(hours) > 23 || Number(minutes) > 59) return null
    const today = now - (now % dayMs) + (Number(hours) * 60 + Number(minutes)) * 60_000
    return today < now ? today + dayMs : today
  }
  const [, day, hours, minutes] = /^(\d{4}-\d{2}-\d{2})[t ](\d{2}):(\d{2})z?$/.exec(words) ?? []
  if (day === undefined) return null
  const at = Date.parse(`${day}T${hours}:${minutes}:00Z`)
  // The 31st of a month of 30 days is no moment, whatever JavaScript makes of it.
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== day ? null : at
}

export const momentHint = 'now, +30m, 22:00 or 2026-11-25 22:00, UTC'
