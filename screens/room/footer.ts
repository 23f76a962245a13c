// The line at the foot: what is being typed, else a word about what just happened, else the keys that work here. Pure.
import type { Action } from '../keys/action.ts'
import { keyLabel } from '../keys/actions.ts'
import { keysOf } from '../keys/bindings.ts'
import { refusalOf } from '../keys/perform.ts'
import type { Theme, Token } from '../theme/tokens.ts'
import { fitted, type Piece, piece, type Row, spread, widthOf } from '../widgets/row.ts'
import type { Snapshot } from './room.ts'
import { type Dialog, filterOf, placeOf, type Toast } from './view.ts'

const mostKeys = 8

/** The keys of whatever is typed into, as words. */
const typing: Readonly<Record<Dialog['kind'] | 'menu', readonly (readonly [string, string])[]>> = {
  menu: [
    ['enter', 'does it'],
    ['up/down', 'chooses'],
    ['tab', 'completes'],
    ['esc', 'closes'],
  ],
  form: [
    ['enter', 'next, then on'],
    ['tab', 'next'],
    ['ctrl-u', 'empties'],
    ['esc', 'gives up'],
  ],
  confirm: [
    ['tab', 'other button'],
    ['enter', 'presses the lit one'],
    ['esc', 'cancels'],
  ],
  choose: [
    ['enter', 'takes it'],
    ['up/down', 'chooses'],
    ['letters', 'search'],
    ['esc', 'closes'],
  ],
  text: [
    ['j/k', 'scroll'],
    ['y', 'copy'],
    ['esc', 'closes'],
  ],
}

const tones: Readonly<Record<Toast['tone'], Token>> = { done: 'ok', failed: 'degraded', plain: 'accent' }

export function footerRow(snapshot: Snapshot, actions: readonly Action[], theme: Theme): Row {
  const { columns, view } = snapshot
  const { prompt, toast } = view
  const said: Row = toast === null ? [] : [piece(tones[toast.tone], ` ${toast.words}  `)]
  const dialog = view.dialogs.at(-1)
  if (dialog) return keyRow(typing[dialog.kind], columns, theme, said)
  if (prompt?.kind === 'filter') {
    const typed: Row = [piece('key', ' / '), piece('text', filterOf(view)), piece('accent', theme.glyphs.cursor)]
    const keys = piece('dim', '   enter keeps · esc gives up · ! not · @ tag · -f fuzzy')
    return fitted([...typed, ...(toast === null ? [] : [piece('dim', '  '), ...said]), keys], columns)
  }
  if (prompt) return keyRow(typing.menu, columns, theme, said)
  const { live, state, link, found } = snapshot
  const shown = snapshot.memo('footer', [view, live, state, link, found], () =>
    actions.filter(action => action.short !== null && action.when(snapshot) && refusalOf(action, snapshot) === null),
  )
  const last = lastKeys(shown, actions, snapshot)
  const ends = last.map(action => keyPieces(action, snapshot, theme))
  if (toast !== null) {
    // What just happened is read whole; beside it the way on stays, where there is room.
    return widthOf([...said, ...ends.flat()]) <= columns ? spread(said, ends.flat(), columns) : fitted(said, columns)
  }
  const row: Piece[] = []
  for (const action of shown.filter(action => !last.includes(action)).slice(0, mostKeys - ends.length)) {
    const next = keyPieces(action, snapshot, theme)
    if (widthOf([...row, ...next, ...ends.flat()]) > columns) break
    row.push(...next)
  }
  row.push(...ends.flat())
  return fitted(row, columns)
}

/**
 * There on the narrowest screen: the way to the incidents, or out, and the two by which all others are found. The same
 * with and without trouble, so that a node that goes down moves nothing here.
 */
function lastKeys(shown: readonly Action[], actions: readonly Action[], snapshot: Snapshot): readonly Action[] {
  const isOverview = placeOf(snapshot.view).screen === 'overview'
  // On the overview there is nothing above.
  const usual = ['acknowledge', isOverview ? null : 'back', 'palette', 'help']
  const incidents = isOverview ? actions.filter(({ id }) => id === 'incidents') : []
  return [...incidents, ...usual.flatMap(id => shown.filter(one => one.id === id))]
}

/** Behind a word about what just happened, which may be why this is open at all. */
function keyRow(keys: readonly (readonly [string, string])[], columns: number, theme: Theme, said: Row): Row {
  const label = (key: string) => (key === 'up/down' ? `${keyLabel('up', theme)} ${keyLabel('down', theme)}` : key)
  const row = keys.flatMap(([key, word]) => [piece('key', ` ${label(key)}`), piece('dim', ` ${word} `)])
  return fitted([...said, ...row], columns)
}

function keyPieces(action: Action, { bindings }: Snapshot, theme: Theme): Piece[] {
  const [key = ''] = keysOf(action, bindings)
  return [piece('key', ` ${keyLabel(key, theme)}`), piece('dim', ` ${action.short ?? action.id} `)]
}
