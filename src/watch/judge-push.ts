// When is a push late? Counted from the last push, or from the moment HQ began (or began again) to listen: a push that
// nobody could hear was not missed.

export interface PushRule {
  everyMs: number
  /** Pushes that must be missing before it counts as trouble (severity SEV2 of the fleet). */
  missed: number
}

export interface PushVerdict {
  /** null: nothing came yet, and not long enough to say so. */
  ok: boolean | null
  missed: number
  detail: string
  /** When to ask again (same clock as `now`); null: only a push changes anything. */
  nextAt: number | null
}

/** Networks and timers are late by a little: a push is missed only this much after it was due. */
function graceMs(everyMs: number): number {
  return Math.min(5_000, Math.max(500, everyMs * 0.1))
}

/**
 * All times in ms on one clock. `lastAt`: the last push, null if none came; `listeningSince`: HQ hears since then.
 * Waking up moves `listeningSince`, which is the amnesty: `missed` whole intervals must pass from there.
 */
export function judgePush(rule: PushRule, lastAt: number | null, listeningSince: number, now: number): PushVerdict {
  const base = Math.max(lastAt ?? Number.NEGATIVE_INFINITY, listeningSince)
  const lateAt = base + rule.missed * rule.everyMs + graceMs(rule.everyMs)
  if (now < lateAt) {
    return lastAt === null
      ? { ok: null, missed: 0, detail: 'no push yet', nextAt: lateAt }
      : { ok: true, missed: 0, detail: `pushed ${seconds(now - lastAt)} ago`, nextAt: lateAt }
  }
  const missed = Math.max(rule.missed, Math.floor((now - (lastAt ?? base)) / rule.everyMs))
  const since =
    lastAt === null
      ? `has never pushed (${missed} missed)`
      : `has not pushed for ${seconds(now - lastAt)} (${missed} missed)`
  return { ok: false, missed, detail: since, nextAt: now + rule.everyMs }
}

function seconds(ms: number): string {
  const whole = Math.round(ms / 1000)
  if (whole < 120) return `${whole} s`
  if (whole < 7200) return `${Math.floor(whole / 60)} min`
  return `${Math.floor(whole / 3600)} h`
}
