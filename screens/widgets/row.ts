// Rows are built from pieces that know their width; what comes from outside is rendered harmless on the way in.
import { forScreen, type ScreenText } from '../../state/primitives/node-text.ts'
import { isNarrow, textWidth } from '../../state/primitives/width.ts'
import type { Theme, Token } from '../theme/tokens.ts'

export interface Piece {
  token: Token
  /** Only `piece` and the cutters below make it. */
  text: ScreenText
}

/** A piece of a row. Any text is safe here: what a terminal would act on or count differently is taken out. */
export function piece(token: Token, text: string): Piece {
  return { token, text: forScreen(text) }
}

export type Row = readonly Piece[]

export function widthOf(row: Row): number {
  return row.reduce((sum, { text }) => sum + textWidth(text), 0)
}

/** Cut to `width` columns (with `…`) or filled up with blanks: exactly `width` wide. */
export function fitted(row: Row, width: number): Row {
  const out: Piece[] = []
  let left = width
  for (const { token, text } of row) {
    const wide = textWidth(text)
    if (wide <= left) {
      out.push({ token, text })
      left -= wide
      continue
    }
    const short = cut(text, left)
    if (short.length > 0) out.push({ token, text: short })
    left -= textWidth(short)
    break
  }
  if (left > 0) out.push(piece('text', ' '.repeat(left)))
  return out
}

/** `text` in at most `width` columns; what is missing is said by `…`. */
export function cut(text: string, width: number): ScreenText {
  const safe = forScreen(text)
  if (textWidth(safe) <= width) return safe
  if (width <= 0) return forScreen('')
  if (isNarrow(safe)) return forScreen(`${safe.slice(0, width - 1)}…`)
  let out = ''
  let wide = 0
  for (const character of safe) {
    const next = textWidth(character)
    if (wide + next > width - 1) break
    out += character
    wide += next
  }
  return forScreen(`${out}…`)
}

/** Text in at most `lines` lines of `width` columns, broken between words where there are words. */
export function wrap(text: string, width: number, lines: number): ScreenText[] {
  const out: ScreenText[] = []
  let line = ''
  const words = forScreen(text).split(' ')
  for (const [index, word] of words.entries()) {
    const longer = line === '' ? word : `${line} ${word}`
    if (textWidth(longer) <= width) {
      line = longer
      continue
    }
    if (out.length === lines - 1) return [...out, cut([line, ...words.slice(index)].filter(Boolean).join(' '), width)]
    if (line !== '') out.push(cut(line, width))
    line = word
  }
  return line === '' ? out : [...out, cut(line, width)]
}

export function paintRow(row: Row, theme: Theme): string {
  return row.map(({ token, text }) => theme.paint(token, text)).join('')
}

/** Left and right parts on one line; the left one gives way. */
export function spread(left: Row, right: Row, width: number): Row {
  const room = Math.max(0, width - widthOf(right))
  return [...fitted(left, room), ...right]
}

/** At the right edge of its column, one blank before it. */
export function rightward({ token, text }: Piece, width: number): Row {
  if (width <= 0) return []
  const short = cut(text, width - 1)
  return [piece('text', ' '.repeat(width - textWidth(short))), { token, text: short }]
}
