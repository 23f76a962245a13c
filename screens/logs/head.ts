// The journal's part of the header, whether it follows and how many lines there are, and the line below it: what is read,
// with the keys that choose it. Pure.
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { type Piece, piece, type Row, spread } from '../widgets/row.ts'
import { priorityWords, settingOf, spanWords, unitWords } from './setting.ts'
import { bookOf, moment, placeIn, shownOf } from './shown.ts'
import { counted, grouped } from './view.ts'

export function logsHead(snapshot: Snapshot, theme: Theme): Row {
  if (settingOf(snapshot) === null) return []
  const { follows, filter } = snapshot.view.screens.logs
  const shown = shownOf(snapshot)
  const count = shown.lines.length
  const words = filter === '' ? counted(count) : `${grouped(count)} of ${counted(shown.total)}`
  const lines = piece('text', `   ${words}`)
  const book = bookOf(snapshot)
  if (book?.failure) return [lines, piece('degraded', `   ${theme.glyphs.health.degraded} not read`)]
  if (follows) return [lines, piece('ok', `   ${theme.glyphs.health.up} following`)]
  return [lines, piece('accent', `   ${theme.glyphs.health.unknown} not following`)]
}

export function logsQuiet(snapshot: Snapshot, _theme: Theme): Row | null {
  const setting = settingOf(snapshot)
  if (setting === null) return null
  const { filter, follows, marked, wraps } = snapshot.view.screens.logs
  const book = bookOf(snapshot)
  const since = book?.since ?? null
  const isDated = since !== null && setting.span !== 'today'
  const words = !isDated
    ? spanWords(setting.span)
    : setting.span === 'now'
      ? `from ${moment(since)}`
      : `${spanWords(setting.span)}, since ${moment(since)}`
  const left: Piece[] = [
    piece('key', ' i'),
    piece('dim', ` ${words}`),
    piece('key', '   p'),
    piece('dim', ` ${priorityWords(setting.priority)}`),
    piece('key', '   u'),
    piece('dim', ` ${unitWords(setting.unit)}`),
  ]
  if (filter !== '') left.push(piece('key', '   /'), piece('accent', ` ${filter}`))
  const right: Piece[] = []
  if (marked.length > 0) right.push(piece('mark', `  ${grouped(marked.length)} marked`))
  if (wraps) right.push(piece('dim', '  wrapped'))
  const shown = shownOf(snapshot)
  const below = shown.lines.length - 1 - placeIn(snapshot, shown)
  if (!follows && below > 0) right.push(piece('accent', `  ${grouped(below)} below`), piece('key', '  G'))
  return spread(left, right.length > 0 ? [...right, piece('text', ' ')] : [], snapshot.columns)
}
