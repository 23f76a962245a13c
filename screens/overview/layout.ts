// How densely the fleet is shown: the roomiest form in which all of it fits, or the one the operator wished for. Pure.
import type { Density } from './state.ts'
import type { TileSize } from './tile.ts'

export type Layout =
  | { kind: 'tiles'; across: number; size: TileSize; gap: 0 | 1 }
  | { kind: 'compact'; across: number; width: number }
  | { kind: 'table' }
  | { kind: 'heat'; across: number }

/** From roomy to dense. The smallest still fits 21 tiles on 80×24. */
const tileForms = [
  { lines: 8, gap: 1, width: 36 },
  { lines: 6, gap: 1, width: 36 },
  { lines: 6, gap: 1, width: 32 },
  { lines: 4, gap: 1, width: 32 },
  { lines: 4, gap: 1, width: 28 },
  { lines: 3, gap: 1, width: 28 },
  { lines: 3, gap: 0, width: 26 },
] as const
const widestTile = 44
const compactWidth = 24
/** Blocks of a heat map, with the blank between. */
const heatWidth = 2
/** A table is scrolled; beyond so many screens a map says more. */
const tableScreens = 8

/** `groups` is how many nodes are in each; groups under headings begin a new row and take a line more. */
export function layoutOf(
  groups: readonly number[],
  columns: number,
  rows: number,
  wish: Density,
  hasHeadings = false,
): Layout {
  const fitting = Math.max(1, Math.floor(columns / compactWidth))
  const compact = { kind: 'compact' as const, across: fitting, width: Math.floor(columns / fitting) }
  const heat = { kind: 'heat' as const, across: Math.max(1, Math.floor((columns - 2) / heatWidth)) }
  const headings = hasHeadings ? groups.length : 0
  const rowsWith = (across: number) => groups.reduce((sum, count) => sum + Math.ceil(count / across), 0)
  switch (wish) {
    case 'tiles':
      return tiles(rowsWith, headings, columns, rows) ?? smallestTiles(columns)
    case 'compact':
      return compact
    case 'table':
      return { kind: 'table' }
    case 'heat':
      return heat
    case 'auto': {
      const roomy = tiles(rowsWith, headings, columns, rows)
      if (roomy) return roomy
      if (rowsWith(fitting) + headings <= rows) return compact
      return rowsWith(1) <= rows * tableScreens ? { kind: 'table' } : heat
    }
  }
}

function tiles(rowsWith: (across: number) => number, headings: number, columns: number, rows: number): Layout | null {
  for (const { lines, gap, width } of tileForms) {
    if (columns < width) continue
    const across = Math.floor(columns / width)
    if (rowsWith(across) * (lines + gap) - gap + headings <= rows)
      return { kind: 'tiles', across, size: sized(columns, across, lines), gap }
  }
  return null
}

function smallestTiles(columns: number): Layout {
  const across = Math.max(1, Math.floor(columns / 26))
  return { kind: 'tiles', across, size: sized(columns, across, 3), gap: 0 }
}

function sized(columns: number, across: number, lines: number): TileSize {
  return { width: Math.min(widestTile, Math.floor(columns / across)), lines }
}
