// The whole screen as rows: header, notices, what the operator looks at, footer. Pure: a snapshot in, rows out.
import { actions } from '../keys/actions.ts'
import { menuRows } from '../menu/view.ts'
import { nodeRows } from '../node/view.ts'
import { arrange, overviewRows } from '../overview/view.ts'
import type { Theme } from '../theme/tokens.ts'
import { fitted, paintRow, piece, type Row } from '../widgets/row.ts'
import { footerRow } from './footer.ts'
import { headerRow } from './header.ts'
import { noticeRows } from './notices.ts'
import type { Snapshot } from './room.ts'

/** Below this there is no room to say anything but that. */
const least = { columns: 30, rows: 6 }

export function pictureRows(snapshot: Snapshot, theme: Theme): Row[] {
  const { columns, rows } = snapshot
  if (columns < least.columns || rows < least.rows) {
    const words = `${columns}×${rows} is too small: watchfloor wants 80×24`
    return Array.from({ length: rows }, (_, row) => fitted(row === 0 ? [piece('text', words)] : [], columns))
  }
  const notices = noticeRows(snapshot, theme)
  const height = Math.max(1, rows - 2 - notices.length)
  const body = bodyRows(snapshot, height, theme)
  const filled = Array.from({ length: height }, (_, row) => fitted(body[row] ?? [], columns))
  const footer = footerRow(snapshot, actions, { snapshot }, theme)
  return [
    fitted(headerRow(snapshot, theme), columns),
    ...notices.map(row => fitted(row, columns)),
    ...filled,
    footer,
  ].slice(0, rows)
}

function bodyRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  const { prompt, screen } = snapshot.view
  if (prompt && prompt.kind !== 'filter') return menuRows(snapshot, prompt, height, theme)
  switch (screen) {
    case 'overview':
      return overviewRows(arrange(snapshot, height), snapshot, height, theme)
    case 'node':
      return nodeRows(snapshot, height, theme)
  }
}

export function paint(rows: readonly Row[], theme: Theme): string[] {
  return rows.map(row => paintRow(row, theme))
}
