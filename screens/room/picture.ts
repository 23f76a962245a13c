// The whole screen as rows: header, notices, what the operator looks at, footer. Pure: a snapshot in, rows out.
import { dialogRows } from '../dialogs/view.ts'
import { actions } from '../keys/actions.ts'
import { menuRows } from '../menu/view.ts'
import { screens } from '../screens.ts'
import type { Theme } from '../theme/tokens.ts'
import { fitted, paintRow, piece, type Row } from '../widgets/row.ts'
import { footerRow } from './footer.ts'
import { headerRow } from './header.ts'
import { noticeRows } from './notices.ts'
import type { Snapshot } from './room.ts'
import { placeOf } from './view.ts'

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
  const footer = footerRow(snapshot, actions, theme)
  return [
    // The clock goes on, whatever is shown.
    fitted(headerRow({ ...seenBy(snapshot), now: snapshot.now }, theme), columns),
    ...notices.map(row => fitted(row, columns)),
    ...filled,
    footer,
  ].slice(0, rows)
}

/** The screen, and over its lower part what is asked; a list of what can be done takes all of it. */
function bodyRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  const { prompt, dialogs } = snapshot.view
  const dialog = dialogs.at(-1)
  if (!dialog && prompt && prompt.kind !== 'filter') return menuRows(snapshot, prompt, height, theme)
  const rows = screens[placeOf(snapshot.view).screen].rows(seenBy(snapshot), height, theme)
  if (!dialog) return rows
  const asked = dialogRows(dialog, snapshot, height, theme)
  const filled = Array.from({ length: height }, (_, row) => rows[row] ?? [])
  return [...filled.slice(0, Math.max(0, height - asked.length)), ...asked]
}

/** As the screen shows it. */
function seenBy(snapshot: Snapshot): Snapshot {
  return screens[placeOf(snapshot.view).screen].lens?.(snapshot) ?? snapshot
}

export function paint(rows: readonly Row[], theme: Theme): string[] {
  return rows.map(row => paintRow(row, theme))
}
