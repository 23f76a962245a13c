// The health of one node: a pure state machine. Samples go in, health comes out: the worst of its valid samples by
// what each kind of probe means. No valid look: unknown, never up and never down.
// All times here are ms on a monotonic clock; the wall clock may jump without changing anybody's health.
import type { Severity } from '../fleet/fleet.ts'
import { explain, type Path } from './judge-reason.ts'
import type { Effect } from './probe.ts'

export interface ProbeRule {
  id: string
  kind: string
  target: string
  effect: Effect
  path: Path
  everyMs: number
  timeoutMs: number
  /** Failures in a row before health follows. */
  failures: number
  /** The probe's own severity; it is neither raised nor lowered by time. */
  severity: Severity | null
  /** As in ProbeKind. */
  provesLife?: false
}

export interface NodeRules {
  node: string
  probes: ReadonlyMap<string, ProbeRule>
  /** Down for so long: SEV1. */
  downMs: number
}

export interface Look {
  ok: boolean | null
  warn?: boolean
  /** Milder than the kind's own, for this finding. */
  effect?: Effect
  detail: string
}

interface ProbeTrack {
  /** The confirmed verdict; null until there is one. */
  verdict: 'ok' | 'warn' | 'fail' | null
  /** What a failure means now. */
  effect: Effect
  /** Failures in a row. */
  run: number
  /** When the first of them was seen. */
  failingSince: number | null
  lookedAt: number
  validUntil: number
  detail: string
}

export interface Track {
  probes: Readonly<Record<string, ProbeTrack>>
  shown: Shown
  /** When this run of trouble began; survives a short recovery that is not believed yet. */
  troubleSince: number | null
  downSince: number | null
  /** Good again since, while that is not believed yet. */
  goodSince: number | null
  /** When it went into trouble lately: the more often, the longer it must be good. */
  falls: readonly number[]
  /** Why the last look could not be made. */
  blocked: string | null
}

interface Shown {
  health: 'up' | 'degraded' | 'down' | 'unknown'
  severity: Severity | null
  reason: string
  causes: readonly string[]
}

export interface Judgement {
  track: Track
  /** ms from now until it becomes SEV1; null when that does not lie ahead. */
  worsensInMs: number | null
  /** When to judge again if no sample comes before; null: never. */
  nextAt: number | null
}

/** Answering again within this time of falling is not believed at once. */
const flapWindowMs = 120_000
const fallsKeptMs = 600_000
const mostFalls = 4
/** A rare look (certificates, every 6 h) may find trouble, but it keeps nobody up longer than this. */
const longestLifeMs = 600_000

const notWatchedYet = 'not watched yet'

/** One and a half intervals; for short intervals at least until a look that runs into its deadline has ended. */
export function validityMs(rule: { everyMs: number; timeoutMs: number }): number {
  return Math.max(rule.everyMs * 1.5, rule.everyMs + rule.timeoutMs + 1_000)
}

export function startTrack(): Track {
  const shown: Shown = { health: 'unknown', severity: null, reason: notWatchedYet, causes: [] }
  return { probes: {}, shown, troubleSince: null, downSince: null, goodSince: null, falls: [], blocked: null }
}

/** Folds one sample in. A look that could not be made (`ok: null`) changes no verdict and prolongs none. */
export function look(track: Track, rule: ProbeRule, found: Look, now: number): Track {
  if (found.ok === null) return { ...track, blocked: found.detail }
  const before = track.probes[rule.id]
  const valid = before !== undefined && now < before.validUntil
  const run = found.ok ? 0 : (valid ? before.run : 0) + 1
  const verdict = found.ok
    ? found.warn === true
      ? 'warn'
      : 'ok'
    : run >= rule.failures
      ? 'fail'
      : valid
        ? before.verdict
        : null
  const probe: ProbeTrack = {
    verdict,
    effect: found.effect ?? rule.effect,
    run,
    failingSince: found.ok ? null : run > 1 ? (before?.failingSince ?? now) : now,
    lookedAt: now,
    validUntil: now + validityMs(rule),
    detail: found.detail,
  }
  return { ...track, probes: { ...track.probes, [rule.id]: probe } }
}

/**
 * Goes on from what is durable after HQ did not watch for `gapMs`: each probe found what it found then, and that stays
 * valid for its one and a half intervals from then, so that a quick restart neither loses nor invents trouble.
 * `worsensInMs` is what was left until SEV1 when watching ended: the gap itself never counts.
 */
