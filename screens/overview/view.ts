// The overview: the whole fleet in one glance, as dense as the screen needs. Pure: a snapshot in, rows out.

import { incidentRows, severityToken } from '../incidents/open.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { age, milliseconds } from '../widgets/measure.ts'
import { shortRegion } from '../widgets/region.ts'
import { fitted, piece, type Row, widthOf } from '../widgets/row.ts'
import { type Layout, layoutOf } from './layout.ts'
import { type ShownNode, shownNames, shownNode } from './nodes.ts'
import { latency, latest, shortReason } from './readings.ts'
import { tile } from './tile.ts'

/** Which nodes are where: what the keys walk through and the rows are made from. */
export interface Arrangement {
  names: readonly string[]
  layout: Layout
  across: number
  /** Index of the selected node; -1: it is not among those shown. */
  at: number
  /** Units (rows of tiles, lines) above the first one shown, and how many are shown. */
  scroll: number
  shown: number
}

export function arrange(snapshot: Snapshot, height: number): Arrangement {
  const names = shownNames(snapshot)
  const { columns } = snapshot
  const { density, selected, scroll: wanted } = snapshot.view.screens.overview
  const layout = layoutOf(names.length, columns, height, density)
  const at = selected === null ? -1 : names.indexOf(selected)
  const across = layout.kind === 'table' ? 1 : layout.across
  const shown = Math.max(1, unitsShown(layout, height))
  const scroll = scrolled(Math.floor(Math.max(0, at) / across), shown, wanted, Math.ceil(names.length / across))
  return { names, layout, across, at, scroll, shown }
}

function unitsShown(layout: Layout, height: number): number {
  switch (layout.kind) {
    case 'tiles':
      return Math.floor((height + layout.gap) / (layout.size.lines + layout.gap))
    case 'compact':
      return height
    case 'table':
      return height - 1
    case 'heat':
      // Below the map one line says what is selected.
      return height - 2
  }
}

/** Keeps the unit with the cursor on the screen and moves as little as possible. */
function scrolled(at: number, shown: number, wanted: number, total: number): number {
  const least = Math.max(0, at - shown + 1)
  return Math.max(0, Math.min(Math.max(least, Math.min(wanted, at)), Math.max(0, total - shown)))
}

export function overviewRows(arrangement: Arrangement, snapshot: Snapshot, height: number, theme: Theme): Row[] {
  const { names, layout, at, scroll, shown, across } = arrangement
  const { columns, now } = snapshot
  const visible = names
    .slice(scroll * across, (scroll + shown) * across)
    .map(name => shownNode(snapshot, name))
    .filter(node => node !== null)
  const isSelected = (node: ShownNode) => node.name === names[at]
  if (names.length === 0) return [[], [piece('dim', ` ${nothingToShow(snapshot)}`)]]
  switch (layout.kind) {
    case 'tiles': {
      const rows = chunks(visible, across).flatMap((group, index) => {
        const tiles = group.map(node => tile(node, layout.size, now, isSelected(node), theme))
        const lines = Array.from({ length: layout.size.lines }, (_, line) => tiles.flatMap(one => one[line] ?? []))
        return index > 0 && layout.gap === 1 ? [[], ...lines] : lines
      })
      return [...rows, ...incidentRows(snapshot, height - rows.length, theme)]
    }
    case 'compact': {
      const cells = chunks(visible, across).map(group =>
        group.flatMap(node => fitted(compactCell(node, isSelected(node), theme), layout.width)),
      )
      return [...cells, ...incidentRows(snapshot, height - cells.length, theme)]
    }
    case 'table': {
      const rows = visible.map(node => tableRow(node, columns, now, isSelected(node), theme))
      return [tableHead(columns), ...rows, ...incidentRows(snapshot, height - rows.length - 1, theme)]
    }
    case 'heat': {
      const rows = chunks(visible, across).map(
        (group): Row => [
          piece('text', ' '),
          ...group.flatMap(node => [
            piece(isSelected(node) ? 'selected' : node.health, theme.glyphs.health[node.health]),
            piece('text', ' '),
          ]),
        ],
      )
      const chosen = visible.find(isSelected)
      return [...rows, [], chosen ? tableRow(chosen, columns, now, true, theme) : []]
    }
  }
}

