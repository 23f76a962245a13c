// What is wrong with a fleet file, told so that an operator can mend it without looking anything up: where, what is
// there, what is allowed, what was probably meant. All errors at once, and never a secret that stands in the file.
import { forTerminal } from '../../state/primitives/node-text.ts'
import { textWidth } from '../../state/primitives/width.ts'

export interface FleetError {
  /** As given to `loadFleet`. */
  file: string
  /** From 1; null for an error of the whole file. */
  line: number | null
  column: number | null
  /** `nodes.paris.mesh`; empty for an error of the whole file. */
  at: string
  /** `"10.84.0.300" is not an IPv4 address`. */
  message: string
  allowed: string | null
  /** The nearest known word, when there is one near enough. */
  suggestion: string | null
  source: SourceExcerpt | null
}

export interface SourceExcerpt {
  /** The line, with secrets masked. */
  text: string
  /** UTF-16 offsets in `text` of what is meant. */
  from: number
  to: number
}

/** One line, for logs and the journal: `fleet.yaml:14:7 nodes.paris.mesh: "10.84.0.300" is not an IPv4 address`. */
export function formatFleetError(error: FleetError): string {
  const place = error.line === null ? error.file : `${error.file}:${error.line}:${error.column ?? 1}`
  return forTerminal(`${place} ${error.at === '' ? '' : `${error.at}: `}${error.message}`)
}

/** Everything for a terminal: each error with its source line and caret. Ends without a line break. */
export function renderFleetErrors(errors: readonly FleetError[], options: { colour: boolean }): string {
  const paint = (code: string, text: string) => (options.colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  const gutter = Math.max(0, ...errors.slice(0, mostShown).map(error => String(error.line ?? '').length))
  const blocks = errors.slice(0, mostShown).map(error => {
    const lines = [paint('1;31', formatFleetError(error))]
    const margin = (text: string) => paint('2', `${text.padStart(gutter)} | `)
    if (error.source && error.line !== null) {
      const { text, pad, carets } = window(error.source)
      lines.push(`${margin(String(error.line))}${text}`)
      lines.push(`${margin('')}${' '.repeat(pad)}${paint('1;31', '^'.repeat(carets))}`)
    }
    if (error.suggestion !== null) lines.push(`${margin('')}did you mean "${forTerminal(error.suggestion)}"?`)
    if (error.allowed !== null) lines.push(`${margin('')}allowed: ${forTerminal(error.allowed)}`)
    return lines.join('\n')
  })
  const hidden = errors.length - mostShown
  if (hidden > 0) blocks.push(`and ${hidden} more of ${errors.length}${errors.length >= mostJudged ? ' or more' : ''}`)
  return blocks.join('\n\n')
}

/** More than this nobody reads, and a file of 10,000 nodes can have one mistake in each. */
const mostShown = 50
/** Here the loader stops looking. */
const mostJudged = 500
const widest = 110

/** The part of the line around the caret that fits a terminal, made safe, with the caret's place in columns. */
function window(source: SourceExcerpt): { text: string; pad: number; carets: number } {
  const start = source.from > widest - 30 ? source.from - 40 : 0
  const end = Math.min(source.text.length, start + widest)
  const before = (start > 0 ? '…' : '') + forTerminal(source.text.slice(start, source.from))
  const meant = forTerminal(source.text.slice(source.from, Math.min(source.to, end)))
  const after = forTerminal(source.text.slice(Math.min(source.to, end), end)) + (end < source.text.length ? '…' : '')
  return { text: before + meant + after, pad: textWidth(before), carets: Math.max(1, textWidth(meant)) }
}