export function resumeTrack(
  durable: { health: string; severity: Severity | null; reason: string; causes: readonly string[] },
  rules: NodeRules,
  gapMs: number,
  worsensInMs: number | null,
  now: number,
): Track {
  const start = startTrack()
  const health = durable.health
  if (health !== 'up' && health !== 'down' && health !== 'degraded') return start
  const probes: Record<string, ProbeTrack> = {}
  for (const rule of rules.probes.values()) {
    const isCause = durable.causes.includes(rule.id)
    const kept = isCause ? validityMs(rule) : Math.min(validityMs(rule), longestLifeMs)
    if (gapMs >= kept) continue
    const bad = durable.severity === 'SEV3' && rule.severity === null && health === 'degraded' ? 'warn' : 'fail'
    const lookedAt = now - gapMs
    const detail = isCause ? durable.reason : ''
    probes[rule.id] = {
      verdict: isCause ? bad : 'ok',
      effect: health === 'degraded' ? 'degraded' : rule.effect,
      run: isCause ? rule.failures : 0,
      failingSince: isCause ? lookedAt : null,
      lookedAt,
      validUntil: lookedAt + kept,
      detail,
    }
  }
  const isDown = health === 'down'
  return {
    ...start,
    probes,
    shown: { health, severity: durable.severity, reason: durable.reason, causes: durable.causes },
    troubleSince: health === 'up' ? null : now,
    downSince: isDown ? now - (worsensInMs === null ? rules.downMs : rules.downMs - worsensInMs) : null,
  }
}

export function judge(track: Track, rules: NodeRules, now: number): Judgement {
  const raw = worstOf(track, rules, now)
  const { shown, goodSince, settleAt } = believed(track, raw.shown, rules, now)
  const isTrouble = shown.health === 'down' || shown.health === 'degraded'
  const wasTrouble = track.shown.health === 'down' || track.shown.health === 'degraded'
  const downSince = shown.health === 'down' ? (track.downSince ?? now) : null
  // While it answers again but is not believed yet, its severity stands still.
  const isHeld = goodSince !== null
  const severity = isHeld ? track.shown.severity : severityOf(shown, track, rules, downSince, now)
  const worsensAt = isHeld ? null : worsens(shown, rules, downSince, severity)
  const falls =
    isTrouble && !wasTrouble
      ? [...track.falls.filter(at => at > now - fallsKeptMs), now].slice(-mostFalls)
      : track.falls
  const next: Track = {
    ...track,
    shown: { ...shown, severity },
    troubleSince: isTrouble ? (wasTrouble ? (track.troubleSince ?? now) : now) : null,
    downSince,
    goodSince,
    falls,
  }
  const moments = [raw.nextAt, settleAt, worsensAt].filter(at => at !== null && at > now) as number[]
  return {
    track: next,
    worsensInMs: worsensAt === null ? null : Math.max(0, worsensAt - now),
    nextAt: moments.length === 0 ? null : Math.min(...moments),
  }
}

/** What the valid samples say by themselves. */
function worstOf(track: Track, rules: NodeRules, now: number): { shown: Shown; nextAt: number | null } {
  let nextAt: number | null = null
  let alive = false
  let fastest = Number.POSITIVE_INFINITY
  for (const rule of rules.probes.values()) if (rule.effect !== 'none') fastest = Math.min(fastest, validityMs(rule))
  const lifeMs = Math.max(longestLifeMs, fastest)
  const failing: { rule: ProbeRule; effect: Effect; detail: string; since: number }[] = []
  const warning: { rule: ProbeRule; detail: string }[] = []
  const fine: { rule: ProbeRule; lookedAt: number }[] = []
  let pending = false
  for (const rule of rules.probes.values()) {
    const probe = track.probes[rule.id]
    if (!probe || rule.effect === 'none' || now >= probe.validUntil) continue
    nextAt = Math.min(nextAt ?? Number.POSITIVE_INFINITY, probe.validUntil)
    if (probe.verdict === null) {
      pending = true
      continue
    }
    const lifeUntil = probe.lookedAt + lifeMs
    if (now < lifeUntil && (rule.provesLife !== false || probe.verdict === 'fail')) {
      alive = true
      nextAt = Math.min(nextAt, lifeUntil)
    }
    if (probe.verdict === 'fail') {
      if (probe.effect !== 'none')
        failing.push({ rule, effect: probe.effect, detail: probe.detail, since: probe.failingSince ?? probe.lookedAt })
    } else if (probe.verdict === 'warn') warning.push({ rule, detail: probe.detail })
    else if (probe.run === 0) fine.push({ rule, lookedAt: probe.lookedAt })
  }
  if (!alive) {
    const why = pending
      ? 'first looks failed, not confirmed yet'
      : (track.blocked ?? (Object.keys(track.probes).length === 0 ? notWatchedYet : 'no look is recent enough'))
    return { shown: { health: 'unknown', severity: null, reason: why, causes: [] }, nextAt }
  }
  const killers = failing.filter(one => one.effect === 'down')
  const causes = killers.length > 0 ? killers : failing.length > 0 ? failing : warning
  if (causes.length === 0) return { shown: { health: 'up', severity: null, reason: '', causes: [] }, nextAt }
  const shown: Shown = {
    health: killers.length > 0 ? 'down' : 'degraded',
    severity: null,
    reason: explain(rules.node, causes, workedSince(fine, causes === warning ? [] : failing)),
    causes: causes.map(one => one.rule.id),
  }
  return { shown, nextAt }
}

