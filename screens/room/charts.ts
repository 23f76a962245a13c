// Asks the engine for the history of the node on the screen: when another one is opened, and then at the pace at which
// the chart can change. Answers that come too late for what is shown are dropped.
import { bucketsFor, type Chart, leadProbe, windowMs, windowOf } from '../node/chart.ts'
import type { Room } from './room.ts'
import type { ChartWindow } from './view.ts'

const everyMs: Readonly<Record<ChartWindow, number>> = {
  '10 m': 15_000,
  '1 h': 30_000,
  '24 h': 60_000,
  '7 d': 300_000,
}

export function startCharts(room: Room, now: () => number): () => void {
  let asked: { key: string; at: number } | null = null
  let isAsking = false

  function look(): void {
    const { view, columns, live, frozenAt, link, chart } = room.snapshot()
    if (view.screen !== 'node' || view.selected === null || frozenAt !== null || !link.up || isAsking) return
    const probe = leadProbe(live.probes[view.selected])
    if (!probe) return
    const key = JSON.stringify([view.selected, probe.probe, view.window, columns])
    const pace = everyMs[chart?.window ?? '24 h']
    if (asked?.key === key && now() - asked.at < pace) return
    const isOther = chart !== null && chart.node !== view.selected
    asked = { key, at: now() }
    isAsking = true
    if (isOther) room.showChart(null)
    ask(view.selected, view.window)
      .then(answer => {
        if (room.snapshot().view.selected === answer?.node) room.showChart(answer)
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
