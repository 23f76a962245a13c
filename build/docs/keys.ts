// docs/keys.md: every key from the registry that also feeds the footer, the help and the palette, by where it works.
import type { Action } from '../../screens/keys/action.ts'
import type { Snapshot } from '../../screens/room/room.ts'
import { code, page, table } from './page.ts'

/** Actions that work in the same place, in the order of the page. */
export interface KeyGroup {
  heading: string
  /** One sentence above the table; null: the heading says it. */
  words: string | null
  actions: readonly Action[]
}

/** Keys with a name, as the settings take them; every other key is its own character. */
export const namedKeys =
  'enter escape tab backspace space up down left right home end pageup pagedown insert delete f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12'.split(
    ' ',
  )

/** More options than these are a list to look through, not words to remember. */
const mostOptions = 10

const dangers = [
  ['looks', 'A key that `looks` changes nothing but the view.'],
  ['records', 'One that `records` writes to the journal, under your name.'],
  ['changes', 'One that `changes` acts outside HQ and asks first.'],
] as const

/** `snapshot` is any room, even an empty one: which options there always are does not depend on a fleet. */
export function keysPage(groups: readonly KeyGroup[], snapshot: Snapshot): string {
  const all = groups.flatMap(({ actions }) => actions)
  if (all.length === 0) throw new Error('the registry of actions has no actions')
  return page('Keys', '`screens/keys/actions.ts`', [
    'In the control room `?` shows the keys that work where you are.',
    ...dangers.filter(([danger]) => all.some(one => one.danger === danger)).map(([, words]) => words),
    'Every action has a name. `:` and the name does it, also where it has no key; what stands under *with* may follow the ' +
      'name. What is not said there is asked for.',
    ...groups
      .filter(({ actions }) => actions.length > 0)
      .flatMap(({ heading, words, actions }) => [
        `## ${heading}`,
        ...(words === null ? [] : [words]),
        table(
          ['Keys', 'What they do', 'It', 'Name', 'With'],
          actions.map(one => [
            one.keys.map(code).join(' '),
            one.title,
            one.danger,
            code(one.id),
            behindTheName(one, snapshot),
          ]),
        ),
      ]),
    '## Other keys',
    'Under `keys` of [your settings](operator-guide.md#your-settings) an action is given other keys by its name. A key is ' +
      'one character as it is typed (`x`, `X`, `?`), or one of these:',
    namedKeys.map(code).join(' '),
    'with `ctrl-`, `alt-` and `shift-` before it, in that order. What `records` or `changes` can only be a capital letter. ' +
      '`Y` confirms and no action has it. `ctrl-c`, `ctrl-l`, `ctrl-z`, `escape` and `enter` mean the same everywhere and ' +
      'cannot be taken by another action. `palette`, `help` and `detach` keep a key, whichever it is.',
  ])
}

/** What may be typed behind its name in the palette. */
function behindTheName(action: Action, snapshot: Snapshot): string {
  if ('form' in action) return action.form.fields.map(({ label }) => label).join(' · ')
  if ('choose' in action) {
    const { options, subject, typed } = action.choose
    const names = options(subject(snapshot), snapshot).map(({ id }) => id)
    const few = names.length > 0 && names.length <= mostOptions ? names.map(code).join(' ') : 'one of a list'
    return typed ? `${few}, or as its title says` : few
  }
  return 'argue' in action ? 'as its title says' : ''
}
