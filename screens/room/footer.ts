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
  const shown = actions.filter(action => action.short !== null && action.when(place))
  // Whoever knows these two finds all the others: they are there on the narrowest screen.
  const ends = shown.filter(({ id }) => id === 'palette' || id === 'help').map(action => keyPieces(action, theme))
  const row: Piece[] = []
  for (const action of shown.filter(({ id }) => id !== 'palette' && id !== 'help').slice(0, mostKeys - ends.length)) {
    const next = keyPieces(action, theme)
    if (widthOf([...row, ...next, ...ends.flat()]) > columns) break
    row.push(...next)
  }
  row.push(...ends.flat())
  return fitted(row, columns)
}

function keyPieces(action: Action, theme: Theme): Piece[] {
  return [piece('key', ` ${keyLabel(action.keys[0] ?? '', theme)}`), piece('dim', ` ${action.short ?? ''} `)]
}
