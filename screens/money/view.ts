// The page of money: its figures on top, what is being made, the table, and what there is to say of it. Pure.
import { openOperations, operationLines } from '../machines/operations.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { keyUnder, type Line, lineRows, plainLine } from '../widgets/lines.ts'
import { piece, type Row } from '../widgets/row.ts'
import { monthWords } from './amounts.ts'
import { type Note, partsOf } from './notes.ts'
import { type CostRow, costRows } from './rows.ts'
import { shownReport } from './state.ts'
import { costRowRow, lineRow, tableHead } from './table.ts'
import { topRows } from './top.ts'

export function moneyRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  const fixed = fixedRows(snapshot, height, theme)
  return [
    ...fixed,
    ...lineRows(moneyLines(snapshot, theme), snapshot.view.screens.money, scrolledHeight(snapshot, height, theme)),
  ]
}

/** Rows that scroll, below those that always stand. */
export function scrolledHeight(snapshot: Snapshot, height: number, theme: Theme): number {
  return Math.max(1, height - fixedRows(snapshot, height, theme).length)
}

function fixedRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  const report = shownReport(snapshot)
  if (report === null) return []
  const rows = [...topRows(report, snapshot, height, theme), tableHead(snapshot.view.screens.money.group, snapshot)]
  return rows.slice(0, Math.max(0, height - 1))
}

export function moneyLines(snapshot: Snapshot, theme: Theme): Line[] {
  const { view, found } = snapshot
  const { filter, month, expanded } = view.screens.money
  const report = shownReport(snapshot)
  if (report === null) {
    const { failed } = found.money
    const what = month === null ? 'this month' : monthWords(month)
    const words = failed === null ? `asking what ${what} costs …` : `what ${what} costs cannot be had: ${failed}`
    return [plainLine([]), plainLine([piece(failed === null ? 'dim' : 'degraded', ` ${words}`)])]
  }
  const rows = costRows(snapshot)
  const none =
    filter === '' ? 'nothing of this fleet costs anything that is known' : 'none that the filter lets through'
  const operations = openOperations(snapshot)
  return [
    ...(rows.length === 0 ? [plainLine([piece('dim', `  ${none}`)])] : []),
    ...rows.flatMap((row): Line[] => [
      { key: row.key, row: isHere => costRowRow(row, isHere, snapshot, theme) },
      ...(expanded.includes(row.key) ? lineLines(row, snapshot, theme) : []),
    ]),
    ...(operations.length === 0
      ? []
      : [plainLine([]), plainLine([piece('heading', ' under way')]), ...operationLines(operations, snapshot, theme)]),
    ...partsOf(report, snapshot, theme).flatMap(({ title, notes }) => [
      plainLine([]),
      plainLine([piece('heading', ` ${title}`)]),
      ...notes.map(note => noteLine(note, theme)),
    ]),
  ]
}

function lineLines({ lines }: CostRow, snapshot: Snapshot, theme: Theme): Line[] {
  if (lines.length === 0) return [plainLine([piece('dim', '   nothing of it has a price')])]
  return lines.map((line, at) => plainLine(lineRow(line, at === lines.length - 1, snapshot, theme)))
}

function noteLine({ key, row }: Note, theme: Theme): Line {
  return {
    key,
    row: isHere => [piece('accent', isHere ? `${theme.glyphs.selectedBar} ` : '  '), ...row],
  }
}

/** What is under the cursor is asked by every key that acts on it; at a thousand nodes the lines are built once. */
function keyHere(snapshot: Snapshot, theme: Theme): string | null {
  const { memo, found, view, state, live } = snapshot
  const on = [found.money, view.screens.money, state.machines, state.money, live.fleet]
  return memo('money cursor', on, () => keyUnder(moneyLines(snapshot, theme), view.screens.money))
}

/** The row under the cursor. */
export function pointedRow(snapshot: Snapshot, theme: Theme): CostRow | null {
  const key = keyHere(snapshot, theme)
  return costRows(snapshot).find(row => row.key === key) ?? null
}

/** What is said under the cursor. */
export function pointedNote(snapshot: Snapshot, theme: Theme): Note | null {
  const report = shownReport(snapshot)
  if (report === null) return null
  const key = keyHere(snapshot, theme)
  return (
    partsOf(report, snapshot, theme)
      .flatMap(({ notes }) => notes)
      .find(note => note.key === key) ?? null
  )
}

/** The node of the row, or of the operation, under the cursor. */
export function pointedNodes(snapshot: Snapshot, theme: Theme): readonly string[] {
  const key = keyHere(snapshot, theme)
  const operation = openOperations(snapshot).find(({ id }) => `op ${id}` === key)
  const names = operation ? [operation.node] : (pointedRow(snapshot, theme)?.nodes ?? [])
  return names.filter(name => Object.hasOwn(snapshot.live.fleet.nodes, name))
}
