// What is asked, over the lower part of the screen: what it is about stays in sight above. Pure.

import { forScreen, type ScreenText } from '../../state/primitives/node-text.ts'
import { textWidth } from '../../state/primitives/width.ts'
import type { Confirmation } from '../keys/action.ts'
import { actions } from '../keys/actions.ts'
import { bodyHeightOf } from '../room/notices.ts'
import type { Snapshot } from '../room/room.ts'
import type { Dialog } from '../room/view.ts'
import { createTheme, type Theme } from '../theme/tokens.ts'
import { cut, fitted, type Piece, piece, type Row, wrap } from '../widgets/row.ts'
import { offered } from './choose.ts'
import { reasonFor, wordFor, yesKey } from './danger.ts'
import { type ConfirmDialog, type FormDialog, isForm } from './form.ts'

/** Lines that the names of the nodes may take: who hits more reads the count. */
const mostNameLines = 3
/** How many lines there are does not depend on how they look. */
const plain = createTheme('none', 'ascii')

/** Rows that a long text may take, of a screen's. */
export function textHeight({ rows }: Pick<Snapshot, 'rows'>): number {
  return Math.max(1, rows - 6)
}

/** Rows of the dialog, its rule on top; at most `height` of them. */
export function dialogRows(dialog: Dialog, snapshot: Snapshot, height: number, theme: Theme): Row[] {
  const { title, body } = contentOf(dialog, snapshot, height - 2, theme)
  return [ruled(title, snapshot.columns, theme), ...body.slice(0, height - 2), []].map(row =>
    fitted(row, snapshot.columns),
  )
}

function contentOf(dialog: Dialog, snapshot: Snapshot, height: number, theme: Theme): { title: string; body: Row[] } {
  switch (dialog.kind) {
    case 'form':
      return formContent(dialog, snapshot, theme)
    case 'confirm':
      return confirmContent(dialog, snapshot, height, theme)
    case 'choose':
      return chooseContent(dialog, snapshot, height, theme)
    case 'text':
      return { title: dialog.title, body: textRows(dialog, snapshot) }
  }
}

function ruled(title: string, columns: number, theme: Theme): Row {
  const line = theme.glyphs.rule
  const name = cut(title, columns - 6)
  const rest = Math.max(0, columns - 4 - textWidth(name))
  return [piece('rule', `${line}${line} `), piece('heading', name), piece('rule', ` ${line.repeat(rest)}`)]
}

function formContent(dialog: FormDialog, snapshot: Snapshot, theme: Theme): { title: string; body: Row[] } {
  const action = actions.find(one => one.id === dialog.action)
  if (!isForm(action)) return { title: dialog.action, body: [] }
  const { form } = action
  const wide = Math.max(...form.fields.map(({ label }) => label.length)) + 3
  const fields = form.fields.flatMap((field, at): Row[] => {
    const isHere = at === dialog.at
    const value = dialog.values[field.name] ?? ''
    const room = snapshot.columns - wide - 4
    // The end of a long value is where the cursor is.
    const shown = value.length > room ? `…${value.slice(value.length - room + 1)}` : value
    const hint = value === '' ? [piece('dim', ` ${field.hint}`)] : []
    const row: Row = [
      piece(isHere ? 'accent' : 'text', isHere ? ` ${theme.glyphs.crumb} ` : '   '),
      ...fitted([piece(isHere ? 'key' : 'dim', field.label)], wide),
      piece('text', shown),
      ...(isHere ? [piece('accent', theme.glyphs.cursor)] : []),
      ...hint,
    ]
    const wrong = dialog.errors[field.name]
    return wrong === undefined ? [row] : [row, [piece('degraded', `${' '.repeat(wide + 3)}${wrong}`)]]
  })
  const words = form.describe(dialog.subject, dialog.values, snapshot)
  return {
    title: form.title(dialog.subject, snapshot),
    body: [...fields, [], ...words.map((line): Row => [piece('dim', `   ${line}`)]), ...stateRows(dialog, snapshot)],
  }
}

function stateRows(dialog: FormDialog | ConfirmDialog, { columns }: Snapshot): Row[] {
  if (dialog.isSending) return [[piece('dim', '   waiting for the engine …')]]
  if (dialog.failed === null) return []
  return wrap(`not done: ${dialog.failed}`, columns - 4, 3).map((line): Row => [piece('degraded', `   ${line}`)])
}

interface Asked {
  title: string
  /** What is hit, above what will be done. */
  above: Row[]
  /** Exactly what will be done, whole. */
  exactly: readonly ScreenText[]
  /** Of that, how many lines are shown at a time. */
  room: number
  below: Row[]
}

function confirmContent(
  dialog: ConfirmDialog,
  snapshot: Snapshot,
  height: number,
  theme: Theme,
): { title: string; body: Row[] } {
  const parts = askedOf(dialog, snapshot, height, theme)
  if (!parts) return { title: dialog.action, body: [] }
  const { title, above, below } = parts
  return { title, body: [...above, ...exactRows(parts, dialog.scroll, snapshot, theme), [], ...below] }
}

/** How far what will be done can be scrolled, and by how much at a time. */
export function confirmScroll(dialog: ConfirmDialog, snapshot: Snapshot): { last: number; page: number } {
  const parts = askedOf(dialog, snapshot, bodyHeightOf(snapshot) - 2, plain)
  if (!parts) return { last: 0, page: 1 }
  const { exactly, room } = parts
  return { last: Math.max(0, exactly.length - room), page: Math.max(1, room - 1) }
}

