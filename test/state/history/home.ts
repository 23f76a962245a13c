// A history in a directory of its own under a virtual clock, for the tests of this folder.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { HistoryDisk } from '../../../state/history/disk.ts'
import type { History, SlotState } from '../../../state/history/history.ts'
import { openHistory } from '../../../state/history/open.ts'
import { VirtualClock } from '../../../state/primitives/clock.ts'

/** A midnight, so that windows of whole days are whole slots. */
export const midnight = Date.parse('2026-03-02T00:00Z')
export const second = 1000
export const minute = 60_000
export const hour = 3_600_000
export const day = 24 * hour

export function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'history-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export interface Home {
  dir: string
  clock: VirtualClock
  history: History
  /** Watches: the clock moves in ticks of `step` (5 s), as the engine's would. */
  watch(ms: number, step?: number): Promise<void>
  /** Lets the chores (closing, packing, removing) come to their end. */
  tidy(): Promise<void>
  tell(node: string, state: SlotState): void
  reopen(bootId?: string): Promise<void>
}

export async function openHome(options: { start?: number; disk?: HistoryDisk; dir?: string } = {}): Promise<Home> {
  const dir = options.dir ?? temporaryDirectory()
  const clock = new VirtualClock(options.start ?? midnight)
  const open = (bootId = 'boot-1') =>
    openHistory({
      dir,
      clock,
      bootId,
      sinceBootMs: () => clock.mono(),
      ...(options.disk ? { disk: options.disk } : {}),
    })
  const home: Home = {
    dir,
    clock,
    history: await open(),
    async watch(ms, step = 5 * second) {
      for (let left = ms, ticks = 1; left > 0; left -= step, ticks += 1) {
        clock.advance(Math.min(step, left))
        const done = home.history.tick(clock.now())
        if (ticks % 500 === 0 || left <= step) await done
      }
    },
    async tidy() {
      for (let round = 0; round < 40; round += 1) {
        await home.history.tick(clock.now())
        await home.history.settled()
      }
    },
    tell: (node, state) => home.history.health(node, state, clock.now()),
    async reopen(bootId) {
      home.history = await open(bootId)
    },
  }
  onTestFinished(() => home.history.close())
  return home
}