function nothingToShow({ view, order }: Snapshot): string {
  const { filter, faultsOnly } = view.screens.overview
  if (order.length === 0) return 'the fleet file names no nodes'
  if (filter !== '') return `no node matches ${filter}${faultsOnly ? ' among those with faults' : ''}`
  return 'no faults: every node is up'
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  )
}

function compactCell(node: ShownNode, isSelected: boolean, theme: Theme): Row {
  const { selectedBar } = theme.glyphs
  const word = node.health === 'up' ? `${milliseconds(latest(node, 'ping')?.ms ?? null)} ms` : node.health
  return [
    piece(node.health, isSelected ? selectedBar : ' '),
    piece(node.health, `${theme.glyphs.health[node.health]} `),
    ...fitted([piece(isSelected ? 'selected' : 'text', node.name)], 12),
    piece(node.health === 'up' ? 'dim' : node.health, ` ${word}`),
  ]
}

interface Column {
  title: string
  width: number
  right: boolean
  cell(node: ShownNode, now: number, theme: Theme): Row
}

/** What a table has room for; the reason takes the rest. */
function tableColumns(columns: number, isSelected: (node: ShownNode) => boolean): Column[] {
  const wide = columns >= 110
  const all: (Column & { narrow: number })[] = [
    {
      title: ' health',
      width: 15,
      narrow: 15,
      right: false,
      cell: (node, _, theme) => [
        piece(node.health, isSelected(node) ? theme.glyphs.selectedBar : ' '),
        piece(node.health, `${theme.glyphs.health[node.health]} ${node.health}`),
      ],
    },
    {
      title: 'node',
      width: 16,
      narrow: 13,
      right: false,
      cell: node => [piece(isSelected(node) ? 'selected' : 'text', node.name)],
    },
    {
      title: 'region',
      width: 16,
      narrow: 11,
      right: false,
      cell: node => [piece('dim', shortRegion(node.where, wide ? 15 : 10))],
    },
    {
      title: 'ping',
      width: 11,
      narrow: 9,
      right: true,
      cell: (node, now, theme) => latency(latest(node, 'ping'), now, theme),
    },
    {
      title: 'http',
      width: 12,
      narrow: 0,
      right: true,
      cell: (node, now, theme) => latency(latest(node, 'http'), now, theme),
    },
    {
      title: 'for',
      width: 9,
      narrow: 6,
      right: true,
      cell: (node, now) => [piece('dim', node.known ? age(now, node.known.since) : '–')],
    },
  ]
  return all
    .map(column => ({ ...column, width: wide ? column.width : column.narrow }))
    .filter(column => column.width > 0)
}

function tableHead(columns: number): Row {
  const cells = tableColumns(columns, () => false).map(({ title, width, right }) =>
    piece('dim', right ? title.padStart(width) : title.padEnd(width)),
  )
  return fitted([...cells, piece('dim', '  why')], columns)
}

function tableRow(node: ShownNode, columns: number, now: number, isSelected: boolean, theme: Theme): Row {
  const cells = tableColumns(columns, () => isSelected).flatMap(({ width, right, cell }): Row => {
    const row = cell(node, now, theme)
    return right ? rightAligned(row, width) : fitted(row, width)
  })
  const { severity: grade } = node.known ?? { severity: null }
  const severity = grade ? [piece(severityToken(grade), `${grade} `)] : []
  const why = node.health === 'up' ? [] : [...severity, piece('text', shortReason(node))]
  return fitted([...cells, piece('text', '  '), ...why], columns)
}

function rightAligned(row: Row, width: number): Row {
  const wide = widthOf(row)
  return fitted([piece('text', ' '.repeat(Math.max(0, width - wide))), ...row], width)
}
