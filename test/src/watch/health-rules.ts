// Rules of one node for tests, on a clock of numbers: probes as they are usual, and a way to play samples to them.
import {
  judge,
  type Look,
  look,
  type NodeRules,
  type ProbeRule,
  startTrack,
  type Track,
} from '../../../src/watch/health.ts'

export const s = 1_000

export function rule(id: string, more: Partial<ProbeRule> = {}): ProbeRule {
  return {
    id,
    kind: id,
    target: `${id}-target`,
    effect: 'down',
    path: 'public',
    everyMs: 30 * s,
    timeoutMs: 5 * s,
    failures: 1,
    severity: null,
    ...more,
  }
}

export function rulesOf(...probes: ProbeRule[]): NodeRules {
  return { node: 'paris', probes: new Map(probes.map(probe => [probe.id, probe])), downMs: 300 * s }
}

/** Plays samples (second, probe, result) and judges at each; then at `at` seconds. */
export function play(
  rules: NodeRules,
  samples: readonly (readonly [second: number, probe: string, found: boolean | null | 'warn' | Look])[],
  at: number,
  from: Track = startTrack(),
) {
  let track = from
  for (const [second, id, found] of samples) {
    const probe = rules.probes.get(id)
    if (!probe) throw new Error(`no probe ${id}`)
    const outcome: Look =
      typeof found === 'object' && found !== null
        ? found
        : found === 'warn'
          ? { ok: true, warn: true, detail: 'close to its limit' }
          : { ok: found, detail: found === true ? 'fine' : found === false ? 'no answer' : 'no program' }
    track = judge(look(track, probe, outcome, second * s), rules, second * s).track
  }
  return judge(track, rules, at * s)
}

export const ping = rule('ping')
export const twice = rule('ping', { failures: 2 })
export const units = rule('units', { effect: 'degraded', path: 'host' })
export const tls = rule('tls', { effect: 'degraded', everyMs: 21_600 * s })
export const quiet = rule('quiet', { effect: 'none' })
