// A chart of rows of blocks, from zero to the largest value: bars for the average, a thin line up to the maximum, gaps
// drawn as gaps. Pure.
import type { Theme, Token } from '../theme/tokens.ts'
import { piece, type Row } from './row.ts'

export interface Bar {
  avg: number
  max: number
}

/**
 * `height` rows without axis, top first; `top` is the value at the upper edge, what goes beyond it is marked there.
 * A null bar was not watched.
 */
export function barRows(
  bars: readonly (Bar | null)[],
  height: number,
  top: number,
  theme: Theme,
  token: Token = 'accent',
): Row[] {
  const { spark, gap, whisker } = theme.glyphs
  const steps = spark.length
  return Array.from({ length: height }, (_, index): Row => {
    const row = height - 1 - index
    const cells = bars.map((bar): { token: Token; text: string } => {
      if (bar && row === height - 1 && bar.max > top) return { token: 'degraded', text: theme.glyphs.beyond }
      if (!bar) return { token: 'dim', text: row === 0 ? gap : ' ' }
      const filled = Math.max(1, Math.round((bar.avg / top) * height * steps)) - row * steps
      if (filled >= steps) return { token, text: spark[steps - 1] ?? ' ' }
      if (filled > 0) return { token, text: spark[filled - 1] ?? ' ' }
      const reaches = Math.round((bar.max / top) * height * 2) - row * 2
      if (reaches >= 1) return { token: 'dim', text: whisker }
      return { token: 'text', text: ' ' }
    })
    return joinAlike(cells)
  })
}

/** Neighbours of one colour become one piece. */
export function joinAlike(cells: readonly { token: Token; text: string }[]): Row {
  const row: { token: Token; text: string }[] = []
  for (const { token, text } of cells) {
    const last = row.at(-1)
    if (last?.token === token) last.text += text
    else row.push({ token, text })
  }
  return row.map(({ token, text }) => piece(token, text))
}

/** The next number that people like: 31 → 40, 118 → 150, 0.7 → 1. */
export function niceTop(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find(candidate => candidate * power >= value) ?? 10
  return step * power
}
