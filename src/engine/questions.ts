// The shapes of questions: what a client sends is judged before anything is read for it.
import { type TSchema, Type } from 'typebox'
import { BadInput } from '../../state/primitives/errors.ts'
import { checker } from '../../state/primitives/schema.ts'
import type { Questions } from './engine.ts'

const moment = Type.Number({ minimum: 0 })
const window = { from: moment, to: moment }
const node = Type.String({ maxLength: 256 })
const nodes = Type.Optional(Type.Array(node, { maxItems: 20_000 }))
const limit = Type.Integer({ minimum: 1, maximum: 10_000 })

const shapes = {
  uptime: Type.Object({ ...window, nodes }),
  slots: Type.Object({ ...window, nodes }),
  series: Type.Object({
    ...window,
    node,
    probe: node,
    value: node,
    buckets: Type.Integer({ minimum: 1, maximum: 2_000 }),
  }),
  rows: Type.Object({ ...window, node, probe: Type.Optional(node), limit }),
  journal: Type.Object({ after: Type.Integer({ minimum: 0 }), limit }),
  check: Type.Object({ selector: Type.String({ maxLength: 10_000 }) }),
  output: Type.Object({ evidence: Type.String({ pattern: '^[0-9a-f]{64}$' }) }),
} satisfies Record<keyof Questions, TSchema>

const checks = Object.fromEntries(Object.entries(shapes).map(([kind, shape]) => [kind, checker(shape)]))

/** The question if it has its shape; throws BadInput with everything that is wrong. */
export function asked<K extends keyof Questions>(kind: K, question: unknown): Questions[K]['question'] {
  const check = Object.hasOwn(checks, kind) ? checks[kind] : undefined
  if (!check) throw new BadInput({ name: 'unknown-question', message: `there is no question ${String(kind)}` })
  const wrong = check.errors(question)
  if (wrong.length > 0) {
    const what = wrong.map(error => `${error.instancePath || '/'} ${error.message ?? ''}`).join('; ')
    throw new BadInput({ name: 'bad-question', message: `${kind}: ${what}` })
  }
  return question as Questions[K]['question']
}
