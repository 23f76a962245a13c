// Asks the engine for the history of the node on the screen: when another one is opened, and then at the pace at which
// the chart can change. Answers that come too late for what is shown are dropped.
import type { Room } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { bucketsFor, type Chart, leadProbe, windowMs, windowOf } from './chart.ts'
import type { ChartWindow } from './state.ts'

const everyMs: Readonly<Record<ChartWindow, number>> = {
  '10 m': 15_000,
  '1 h': 30_000,
  '24 h': 60_000,
  '7 d': 300_000,
}

export function feedNode(room: Room, now: () => number): () => void {
  let asked: { key: string; at: number } | null = null
  let isAsking = false

  function look(): void {
    const { view, columns, live, frozenAt, link, found } = room.snapshot()
    const { screen, subject } = placeOf(view)
    if (screen !== 'node' || subject === null || frozenAt !== null || !link.up || isAsking) return
    const probe = leadProbe(live.probes[subject])
    if (!probe) return
    const { window } = view.screens.node
    const key = JSON.stringify([subject, probe.probe, window, columns])
    const pace = everyMs[found.node?.window ?? '24 h']
    if (asked?.key === key && now() - asked.at < pace) return
    asked = { key, at: now() }
    isAsking = true
    if (found.node !== null && found.node.node !== subject) room.find('node', null)
    ask(subject, window)
      .then(answer => {
        if (placeOf(room.snapshot().view).subject === answer?.node) room.find('node', answer)
      })
      .catch(() => {
        // No history right now (a lost link, an engine that ends): the page says that it has none, and asks again.
      })
      .finally(() => {
        isAsking = false
        look()
      })
  }

  async function ask(node: string, wish: ChartWindow | null): Promise<Chart | null> {
    const { columns, live } = room.snapshot()
    const probe = leadProbe(live.probes[node])
    if (!probe) return null
    const to = now()
    const series = (window: ChartWindow, buckets: number) =>
      room.engine.ask('series', { node, probe: probe.probe, value: 'ms', from: to - windowMs[window], to, buckets })
    // A day in quarter hours first: it says how long there has been anything to see.
    const day = wish === null ? await series('24 h', 96) : []
    const window = wish ?? windowOf(day, to)
    const points = await series(window, bucketsFor(window, columns, probe.everyMs))
    const from = to - windowMs[window]
    const [summary, slots, uptime] = await Promise.all([
      series(window, 1),
      room.engine.ask('slots', { from, to, nodes: [node] }),
      room.engine.ask('uptime', { from, to, nodes: [node] }),
    ])
    return {
      node,
      probe,
      window,
      from,
      to,
      points,
      summary: summary[0] ?? null,
      slots: slots[node] ?? [],
      uptime: uptime[0] ?? null,
    }
  }

  const unsubscribe = room.subscribe(look)
  look()
  return unsubscribe
}
