// What the operator looks at: the engine's picture and the view on it, in one immutable snapshot. Keys change the view at
// once; trouble repaints within a moment, routine samples at a calm pace.
import type { Change, Engine, Live } from '../../src/engine/engine.ts'
import type { FleetState } from '../../src/engine/fleet-state.ts'
import { noSettings } from '../../src/room/shapes.ts'
import { type Founds, isScreenId, type ScreenId, screens, type Views } from '../screens.ts'
import { createMemo, type Memo } from './memo.ts'
import * as trail from './trail.ts'
import { type Path, placeOf, type Toast, type View } from './view.ts'

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
  /** What screens asked the engine for, as far as it has been answered. */
  found: Founds
  /** Action → its keys, where the operator has set others. */
  bindings: Bindings
  /** Mistakes in the operator's own settings. */
  mistakes: readonly string[]
  columns: number
  rows: number
  /** The picture is held still since this moment; null: live. */
  frozenAt: number | null
  memo: Memo
}

export type Bindings = Readonly<Record<string, readonly string[]>>

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
  /** ms since the epoch, also while the picture is held still. */
  now(): number
  change(view: Partial<Omit<View, 'screens'>>): void
  /** How one screen is looked at. */
  set<K extends ScreenId>(screen: K, state: Partial<Views[K]>): void
  /** What a screen was answered. */
  find<K extends ScreenId>(screen: K, found: Founds[K]): void
  /** Down to a screen below this one. */
  go(screen: ScreenId, subject?: string): void
  /** To a screen of its own. */
  open(screen: ScreenId, subject?: string): void
  /** The same screen on another subject. */
  turn(subject: string): void
  /** Up the path; false: there is nothing above. */
  back(): boolean
  /** Through what was seen: before, after, or what was seen last. */
  travel(where: 'before' | 'after' | 'last'): void
  resize(size: { columns: number; rows: number }): void
  freeze(isFrozen: boolean): void
  /** A word at the foot of the screen, for a few seconds; `ms` for what must not be missed. */
  say(words: string, tone?: Toast['tone'], ms?: number): void
  close(): void
}

export interface RoomOptions {
  /** As it was left. */
  view?: View
  bindings?: Bindings
  mistakes?: readonly string[]
}

export function createRoom(
  engine: Engine,
  size: { columns: number; rows: number },
  now: () => number,
  { view = firstView(), bindings = {}, mistakes = [] }: RoomOptions = {},
): Room {
  const listeners = new Set<() => void>()
  let snapshot: Snapshot = {
    state: engine.state(),
    live: engine.live(),
    now: now(),
    order: placed(engine.live()),
    link: { up: true },
    view,
    found: nothingFound(),
    bindings,
    mistakes,
    ...size,
    frozenAt: null,
    memo: createMemo(),
  }
  let prompt: NodeJS.Timeout | null = null
  let toast: NodeJS.Timeout | null = null
  let refreshedAt = Number.NEGATIVE_INFINITY

  function publish(next: Partial<Snapshot>): void {
    snapshot = { ...snapshot, ...next }
    for (const listener of listeners) listener()
  }

  function look(next: Partial<View>): void {
    publish({ view: { ...snapshot.view, ...next } })
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
  const step = (next: { path: Path; history: View['history'] } | null): boolean => {
    if (next === null) return false
    look({ ...next, prompt: null })
    return true
  }

  return {
    engine,
    snapshot: () => snapshot,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    now,
    change: look,
    set(screen, state) {
      const { screens: views } = snapshot.view
      look({ screens: { ...views, [screen]: { ...views[screen], ...state } } })
    },
    find: (screen, found) => publish({ found: { ...snapshot.found, [screen]: found } }),
    go: (screen, subject) => void step(trail.into(snapshot.view, { screen, subject: subject ?? null })),
    open: (screen, subject) => void step(trail.over(snapshot.view, { screen, subject: subject ?? null })),
    turn: subject => void step(trail.beside(snapshot.view, { ...placeOf(snapshot.view), subject })),
    back: () => step(trail.up(snapshot.view)),
    travel(where) {
      step(where === 'last' ? trail.last(snapshot.view) : trail.through(snapshot.view, where === 'before' ? -1 : 1))
    },
    resize: next => publish(next),
    freeze(isFrozen) {
      publish({ frozenAt: isFrozen ? now() : null })
      refresh()
    },
    say(words, tone = 'plain', ms = toastMs) {
      if (toast) clearTimeout(toast)
      look({ toast: { words, tone } })
      toast = setTimeout(() => look({ toast: null }), ms)
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

export function firstView(): View {
  const path: Path = [{ screen: 'overview', subject: null }]
  return {
    path,
    history: { paths: [path], at: 0 },
    screens: each('initial'),
    look: noSettings.look,
    prompt: null,
    dialogs: [],
    toast: null,
  }
}

function nothingFound(): Founds {
  return each('nothing')
}

/** One property of every screen, by screen. */
function each(property: 'initial'): Views
function each(property: 'nothing'): Founds
function each(property: 'initial' | 'nothing'): object {
  return Object.fromEntries(
    Object.keys(screens).flatMap(id => (isScreenId(id) ? [[id, screens[id][property]] as const] : [])),
  )
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
