// Heartbeats that nodes push: what each one says of the probes that wait for it, and when one that should have come is
// late. Whether it is late is `judge-push.ts`'s to say; here are the last pushes and the deadlines of the next.
import type { Clock } from '../../state/primitives/clock.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import type { ProbeInstance } from '../fleet/fleet.ts'
import { createDeadlines } from './judge-deadlines.ts'
import { judgePush } from './judge-push.ts'
import type { WatchedNode } from './judge-rules.ts'
import type { Heartbeat, Outcome, Sample } from './probe.ts'

export interface PushesOptions {
  clock: Clock
  watched(node: string): WatchedNode | undefined
  isLive(node: WatchedNode): boolean
  /** How many pushes in a row may be missed. */
  missed(): number
  /** Since when HQ has listened without a break (monotonic, ms). */
  listeningSince(): number
  /** What a push says by its content; without it, only whether it says up. */
  judge: ((probe: ProbeInstance, last: Heartbeat) => Outcome) | undefined
  onSample(sample: Sample): void
  /** Nothing new came in time, but what was said last still holds. */
  onStanding(node: WatchedNode, probe: string, outcome: Outcome): void
}

export interface Pushes {
  /** Looks at the node's pushes with the next `look`. */
  expect(node: string, now: number): void
  take(node: string, heartbeat: Heartbeat): void
  last(node: string): Heartbeat | null
  forget(node: string): void
  /** Judges every push that is due at `now` (monotonic, ms): still in time, or late. */
  look(now: number): void
}

export function createPushes(options: PushesOptions): Pushes {
  const { clock } = options
  const pushed = new Map<string, { heartbeat: Heartbeat; mono: number; said: ReadonlyMap<string, Outcome> }>()
  const deadlines = createDeadlines()

  function lookAt(key: string): void {
    const [name = '', id = ''] = key.split('\n')
    const one = options.watched(name)
    const probe = one?.probes.get(id)
    if (!one || !probe || !options.isLive(one)) return
    const now = clock.mono()
    const since = options.listeningSince()
    const last = pushed.get(name)
    const verdict = judgePush({ everyMs: probe.everyMs, missed: options.missed() }, last?.mono ?? null, since, now)
    deadlines.set(key, Math.min(verdict.nextAt ?? Number.POSITIVE_INFINITY, now + probe.everyMs))
    if (verdict.ok === false) {
      options.onSample({
        ok: false,
        ms: null,
        detail: nodeText(verdict.detail),
        node: name,
        probe: id,
        kind: probe.kind,
        at: clock.now(),
      })
    } else if (verdict.ok === true && last && last.mono >= since) {
      // Nothing new came: what it said last still holds, but it is no new sample.
      const said = last.said.get(id)
      if (said) options.onStanding(one, id, said)
    }
  }

  return {
    expect(name, now) {
      for (const probe of options.watched(name)?.pushes ?? []) deadlines.set(keyOf(name, probe.id), now)
    },
    take(name, heartbeat) {
      const one = options.watched(name)
      if (!one) return
      const judge = options.judge ?? contentOf
      const said = new Map(one.pushes.map(probe => [probe.id, judge(probe, heartbeat)] as const))
      pushed.set(name, { heartbeat, mono: clock.mono(), said })
      for (const probe of one.pushes) {
        const outcome = said.get(probe.id)
        if (outcome) options.onSample({ ...outcome, node: name, probe: probe.id, kind: probe.kind, at: heartbeat.at })
        deadlines.set(keyOf(name, probe.id), clock.mono() + probe.everyMs)
      }
    },
    last: name => pushed.get(name)?.heartbeat ?? null,
    forget(name) {
      pushed.delete(name)
    },
    look(now) {
      for (const key of deadlines.due(now)) lookAt(key)
    },
  }
}

function contentOf(_probe: ProbeInstance, heartbeat: Heartbeat): Outcome {
  const ok = heartbeat.status === 'up'
  const detail = nodeText(
    ok ? 'pushed' : `pushed that it is down${heartbeat.facts.msg ? `: ${heartbeat.facts.msg}` : ''}`,
  )
  return { ok, ms: heartbeat.values.ping_ms ?? null, detail, values: heartbeat.values, facts: heartbeat.facts }
}

function keyOf(node: string, probe: string): string {
  return `${node}\n${probe}`
}
