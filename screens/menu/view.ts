// The list of help and palette: what can be done, with its keys; typing searches, enter does it. Pure.
import { keyLabel } from '../keys/actions.ts'
import { keysOf } from '../keys/bindings.ts'
import { refusalOf } from '../keys/perform.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { fitted, piece, type Row } from '../widgets/row.ts'
import { type Choice, choices, type Menu } from './choices.ts'

const keyColumn = 22

/** The line that is typed, a blank one, and how many more there are. */
const aroundList = 3

/** How many entries are shown at a time. */
export function menuRoom(height: number): number {
  return Math.max(1, height - aroundList)
}

export function menuRows(snapshot: Snapshot, menu: Menu, height: number, theme: Theme): Row[] {
  const all = choices(snapshot, menu)
  const at = Math.min(menu.at, all.length - 1)
  const title = menu.kind === 'help' ? 'keys' : 'do'
  const head: Row[] = [
    [
      piece('key', ` ${menu.kind === 'help' ? '?' : ':'} `),
      piece('text', menu.query),
      piece('accent', theme.glyphs.cursor),
      piece(
        'dim',
        menu.query === '' ? ` type to search ${title === 'do' ? 'actions and nodes · tab completes' : title}` : '',
      ),
    ],
    [],
  ]
  const room = menuRoom(height)
  const from = Math.max(0, Math.min(at - Math.floor(room / 2), all.length - room))
  const wanted = wantedWords(all)
  const rows = all
    .slice(from, from + room)
    .map((choice, index) => choiceRow(choice, snapshot, from + index === at, theme))
  const more = all.length - from - room
  const tail: Row[] = more > 0 ? [[piece('dim', `   and ${more} more`)]] : []
  return [...head, ...(rows.length > 0 ? rows : [[piece('dim', '   nothing by that name')]]), ...wanted, ...tail]
}

/** What can be said behind the name of an action that asks, in its order. */
function wantedWords(all: readonly Choice[]): Row[] {
  const [only, ...more] = all
  if (only?.kind !== 'action' || more.length > 0 || !('form' in only.action)) return []
  if (only.action.form.fields.length === 0) return []
  const labels = only.action.form.fields.map(({ label }) => label).join(' · ')
  return [[], [piece('dim', `   can be said behind it: ${labels}; what is missing is asked`)]]
}

function choiceRow(choice: Choice, snapshot: Snapshot, isSelected: boolean, theme: Theme): Row {
  const mark = piece('accent', isSelected ? ` ${theme.glyphs.crumb} ` : '   ')
  if (choice.kind === 'node') {
    return [
      mark,
      ...fitted([piece('dim', 'open')], keyColumn),
      piece(isSelected ? 'selected' : 'text', choice.name),
      piece('dim', `  ${choice.where}`),
    ]
  }
  const { action, isPossible, argument, label } = choice
  const keys = keysOf(action, snapshot.bindings)
    .map(key => keyLabel(key, theme))
    .join('  ')
  const token = isSelected ? 'selected' : isPossible ? 'text' : 'dim'
  const refused = isPossible && refusalOf(action, snapshot) !== null
  const note = isPossible ? (refused ? '  (read-only)' : '') : '  (not here)'
  const left = argument !== '' || label !== null ? action.id : keys === '' ? `:${action.id}` : keys
  return [
    mark,
    ...fitted([piece(isPossible ? 'key' : 'dim', left)], keyColumn),
    piece(token, label ?? (argument === '' ? action.title : argument)),
    piece('dim', label !== null && label !== argument ? `  ${argument}${note}` : note),
  ]
}
