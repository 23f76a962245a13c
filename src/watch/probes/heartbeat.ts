// Does the node still tell us that it lives? Judged from the last push, its lateness and what it said.
import { Type } from 'typebox'
import { nodeText } from '../../../state/primitives/node-text.ts'
import type { Heartbeat, Outcome, PushProbe } from '../probe.ts'
import { entry, isBeyond, limitSchema, span } from './measures.ts'
import { couldNotLook, failed } from './network.ts'

const limits = (description: string) =>
  Type.Optional(Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]*$' }), limitSchema, { description }))

export const heartbeat = {
  kind: 'heartbeat',
  from: 'push',
  effect: 'down',
  options: Type.Object({
    token: Type.Optional(
      Type.String({ minLength: 1, description: "Secret reference of the node's push token: `env:PUSH_{NAME}`." }),
    ),
    expect: Type.Optional(
      Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]*$' }), Type.Union([Type.String(), Type.Number()]), {
        description: 'Values that must be pushed exactly. Default: `db_integrity: ok` where it is pushed.',
      }),
    ),
    warn: limits('Values that warn: `{ disk_pct: 80, cert_days_remaining: "<14" }`.'),
    fail: limits('Values that fail: `{ disk_pct: 95 }`.'),
  }),
  defaults: { everyMs: 30_000, timeoutMs: 5000, failures: 2 },
  targets: () => [{ id: 'heartbeat', target: 'telemetry push' }],
  judge(probe, context) {
    const now = context.clock.mono()
    const since = context.scratch.get('since') ?? now
    context.scratch.set('since', since)
    const graceMs = graceOf(probe.everyMs)
    const last = context.lastHeartbeat
    const watchedMs = now - since
    if (!last) {
      // Right after a start nobody knows what came before; later, silence is a finding.
      if (watchedMs <= probe.everyMs + graceMs) return couldNotLook('no push seen yet')
      const missed = Math.floor((watchedMs - graceMs) / probe.everyMs)
      return { ...failed(`no push for ${span(watchedMs)}, since watching began`), values: { missed } }
    }
    const age = Math.max(0, context.clock.now() - last.at)
    const missed = Math.max(0, Math.floor((age - graceMs) / probe.everyMs))
    if (missed >= 1) {
      // HQ that slept or restarted must not count pushes that it could not hear.
      if (watchedMs <= probe.everyMs + graceMs) return couldNotLook(`last push ${span(age)} ago, before watching began`)
      return {
        ...failed(`${missed} ${missed === 1 ? 'push' : 'pushes'} missed, the last came ${span(age)} ago`),
        values: { missed },
      }
    }
    return judgePayload(last, age, probe.options)
  },
} satisfies PushProbe

/** A push is late, not missed, for a quarter of the interval: a second of jitter is no outage. */
function graceOf(everyMs: number): number {
  return Math.max(1000, everyMs / 4)
}

function judgePayload(last: Heartbeat, ageMs: number, options: Readonly<Record<string, unknown>>): Outcome {
  const common = { ms: null, values: { ...last.values, missed: 0 }, facts: last.facts }
  if (last.status === 'down') return { ok: false, detail: nodeText('the node itself says that it is down'), ...common }
  const expected = options.expect ?? (last.facts.db_integrity === undefined ? {} : { db_integrity: 'ok' })
  const wrong: string[] = []
  for (const [name, value] of Object.entries(expected as Readonly<Record<string, unknown>>)) {
    const said = last.facts[name] ?? last.values[name]
    if (said === undefined) wrong.push(`${name} was not pushed`)
    else if (String(said) !== String(value)) wrong.push(`${name} is ${said}, not ${String(value)}`)
  }
  for (const [name, value] of Object.entries(last.values)) {
    if (isBeyond(value, entry(options.fail, name))) wrong.push(`${name} is ${value}`)
  }
  if (wrong.length > 0) return { ok: false, effect: 'degraded', detail: nodeText(wrong.join('; ')), ...common }
  const warned = Object.entries(last.values).filter(([name, value]) => isBeyond(value, entry(options.warn, name)))
  if (warned.length > 0) {
    return {
      ok: true,
      warn: true,
      detail: nodeText(warned.map(([name, value]) => `${name} is ${value}`).join('; ')),
      ...common,
    }
  }
  return { ok: true, detail: nodeText(`pushed ${span(ageMs)} ago`), ...common }
}
