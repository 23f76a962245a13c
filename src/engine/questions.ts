// The shapes of questions: what a client sends is judged before anything is read for it.
import { type TSchema, Type } from 'typebox'
import { slotMs } from '../../state/history/history.ts'
import { BadInput } from '../../state/primitives/errors.ts'
import { checker } from '../../state/primitives/schema.ts'
import type { Questions } from './engine.ts'

const moment = Type.Number({ minimum: 0 })
const window = { from: moment, to: moment }
const node = Type.String({ maxLength: 256 })
const nodes = Type.Optional(Type.Array(node, { maxItems: 20_000, uniqueItems: true }))
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
    before: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
    limit,
    who: Type.Union([Type.Literal('everyone'), Type.Literal('people')]),
    text: Type.Optional(Type.String({ maxLength: 2_000 })),
  }),
  check: Type.Object({ selector: Type.String({ maxLength: 10_000 }) }),
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
