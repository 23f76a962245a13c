// The lines of a journal as far as they have been read: each one once and in order, what was not read said where it is
// missing. Pure: a book and an answer in, a book out.

import { forScreen } from '../../state/primitives/node-text.ts'
import type { Filterable } from '../widgets/filter.ts'
import type { LogLine, LogsAnswer, LogsQuestion } from './journal.ts'
import { priorities, type Setting } from './setting.ts'

/** More is let go from its beginning. */
export const mostLines = 20_000
/** A node whose every line is as long as a line may be must not fill the operator's memory. */
export const mostChars = 8_000_000
/** From here on nothing older is read: the next line might not fit. */
const fullChars = mostChars - 10_000
/** A node could name a unit a line. */
const mostUnits = 500

export type Entry =
  | { kind: 'line'; line: LogLine; about: Filterable }
  /** Here something is missing, or came late. */
  | { kind: 'gap'; from: number; to: number; why: string; isLate: boolean }

export interface Book {
  setting: Setting
  /** ms since the epoch; null: as far back as there is anything. */
  since: number | null
  /** Oldest first. */
  entries: readonly Entry[]
  /** Length of all texts together. */
  chars: number
  /** Lines go on after this cursor. */
  after: string | null
  /** More follow at once. */
  hasMore: boolean
  /** What is before the first line: more to be read, nothing in this window, or what was let go. */
  older: 'more' | 'end' | 'let go'
  isReachingBack: boolean
  olderFailed: string | null
  /** When it was last read, or begun. */
  readAt: number
  /** Whether any answer has come. */
  isRead: boolean
  /** Nothing is read since then. */
  failure: { from: number; to: number; why: string } | null
  /** Lines come, but not all of them, and this is why. */
  complaint: string | null
  /** Unit → lines of it that were seen, also in the books before this one of the node. */
  units: ReadonlyMap<string, number>
}

export function emptyBook(setting: Setting, since: number | null, at: number, before: Book | null): Book {
  return {
    setting,
    since,
    entries: [],
    chars: 0,
    after: null,
    hasMore: false,
    older: 'more',
    isReachingBack: false,
    olderFailed: null,
    readAt: at,
    isRead: false,
    failure: null,
    complaint: null,
    units: before?.setting.node === setting.node ? before.units : new Map(),
  }
}

/** The book with what was answered; `at` is when. */
export function taken(
  book: Book,
  question: Pick<LogsQuestion, 'after' | 'before' | 'limit'>,
  answer: LogsAnswer,
  at: number,
): Book {
  const known = new Set(book.entries.map(entry => (entry.kind === 'line' ? entry.line.cursor : '')))
  const lines = answer.lines.filter(({ cursor }) => !known.has(cursor) && known.add(cursor))
  if (question.before !== null) return takenBefore(book, answer, lines)
  if (answer.failed !== null && lines.length === 0 && answer.failed !== book.complaint) {
    return failed(book, answer.failed, at)
  }
  const fresh = question.after === null ? withinBoot(book, lines) : lines
  const entries = [...book.entries, ...gapBefore(book, question, answer, fresh), ...fresh.map(entryOf)]
  const kept = lastThatFit(entries, { lines: mostLines, chars: mostChars })
  const isCut = question.after === null && fresh.length < lines.length
  return {
    ...book,
    entries: kept.items,
    chars: kept.chars,
    after: answer.after ?? lines.at(-1)?.cursor ?? book.after,
    hasMore: question.after !== null && answer.truncated && lines.length > 0,
    older:
      kept.items.length < entries.length
        ? 'let go'
        : question.after !== null
          ? book.older
          : answer.truncated && !isCut
            ? 'more'
            : 'end',
    readAt: at,
    isRead: true,
    failure: null,
    complaint: answer.failed,
    units: counted(book.units, lines),
  }
}

/** Nothing could be read; it is asked for again from where the book ends. */
export function failed(book: Book, why: string, at: number): Book {
  return { ...book, hasMore: false, failure: { from: book.failure?.from ?? book.readAt, to: at, why } }
}

