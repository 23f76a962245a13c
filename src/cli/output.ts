// What commands say: answers on stdout, progress and messages on stderr, errors with what to do next.
import { type Exit, WatchfloorError } from '../../state/primitives/errors.ts'
import { forTerminal, harmless } from '../../state/primitives/node-text.ts'
import { textWidth } from '../../state/primitives/width.ts'

export interface Console {
  out(line: string): void
  err(line: string): void
  /** stdout shows colour: a terminal, and neither NO_COLOR nor TERM=dumb forbids it. */
  colour: boolean
  /** Width of the terminal; null when stdout is none: then nothing is cut. */
  columns: number | null
}

export function processConsole(): Console {
  const { env, stdout, stderr } = process
  return {
    out: line => void stdout.write(`${harmless(line)}\n`),
    err: line => void stderr.write(`${harmless(line)}\n`),
    colour: stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb',
    columns: stdout.isTTY === true ? (stdout.columns ?? 80) : null,
  }
}

/** Tells an error to a person and gives the exit code. */
export function tellError(error: unknown, to: Console): Exit {
  if (error instanceof WatchfloorError) {
    const [first = '', ...more] = error.message.split('\n')
    to.err(`watchfloor: ${forTerminal(first)}`)
    for (const line of more) to.err(`  ${forTerminal(line)}`)
    if (error.remedy) to.err(`  ${forTerminal(error.remedy)}`)
    return error.exit
  }
  const known = error instanceof Error ? error : new Error(String(error))
  to.err(`watchfloor: this is a bug: ${forTerminal(known.message)}`)
  for (const line of (known.stack ?? '').split('\n').slice(1, 6)) to.err(`  ${forTerminal(line.trim())}`)
  return 70
}

/** The first of 70, 2, 5, 1, 4, 3, 0 that happened. */
export function worstExit(exits: readonly Exit[]): Exit {
  const order: readonly Exit[] = [70, 2, 5, 1, 4, 3]
  return order.find(exit => exits.includes(exit)) ?? 0
}

/** The line, cut where the terminal ends. */
export function fitted(line: string, columns: number | null): string {
  if (columns === null || textWidth(line) <= columns) return line
  let kept = ''
  let width = 1
  for (const letter of line) {
    width += textWidth(letter)
    if (width > columns) break
    kept += letter
  }
  return `${kept.trimEnd()}…`
}

/** Rows as aligned columns. `right` names the columns that hold numbers. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, [...cell].length)
  }
  return rows.map(row =>
    row
      .map((cell, column) => {
        const pad = ' '.repeat((widths[column] ?? 0) - [...cell].length)
        return right.includes(column) ? pad + cell : cell + pad
      })
      .join('  ')
      .trimEnd(),
  )
}
