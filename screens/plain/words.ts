// Screens as lines that can be read aloud: one thing after the other, no columns, no frames, no signs that only look. Pure.
import { dialogRows } from '../dialogs/view.ts'
import { bodyHeightOf } from '../room/notices.ts'
import { pictureRows } from '../room/picture.ts'
import type { Snapshot } from '../room/room.ts'
import { createTheme } from '../theme/tokens.ts'
import type { Row } from '../widgets/row.ts'

const theme = createTheme('none', 'ascii')
/** Wide enough that nothing is cut that people would miss. */
const columns = 200

/** The screen from its header to its last line that says something. */
export function screenLines(snapshot: Snapshot): string[] {
  const { view } = snapshot
  const wide = { ...snapshot, columns, rows: Math.max(40, snapshot.order.length + 20) }
  const { screens } = view
  const linear = { ...screens, overview: { ...screens.overview, density: 'table' as const } }
  const rows = pictureRows(
    { ...wide, view: { ...view, screens: linear, prompt: null, dialogs: [], toast: null } },
    theme,
  )
  // The footer is keys; here there are words.
  return linesOf(rows.slice(0, -1))
}

/** What is asked now, for a person who answers by a line. */
export function dialogLines(snapshot: Snapshot): string[] {
  const dialog = snapshot.view.dialogs.at(-1)
  if (!dialog) return []
  const wide = { ...snapshot, columns, rows: 200 }
  return linesOf(dialogRows(dialog, wide, bodyHeightOf(wide), theme))
}

/** Blanks that put things in columns become commas; glyphs that stand before their own word go. */
function linesOf(rows: readonly Row[]): string[] {
  return rows
    .map(row =>
      row
        .map(({ text }) => text)
        .join('')
        .replace(/[-_|]{3,}/g, ' ')
        .replace(/(^|\s)[*~X?M|>] (?=(?:up|degraded|down|unknown|maintenance)\b)/g, '$1')
        .trim()
        .replace(/\s{2,}/g, ', '),
    )
    .filter(line => line !== '')
}
