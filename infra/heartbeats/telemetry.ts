// What a node may push: exactly these fields, each optional. What is not known is ignored; a known field of a wrong
// type refuses the whole push, with all errors at once, since half a truth would be drawn as a whole one.
import Type from 'typebox'
import { nodeText } from '../../state/primitives/node-text.ts'
import { checker } from '../../state/primitives/schema.ts'

const count = Type.Number({ minimum: 0, maximum: 1e15 })

const telemetry = Type.Object({
  ram_mb: Type.Optional(count),
  disk_pct: Type.Optional(Type.Number({ minimum: 0, maximum: 100 })),
  /** May go over 100 on several cores. */
  cpu_pct: Type.Optional(count),
  db_size_mb: Type.Optional(count),
  /** `true` or `"ok"` is good; anything else is what the check said. */
  db_integrity: Type.Optional(Type.Union([Type.Boolean(), Type.String({ maxLength: 500 })])),
  active_sessions: Type.Optional(count),
  req_1h: Type.Optional(count),
  err_1h: Type.Optional(count),
  /** Negative when it has expired. */
  cert_days_remaining: Type.Optional(Type.Number({ minimum: -1e6, maximum: 1e6 })),
  nix_gen: Type.Optional(Type.Union([Type.Integer({ minimum: 0 }), Type.String({ maxLength: 200 })])),
  uptime_s: Type.Optional(count),
})

const check = checker(telemetry)

const numbers = [
  'ram_mb',
  'disk_pct',
  'cpu_pct',
  'db_size_mb',
  'active_sessions',
  'req_1h',
  'err_1h',
  'cert_days_remaining',
  'uptime_s',
] as const

export type Telemetry =
  | { ok: true; values: Record<string, number>; facts: Record<string, string> }
  | { ok: false; errors: string[] }

export function readTelemetry(body: unknown): Telemetry {
  if (!check.is(body)) {
    // Path and rule only: what the node sent is never sent or logged back.
    const errors = check
      .errors(body)
      .map(error => `${error.instancePath.slice(1) || 'body'} ${error.message ?? 'is wrong'}`)
    return { ok: false, errors: [...new Set(errors)].slice(0, 20) }
  }
  const values: Record<string, number> = {}
  for (const name of numbers) {
    const value = body[name]
    if (value !== undefined) values[name] = value
  }
  const facts: Record<string, string> = {}
  if (body.db_integrity !== undefined) {
    facts.db_integrity =
      body.db_integrity === true ? 'ok' : body.db_integrity === false ? 'failed' : nodeText(body.db_integrity)
  }
  if (body.nix_gen !== undefined) facts.nix_gen = nodeText(String(body.nix_gen))
  return { ok: true, values, facts }
}