function askedOf(dialog: ConfirmDialog, snapshot: Snapshot, height: number, theme: Theme): Asked | null {
  const action = actions.find(one => one.id === dialog.action)
  if (!isForm(action) || !action.form.confirm) return null
  const asked = action.form.confirm(dialog.subject, dialog.values, snapshot)
  const word = wordFor(asked, snapshot)
  const below = [
    ...(word === null ? [] : [wordRow(word, dialog, asked, snapshot, theme)]),
    [],
    buttons(dialog, asked, word),
    ...stateRows(dialog, snapshot),
  ]
  const above = hits(asked, snapshot)
  const exactly = asked.command.flatMap(line => broken(line, snapshot.columns - 12))
  // One line less where the last of them says how many there are.
  const free = Math.max(2, height - above.length - below.length - 1)
  const room = exactly.length > free ? free - 1 : free
  return { title: asked.question, above, exactly, room, below }
}

/** How many nodes, which, and where they are. */
function hits({ nodes }: Confirmation, { live, columns }: Snapshot): Row[] {
  const { fleet, engine } = live
  const where = fleet.environment ?? engine.homeKind
  const place: Row = [
    piece('dim', '   in      '),
    piece('title', fleet.name),
    piece(where === 'production' ? 'danger' : 'accent', `  ${where}`),
  ]
  if (nodes.length === 0) return [place]
  const count = `${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}`
  const names = wrap(nodes.join(' '), columns - 14 - count.length, mostNameLines)
  const [first = '', ...more] = names
  return [
    place,
    [piece('dim', '   on      '), piece('title', count), piece('text', `  ${first}`)],
    ...more.map((line): Row => [piece('text', `${' '.repeat(13 + count.length)}${line}`)]),
  ]
}

function exactRows({ exactly, room }: Asked, scroll: number, { columns }: Snapshot, theme: Theme): Row[] {
  const from = Math.max(0, Math.min(scroll, exactly.length - room))
  const shown = exactly.slice(from, from + room)
  const rows = shown.map(
    (line, at): Row => [piece('dim', at === 0 ? '   exactly ' : '           '), piece('text', line)],
  )
  if (exactly.length <= room) return rows
  const { up = 'up', down = 'down' } = theme.glyphs.keys
  const words = `           lines ${from + 1} to ${from + shown.length} of ${exactly.length} · ${up} ${down} for the rest`
  return [...rows, fitted([piece('accent', words)], columns)]
}

/** The whole text in lines of `width` columns, broken wherever a line is full: nothing is left out of what is agreed to. */
function broken(text: string, width: number): ScreenText[] {
  const lines: string[] = ['']
  let wide = 0
  for (const sign of forScreen(text)) {
    const next = textWidth(sign)
    if (wide + next > width) {
      lines.push('')
      wide = 0
    }
    lines[lines.length - 1] += sign
    wide += next
  }
  return lines.map(forScreen)
}

function wordRow(word: string, dialog: ConfirmDialog, asked: Confirmation, snapshot: Snapshot, theme: Theme): Row {
  return [
    piece('dim', `   ${reasonFor(asked, snapshot)}: type `),
    piece('key', word),
    piece('dim', '  '),
    piece(dialog.typed === word ? 'ok' : 'text', dialog.typed),
    piece('accent', theme.glyphs.cursor),
  ]
}

function buttons({ isOnYes }: ConfirmDialog, { yes }: Confirmation, word: string | null): Row {
  const row: Piece[] = [
    piece('text', '   '),
    piece(isOnYes ? 'text' : 'selected', '[ Cancel ]'),
    piece('text', '   '),
    piece(isOnYes ? 'selected' : 'danger', `[ ${yes} ]`),
  ]
  return word === null ? [...row, piece('dim', '   '), piece('key', yesKey), piece('dim', ` ${yes}`)] : row
}

function chooseContent(
  dialog: Extract<Dialog, { kind: 'choose' }>,
  snapshot: Snapshot,
  height: number,
  theme: Theme,
): { title: string; body: Row[] } {
  const action = actions.find(one => one.id === dialog.action)
  if (!action || !('choose' in action)) return { title: dialog.action, body: [] }
  const options = offered(dialog, action.choose, snapshot)
  const room = Math.max(1, height - 1)
  const from = Math.max(0, Math.min(dialog.at - Math.floor(room / 2), options.length - room))
  const wide = Math.min(40, Math.max(8, ...options.map(({ label }) => label.length)) + 2)
  const rows = options.slice(from, from + room).map((option, index): Row => {
    const isHere = from + index === dialog.at
    const box =
      option.isOn === undefined ? '' : option.isOn ? `${theme.glyphs.checkbox.on} ` : `${theme.glyphs.checkbox.off} `
    return [
      piece('accent', isHere ? ` ${theme.glyphs.crumb} ` : '   '),
      piece(option.isOn ? 'accent' : 'dim', box),
      ...fitted([piece(isHere ? 'selected' : 'text', option.label)], wide),
      piece('dim', option.note ?? ''),
    ]
  })
  const typed: Row[] =
    dialog.query === ''
      ? []
      : [[piece('dim', '   typed '), piece('text', dialog.query), piece('accent', theme.glyphs.cursor)]]
  return {
    title: action.choose.title,
    body: [...typed, ...(rows.length > 0 ? rows : [[piece('dim', '   nothing by that name')]])],
  }
}

function textRows({ lines, scroll }: Extract<Dialog, { kind: 'text' }>, snapshot: Snapshot): Row[] {
  const height = textHeight(snapshot)
  if (lines.length === 0) return [[piece('dim', '   nothing')]]
  return lines.slice(scroll, scroll + height).map((line): Row => [piece('text', ` ${line}`)])
}
