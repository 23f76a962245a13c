// What the engine does by the clock: looking at deadlines each second, keeping the start fast (snapshot, checkpoint),
// and telling clients when the engine itself has trouble.
import type { Clock } from '../../state/primitives/clock.ts'
import type { Store } from '../../state/store.ts'
import type { EngineInfo } from './engine.ts'
import type { LocalEngine } from './local.ts'
import type { Watching } from './watching.ts'

const tickMs = 1_000
const snapshotMs = 60_000
/** What a start has to read behind the last checkpoint stays below this many commits and bytes. */
const checkpointCommits = 20_000
const checkpointBytes = 32 * 1024 * 1024
/** One that failed (no room) is not tried again at once: its state is written first, and may be large. */
const retryCheckpointMs = 60_000

export function startHousekeeping(options: {
  engine: Pick<LocalEngine, 'seq' | 'state' | 'idle' | 'between'>
  store: Store
  watching: Pick<Watching, 'tick'>
  clock: Clock
  info(): EngineInfo
  onInfo(): void
  onLockLost(): void
  onBug(what: string, error: unknown): void
  checkpointBytes?: number
}): {
  /** How long ago the last round began: small unless one hangs. */
  lastRoundMs(): number
  stop(): Promise<void>
} {
  const { engine, store, watching, clock } = options
  let savedSeq = engine.seq()
  let savedAt = clock.mono()
  let checkpointAt = clock.mono() - retryCheckpointMs
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
    if (isCheckpointDue()) await checkpoint().catch(error => options.onBug('checkpoint', error))
    if (engine.seq() !== savedSeq && clock.mono() - savedAt > snapshotMs) await save()
  }

  async function save(): Promise<void> {
    await engine.idle()
    const seq = engine.seq()
    savedAt = clock.mono()
    if (await store.saveSnapshot(seq, engine.state())) savedSeq = seq
  }

  /** Counted from the last checkpoint in the journal, whoever wrote it: engines may live for less than a checkpoint. */
  function isCheckpointDue(): boolean {
    if (clock.mono() - checkpointAt < retryCheckpointMs) return false
    const last = store.journal.checkpoints.at(-1)?.seq ?? 0
    const isLarge = store.journal.bytesSinceCheckpoint() > (options.checkpointBytes ?? checkpointBytes)
    return isLarge || engine.seq() - last > checkpointCommits
  }

  async function checkpoint(): Promise<void> {
    checkpointAt = clock.mono()
    await engine.between(async (seq, state) => (await store.checkpoint(seq, state)).seq)
  }

  let isStopped = false
  let cancel = () => {}
  /** From the end of one round: a slow one is not overtaken by the next. */
  function again(): void {
    cancel = clock.after(tickMs, () => {
      roundBegan = clock.mono()
      round = tick()
        .catch(error => options.onBug('housekeeping', error))
        .finally(() => {
          round = null
          if (!isStopped) again()
        })
    })
  }
  again()

  return {
    lastRoundMs: () => clock.mono() - roundBegan,
    async stop() {
      isStopped = true
      cancel()
      await round
      if (engine.seq() !== savedSeq) await save().catch(error => options.onBug('snapshot', error))
    },
  }
}
