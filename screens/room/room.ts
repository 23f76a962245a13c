// What the operator looks at: the engine's picture and the view on it, in one immutable snapshot. Keys change the view at
// once; routine samples repaint at a calm pace, trouble repaints immediately.
import type { Change, Engine, Live } from '../../src/engine/engine.ts'
import type { FleetState } from '../../src/engine/fleet-state.ts'

export type Density = 'auto' | 'tiles' | 'compact' | 'table' | 'heat'

export interface View {
  screen: 'overview' | 'node'
  /** Node under the cursor; kept by name, so that the selection never jumps when the order changes. */
  selected: string | null
  filter: string
  /** The operator is typing a filter. */
  isTyping: boolean
  faultsOnly: boolean
  density: Density
  help: boolean
  /** First row shown of a list that is longer than the screen. */
  scroll: number
  toast: string | null
}

export interface Snapshot {
  state: FleetState
  live: Live
  now: number
  link: { up: boolean; why: string | null }
  view: View
  columns: number
  rows: number
  /** The picture is held still since this moment; null: live. */
  frozenAt: number | null
}

/** Samples that change no health are shown at this pace: a bad link is not for twitching numbers. */
const calmMs = 5_000
/** Changes of one moment are shown together. */
const promptMs = 30

export interface Room {
  snapshot(): Snapshot
  subscribe(listener: () => void): () => void
  change(view: Partial<View>): void
  resize(columns: number, rows: number): void
  freeze(isFrozen: boolean): void
  engine: Engine
  close(): void
}

export function createRoom(engine: Engine, size: { columns: number; rows: number }, now: () => number): Room {
  const listeners = new Set<() => void>()
  let snapshot: Snapshot = {
    state: engine.state(),
    live: engine.live(),
    now: now(),
    link: { up: true, why: null },
    view: {
      screen: 'overview',
      selected: null,
      filter: '',
      isTyping: false,
      faultsOnly: false,
      density: 'auto',
      help: false,
      scroll: 0,
      toast: null,
    },
    ...size,
    frozenAt: null,
  }
  let prompt: NodeJS.Timeout | null = null

  function publish(next: Partial<Snapshot>): void {
    snapshot = { ...snapshot, ...next }
    for (const listener of listeners) listener()
  }

  /** The newest picture, unless it is held still. */
  function refresh(): void {
    if (snapshot.frozenAt === null) publish({ state: engine.state(), live: engine.live(), now: now() })
  }

  function soon(): void {
    prompt ??= setTimeout(() => {
      prompt = null
      refresh()
    }, promptMs)
  }

  const unsubscribe = engine.subscribe((change: Change) => {
    switch (change.kind) {
      case 'events':
        if (change.events.some(event => !event.type.startsWith('watch.remembered'))) soon()
        break
      case 'fleet':
      case 'engine':
        soon()
        break
      case 'live':
        if (isNews(snapshot.live, change.samples)) soon()
        break
      case 'link':
        publish({ link: { up: change.up, why: change.why } })
        if (change.up) soon()
        break
    }
  })
  const calm = setInterval(refresh, calmMs)

  return {
    engine,
    snapshot: () => snapshot,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    change: view => publish({ view: { ...snapshot.view, ...view } }),
    resize: (columns, rows) => publish({ columns, rows }),
    freeze(isFrozen) {
      publish({ frozenAt: isFrozen ? now() : null })
      refresh()
    },
    close() {
      unsubscribe()
      clearInterval(calm)
      if (prompt) clearTimeout(prompt)
      listeners.clear()
    },
  }
}

/** A probe that answers otherwise than on the screen, or for the first time. */
function isNews(live: Live, samples: readonly { node: string; probe: string; ok: boolean | null; warn?: boolean }[]): boolean {
  return samples.some(sample => {
    const shown = live.probes[sample.node]?.[sample.probe]
    return !shown || shown.ok !== sample.ok || (shown.warn ?? false) !== (sample.warn ?? false)
  })
}
