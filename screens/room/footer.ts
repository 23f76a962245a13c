// The line at the foot: what is being typed, else a word about what just happened, else the keys that work here. Pure.
import { type Action, type ActionPlace, keyLabel } from '../keys/actions.ts'
import type { Theme } from '../theme/tokens.ts'
import { fitted, type Piece, piece, type Row, widthOf } from '../widgets/row.ts'
import type { Snapshot } from './room.ts'

const mostKeys = 8

export function footerRow(snapshot: Snapshot, actions: readonly Action[], place: ActionPlace, theme: Theme): Row {
  const { columns, view } = snapshot
  const { prompt, toast } = view
  if (prompt?.kind === 'filter') {
    const typed: Row = [piece('key', ' / '), piece('text', view.filter), piece('accent', theme.glyphs.cursor)]
    return fitted([...typed, piece('dim', '   enter keeps · esc gives up · ! not · @ tag · -f fuzzy')], columns)
  }
  if (prompt) {
    const [up, down] = ['up', 'down'].map(key => keyLabel(key, theme))
    const keys = [
      ['enter', 'does it'],
      [`${up} ${down}`, 'chooses'],
      ['esc', 'closes'],
    ] as const
    return fitted(
      keys.flatMap(([key, word]) => [piece('key', ` ${key}`), piece('dim', ` ${word} `)]),
      columns,
    )
  }
  if (toast !== null) return fitted([piece('accent', ` ${toast}`)], columns)
  const row: Piece[] = []
  const shown = actions.filter(action => action.short !== null && action.when(place)).slice(0, mostKeys)
  for (const action of shown) {
    const next = [
      piece('key', `${row.length === 0 ? ' ' : '  '}${keyLabel(action.keys[0] ?? '', theme)}`),
      piece('dim', ` ${action.short}`),
    ]
    if (widthOf([...row, ...next]) > columns) break
    row.push(...next)
  }
  return fitted(row, columns)
}
