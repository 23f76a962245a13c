// Asks the engine what provisioning the nodes of the page would create; again when the fleet file, machines or money change,
// and every half minute, since prices and the ceiling's room are of a moment. An answer that comes too late is dropped.
import { randomUUID } from 'node:crypto'
import type { Room } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { plannedNodes } from './state.ts'

const everyMs = 30_000
const gatherMs = 500

export function feedProvisioning(room: Room, now: () => number): () => void {
  let isOver = false
  let isAsking = false
  let isStale = false
  let asked: { subject: string; at: number } | null = null
  let timer: NodeJS.Timeout | null = null

  function look(): void {
    const snapshot = room.snapshot()
    const { screen, subject } = placeOf(snapshot.view)
    if (isOver || isAsking || screen !== 'provisioning' || subject === null || !snapshot.link.up) return
    // What is being agreed to stays as it is.
    if (snapshot.frozenAt !== null || (snapshot.view.dialogs.length > 0 && asked?.subject === subject)) return
    const isDue = asked === null || asked.subject !== subject || isStale || now() - asked.at >= everyMs
    if (isDue) void ask(subject)
  }

  async function ask(subject: string): Promise<void> {
    const nodes = plannedNodes(room.snapshot())
    if (nodes.length === 0) return
    isAsking = true
    isStale = false
    asked = { subject, at: now() }
    const answer = await room.engine.ask('plan', { nodes: [...nodes] }).then(
      plan => ({ plan, failed: null }),
      (error: unknown) => ({ plan: null, failed: error instanceof Error ? error.message : String(error) }),
    )
    isAsking = false
    if (isOver) return
    const { view } = room.snapshot()
    const isStill = placeOf(view).screen === 'provisioning' && placeOf(view).subject === subject
    // Never under the hands of who is asked whether they agree.
    if (isStill && view.dialogs.length === 0)
      room.find('provisioning', { id: randomUUID(), subject, ...answer, at: now() })
    else asked = null
    look()
  }

  const unheard = room.engine.subscribe(change => {
    const isNews =
      change.kind === 'fleet' ||
      (change.kind === 'events' &&
        change.events.some(({ type }) => type.startsWith('machines.') || type.startsWith('money.')))
    if (!isNews) return
    isStale = true
    timer ??= setTimeout(() => {
      timer = null
      look()
    }, gatherMs)
  })
  const unsubscribe = room.subscribe(look)
  look()
  return () => {
    isOver = true
    unheard()
    unsubscribe()
    if (timer) clearTimeout(timer)
  }
}
