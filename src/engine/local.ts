// The engine in this process: committer, effects, live view and answers behind the one interface.

import { createTurns } from '../../infra/ssh/turns.ts'
import type { Journal } from '../../state/journal/journal.ts'
import { type Clock, systemClock } from '../../state/primitives/clock.ts'
import { type Actor, type Committed, createCommitter } from './committer.ts'
import { createEffects, type EffectRunner } from './effects.ts'
import type { Change, Engine, EngineInfo, FleetView, Live, Questions, Receipt } from './engine.ts'
import type { FleetState } from './fleet-state.ts'
import type { Effect } from './noun.ts'
import type { AnyCommand } from './nouns.ts'

/** Answers one kind of question. */
export type Answerers = {
  [K in keyof Questions]: (question: Questions[K]['question'], signal: AbortSignal) => Promise<Questions[K]['answer']>
}

/** Logs that one client may have read at once: nodes that answer slowly must not take up the connections of the others. */
const logsAtOnce = 4

export interface LocalEngine extends Engine {
  /** The same engine for another operator: commands carry their name. */
  as(actor: Actor): Engine
  seq(): number
  /** Live views changed: pass it on to subscribers. */
  publish(change: Change): void
  /** Runs what durable state says is pending; called once when everything is in place. */
  begin(): void
  idle(): Promise<void>
  /** As Committer.between; subscribers are told of the new head. */
  between(work: (seq: number, state: FleetState) => Promise<number>): Promise<void>
}

export interface LiveSource {
  fleet(): FleetView
  probes(): Live['probes']
  sparks(): Live['sparks']
  info(): EngineInfo
}

export function createLocalEngine(options: {
  journal: Journal
  state: FleetState
  clock?: Clock
  newId(prefix: string): string
  actor: Actor
  live: LiveSource
  answers: Answerers
  runners: Readonly<Record<string, EffectRunner>>
  guard(command: AnyCommand, actor: Actor, state: FleetState): string | null
  onCommitted?(commits: readonly Committed[]): void
  onBroken(error: unknown): void
  onBug(what: string, error: unknown): void
}): LocalEngine {
  const clock = options.clock ?? systemClock
  const listeners = new Set<(change: Change) => void>()
  const closing = new AbortController()
  /** Until then nothing starts: what the last engine left open is closed first. */
  let begun = false
  const effects = createEffects({
    runners: options.runners,
    onBug: (effect: Effect, error) => options.onBug(`effect ${effect.kind}`, error),
  })

  function publish(change: Change): void {
    for (const listener of listeners) {
      try {
        listener(change)
      } catch (error) {
        options.onBug('subscriber', error)
      }
    }
  }

  const committer = createCommitter({
    journal: options.journal,
    state: options.state,
    now: () => clock.now(),
    newId: options.newId,
    guard: options.guard,
    onBroken: options.onBroken,
    onCommitted(commits) {
      for (const { seq, at, by, events } of commits) publish({ kind: 'events', seq, at, by, events })
      options.onCommitted?.(commits)
      if (begun) effects.look(committer.state())
    },
  })

  function as(actor: Actor): Engine {
    const turns = createTurns(logsAtOnce)

    async function ask<K extends keyof Questions>(
      kind: K,
      question: Questions[K]['question'],
    ): Promise<Questions[K]['answer']> {
      if (kind !== 'logs') return options.answers[kind](question, closing.signal)
      const giveBack = await turns.take(closing.signal)
      try {
        return await options.answers[kind](question, closing.signal)
      } finally {
        giveBack()
      }
    }

    return {
      state: committer.state,
      live: () => ({
        fleet: options.live.fleet(),
        probes: options.live.probes(),
        sparks: options.live.sparks(),
        engine: options.live.info(),
      }),
      subscribe(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      do: (command: AnyCommand): Promise<Receipt> => committer.do(command, actor),
      ask,
      by: () => actor.by,
      roles: () => actor.roles,
      close,
    }
  }

  async function close(): Promise<void> {
    closing.abort()
    await effects.stop()
    await committer.idle()
    listeners.clear()
  }

  return {
    ...as(options.actor),
    as,
    seq: committer.seq,
    publish,
    begin() {
      begun = true
      effects.look(committer.state())
    },
    idle: committer.idle,
    async between(work) {
      await committer.between(work)
      publish({ kind: 'events', seq: committer.seq(), at: clock.now(), by: 'engine', events: [] })
    },
  }
}
