// Asks the engine for the history of what the cursor is on: when that is something else, and then at the pace at which the
// chart can change. Answers that come too late for what is shown are dropped; until the next one comes the last chart of
// the node stays.
import type { Room, Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { bucketsFor, type Chart, type Target, targetOf, windowMs, windowOf } from './chart.ts'
import { isEntry, linesFor } from './entries.ts'
import type { ChartWindow } from './state.ts'

const everyMs: Readonly<Record<ChartWindow, number>> = {
  '10 m': 15_000,
  '1 h': 30_000,
  '24 h': 60_000,
  '7 d': 300_000,
  '30 d': 900_000,
}

interface Wanted extends Target {
  window: ChartWindow | null
  key: string
}

export function feedNode(room: Room, now: () => number): () => void {
  let asked: { key: string; at: number } | null = null
  let isAsking = false
  let isDue = false
  let isOver = false

  /** Once for all that one key changes. */
  function soon(): void {
    if (isDue || isOver) return
    isDue = true
    queueMicrotask(() => {
      isDue = false
      if (!isOver) look()
    })
  }

  function look(): void {
    pinCursor(room)
    const wanted = wantedOf(room.snapshot())
    if (!wanted || isAsking) return
    const { found } = room.snapshot()
    const pace = everyMs[found.node?.window ?? '24 h']
    if (asked?.key === wanted.key && now() - asked.at < pace) return
    asked = { key: wanted.key, at: now() }
    isAsking = true
    ask(wanted)
      .then(answer => {
        if (isOver) return
        if (wantedOf(room.snapshot())?.key === wanted.key) room.find('node', answer)
        // It is asked again as soon as it is wanted again.
        else asked = null
      })
      .catch(() => {
        // No history right now (a lost link, an engine that ends): what is shown stays, and it is asked again at its pace.
      })
      .finally(() => {
        isAsking = false
        soon()
      })
  }

  async function ask({ node, probe, value, window: wish }: Wanted): Promise<Chart> {
    const { columns } = room.snapshot()
    const to = now()
    const series = (window: ChartWindow, buckets: number) =>
      room.engine.ask('series', { node, probe: probe.probe, value, from: to - windowMs[window], to, buckets })
    // A day in quarter hours first: it says how long there has been anything to see.
    const day = wish === null ? await series('24 h', 96) : []
    const window = wish ?? windowOf(day, to)
    const from = to - windowMs[window]
    const [points, summary, slots, uptime] = await Promise.all([
      series(window, bucketsFor(window, columns, probe.everyMs)),
      series(window, 1),
      room.engine.ask('slots', { from, to, nodes: [node] }),
      room.engine.ask('uptime', { from, to, nodes: [node] }),
    ])
    return {
      node,
      probe,
      value,
      window,
      from,
      to,
      points,
      summary: summary[0] ?? null,
      slots: slots[node] ?? [],
      uptime: uptime[0] ?? null,
    }
  }

  const unsubscribe = room.subscribe(soon)
  soon()
  return () => {
    isOver = true
    unsubscribe()
  }
}

/** The cursor begins on what is worst at that moment and stays there when something else gets worse. */
function pinCursor(room: Room): void {
  const snapshot = room.snapshot()
  const { screen, subject } = placeOf(snapshot.view)
  if (screen !== 'node' || subject === null || snapshot.view.screens.node.node === subject) return
  const first = linesFor(snapshot, subject).find(isEntry)
  if (first) room.set('node', { node: subject, selected: first.key, scroll: 0, probe: null })
}

/** Nothing while the picture is held still or nobody would answer. */
function wantedOf(snapshot: Snapshot): Wanted | null {
  if (snapshot.frozenAt !== null || !snapshot.link.up) return null
  const target = targetOf(snapshot)
  if (!target) return null
  const { window } = snapshot.view.screens.node
  return {
    ...target,
    window,
    key: JSON.stringify([target.node, target.probe.probe, target.value, window, snapshot.columns]),
  }
}
