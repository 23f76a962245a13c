// Puts frames on the terminal with as few bytes as a bad link deserves: only cells that changed are written, and the
// screen is never cleared while it is steady.
import { type Cell, cellsOf, showsOnBlank } from './cells.ts'

/** Moving the cursor costs about as much as writing this many unchanged cells again. */
const cheaperToRewrite = 5

/** Longer frames come in pieces: terminals that can are told to show them at once. */
const mostTorn = 2_000

export interface Painter {
  /** What to write so that the terminal shows `frame` (rows divided by line feeds). Empty when nothing changed. */
  paint(frame: string, size: { columns: number; rows: number }): string
  /** Forgets what is on the terminal: the next frame is written whole. */
  forget(): void
}

const blank: Cell = { text: ' ', style: '', width: 1 }
/** The right half of a wide character. */
const half: Cell = { text: '', style: '', width: 0 }

interface Shown {
  text: string
  grid: readonly Cell[]
}

export function createPainter(): Painter {
  let shown: Shown[] | null = null
  let columns = 0

  return {
    forget() {
      shown = null
    },
    paint(frame, size) {
      const rows = frame.split('\n')
      let out = ''
      if (shown === null || columns !== size.columns || shown.length !== size.rows) {
        columns = size.columns
        shown = Array.from({ length: size.rows }, () => ({ text: '', grid: Array(columns).fill(blank) }))
        out = '\u001b[0m\u001b[2J'
      }
      const pen: Pen = { out, style: '', row: -1, column: -1 }
      for (const [row, before] of shown.entries()) {
        const text = rows[row] ?? ''
        if (text === before.text) continue
        const grid = gridOf(text, columns)
        paintRow(pen, row, before.grid, grid)
        shown[row] = { text, grid }
      }
      const bytes = pen.style === '' ? pen.out : `${pen.out}\u001b[m`
      return bytes.length > mostTorn ? `\u001b[?2026h${bytes}\u001b[?2026l` : bytes
    },
  }
}

/** What was written so far, and where that leaves the terminal. */
interface Pen {
  out: string
  style: string
  row: number
  column: number
}

function paintRow(pen: Pen, row: number, before: readonly Cell[], next: readonly Cell[]): void {
  const tail = blankFrom(next)
  const clearsTail = changedFrom(before, next, tail) > cheaperToRewrite
  for (let column = 0; column < next.length; ) {
    if (clearsTail && column >= tail) {
      move(pen, row, tail, next)
      // Erased cells take the background that is set.
      if (showsOnBlank(pen.style)) restyle(pen, '')
      pen.out += '\u001b[K'
      return
    }
    const cell = next[column] ?? blank
    if (!isSame(before[column], cell)) {
      move(pen, row, column, next)
      write(pen, cell)
    }
    column += Math.max(1, cell.width)
  }
}

function move(pen: Pen, row: number, column: number, next: readonly Cell[]): void {
  if (pen.row === row && pen.column === column) return
  const gap = pen.row === row && pen.column < column ? next.slice(pen.column, column) : null
  // A short way over unchanged cells of the same style is cheaper to write again than to jump over.
  if (gap && gap.length <= cheaperToRewrite && gap.every(cell => isCheap(pen, cell))) {
    for (const cell of gap) pen.out += cell.text
  } else if (gap) pen.out += `\u001b[${gap.length}C`
  else pen.out += `\u001b[${row + 1};${column + 1}H`
  pen.row = row
  pen.column = column
}

function isCheap(pen: Pen, { text, style }: Cell): boolean {
  return text.length <= 1 && (style === pen.style || (text === ' ' && style === '' && !showsOnBlank(pen.style)))
}

function write(pen: Pen, cell: Cell): void {
  // A blank looks the same in any colour: no need to change it.
  if (cell.text !== ' ' || cell.style !== '' || showsOnBlank(pen.style)) restyle(pen, cell.style)
  pen.out += cell.text
  pen.column += cell.width
}

function restyle(pen: Pen, style: string): void {
  if (style === pen.style) return
  pen.out +=
    style === ''
      ? '\u001b[m'
      : `\u001b[${pen.style === '' || (isPlainColour(pen.style) && isPlainColour(style)) ? '' : '0;'}${style.replaceAll('|', ';')}m`
  pen.style = style
}

/** No style, or a foreground alone: another foreground replaces it without a reset. */
function isPlainColour(style: string): boolean {
  return style === '' || /^(?:3[0-8]|9[0-7])[0-9;]*$/.test(style)
}

function isSame(a: Cell | undefined, b: Cell): boolean {
  return a !== undefined && a.text === b.text && a.style === b.style && a.width === b.width
}

/** First column from which everything is blank. */
function blankFrom(grid: readonly Cell[]): number {
  let column = grid.length
  while (column > 0 && isSame(grid[column - 1], blank)) column -= 1
  return column
}

function changedFrom(before: readonly Cell[], next: readonly Cell[], from: number): number {
  let count = 0
  for (let column = from; column < next.length; column++) if (!isSame(before[column], next[column] ?? blank)) count += 1
  return count
}

/** One entry a column, blank to the right edge. A wide character that would cross the edge is left out. */
function gridOf(text: string, columns: number): Cell[] {
  const grid: Cell[] = []
  for (const cell of cellsOf(text)) {
    if (grid.length + cell.width > columns) break
    grid.push(cell)
    if (cell.width === 2) grid.push(half)
  }
  while (grid.length < columns) grid.push(blank)
  return grid
}
