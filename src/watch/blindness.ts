// Can HQ itself see? Judged before any node is: a monitor that lost its own link, stood still, or whose clock jumped
// knows nothing about the fleet, and says so once.

export interface CanaryResult {
  name: string
  /** null: it could not be tried (no program): it has no vote. */
  ok: boolean | null
  detail: string
}

export interface Sight {
  /** Wall clock of the beginning, and why, while HQ is blind. */
  blind: { since: number; why: string } | null
  /** Rounds in a row in which all canaries failed. */
  badRounds: number
  /** Monotonic start of the first of the rounds in a row in which half or more failed, but not all. */
  partlySince: number | null
  /** Monotonic moment up to which sight is proven: whatever failed before it, failed while HQ could see. */
  sawAt: number
  /** Monotonic moment of waking or of seeing again: pushes before it were not missed. */
  listeningSince: number
  /** Only a round that started after this proves sight again. */
  provenFrom: number
}

export interface Moment {
  wall: number
  mono: number
}

/** HQ's loop stood still this long: what it did not hear meanwhile means nothing. */
const standstillMs = 10_000
/** Shorter ones excuse late pushes, nothing more. */
const hiccupMs = 3_000
/** The wall clock moved this much against the monotonic one. */
const clockJumpMs = 30_000
const confirmRounds = 2

export function startSight(at: Moment): Sight {
  return {
    blind: null,
    badRounds: 0,
    partlySince: null,
    sawAt: Number.NEGATIVE_INFINITY,
    listeningSince: at.mono,
    provenFrom: Number.NEGATIVE_INFINITY,
  }
}

/** Told at every tick what time it was at the last one and what it is now. */
export function ticked(sight: Sight, last: Moment, now: Moment): Sight {
  const stood = now.mono - last.mono
  const jumped = now.wall - last.wall - stood
  if (Math.abs(jumped) > clockJumpMs) {
    return blinded(sight, `HQ's clock jumped by ${jumped > 0 ? '+' : ''}${Math.round(jumped / 1000)} s`, now)
  }
  if (stood > standstillMs) return blinded(sight, `HQ stood still for ${Math.round(stood / 1000)} s`, now)
  return stood > hiccupMs ? { ...sight, listeningSince: now.mono } : sight
}

function blinded(sight: Sight, why: string, now: Moment): Sight {
  return { ...sight, blind: sight.blind ?? { since: now.wall, why }, listeningSince: now.mono, provenFrom: now.mono }
}

/**
 * Told after each round of canaries. All of them failing, twice in a row (packets get lost), is blindness. Half or more
 * failing is blindness only when no node answers either, for `patienceMs`: one anchor that is being rebooted must not
 * hide a fleet. `answeredAt`: when a node other than HQ last answered anything.
 */
export function rounded(
  sight: Sight,
  results: readonly CanaryResult[],
  round: { started: number; answeredAt: number; patienceMs: number },
  now: Moment,
): Sight {
  const voting = results.filter(result => result.ok !== null)
  const failing = voting.filter(result => result.ok === false)
  if (failing.length > 0 && failing.length === voting.length) {
    const badRounds = sight.badRounds + 1
    const isProven = badRounds >= confirmRounds
    return { ...sight, badRounds, blind: sight.blind ?? (isProven ? { since: now.wall, why: whyOf(failing) } : null) }
  }
  if (failing.length * 2 >= voting.length && failing.length > 0) {
    const partlySince = sight.partlySince ?? round.started
    const partly = { ...sight, badRounds: 0, partlySince }
    const silentMs = now.mono - Math.max(partlySince, round.answeredAt)
    if (silentMs >= round.patienceMs)
      return { ...partly, blind: sight.blind ?? { since: now.wall, why: whyOf(failing) } }
    // Sight is proven up to the moment at which a node answered, no further.
    return round.answeredAt >= partlySince ? seeing(partly, round.answeredAt, now) : partly
  }
  return seeing({ ...sight, badRounds: 0, partlySince: null }, round.started, now)
}

function seeing(sight: Sight, provenAt: number, now: Moment): Sight {
  if (provenAt <= sight.provenFrom) return sight
  return {
    ...sight,
    sawAt: Math.max(sight.sawAt, provenAt),
    blind: null,
    listeningSince: sight.blind === null ? sight.listeningSince : now.mono,
  }
}

/** The next round shall come soon: something failed, or must be proven again. */
export function isUneasy(sight: Sight): boolean {
  return sight.blind !== null || sight.badRounds > 0 || sight.partlySince !== null
}

function whyOf(failing: readonly CanaryResult[]): string {
  const names = failing.map(result => `${result.name} (${result.detail})`).join(', ')
  return `HQ cannot reach ${names}`.slice(0, 240)
}
