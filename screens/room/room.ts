// What the operator looks at: the engine's picture and the view on it, in one immutable snapshot. Keys change the view at
// once; trouble repaints within a moment, routine samples at a calm pace.
import type { Change, Engine, Live } from '../../src/engine/engine.ts'
import type { FleetState } from '../../src/engine/fleet-state.ts'
import type { Chart } from '../node/chart.ts'
import { firstView, type View } from './view.ts'

export interface Snapshot {
  state: FleetState
  live: Live
  /** ms since the epoch: when the picture was taken. */
  now: number
  /** Names of all nodes by place, HQ first; the overview puts trouble before the rest. */
  order: readonly string[]
  /** The link to the engine; `since` is when it was lost. */
  link: { up: true } | { up: false; why: string; since: number }
  view: View
  /** History of the node on the screen; null until it has been answered. */
  chart: Chart | null
  columns: number
  rows: number
  /** The picture is held still since this moment; null: live. */
  frozenAt: number | null
}

/** Samples that change no health are shown at this pace: a bad link is not for twitching numbers. */
const calmMs = 5_000
/** How long the link has been gone is news every second. */
const anxiousMs = 1_000
/** Changes of one moment are shown together, and in a storm there is a picture ten times a second, not a hundred. */
const promptMs = 25
const stormMs = 100
const toastMs = 6_000

export interface Room {
  engine: Engine
  snapshot(): Snapshot
  subscribe(listener: () => void): () => void
  change(view: Partial<View>): void
  resize(size: { columns: number; rows: number }): void
  freeze(isFrozen: boolean): void
  showChart(chart: Chart | null): void
  /** A word at the foot of the screen, for a few seconds. */
  say(toast: string): void
  close(): void
}

export function createRoom(engine: Engine, size: { columns: number; rows: number }, now: () => number): Room {
  const listeners = new Set<() => void>()
  let snapshot: Snapshot = {
    state: engine.state(),
    live: engine.live(),
    now: now(),
    order: placed(engine.live()),
    link: { up: true },
    view: firstView,
    chart: null,
    ...size,
    frozenAt: null,
  }
  let prompt: NodeJS.Timeout | null = null
  let toast: NodeJS.Timeout | null = null
  let refreshedAt = Number.NEGATIVE_INFINITY

  function publish(next: Partial<Snapshot>): void {
    snapshot = { ...snapshot, ...next }
    for (const listener of listeners) listener()
  }

  /** The newest picture, unless it is held still. */
  function refresh(): void {
    refreshedAt = performance.now()
    if (snapshot.frozenAt !== null) {
      publish({})
      return
    }
    const live = engine.live()
    const order = live.fleet === snapshot.live.fleet ? snapshot.order : placed(live)
    publish({ state: engine.state(), live, order, now: now() })
  }

  function soon(): void {
    prompt ??= setTimeout(
      () => {
        prompt = null
        refresh()
      },
      Math.max(promptMs, stormMs - (performance.now() - refreshedAt)),
    )
  }

  function take(change: Change): void {
    switch (change.kind) {
      case 'events':
        if (change.events.some(event => event.type !== 'watch.remembered' && event.type !== 'watch.marked')) soon()
        break
      case 'fleet':
      case 'engine':
        soon()
        break
      case 'live':
        if (snapshot.frozenAt === null && isNews(snapshot.live, change.samples)) soon()
        break
      case 'link': {
        const since = snapshot.link.up ? now() : snapshot.link.since
        publish({ link: change.up ? { up: true } : { up: false, why: change.why ?? 'the link is lost', since } })
        if (change.up) soon()
        break
      }
    }
  }

  const unsubscribe = engine.subscribe(take)
  const calm = setInterval(refresh, calmMs)
  const anxious = setInterval(() => {
    if (!snapshot.link.up && snapshot.frozenAt === null) refresh()
  }, anxiousMs)

  return {
    engine,
    snapshot: () => snapshot,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    change: view => publish({ view: { ...snapshot.view, ...view } }),
    resize: next => publish(next),
    freeze(isFrozen) {
      publish({ frozenAt: isFrozen ? now() : null })
      refresh()
    },
    showChart: chart => publish({ chart }),
    say(words) {
      if (toast) clearTimeout(toast)
      publish({ view: { ...snapshot.view, toast: words } })
      toast = setTimeout(() => publish({ view: { ...snapshot.view, toast: null } }), toastMs)
    },
    close() {
      unsubscribe()
      clearInterval(calm)
      clearInterval(anxious)
      if (prompt) clearTimeout(prompt)
      if (toast) clearTimeout(toast)
      listeners.clear()
    },
  }
}

/** A probe that answers otherwise than on the screen, or for the first time. */
function isNews(
  live: Live,
  samples: readonly { node: string; probe: string; ok: boolean | null; warn?: boolean }[],
): boolean {
  return samples.some(sample => {
    const shown = live.probes[sample.node]?.[sample.probe]
    return !shown || shown.ok !== sample.ok || (shown.warn ?? false) !== (sample.warn ?? false)
  })
}

/** Sorted once a fleet, not once a frame. */
function placed(live: Live): readonly string[] {
  const nodes = Object.values(live.fleet.nodes).map(node => ({
    name: node.name,
    key: `${node.isHq ? '0' : '1'} ${node.region ?? node.provider} ${node.name}`,
  }))
  return nodes.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ name }) => name)
}