/**
 * Those that were seen to work after the trouble began: an older look says nothing about which ways are open now, and
 * what only warns points at no way that is broken.
 */
function workedSince(
  fine: readonly { rule: ProbeRule; lookedAt: number }[],
  failing: readonly { since: number }[],
): ProbeRule[] {
  if (failing.length === 0) return []
  const began = Math.min(...failing.map(one => one.since))
  return fine.filter(one => one.lookedAt >= began).map(one => one.rule)
}

const rank = { up: 0, degraded: 1, down: 2, unknown: 3 } as const

/** Flap damping: trouble is believed at once, an end of trouble soon after its beginning only when it lasts. */
function believed(
  track: Track,
  raw: Shown,
  rules: NodeRules,
  now: number,
): { shown: Shown; goodSince: number | null; settleAt: number | null } {
  const was = track.shown.health
  const isBetter = (was === 'down' || was === 'degraded') && raw.health !== 'unknown' && rank[raw.health] < rank[was]
  if (!isBetter) {
    // The reason keeps its first words while nothing changed, so that a growing number makes no new event.
    const same =
      raw.health === was && sameCauses(raw.causes, track.shown.causes) && track.shown.reason !== notWatchedYet
    return { shown: same ? { ...raw, reason: track.shown.reason || raw.reason } : raw, goodSince: null, settleAt: null }
  }
  const goodSince = track.goodSince ?? now
  const fellLately = track.troubleSince !== null && goodSince - track.troubleSince < flapWindowMs
  const falls = track.falls.filter(at => at > now - fallsKeptMs).length
  const settleAt = fellLately || falls > 1 ? goodSince + settleMs(track, rules) * Math.max(1, falls) : goodSince
  if (now >= settleAt) return { shown: raw, goodSince: null, settleAt: null }
  return { shown: track.shown, goodSince, settleAt }
}

/** Good for one validity of the probe that found the trouble: it has looked again, and found nothing. */
function settleMs(track: Track, rules: NodeRules): number {
  const spans = track.shown.causes.map(id => rules.probes.get(id)).map(rule => (rule ? validityMs(rule) : 0))
  return Math.min(120_000, Math.max(0, ...spans))
}

function sameCauses(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index])
}

function severityOf(
  shown: Shown,
  track: Track,
  rules: NodeRules,
  downSince: number | null,
  now: number,
): Severity | null {
  if (shown.health !== 'down' && shown.health !== 'degraded') return null
  const longDown = downSince !== null && now - downSince >= rules.downMs
  let worst: Severity = 'SEV3'
  for (const id of shown.causes) {
    const own = rules.probes.get(id)?.severity ?? null
    const warned = shown.health === 'degraded' && track.probes[id]?.verdict !== 'fail'
    const found: Severity = own ?? (longDown ? 'SEV1' : warned ? 'SEV3' : 'SEV2')
    // `SEV1` < `SEV2` < `SEV3` as text: the smaller is the worse.
    if (found < worst) worst = found
  }
  return worst
}

function worsens(shown: Shown, rules: NodeRules, downSince: number | null, severity: Severity | null): number | null {
  if (shown.health !== 'down' || downSince === null || severity === 'SEV1') return null
  const byTime = shown.causes.some(id => (rules.probes.get(id)?.severity ?? null) === null)
  return byTime ? downSince + rules.downMs : null
}
