// docs/keys.md: every key from the registry that also feeds the footer, the help and the palette.
import { Type } from 'typebox'
import { checker } from '../../state/primitives/schema.ts'
import { code, page, table } from './page.ts'

const action = checker(
  Type.Object({
    id: Type.String(),
    keys: Type.Array(Type.String()),
    title: Type.String(),
    danger: Type.Enum(['looks', 'records', 'changes']),
  }),
)

const sentences = [
  ['looks', 'A key that `looks` changes nothing but the view.'],
  ['records', 'One that `records` writes to the journal, under your name.'],
  ['changes', 'One that `changes` acts outside HQ and asks first.'],
] as const

/** `found` is the module of the actions: whatever it exports, the records with id, keys, title and danger are the actions. */
export function keysPage(found: unknown): string {
  const exported = typeof found === 'object' && found !== null ? Object.values(found) : []
  const actions = exported.flatMap(value => (Array.isArray(value) ? value : [])).filter(value => action.is(value))
  if (actions.length === 0) throw new Error('the registry of actions exports no actions')
  return page('Keys', '`screens/keys/actions.ts`', [
    'In the control room `?` shows the keys that work where you are.',
    ...sentences.filter(([danger]) => actions.some(one => one.danger === danger)).map(([, words]) => words),
    table(
      ['Keys', 'What they do', 'It', 'Name'],
      actions.map(one => [one.keys.map(code).join(' '), one.title, one.danger, one.id]),
    ),
  ])
}
