// The fleet as a table: which columns there is room for, the head that says what it is sorted by, a line a node. Pure.
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { fitted, type Piece, piece, type Row, spread, widthOf } from '../widgets/row.ts'
import { columns, defaultColumns } from './columns.ts'
import type { ShownNode } from './nodes.ts'
import type { ColumnId, Sort } from './state.ts'

export interface Table {
  columns: readonly { id: ColumnId; width: number }[]
  /** How many of the chosen columns there is no room for. */
  left: number
}

/** Room that the reason needs to say anything. */
const fewestWhy = 12

export function tableOf(snapshot: Pick<Snapshot, 'columns' | 'view'>): Table {
  const { columns: width, view } = snapshot
  const wanted = view.screens.overview.columns ?? defaultColumns(width)
  const step = width < 110 ? 0 : width < 180 ? 1 : 2
  const shown: { id: ColumnId; width: number }[] = []
  const withWhy = wanted.includes('why')
  let room = width - (withWhy ? fewestWhy + 1 : 0)
  for (const id of wanted) {
    if (id === 'why') continue
    const wide = columns[id].widths[step]
    if (wide + 1 > room) continue
    shown.push({ id, width: wide })
    room -= wide + 1
  }
  if (withWhy) shown.push({ id: 'why', width: Math.max(0, room + fewestWhy) })
  return { columns: shown, left: wanted.length - shown.length }
}

export function tableHead(table: Table, snapshot: Snapshot, theme: Theme): Row {
  const { sort, at } = snapshot.view.screens.overview
  const cells = table.columns.map(({ id, width }, index): Piece => {
    const { title, isRight } = columns[id]
    const isSorted = at === null && sortedColumn(sort) === id
    const sign = isSorted ? (sort.isReversed ? theme.glyphs.sort.up : theme.glyphs.sort.down) : ' '
    // The sign stands in the blank between the columns: it needs no room of its own.
    const words = isRight ? `${title.padStart(width)}${sign}` : `${title}${sign}`.padEnd(width + 1)
    const isLast = index === table.columns.length - 1
    return piece(isSorted ? 'accent' : 'dim', isLast ? words.trimEnd() : words)
  })
  const more = table.left > 0 ? [piece('degraded', ` +${table.left} `)] : []
  return spread(cells, more, snapshot.columns)
}

/** Trouble first is how health is sorted, whatever else it does. */
function sortedColumn({ by }: Sort): ColumnId {
  return by === 'faults' ? 'health' : by
}

export function tableRow(
  node: ShownNode,
  table: Table,
  snapshot: Pick<Snapshot, 'now' | 'columns'>,
  { isSelected, isMarked }: { isSelected: boolean; isMarked: boolean },
  theme: Theme,
): Row {
  const cells = table.columns.flatMap(({ id, width }, at): Row => {
    const { cell, isRight } = columns[id]
    const row = cell({ node, now: snapshot.now, isSelected, isMarked, theme, width })
    // Without the column that carries them, cursor and marks are still to be seen.
    const edge = at === 0 && id !== 'health' ? edgeOf(isSelected, isMarked, theme) : []
    const body = isRight ? rightAligned(row, width - widthOf(edge)) : fitted(row, width - widthOf(edge))
    return [...edge, ...body, piece('text', ' ')]
  })
  return fitted(cells, snapshot.columns)
}

function edgeOf(isSelected: boolean, isMarked: boolean, theme: Theme): Row {
  if (isMarked) return [piece('mark', theme.glyphs.mark)]
  return [piece('accent', isSelected ? theme.glyphs.selectedBar : ' ')]
}

function rightAligned(row: Row, width: number): Row {
  return fitted([piece('text', ' '.repeat(Math.max(0, width - widthOf(row)))), ...row], width)
}
