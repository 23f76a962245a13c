// Puts frames on the terminal with as few bytes as a bad link deserves: only cells that changed are written, the screen
// is never cleared while it is steady.
import { type Cell, cellsOf } from './cells.ts'

/** Moving the cursor costs about as much as rewriting this many unchanged cells. */
const cheaperToRewrite = 6

export interface Painter {
  /** What to write so that the terminal shows `frame` (rows divided by line feeds). Empty when nothing changed. */
  paint(frame: string, size: { columns: number; rows: number }): string
  /** Forgets what is on the terminal: the next frame is written whole. */
  forget(): void
}

export function createPainter(): Painter {
  let shown: { text: string; cells: Cell[] | null }[] = []
  let columns = 0
  let isKnown = false

  return {
    forget() {
      isKnown = false
    },
    paint(frame, size) {
      const rows = frame.split('\n').slice(0, size.rows)
      const whole = !isKnown || columns !== size.columns || shown.length !== size.rows
      let out = ''
      let style = ''
      if (whole) {
        out += '\u001b[0m\u001b[2J'
        shown = Array.from({ length: size.rows }, () => ({ text: '', cells: [] }))
        columns = size.columns
        isKnown = true
      }
      for (const [row, before] of shown.entries()) {
        const text = rows[row] ?? ''
        if (text === before.text && !whole) continue
        const next = cellsOf(text)
        const painted = paintRow(row, before.cells ?? cellsOf(before.text), next, size.columns, style)
        out += painted.out
        style = painted.style
        shown[row] = { text, cells: next }
      }
      return style === '' ? out : `${out}\u001b[0m`
    },
  }
}

function paintRow(row: number, before: readonly Cell[], next: readonly Cell[], columns: number, from: string) {
  const old = byColumn(before)
  let out = ''
  let style = from
  let column = 0
  /** Where the terminal's cursor is on this row; -1: elsewhere. */
  let cursor = -1
  let skipped = ''
  for (const cell of next) {
    if (column + cell.width > columns) break
    const was = old.get(column)
    const same = was !== undefined && was.text === cell.text && was.style === cell.style && was.width === cell.width
    if (same) {
      const piece = cell.style === style ? cell.text : null
      skipped = piece === null || cursor < 0 || skipped.length > cheaperToRewrite ? '' : skipped + piece
      if (piece === null) cursor = -1
    } else {
      if (cursor >= 0 && skipped !== '' && skipped.length <= cheaperToRewrite) out += skipped
      else if (cursor !== column) out += `\u001b[${row + 1};${column + 1}H`
      skipped = ''
      if (cell.style !== style) {
        out += sgrFor(cell.style)
        style = cell.style
      }
      out += cell.text
      cursor = column + cell.width
    }
    column += cell.width
    if (same && cursor >= 0 && cursor + skipped.length !== column) cursor = -1
  }
  const end = before.reduce((sum, cell) => sum + cell.width, 0)
  if (end > column && column < columns) {
    out += `\u001b[${row + 1};${column + 1}H`
    if (style !== '') {
      out += '\u001b[0m'
      style = ''
    }
    out += '\u001b[K'
  }
  return { out, style }
}

function byColumn(cells: readonly Cell[]): Map<number, Cell> {
  const map = new Map<number, Cell>()
  let column = 0
  for (const cell of cells) {
    map.set(column, cell)
    column += cell.width
  }
  return map
}

function sgrFor(style: string): string {
  return style === '' ? '\u001b[0m' : `\u001b[0;${style.replaceAll('|', ';')}m`
}
