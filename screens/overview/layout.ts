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

export function layoutOf(count: number, columns: number, rows: number, wish: Density): Layout {
  const fitting = Math.max(1, Math.floor(columns / compactWidth))
  const compact = { kind: 'compact' as const, across: fitting, width: Math.floor(columns / fitting) }
  const heat = { kind: 'heat' as const, across: Math.max(1, Math.floor((columns - 2) / heatWidth)) }
  switch (wish) {
    case 'tiles':
      return tiles(count, columns, rows) ?? smallestTiles(columns)
    case 'compact':
      return compact
    case 'table':
      return { kind: 'table' }
    case 'heat':
      return heat
    case 'auto': {
      const roomy = tiles(count, columns, rows)
      if (roomy) return roomy
      if (Math.ceil(count / fitting) <= rows) return compact
      return count <= rows * 8 ? { kind: 'table' } : heat
    }
  }
}

function tiles(count: number, columns: number, rows: number): Layout | null {
  for (const { lines, gap, width } of tileForms) {
    if (columns < width) continue
    const across = Math.floor(columns / width)
    const height = Math.ceil(count / across) * (lines + gap) - gap
    if (height <= rows) return { kind: 'tiles', across, size: sized(columns, across, lines), gap }
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
