// One line of a journal as rows of the screen: when, how bad, from which unit, and what it says. Pure.

import { forScreen, type ScreenText } from '../../state/primitives/node-text.ts'
import { textWidth } from '../../state/primitives/width.ts'
import type { Theme, Token } from '../theme/tokens.ts'
import { cut, fitted, type Piece, piece, type Row } from '../widgets/row.ts'
import type { LogLine } from './journal.ts'
import { priorities } from './setting.ts'
import type { Times } from './state.ts'

export interface LineLook {
  columns: number
  times: Times
  wraps: boolean
  /** More rows than this a line never takes. */
  mostRows: number
  /** One unit is read alone: its name in each line would say nothing. */
  hidesUnit: boolean
}

export interface LineState {
  isSelected: boolean
  isMarked: boolean
  /** What is looked for, in lower case; null: nothing that can be shown in its place. */
  needle: string | null
}

const tabStop = 8
/** From here on there is room for the word of the priority and longer names of units. */
const wide = 100

/** Columns before the message. */
function widthsOf({ columns, times }: LineLook): { time: number; word: number; unit: number; all: number } {
  const time = times === 'off' ? 0 : times === 'time' ? 9 : 25
  const word = columns >= wide ? 8 : 0
  const unit = columns < 60 ? 0 : columns >= 140 ? 22 : columns >= wide ? 18 : 13
  return { time, word, unit, all: 2 + time + 2 + word + unit }
}

function roomOf(look: LineLook): number {
  return Math.max(10, look.columns - widthsOf(look).all)
}

/** How many rows it takes. */
export function heightOfLine(line: LogLine, look: LineLook): number {
  return look.wraps ? broken(messageOf(line), roomOf(look), look.mostRows).length : 1
}

/** What the room itself says between the lines: a sentence is never cut where it gives its reason. */
export function sentence(words: string, { columns }: Pick<LineLook, 'columns'>): ScreenText[] {
  return broken(forScreen(words), Math.max(10, columns - 5), 3)
}

export function lineRows(
  line: LogLine,
  look: LineLook,
  { isSelected, isMarked, needle }: LineState,
  theme: Theme,
): Row[] {
  const widths = widthsOf(look)
  const { sign, tone } = voiceOf(line.priority, theme)
  const word = line.priority === null ? '' : (priorities[line.priority] ?? '')
  const unit = look.hidesUnit ? line.source : (line.unit?.replace(/\.service$/, '') ?? line.source)
  const edge: Row = [
    piece('accent', isSelected ? theme.glyphs.selectedBar : ' '),
    piece('mark', isMarked ? theme.glyphs.mark : ' '),
  ]
  const head: Row = [
    ...edge,
    ...(widths.time > 0 ? [piece('dim', timeOf(line.at, look.times).padEnd(widths.time))] : []),
    piece(tone.sign, `${sign} `),
    ...(widths.word > 0 ? fitted([piece(tone.sign, word)], widths.word) : []),
    ...(widths.unit > 0 ? columnOf(unit, widths.unit, needle) : []),
  ]
  const room = roomOf(look)
  const texts = look.wraps ? broken(messageOf(line), room, look.mostRows) : [cut(messageOf(line), room)]
  const indent: Row = [...edge, piece('text', ' '.repeat(widths.all - 2))]
  return texts.map((text, at) => [...(at === 0 ? head : indent), ...found(text, tone.text, needle)])
}

function columnOf(text: string, width: number, needle: string | null): Row {
  const shown = cut(text, width - 1)
  return [...found(shown, 'trend', needle), piece('text', ' '.repeat(width - textWidth(shown)))]
}

/** Loud is what is wrong, quiet what nobody asked for. */
function voiceOf(priority: number | null, theme: Theme): { sign: string; tone: { sign: Token; text: Token } } {
  const { health } = theme.glyphs
  if (priority === null) return { sign: ' ', tone: { sign: 'dim', text: 'text' } }
  if (priority <= 3) return { sign: health.down, tone: { sign: 'down', text: 'down' } }
  if (priority === 4) return { sign: health.degraded, tone: { sign: 'degraded', text: 'text' } }
  if (priority === 7) return { sign: theme.glyphs.gap, tone: { sign: 'dim', text: 'dim' } }
  return { sign: ' ', tone: { sign: 'dim', text: 'text' } }
}

function timeOf(at: number, times: Times): string {
  const iso = new Date(at).toISOString()
  return times === 'time' ? iso.slice(11, 19) : `${iso.slice(0, 10)} ${iso.slice(11)}`
}

/** What the node said, on one line and harmless, tabs as far as they would reach. */
function messageOf(line: LogLine): ScreenText {
  return forScreen(withoutTabs(line.text))
}

export function withoutTabs(text: string): string {
  if (!text.includes('\t')) return text
  let column = 0
  let out = ''
  for (const [at, part] of text.split('\t').entries()) {
    if (at > 0) {
      const blanks = tabStop - (column % tabStop)
      out += ' '.repeat(blanks)
      column += blanks
    }
    out += part
    const line = part.slice(part.lastIndexOf('\n') + 1)
    column = part.includes('\n') ? textWidth(forScreen(line)) : column + textWidth(forScreen(line))
  }
  return out
}

/** Text in rows of `width` columns, nothing of it lost, but for `…` where it would take more than `most` rows. */
export function broken(text: ScreenText, width: number, most: number): ScreenText[] {
  const rows: ScreenText[] = []
  let rest: string = text
  while (rows.length < most - 1 && textWidth(rest) > width) {
    const at = breakAt(rest, width)
    rows.push(forScreen(rest.slice(0, at)))
    rest = rest.slice(at)
  }
  return rest === '' && rows.length > 0 ? rows : [...rows, cut(rest, width)]
}

/** After the last blank in the second half of the row, where there is one; else where the row ends. */
function breakAt(text: string, width: number): number {
  let end = 0
  let columns = 0
  for (const character of text) {
    const next = textWidth(character)
    if (columns + next > width && end > 0) break
    columns += next
    end += character.length
  }
  const blank = text.lastIndexOf(' ', end - 1)
  return blank > end / 2 ? blank + 1 : end
}

/** What a filter looks for word for word: it can be shown in its place. */
export function needleOf(filter: string): string | null {
  const words = filter.trim().toLowerCase()
  return words === '' || /^(!|@|-f)/.test(words) ? null : words
}

/** The text with each place of what is looked for inverted. */
function found(text: ScreenText, token: Token, needle: string | null): Piece[] {
  const lower = text.toLowerCase()
  // A letter whose small form is longer would shift every place behind it.
  if (needle === null || lower.length !== text.length) return [{ token, text }]
  const pieces: Piece[] = []
  let from = 0
  for (let at = lower.indexOf(needle); at >= 0; at = lower.indexOf(needle, from)) {
    if (at > from) pieces.push(piece(token, text.slice(from, at)))
    pieces.push(piece('selected', text.slice(at, at + needle.length)))
    from = at + needle.length
  }
  if (from < text.length || pieces.length === 0) pieces.push(piece(token, text.slice(from)))
  return pieces
}
