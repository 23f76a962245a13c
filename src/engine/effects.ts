// Effects start only because durable state says so, the same way live and after a restart. Their outcomes come back as
// commands; what is still pending after its runner ended is started again no sooner than its runner allows.
import type { FleetState } from './fleet-state.ts'
import type { Effect } from './noun.ts'
import { pending } from './nouns.ts'

/** Runs one effect and tells its outcome by a command. Must not throw; what it throws is reported as our bug. */
export type EffectRunner = (effect: Effect, signal: AbortSignal) => Promise<void>

export function createEffects(options: {
  runners: Readonly<Record<string, EffectRunner>>
  onBug(effect: Effect, error: unknown): void
}) {
  const running = new Map<string, Promise<void>>()
  const stopping = new AbortController()

  return {
    /** Starts what is pending and not yet running. Call after every commit and at start. */
    look(state: FleetState): void {
      if (stopping.signal.aborted) return
      for (const effect of pending(state)) {
        const run = options.runners[effect.kind]
        if (!run || running.has(effect.id)) continue
        running.set(
          effect.id,
          run(effect, stopping.signal)
            .catch(error => options.onBug(effect, error))
            .finally(() => running.delete(effect.id)),
        )
      }
    },
    running: () => running.size,
    async stop(): Promise<void> {
      stopping.abort()
      await Promise.allSettled(running.values())
    },
  }
}
