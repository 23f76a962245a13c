// The overview: the whole fleet in one glance, as dense as the screen needs. Only what is on the screen is made. Pure: a
// snapshot in, rows out.
import type { Health } from '../../src/watch/shapes.ts'
import { incidentRows } from '../incidents/open.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme, Token } from '../theme/tokens.ts'
import { joinAlike } from '../widgets/chart.ts'
import { milliseconds } from '../widgets/measure.ts'
import { fitted, piece, type Row } from '../widgets/row.ts'
import { type Arrangement, arrange, type Unit } from './arrange.ts'
import { barOf } from './columns.ts'
import { headingRow } from './groups.ts'
import { marksOf } from './marks.ts'
import { type ShownNode, shownNode } from './nodes.ts'
import { meshOf } from './readings.ts'
import { type Table, tableHead, tableOf, tableRow } from './table.ts'
import { tile } from './tile.ts'
import { timelineHeight, timelineRow } from './timeline.ts'

export function overviewRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  const room = height - timelineHeight(snapshot)
  const rows = fleetRows(arrange(snapshot, height), snapshot, room, theme)
  if (room === height) return rows
  const filled = Array.from({ length: room }, (_, row) => rows[row] ?? [])
  return [...filled, timelineRow(snapshot, snapshot.columns, theme)]
}

function fleetRows(arrangement: Arrangement, snapshot: Snapshot, height: number, theme: Theme): Row[] {
  const { names, layout, units, scroll, end } = arrangement
  if (names.length === 0) return [[], [piece('dim', ` ${nothingToShow(snapshot)}`)]]
  const table = tableOf(snapshot)
  const drawn = units.slice(scroll, end).flatMap((unit): Row[] => {
    if ('group' in unit) return [headingRow(unit.group, snapshot, theme)]
    return unitRows(unit, arrangement, table, snapshot, theme)
  })
  switch (layout.kind) {
    case 'tiles':
    case 'compact':
      // The gap below the last tiles divides nothing: it is room for what follows.
      if (layout.kind === 'tiles' && drawn.at(-1)?.length === 0) drawn.pop()
      return [...drawn, ...incidentRows(snapshot, height - drawn.length, theme)]
    case 'table':
      return [tableHead(table, snapshot, theme), ...drawn, ...incidentRows(snapshot, height - drawn.length - 1, theme)]
    case 'heat':
      return [...drawn, [], pointed(arrangement, snapshot, theme)]
  }
}

/** The nodes that stand side by side. */
function unitRows(
  unit: Extract<Unit, { from: number }>,
  { names, layout, at }: Arrangement,
  table: Table,
  snapshot: Snapshot,
  theme: Theme,
): Row[] {
  const marks = marksOf(snapshot)
  if (layout.kind === 'heat') {
    // Of thousands only health is drawn: nothing else of them is made.
    const cells = names.slice(unit.from, unit.to).flatMap((name, index) => {
      const health = snapshot.state.watch.nodes[name]?.health ?? 'unknown'
      return heatCell(health, { isSelected: unit.from + index === at, isMarked: marks.has(name) }, theme)
    })
    return [[piece('text', ' '), ...joinAlike(cells)]]
  }
  const nodes = names.slice(unit.from, unit.to).flatMap(name => shownNode(snapshot, name) ?? [])
  const lookOf = ({ name }: ShownNode) => ({ isSelected: name === names[at], isMarked: marks.has(name) })
  switch (layout.kind) {
    case 'tiles': {
      const tiles = nodes.map(node => {
        const { isSelected, isMarked } = lookOf(node)
        return tile(node, layout.size, snapshot.now, isSelected, theme, isMarked)
      })
      const lines = Array.from({ length: layout.size.lines }, (_, line) => tiles.flatMap(one => one[line] ?? []))
      return layout.gap === 1 ? [...lines, []] : lines
    }
    case 'compact':
      return [nodes.flatMap(node => fitted(compactCell(node, lookOf(node), theme), layout.width))]
    case 'table':
      return nodes.map(node => tableRow(node, table, snapshot, lookOf(node), theme))
  }
}

interface CellLook {
  isSelected: boolean
  isMarked: boolean
}

function compactCell(node: ShownNode, { isSelected, isMarked }: CellLook, theme: Theme): Row {
  const word = node.health === 'up' ? `${milliseconds(meshOf(node)?.ms ?? null)} ms` : node.health
  return [
    barOf(node, isSelected, isMarked, theme),
    piece(node.health, `${theme.glyphs.health[node.health]} `),
    ...fitted([piece(isSelected ? 'selected' : 'text', node.name)], 12),
    piece(node.health === 'up' ? 'dim' : node.health, ` ${word}`),
  ]
}

function heatCell(health: Health, { isSelected, isMarked }: CellLook, theme: Theme): { token: Token; text: string }[] {
  const glyph = theme.glyphs.health[health]
  if (isMarked) {
    return [
      { token: isSelected ? 'selected' : health, text: glyph },
      { token: 'mark', text: theme.glyphs.mark },
    ]
  }
  // Neighbours of one health become one piece, blanks and all.
  if (!isSelected) return [{ token: health, text: `${glyph} ` }]
  return [
    { token: 'selected', text: glyph },
    { token: health, text: ' ' },
  ]
}

/** Below the map: what is under the cursor, by name and in figures. */
function pointed({ names, at }: Arrangement, snapshot: Snapshot, theme: Theme): Row {
  const name = names[at]
  const node = name === undefined ? null : shownNode(snapshot, name)
  if (!node) return []
  const { now, columns } = snapshot
  const all = tableOf({ columns, view: { ...snapshot.view, screens: unchosen(snapshot) } })
  return tableRow(node, all, { now, columns }, { isSelected: true, isMarked: marksOf(snapshot).has(node.name) }, theme)
}

/** Whatever columns the operator has chosen for the table: here the name must be among them. */
function unchosen({ view }: Snapshot): Snapshot['view']['screens'] {
  return { ...view.screens, overview: { ...view.screens.overview, columns: null } }
}

function nothingToShow({ view, order }: Snapshot): string {
  const { filter, faultsOnly } = view.screens.overview
  if (order.length === 0) return 'the fleet file names no nodes'
  if (filter !== '') return `no node matches ${filter}${faultsOnly ? ' among those with faults' : ''}`
  return 'no faults: every node is up'
}
