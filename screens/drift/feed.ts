// Asks for the drift as it was looked at last, while the page is open and when machines change. It lists nothing anew by
// itself: that is a key.
import type { Room } from '../room/room.ts'
import { placeOf } from '../room/view.ts'

const everyMs = 30_000

export function feedDrift(room: Room, now: () => number): () => void {
  let isOver = false
  let isAsking = false
  let dueAt = 0

  function look(): void {
    const { view, found, link, frozenAt } = room.snapshot()
    if (isOver || isAsking || placeOf(view).screen !== 'drift' || !link.up || frozenAt !== null) return
    if (now() < dueAt || found.drift.lookingSince !== null) return
    isAsking = true
    dueAt = now() + everyMs
    room.engine
      .ask('drift', { fresh: false })
      .then(
        report => {
          const { drift } = room.snapshot().found
          // What is listed anew meanwhile is newer.
          if (!isOver && drift.lookingSince === null) room.find('drift', { ...drift, report, failed: null })
        },
        (error: unknown) => {
          const failed = error instanceof Error ? error.message : String(error)
          if (!isOver) room.find('drift', { ...room.snapshot().found.drift, failed })
        },
      )
      .finally(() => {
        isAsking = false
        look()
      })
  }

  const unheard = room.engine.subscribe(change => {
    if (change.kind === 'events' && change.events.some(({ type }) => type.startsWith('machines.'))) dueAt = 0
  })
  const unsubscribe = room.subscribe(look)
  look()
  return () => {
    isOver = true
    unheard()
    unsubscribe()
  }
}
