// How far down a long list is: one column at its right edge.
import type { Theme } from '../theme/tokens.ts'
import { type Piece, piece } from './row.ts'

/**
 * One piece for each of the `rows` that are shown of `total`, when the first one shown is `from`. Blanks where all of it
 * is shown. The thumb touches the ends only when the list does.
 */
export function scrollbar(rows: number, total: number, from: number, theme: Theme): Piece[] {
  const { thumb, track } = theme.glyphs.scrollbar
  if (total <= rows) return Array.from({ length: rows }, () => piece('text', ' '))
  const size = Math.max(1, Math.round((rows / total) * rows))
  const room = rows - size
  const last = total - rows
  const at = Math.max(0, Math.min(last, from))
  const exact = Math.round((at / last) * room)
  const start =
    at === 0 || room < 2 ? (at === last ? room : 0) : at === last ? room : Math.max(1, Math.min(room - 1, exact))
  return Array.from({ length: rows }, (_, row) =>
    row >= start && row < start + size ? piece('trend', thumb) : piece('rule', track),
  )
}
