// Asks the engine for the journal, page by page: the newest when the screen is shown, older ones when the cursor comes near
// the end of what there is, and at most once a second whether there is something new. Late answers to another wish are dropped.
import type { Commit } from '../../state/journal/journal.ts'
import type { Room, Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { listed, type Pages, wishKey, wishOf } from './state.ts'

const page = 100
const paceMs = 1_000
/** After a refusal the engine is left alone for a while. */
const retryMs = 5_000
/** Rows below the cursor that should be there before it comes to them. */
const ahead = 10

export function feedJournal(room: Room, now: () => number): () => void {
  /** Something was committed since the newest page was asked for. */
  let isNews = false
  let isAsking = false
  let askedAt = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | null = null

  function look(): void {
    const snapshot = room.snapshot()
    if (placeOf(snapshot.view).screen !== 'journal' || snapshot.frozenAt !== null || !snapshot.link.up || isAsking)
      return
    const state = snapshot.view.screens.journal
    const of = wishKey(state)
    const pages = snapshot.found.journal?.of === of ? snapshot.found.journal : null
    if (pages && pages.newer.length > 0 && state.selected === null) {
      room.find('journal', { ...withNewer(pages, pages.newer, pages.isCut), newer: [], isCut: false })
      return
    }
    const pace = pages?.failed ? retryMs : paceMs
    const isTime = now() - askedAt >= pace
    if (!pages) void ask(of, null, answer => ({ ...answer, of, newer: [], isCut: false, failed: null }))
    else if (isNews && isTime) void ask(of, null, answer => renewed(pages, answer))
    else if (pages.before !== null && isNearEnd(snapshot) && (pages.failed === null || isTime)) {
      void ask(of, pages.before, answer => ({
        ...pages,
        commits: [...pages.commits, ...answer.commits],
        before: further(pages.before, answer.before),
        failed: null,
      }))
    } else if (isNews || pages.failed !== null) wait(pace)
  }

  function wait(pace: number): void {
    timer ??= setTimeout(
      () => {
        timer = null
        look()
      },
      Math.max(1, askedAt + pace - now()),
    )
  }

  async function ask(
    of: string,
    before: number | null,
    take: (answer: { commits: readonly Commit[]; before: number | null }) => Pages,
  ): Promise<void> {
    isAsking = true
    askedAt = now()
    if (before === null) isNews = false
    const state = room.snapshot().view.screens.journal
    try {
      const answer = await room.engine.ask('journalBack', { before, limit: page, ...wishOf(state) })
      if (wishKey(room.snapshot().view.screens.journal) === of) room.find('journal', take(answer))
    } catch (error) {
      const failed = error instanceof Error ? error.message : String(error)
      const known = room.snapshot().found.journal
      const empty = { of, commits: [], newer: [], isCut: false, before: null }
      room.find('journal', { ...(known?.of === of ? known : empty), failed })
      isNews = true
    } finally {
      isAsking = false
      look()
    }
  }

  const unsubscribe = room.subscribe(look)
  const unheard = room.engine.subscribe(change => {
    if (change.kind !== 'events') return
    isNews = true
    look()
  })
  look()
  return () => {
    unsubscribe()
    unheard()
    if (timer) clearTimeout(timer)
  }
}

/** A page that does not lead towards the beginning would be asked for without end. */
function further(from: number | null, to: number | null): number | null {
  return from !== null && to !== null && to >= from ? null : to
}

/** What came on top stands aside until the operator goes there, so that nothing they read moves. */
function renewed(pages: Pages, answer: { commits: readonly Commit[]; before: number | null }): Pages {
  const first = pages.commits[0]?.seq ?? 0
  const newer = answer.commits.filter(({ seq }) => seq > first)
  const isCut = newer.length > 0 && newer.length === answer.commits.length && answer.before !== null
  if (pages.commits.length === 0) {
    // As long as nothing fits, the search goes on where it is and not again from the newest.
    const before = pages.failed !== null || answer.commits.length > 0 ? answer.before : pages.before
    return { ...pages, commits: answer.commits, before, failed: null }
  }
  return { ...pages, newer, isCut, failed: null }
}

/** Where not all that is newer was sent, the list begins anew: a gap in it would look like a quiet night. */
function withNewer(pages: Pages, newer: readonly Commit[], isCut: boolean): Pages {
  if (isCut) return { ...pages, commits: newer, before: newer.at(-1)?.seq ?? null }
  return { ...pages, commits: [...newer, ...pages.commits] }
}

function isNearEnd(snapshot: Snapshot): boolean {
  const commits = listed(snapshot)
  const { selected } = snapshot.view.screens.journal
  const at = Math.max(
    0,
    commits.findIndex(({ seq }) => String(seq) === selected),
  )
  return at >= commits.length - snapshot.rows - ahead
}
