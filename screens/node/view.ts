// One node: what it is and why it is not well, how it was, and a list of everything known about it. Pure.
import { type ShownNode, shownNode } from '../overview/nodes.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { createTheme, type Theme } from '../theme/tokens.ts'
import { windowed } from '../widgets/list.ts'
import { fitted, piece, type Row } from '../widgets/row.ts'
import { scrollbar } from '../widgets/scrollbar.ts'
import { cursorAt, isEntry, type Line, linesFor, listOf } from './entries.ts'
import { type Drawing, lineRow } from './entry-row.ts'
import { historyRows } from './history.ts'
import { topRows } from './top.ts'

/** Rows that the list keeps however small the screen is: the chart gives way first. */
const leastList = 9
/** From here on the parts stand apart. */
const roomy = 30
/** How many rows there are does not depend on how they look. */
const plain = createTheme('none', 'ascii')

export function nodeRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  const name = placeOf(snapshot.view).subject
  const node = name === null ? null : shownNode(snapshot, name)
  if (!node) return [[], [piece('dim', ' this node is not in the fleet any more')]]
  const top = topRows(snapshot, node, theme)
  const { chart, list, isAiry } = sharedOut(top.length, height)
  const air: Row[] = isAiry ? [[]] : []
  return [
    ...top,
    ...air,
    ...historyRows(snapshot, node.name, chart, theme),
    ...air,
    ...listRows(snapshot, node, list, theme),
  ].slice(0, height)
}

/** Rows of the list on the page that is shown: what keys move by. */
export function listHeight(snapshot: Snapshot, node: ShownNode, height: number): number {
  return sharedOut(topRows(snapshot, node, plain).length, height).list
}

function sharedOut(top: number, height: number): { chart: number; list: number; isAiry: boolean } {
  const isAiry = height >= roomy
  const left = height - top - (isAiry ? 2 : 0)
  const wished = height < 24 ? 7 : height < 36 ? 10 : height < 48 ? 14 : 20
  const chart = Math.max(1, Math.min(wished, left - leastList))
  // A picture of one or two rows shows less than the figures alone.
  const shown = chart < 5 ? 1 : chart
  return { chart: shown, list: Math.max(1, left - shown), isAiry }
}

function listRows(snapshot: Snapshot, node: ShownNode, height: number, theme: Theme): Row[] {
  const { now, view } = snapshot
  const columns = snapshot.columns - 1
  const lines = linesFor(snapshot, node.name)
  const { selected, scroll } = listOf(view.screens.node, node.name)
  const at = cursorAt(lines, selected)
  const { from, to } = windowOn(lines, at, scroll, height)
  const bar = scrollbar(to - from, lines.length, from, theme)
  const drawing: Drawing = { node, now, columns, theme }
  return lines.slice(from, to).map((line, index): Row => {
    const edge = bar[index]
    const row = fitted(lineRow(line, from + index === at, drawing), columns)
    return edge ? [...row, edge] : row
  })
}

/** What is shown of the list: the cursor always, and the heading above it where the cursor is on the first below one. */
export function windowOn(
  lines: readonly Line[],
  at: number,
  scroll: number,
  height: number,
): { from: number; to: number } {
  const keys = lines.map(({ key }) => key)
  const { from, to } = windowed(keys, { selected: keys[at] ?? null, scroll }, height)
  // Below the last entry there may be headings that say why nothing follows.
  const below = lines.length - height
  if (at >= below && from < below && lines.findLastIndex(isEntry) === at) return { from: below, to: lines.length }
  const hidesHeading = from > 0 && from === at && height > 1 && lines[at - 1]?.kind === 'heading'
  return hidesHeading ? { from: from - 1, to: to - 1 } : { from, to }
}
