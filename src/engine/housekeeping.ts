// What the engine does by the clock: looking at deadlines each second, keeping the start fast (snapshot, checkpoint),
// and telling clients when the engine itself has trouble.
import type { Clock } from '../../state/primitives/clock.ts'
import type { Store } from '../../state/store.ts'
import type { EngineInfo } from './engine.ts'
import type { LocalEngine } from './local.ts'
import type { Watching } from './watching.ts'

const tickMs = 1_000
const snapshotMs = 60_000
/** A replay from the last checkpoint stays below this many commits. */
const checkpointCommits = 20_000

export function startHousekeeping(options: {
  engine: LocalEngine
  store: Store
  watching: Watching
  clock: Clock
  info(): EngineInfo
  onInfo(): void
  onLockLost(): void
  onBug(what: string, error: unknown): void
}): {
  /** How long ago the last round began: small unless one hangs. */
  lastRoundMs(): number
  stop(): Promise<void>
} {
  const { engine, store, watching, clock } = options
  let savedSeq = engine.seq()
  let savedAt = clock.mono()
  let checkpointSeq = engine.seq()
  let troubles = ''
  let round: Promise<void> | null = null
  let roundBegan = clock.mono()

  async function tick(): Promise<void> {
    if (!store.lock.intact()) {
      // Another engine could open the home by now: two writers would be worse than none.
      options.onLockLost()
      return
    }
    await watching.tick(clock.now())
    const told = options.info().troubles.join('\n')
    if (told !== troubles) {
      troubles = told
      options.onInfo()
    }
    if (engine.seq() - checkpointSeq > checkpointCommits) await checkpoint()
    if (engine.seq() !== savedSeq && clock.mono() - savedAt > snapshotMs) await save()
  }

  async function save(): Promise<void> {
    await engine.idle()
    const seq = engine.seq()
    savedAt = clock.mono()
    if (await store.saveSnapshot(seq, engine.state())) savedSeq = seq
  }

  async function checkpoint(): Promise<void> {
    await engine.between(async (seq, state) => (await store.checkpoint(seq, state)).seq)
    checkpointSeq = engine.seq()
  }

  const timer = setInterval(() => {
    // A slow round is not overtaken by the next one.
    if (!round) roundBegan = clock.mono()
    round ??= tick()
      .catch(error => options.onBug('housekeeping', error))
      .finally(() => {
        round = null
      })
  }, tickMs)

  return {
    lastRoundMs: () => clock.mono() - roundBegan,
    async stop() {
      clearInterval(timer)
      await round
      if (engine.seq() !== savedSeq) await save().catch(error => options.onBug('snapshot', error))
    },
  }
}
