// The list of help and palette: what can be done, with its keys; typing searches, enter does it. Pure.
import { keyLabel } from '../keys/actions.ts'
import { keysOf } from '../keys/bindings.ts'
import { refusalOf } from '../keys/perform.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { fitted, piece, type Row } from '../widgets/row.ts'
import { type Choice, choices, type Menu } from './choices.ts'

const keyColumn = 22

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
  const room = Math.max(1, height - head.length - 1)
  const from = Math.max(0, Math.min(at - Math.floor(room / 2), all.length - room))
  const rows = all
    .slice(from, from + room)
    .map((choice, index) => choiceRow(choice, snapshot, from + index === at, theme))
  const more = all.length - from - room
  const tail: Row[] = more > 0 ? [[piece('dim', `   and ${more} more`)]] : []
  return [...head, ...(rows.length > 0 ? rows : [[piece('dim', '   nothing by that name')]]), ...tail]
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
