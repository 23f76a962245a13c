// The overview: the whole fleet in one glance, as dense as the screen needs. Pure: a snapshot in, rows out.
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { age, milliseconds } from '../widgets/measure.ts'
import { fit, piece, type Row } from '../widgets/row.ts'
import { type ShownNode, shownNodes } from './nodes.ts'
import { latest, tile, tileLines } from './tile.ts'

const tileWidth = 26
const widestTile = 38
const compactWidth = 24

export type Layout =
  | { kind: 'tiles'; across: number; width: number }
  | { kind: 'compact'; across: number; width: number }
  | { kind: 'table' }
  | { kind: 'heat'; across: number }

/** The roomiest layout in which the whole fleet fits; a wish of the operator wins. */
export function layoutOf(count: number, columns: number, rows: number, wish: Snapshot['view']['density']): Layout {
  const across = Math.max(1, Math.floor(columns / tileWidth))
  const tiles = { kind: 'tiles' as const, across, width: Math.min(widestTile, Math.floor(columns / across)) }
  const fitting = Math.max(1, Math.floor(columns / compactWidth))
  const compact = { kind: 'compact' as const, across: fitting, width: Math.floor(columns / fitting) }
  const heat = { kind: 'heat' as const, across: Math.max(1, Math.floor(columns / 2)) }
  switch (wish) {
    case 'tiles':
      return tiles
    case 'compact':
      return compact
    case 'table':
      return { kind: 'table' }
    case 'heat':
      return heat
    case 'auto':
      if (Math.ceil(count / across) * tileLines <= rows) return tiles
      if (Math.ceil(count / fitting) <= rows) return compact
      return count <= rows * 4 ? { kind: 'table' } : heat
  }
}

export interface Overview {
  rows: Row[]
  /** Names in the order of the screen: what `j` and `k` walk through. */
  names: string[]
  across: number
  /** Units (rows of tiles, lines) above the first one shown. */
  scroll: number
}

export function overview(snapshot: Snapshot, height: number, theme: Theme): Overview {
  const nodes = shownNodes(snapshot)
  const { columns, view, now } = snapshot
  const names = nodes.map(node => node.name)
  const layout = layoutOf(nodes.length, columns, height, view.density)
  const at = Math.max(0, view.selected === null ? 0 : names.indexOf(view.selected))
  const isSelected = (node: ShownNode) => node.name === view.selected
  switch (layout.kind) {
    case 'tiles': {
      const shown = Math.max(1, Math.floor(height / tileLines))
      const scroll = scrolled(Math.floor(at / layout.across), shown, view.scroll, Math.ceil(nodes.length / layout.across))
      const rows = chunks(nodes, layout.across)
        .slice(scroll, scroll + shown)
        .flatMap(group => {
          const tiles = group.map(node => tile(node, layout.width, now, isSelected(node), theme))
          return Array.from({ length: tileLines }, (_, line) => tiles.flatMap(lines => lines[line] ?? []))
        })
      return { rows, names, across: layout.across, scroll }
    }
    case 'compact': {
      const scroll = scrolled(Math.floor(at / layout.across), height, view.scroll, Math.ceil(nodes.length / layout.across))
      const rows = chunks(nodes, layout.across)
        .slice(scroll, scroll + height)
        .map(group => group.flatMap(node => fit(compactCell(node, isSelected(node), theme), layout.width)))
      return { rows, names, across: layout.across, scroll }
    }
    case 'table': {
      const shown = Math.max(1, height - 1)
      const scroll = scrolled(at, shown, view.scroll, nodes.length)
      const rows = nodes.slice(scroll, scroll + shown).map(node => tableRow(node, columns, now, isSelected(node), theme))
      return { rows: [tableHead(columns), ...rows], names, across: 1, scroll }
    }
    case 'heat': {
      const shown = Math.max(1, height - 2)
      const scroll = scrolled(Math.floor(at / layout.across), shown, view.scroll, Math.ceil(nodes.length / layout.across))
      const rows = chunks(nodes, layout.across)
        .slice(scroll, scroll + shown)
        .map(group =>
          group.map(node => piece(isSelected(node) ? 'selected' : node.health, `${theme.glyphs.health[node.health]} `)),
        )
      const chosen = nodes[at]
      const legend: Row = chosen ? tableRow(chosen, columns, now, true, theme) : []
      return { rows: [...rows, [], legend], names, across: layout.across, scroll }
    }
  }
}

/** Keeps the unit with the cursor on the screen and moves as little as possible. */
function scrolled(at: number, shown: number, wanted: number, total: number): number {
  const least = Math.max(0, at - shown + 1)
  return Math.max(0, Math.min(Math.max(least, Math.min(wanted, at)), Math.max(0, total - shown)))
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size))
}

function compactCell(node: ShownNode, isSelected: boolean, theme: Theme): Row {
  const ping = latest(node, 'ping')
  const word = node.health === 'up' ? `${milliseconds(ping?.ms ?? null)} ms` : node.health
  return [
    piece(node.health, `${theme.glyphs.health[node.health]} `),
    ...fit([piece(isSelected ? 'selected' : 'text', node.name)], 12),
    piece(node.health === 'up' ? 'dim' : node.health, ` ${word}`),
  ]
}

const tableColumns = [
  { title: 'health', width: 13, right: false },
  { title: 'node', width: 16, right: false },
  { title: 'region', width: 15, right: false },
  { title: 'ping', width: 6, right: true },
  { title: 'http', width: 6, right: true },
  { title: 'for', width: 6, right: true },
] as const

function tableHead(columns: number): Row {
  const cells = tableColumns.flatMap(({ title, width, right }) => [piece('dim', right ? title.padStart(width) : title.padEnd(width))])
  return fit([...cells, piece('dim', '  why')], columns)
}

function tableRow(node: ShownNode, columns: number, now: number, isSelected: boolean, theme: Theme): Row {
  const values = [
    `${theme.glyphs.health[node.health]} ${node.health}`,
    node.name,
    node.where,
    milliseconds(latest(node, 'ping')?.ms ?? null),
    milliseconds(latest(node, 'http')?.ms ?? null),
    node.known ? age(now, node.known.since) : '–',
  ]
  const cells = tableColumns.flatMap(({ width, right }, index): Row => {
    const token = index === 0 ? node.health : isSelected && index === 1 ? 'selected' : index > 1 ? 'dim' : 'text'
    const value = values[index] ?? ''
    return fit([piece(token, right ? value.padStart(width) : value)], width)
  })
  const why = node.health === 'up' ? '' : `  ${node.known?.severity ?? ''} ${node.known?.reason ?? 'not looked at yet'}`
  return fit([...cells, piece('text', why)], columns)
}
