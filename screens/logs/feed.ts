// Reads the journal that is on the screen: on from the cursor where the book ends, back from where it begins when the
// operator wants to see that. Nothing is read for a screen that is not shown, that is held still or has lost its engine;
// the cursor makes sure that no line is lost by it.

import type { Room } from '../room/room.ts'
import { type Book, emptyBook, failed, firstLine, isFull, mostLines, notReached, reachingBack, taken } from './book.ts'
import type { LogsQuestion } from './journal.ts'
import { isSameSetting, type Setting, settingOf, sinceOf } from './setting.ts'

/** While lines come, and as long as it takes when none do; a step of the one for each time that nothing came. */
const quickMs = 1_000
const calmMs = 3_000
/** Lines of one answer. */
const page = 1_000

export function feedLogs(room: Room, now: () => number): () => void {
  let timer: NodeJS.Timeout | null = null
  let asking: Setting | null = null
  let paceMs = quickMs
  let dueAt = now()
  let olderDueAt = now()
  let didFollow = true
  let isOver = false

  /** What to read now; null: nothing. */
  function wanted(): Setting | null {
    const snapshot = room.snapshot()
    return snapshot.link.up && snapshot.frozenAt === null ? settingOf(snapshot) : null
  }

  function look(): void {
    if (timer) clearTimeout(timer)
    timer = null
    const setting = wanted()
    if (isOver || setting === null || (asking && isSameSetting(asking, setting))) return
    const known = room.snapshot().found.logs
    if (known === null || !isSameSetting(known.setting, setting)) {
      paceMs = quickMs
      dueAt = olderDueAt = now()
      // Telling of the new book comes back here and reads.
      room.find('logs', emptyBook(setting, sinceOf(setting.span, now()), now(), known))
      return
    }
    const { follows } = room.snapshot().view.screens.logs
    if (follows && !didFollow) dueAt = now()
    didFollow = follows
    const older = olderQuestion(known)
    // What the operator looks at is not pushed out by what comes: it is read when they follow again.
    const waits = isFull(known) && !follows ? Number.POSITIVE_INFINITY : dueAt - now()
    const olderWaits = older ? olderDueAt - now() : Number.POSITIVE_INFINITY
    if (older && olderWaits <= 0) void ask(older, known)
    else if (waits <= 0) void ask(questionOf(known), known)
    else if (Math.min(waits, olderWaits) < Number.POSITIVE_INFINITY)
      timer = setTimeout(look, Math.min(waits, olderWaits))
  }

  /** What is before the first line, if the operator went up to it and there is anything. */
  function olderQuestion(book: Book): LogsQuestion | null {
    const first = firstLine(book)
    const { reaches, follows } = room.snapshot().view.screens.logs
    if (first === null || follows || reaches !== first.cursor || book.older !== 'more' || isFull(book)) return null
    const limit = Math.min(page, mostLines - book.entries.length)
    return { ...questionOf(book), after: null, before: first.cursor, since: null, limit }
  }

  async function ask(question: LogsQuestion, of: Book): Promise<void> {
    const { setting } = of
    asking = setting
    if (question.before !== null) room.find('logs', reachingBack(of))
    let take: (book: Book) => Book
    let isBad = false
    try {
      const answer = await room.engine.ask('logs', question)
      isBad = answer.failed !== null && answer.lines.length === 0
      take = book => taken(book, question, answer, now())
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      isBad = true
      take = book => (question.before === null ? failed(book, why, now()) : notReached(book, why))
    }
    if (isOver) return
    // Another setting is being read by now.
    if (asking !== setting) return
    asking = null
    const book = room.snapshot().found.logs
    if (!book || !isSameSetting(book.setting, setting)) {
      look()
      return
    }
    const next = take(book)
    if (question.before !== null) olderDueAt = isBad ? now() + calmMs : now()
    else pace(book, next, isBad)
    // What came while the picture is held still is read again when it goes on.
    if (room.snapshot().frozenAt === null) room.find('logs', next)
    else if (book.isReachingBack) room.find('logs', { ...book, isReachingBack: false })
    else look()
  }

  function pace(before: Book, after: Book, isBad: boolean): void {
    const isNews = after.after !== before.after
    const { follows } = room.snapshot().view.screens.logs
    paceMs = isBad || !follows ? calmMs : isNews ? quickMs : Math.min(calmMs, paceMs + quickMs)
    dueAt = now() + (after.hasMore ? 0 : paceMs)
  }

  const unsubscribe = room.subscribe(look)
  look()
  return () => {
    isOver = true
    unsubscribe()
    if (timer) clearTimeout(timer)
  }
}

function questionOf({ setting, after, since }: Book): LogsQuestion {
  const { node, priority, unit } = setting
  return { node, after, before: null, since: after === null ? since : null, until: null, priority, unit, limit: page }
}
