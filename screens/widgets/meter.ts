// A small bar for a share of something: ram, disk, processor.
import type { Theme, Token } from '../theme/tokens.ts'
import { piece, type Row } from './row.ts'

/** In percent: from here on it is `degraded`, from there `down`. */
export interface Thresholds {
  degraded: number
  down: number
}

/** `▮▮▮▯▯`, exactly `width` columns. Nothing at all and everything are drawn only for what is so; null was not measured. */
export function meter(percent: number | null, width: number, theme: Theme, thresholds: Thresholds): Row {
  const { meter: glyphs, gap } = theme.glyphs
  const cells = Math.max(0, Math.floor(width))
  if (percent === null || !Number.isFinite(percent)) return [piece('dim', gap.repeat(cells))]
  const share = Math.max(0, Math.min(100, percent)) / 100
  const least = share > 0 ? 1 : 0
  const most = share < 1 && cells > 1 ? cells - 1 : cells
  const full = Math.min(most, Math.max(least, Math.round(share * cells)))
  const token: Token = percent >= thresholds.down ? 'down' : percent >= thresholds.degraded ? 'degraded' : 'trend'
  return [piece(token, glyphs.full.repeat(full)), piece('dim', glyphs.empty.repeat(cells - full))].filter(
    ({ text }) => text.length > 0,
  )
}
