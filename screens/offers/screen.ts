// Offers as the room knows them: where a node can be had, for how much a month, and how far from HQ that is.
import { record, text } from '../room/restore.ts'
import type { Room } from '../room/room.ts'
import type { Screen } from '../room/screen.ts'
import { placeOf } from '../room/view.ts'
import { createTheme } from '../theme/tokens.ts'
import { movedOn } from '../widgets/lines.ts'
import { offersActions } from './actions.ts'
import {
  nodeLines,
  type OffersFound,
  type OffersState,
  offerLines,
  offerRows,
  offersHead,
  pointedOffer,
  scrolledHeight,
} from './view.ts'

/** How many lines there are does not depend on how they look. */
const plain = createTheme('none', 'ascii')
/** Offers change by the day. */
const everyMs = 300_000
const againMs = 10_000

const first: OffersState = { selected: null, scroll: 0, filter: '' }
const nothing: OffersFound = { report: null, failed: null }

export const offersScreen: Screen<OffersState, OffersFound> = {
  title: 'offers',
  key: null,
  isNamed: true,
  initial: first,
  nothing,
  restore: kept => ({ ...first, filter: text(record(kept).filter, '') }),
  subject: id => id,
  head: offersHead,
  quiet: () => null,
  rows: offerRows,
  move(room, where, height) {
    const snapshot = room.snapshot()
    const lines = offerLines(snapshot, plain)
    room.set('offers', movedOn(lines, snapshot.view.screens.offers, where, scrolledHeight(snapshot, height, plain)))
  },
  nodes: () => [],
  copies(snapshot) {
    const offer = pointedOffer(snapshot, plain)
    return offer === null ? [] : [{ label: 'as a node of the fleet file', lines: nodeLines(offer) }]
  },
  undo(room) {
    if (room.snapshot().view.screens.offers.filter === '') return false
    room.set('offers', { filter: '', scroll: 0 })
    return true
  },
  actions: offersActions,
  feed: feedOffers,
}

/** Asks while the page is open. */
function feedOffers(room: Room, now: () => number): () => void {
  let isOver = false
  let isAsking = false
  let dueAt = 0
  function look(): void {
    const { view, link, frozenAt } = room.snapshot()
    if (isOver || isAsking || placeOf(view).screen !== 'offers' || !link.up || frozenAt !== null || now() < dueAt)
      return
    isAsking = true
    dueAt = now() + everyMs
    room.engine
      .ask('offers', { provider: null, region: null, type: null })
      .then(
        report => ({ report, failed: null }),
        (error: unknown) => {
          dueAt = now() + againMs
          return {
            report: room.snapshot().found.offers.report,
            failed: error instanceof Error ? error.message : String(error),
          }
        },
      )
      .then(found => {
        isAsking = false
        if (!isOver) room.find('offers', found)
      })
  }
  const unsubscribe = room.subscribe(look)
  look()
  return () => {
    isOver = true
    unsubscribe()
  }
}
