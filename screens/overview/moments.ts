// Which moments of the past one can go to: step by step, to what happened, or by saying when. All times are UTC, as
// everywhere in the room. Pure.
import type { Snapshot } from '../room/room.ts'

const minute = 60_000
const hour = 3_600_000
const day = 86_400_000

/** Fine within the last hour, coarse beyond: the further back, the longer the way. */
function stepFor(ageMs: number): number {
  return ageMs < hour ? minute : ageMs < day ? 5 * minute : hour
}

/** One step further back; the first one is a minute. */
export function earlier(at: number | null, now: number): number {
  const from = at ?? now
  const step = stepFor(now - from)
  // From now on the whole minute before, so that at least one whole minute lies between.
  const before = at === null ? from - step : from - 1
  return Math.floor(before / step) * step
}

/** One step on; null: that is now. */
export function later(at: number, now: number): number | null {
  const step = stepFor(now - at - 1)
  const next = (Math.floor(at / step) + 1) * step
  return next >= now ? null : next
}

export interface Marker {
  at: number
  kind: 'sev1' | 'sev2' | 'over' | 'person' | 'boot'
  words: string
}

/** What happened and is known of, oldest first. */
export function markersOf({ state, live, order, now, memo }: Snapshot): readonly Marker[] {
  // Boots are told by samples, of which there are many a second: once a minute is enough.
  const round = Math.floor(now / minute)
  return memo('overview markers', [state.incidents, state.exec, order, round], () => {
    const incidents = [...state.incidents.closed, ...Object.values(state.incidents.open)].flatMap(
      ({ openedAt, resolved, severity, title }): Marker[] => [
        { at: openedAt, kind: severity === 'SEV1' ? 'sev1' : 'sev2', words: `${severity} ${title}` },
        ...(resolved ? [{ at: resolved.at, kind: 'over' as const, words: `over: ${title}` }] : []),
      ],
    )
    const runs = [...state.exec.closed, ...Object.values(state.exec.open)].map(
      ({ at, by, argv }): Marker => ({ at, kind: 'person', words: `${by} ran ${argv.join(' ')}` }),
    )
    const boots = order.flatMap((name): Marker[] => {
      const probe = live.probes[name]?.boot
      const uptime = probe?.values?.uptime_s
      return probe && uptime !== undefined
        ? [{ at: probe.at - uptime * 1000, kind: 'boot', words: `${name} was started` }]
        : []
    })
    return [...incidents, ...runs, ...boots].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)
  })
}

/** Such a figure of a thing's age is right to a second; so close, it is the thing. */
const sameMs = 1_000

export function markerBefore(snapshot: Snapshot, at: number | null): Marker | null {
  return markersOf(snapshot).findLast(marker => marker.at < (at ?? snapshot.now) - (at === null ? 0 : sameMs)) ?? null
}

export function markerAfter(snapshot: Snapshot, at: number): Marker | null {
  return markersOf(snapshot).find(marker => marker.at > at + sameMs) ?? null
}

export function markerAt(snapshot: Snapshot, at: number): Marker | null {
  return markersOf(snapshot).findLast(marker => Math.abs(marker.at - at) <= sameMs) ?? null
}

export const momentForms = '03:12 · 2026-11-23 03:12 · -2h · now'

/** A moment as people say it; null is now. A time of day is the last such one. */
export function parseMoment(typed: string, now: number): { at: number | null } | { refused: string } {
  const words = typed.trim().toLowerCase()
  if (words === 'now' || words === 'live') return { at: null }
  const ago = /^-\s*(\d+(?:\.\d+)?)\s*(s|m|h|d)$/.exec(words)
  if (ago) {
    const unit = { s: 1_000, m: minute, h: hour, d: day }[ago[2] ?? ''] ?? minute
    return within(now - Number(ago[1]) * unit, typed, now)
  }
  const said = /^(?:(\d{4}-\d{2}-\d{2})[t ]\s*)?(\d{1,2}):(\d{2})(?::(\d{2}))?\s*z?$/.exec(words)
  if (!said) return { refused: `"${typed.trim()}" is no moment: ${momentForms}` }
  const [, date, hours = '', minutes = '', seconds = '00'] = said
  const time = `${hours.padStart(2, '0')}:${minutes}:${seconds}Z`
  const at = Date.parse(`${date ?? new Date(now).toISOString().slice(0, 10)}T${time}`)
  return within(date === undefined && at > now ? at - day : at, typed, now)
}

function within(at: number, typed: string, now: number): { at: number } | { refused: string } {
  // Not a number, or what no calendar has.
  if (!Number.isFinite(at) || Math.abs(at) > 8e15) return { refused: `"${typed.trim()}" is no moment: ${momentForms}` }
  return at > now ? { refused: `${typed.trim()} has not come yet` } : { at }
}
