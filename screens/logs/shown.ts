// What of a book passes the filter, with what stands between its lines: a new day, a new boot, a gap. Pure; computed when
// the book or the filter changes and not for each key.
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { filterBy } from '../widgets/filter.ts'
import type { Book, Entry } from './book.ts'
import { isSameSetting, settingOf } from './setting.ts'

export type Item =
  | Entry
  /** Before everything: what there is to say of what is older. */
  | { kind: 'top' }
  | { kind: 'day'; at: number }
  | { kind: 'boot'; at: number; boot: string }
  /** After everything: that nothing, or not everything, is read now. */
  | { kind: 'trouble'; words: string }

export interface Shown {
  items: readonly Item[]
  /** Where the lines are among the items. */
  lines: readonly number[]
  /** Lines of the book, whether they pass or not. */
  total: number
}

const top: Item = { kind: 'top' }
const dayMs = 86_400_000

/** The book of what is looked at; null: nothing has been read of it yet. */
export function bookOf(snapshot: Snapshot): Book | null {
  const setting = settingOf(snapshot)
  const book = snapshot.found.logs
  return setting !== null && book !== null && isSameSetting(book.setting, setting) ? book : null
}

export function shownOf(snapshot: Snapshot): Shown {
  const book = bookOf(snapshot)
  const { filter } = snapshot.view.screens.logs
  return snapshot.memo('logs.shown', [book, filter], () => (book ? sift(book, filter) : nothing))
}

const nothing: Shown = { items: [top], lines: [], total: 0 }

export function sift(book: Book, filter: string): Shown {
  const passes = filterBy(filter)
  const items: Item[] = [top]
  const lines: number[] = []
  let total = 0
  let lastAt: number | null = null
  let lastBoot: string | null = null
  let started: Item | null = null
  for (const entry of book.entries) {
    if (entry.kind === 'gap') {
      items.push(entry)
      continue
    }
    total += 1
    const { at, boot } = entry.line
    // A node that starts again is told with the moment when it did, whatever of it passes the filter.
    if (boot !== null && lastBoot !== null && boot !== lastBoot) started = { kind: 'boot', at, boot }
    lastBoot = boot ?? lastBoot
    if (!passes(entry.about)) continue
    if (started && lastAt !== null) items.push(started)
    else if (lastAt !== null && Math.floor(at / dayMs) !== Math.floor(lastAt / dayMs)) items.push({ kind: 'day', at })
    started = null
    lines.push(items.length)
    items.push(entry)
    lastAt = at
  }
  const trouble = troubleOf(book)
  if (trouble !== null) items.push({ kind: 'trouble', words: trouble })
  return { items, lines, total }
}

function troubleOf({ failure, complaint }: Book): string | null {
  if (failure) return `not read from ${moment(failure.from)} to ${moment(failure.to)}: ${failure.why}; trying again`
  return complaint === null ? null : `not everything is read: ${complaint}`
}

/** Always of one width, and with the seconds that a gap is measured in. */
export function moment(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)}Z`
}

/** What a row of its own says of what was not read; null: the item is none of them. */
export function missingWords(item: Item): string | null {
  if (item.kind === 'trouble') return item.words
  if (item.kind !== 'gap') return null
  const span = `${moment(item.from)} to ${moment(item.to)}`
  return item.isLate
    ? `not read from ${span}: ${item.why}; read late`
    : `lines may be missing from ${span}: ${item.why}`
}

/** The line under the cursor as a place in `lines`; -1: there is none. */
export function placeIn(snapshot: Snapshot, shown: Shown): number {
  const { follows, selected } = snapshot.view.screens.logs
  const last = shown.lines.length - 1
  if (follows || selected === null) return last
  return snapshot.memo('logs.place', [shown, selected], () => nearest(bookOf(snapshot), shown, selected))
}

/** Where the line is, or the last one before it that passes the filter. */
function nearest(book: Book | null, { items, lines }: Shown, cursor: string): number {
  let at = -1
  for (const entry of book?.entries ?? []) {
    if (entry === items[lines[at + 1] ?? -1]) at += 1
    if (entry.kind === 'line' && entry.line.cursor === cursor) return Math.max(at, Math.min(0, lines.length - 1))
  }
  return lines.length - 1
}

/** The line at a place in `lines`. */
export function lineAt({ items, lines }: Shown, place: number): Extract<Entry, { kind: 'line' }>['line'] | null {
  const item = items[lines[place] ?? -1]
  return item?.kind === 'line' ? item.line : null
}

/** Name of the node whose journal is shown, whether it is in the fleet or not. */
export function nodeOf({ view }: Pick<Snapshot, 'view'>): string {
  return placeOf(view).subject ?? ''
}
