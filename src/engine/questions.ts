// The shapes of questions: what a client sends is judged before anything is read for it.
import { type TSchema, Type } from 'typebox'
import { slotMs } from '../../state/history/history.ts'
import { BadInput } from '../../state/primitives/errors.ts'
import { checker, orNull } from '../../state/primitives/schema.ts'
import type { Questions } from './engine.ts'

const moment = Type.Number({ minimum: 0 })
const window = { from: moment, to: moment }
const node = Type.String({ maxLength: 256 })
const nodes = Type.Optional(Type.Array(node, { maxItems: 20_000, uniqueItems: true }))
const cursor = Type.String({ maxLength: 512 })
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
  journalBack: Type.Object({
    before: orNull(Type.Integer({ minimum: 1 })),
    limit,
    who: Type.Union([Type.Literal('everyone'), Type.Literal('people')]),
    text: Type.Optional(Type.String({ maxLength: 200 })),
  }),
  check: Type.Object({ selector: Type.String({ maxLength: 10_000 }) }),
  logs: Type.Object({
    node,
    after: orNull(cursor),
    before: orNull(cursor),
    since: orNull(moment),
    until: orNull(moment),
    priority: orNull(Type.Integer({ minimum: 0, maximum: 7 })),
    unit: orNull(node),
    limit: Type.Integer({ minimum: 1, maximum: 2_000 }),
  }),
  past: Type.Object({ at: moment, nodes: Type.Array(node, { maxItems: 500, uniqueItems: true }) }),
  login: Type.Object({ node }),
  cost: Type.Object({ month: orNull(Type.String({ pattern: '^[0-9]{4}-(0[1-9]|1[0-2])$' })) }),
  whatIf: Type.Object({
    nodes: Type.Array(
      Type.Object({
        name: node,
        provider: node,
        region: orNull(node),
        type: orNull(node),
        diskGb: orNull(Type.Integer({ minimum: 1, maximum: 65_536 })),
        ipv4: Type.Boolean(),
        lifecycle: node,
        cost: orNull(
          Type.Object({
            monthlyMicros: Type.Integer({ minimum: 0 }),
            currency: Type.String({ pattern: '^[A-Z]{3}$' }),
          }),
        ),
      }),
      { maxItems: 20_000 },
    ),
  }),
  drift: Type.Object({ fresh: Type.Boolean() }),
  offers: Type.Object({ provider: orNull(node), region: orNull(node), type: orNull(node) }),
  plan: Type.Object({ nodes: Type.Array(node, { minItems: 1, maxItems: 1_000, uniqueItems: true }) }),
  output: Type.Object({ evidence: Type.String({ pattern: '^[0-9a-f]{64}$' }) }),
} satisfies Record<keyof Questions, TSchema>

const checks = Object.fromEntries(Object.entries(shapes).map(([kind, shape]) => [kind, checker(shape)]))

/** Two years of hours are kept; what is older is asked for in vain. */
const longestWindowMs = 800 * 86_400_000
/** One answer must not keep the engine from watching: about what a week of 250 nodes has. */
const mostSlots = 5_000_000

function judgeWindow(kind: string, question: unknown): void {
  if (typeof question !== 'object' || question === null || !('from' in question) || !('to' in question)) return
  const { from, to } = question
  if (typeof from !== 'number' || typeof to !== 'number') return
  const nodes = 'nodes' in question && Array.isArray(question.nodes) ? question.nodes.length : 1_000
  if (to < from || to - from > longestWindowMs) {
    throw new BadInput({ name: 'bad-window', message: `${kind}: the window must be 0 to 800 days long` })
  }
  if (kind === 'slots' && ((to - from) / slotMs) * nodes > mostSlots) {
    throw new BadInput({
      name: 'bad-window',
      message: 'slots: too many at once',
      remedy: 'Ask for a shorter window or for fewer nodes.',
    })
  }
}

/** The question if it has its shape; throws BadInput with everything that is wrong. */
export function asked<K extends keyof Questions>(kind: K, question: unknown): Questions[K]['question'] {
  const check = Object.hasOwn(checks, kind) ? checks[kind] : undefined
  if (!check) throw new BadInput({ name: 'unknown-question', message: `there is no question ${String(kind)}` })
  const wrong = check.errors(question)
  if (wrong.length > 0) {
    const what = wrong.map(error => `${error.instancePath || '/'} ${error.message ?? ''}`).join('; ')
    throw new BadInput({ name: 'bad-question', message: `${kind}: ${what}` })
  }
  if (check.is(question)) judgeWindow(kind, question)
  return question as Questions[K]['question']
}
