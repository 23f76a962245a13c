// When HQ asks its own canaries: every ten seconds, sooner when its sight is in doubt or somebody waits for the answer,
// and never two rounds at once.
import type { Canaries } from './canaries.ts'

export type RoundResults = Awaited<ReturnType<Canaries['look']>>

export interface CanaryRoundsOptions {
  /** HQ's own; without them a round ends at once and without results. */
  canaries: Canaries | undefined
  /** A round ended; `started` is monotonic. */
  onDone(results: RoundResults, started: number): void
  /** After a round that was waited for, once it was heeded. */
  onHeeded(): void
}

export interface CanaryRounds {
  /** The next `start` does not wait for its turn. */
  want(): void
  /** Begins a round if its time has come (monotonic, ms). */
  start(now: number, isUneasy: boolean): void
  replace(canaries: Canaries): void
}

const roundMs = 10_000
const uneasyRoundMs = 2_000

export function createCanaryRounds({ canaries: first, onDone, onHeeded }: CanaryRoundsOptions): CanaryRounds {
  let canaries = first
  let last = Number.NEGATIVE_INFINITY
  let isWanted = true
  let isRunning = false

  return {
    want() {
      isWanted = true
    },
    start(now, isUneasy) {
      const pause = isWanted ? 0 : isUneasy ? uneasyRoundMs : roundMs
      if (isRunning || now - last < pause) return
      isRunning = true
      isWanted = false
      last = now
      const done = (results: RoundResults) => {
        isRunning = false
        onDone(results, now)
      }
      if (!canaries) {
        done([])
        return
      }
      canaries.look().then(
        results => {
          done(results)
          onHeeded()
        },
        () => done([]),
      )
    },
    replace(next) {
      canaries = next
    },
  }
}