/** What is before the first line is being asked for. */
export function reachingBack(book: Book): Book {
  return { ...book, isReachingBack: true, olderFailed: null }
}

export function notReached(book: Book, why: string): Book {
  return { ...book, isReachingBack: false, olderFailed: why }
}

export function isFull({ entries, chars }: Book): boolean {
  return entries.length >= mostLines || chars >= fullChars
}

export function firstLine({ entries }: Pick<Book, 'entries'>): LogLine | null {
  const first = entries.find(entry => entry.kind === 'line')
  return first?.kind === 'line' ? first.line : null
}

/** A cursor has no window: what is before the window, or of another boot, ends it. */
function takenBefore(book: Book, answer: LogsAnswer, lines: readonly LogLine[]): Book {
  if (answer.failed !== null && lines.length === 0 && answer.failed !== book.complaint) {
    return notReached(book, answer.failed)
  }
  const { since } = book
  const inside = since === null ? lines : lines.filter(({ at }) => at >= since)
  const whole = withinBoot(book, inside)
  const room = { lines: mostLines - book.entries.length, chars: mostChars - book.chars }
  const kept = lastThatFit(whole.map(entryOf), room)
  const hasMore = kept.items.length < whole.length || (answer.truncated && whole.length === lines.length)
  return {
    ...book,
    entries: [...kept.items, ...book.entries],
    chars: book.chars + kept.chars,
    older: hasMore ? 'more' : 'end',
    isReachingBack: false,
    olderFailed: null,
    units: counted(book.units, lines),
  }
}

/** In a window of one boot: the lines at the end that are of the same boot as what follows them. */
function withinBoot(book: Book, lines: readonly LogLine[]): readonly LogLine[] {
  if (book.setting.span !== 'boot') return lines
  const boot = (firstLine(book) ?? lines.at(-1))?.boot ?? null
  const last = lines.findLastIndex(line => line.boot !== boot)
  return lines.slice(last + 1)
}

/** As many of the last ones as there is room for. */
function lastThatFit(
  entries: readonly Entry[],
  room: { lines: number; chars: number },
): { items: readonly Entry[]; chars: number } {
  let from = entries.length
  let chars = 0
  while (from > 0 && entries.length - from < room.lines) {
    const entry = entries[from - 1]
    const more = entry?.kind === 'line' ? entry.line.text.length : 0
    if (chars + more > room.chars) break
    chars += more
    from -= 1
  }
  return { items: from === 0 ? entries : entries.slice(from), chars }
}

function gapBefore(
  book: Book,
  question: Pick<LogsQuestion, 'after' | 'limit'>,
  answer: LogsAnswer,
  lines: readonly LogLine[],
): Entry[] {
  const [first] = lines
  if (!first) return []
  const last = book.entries.at(-1)
  const from = last?.kind === 'line' ? last.line.at : book.readAt
  // A whole page says that more follow; a part of one, that something before it is gone or could not be read.
  if (question.after !== null && answer.truncated && answer.lines.length < question.limit) {
    const why = 'the node let them go before they were read, or they could not be read'
    return [{ kind: 'gap', from, to: first.at, why, isLate: false }]
  }
  return book.failure ? [{ kind: 'gap', ...book.failure, isLate: true }] : []
}

function entryOf(line: LogLine): Entry {
  const unit = line.unit ?? ''
  const priority = line.priority === null ? [] : [priorities[line.priority] ?? '']
  return {
    kind: 'line',
    line,
    about: {
      text: forScreen(`${unit} ${line.source} ${line.text}`).toLowerCase(),
      tags: [unit, line.source, ...priority].filter(tag => tag !== ''),
    },
  }
}

function counted(units: ReadonlyMap<string, number>, lines: readonly LogLine[]): ReadonlyMap<string, number> {
  if (lines.length === 0) return units
  const next = new Map(units)
  for (const { unit } of lines) {
    if (unit !== null && (next.has(unit) || next.size < mostUnits)) next.set(unit, (next.get(unit) ?? 0) + 1)
  }
  return next
}
