import { expect, test } from 'vitest'
import type { History, HistoryRow } from '../../../state/history/history.ts'
import { openHistory } from '../../../state/history/open.ts'
import { VirtualClock } from '../../../state/primitives/clock.ts'
import { CrashDisk } from './crash-disk.ts'
import { hour, midnight, minute } from './home.ts'

const start = midnight + 22 * hour
const steps = 30
/** The long count cuts at every change, the short one at every third. */
const stride = Number(process.env.WATCHFLOOR_GAUNTLET ?? 1) > 1 ? 1 : 3

function open(disk: CrashDisk, clock: VirtualClock): Promise<History> {
  return openHistory({ dir: '/home/history', clock, bootId: 'boot', sinceBootMs: () => clock.mono(), disk })
}

const sample = (step: number): HistoryRow => ({
  node: 'paris',
  probe: 'ping',
  at: start + step * 10 * minute,
  ok: true,
  ms: step,
})

/** Five hours over midnight, a sample in ten minutes: hours close, a day of slots is sealed, a day of hours is packed. */
async function live(disk: CrashDisk): Promise<{ committed: number; watchedUntil: number }> {
  const clock = new VirtualClock(start)
  const done = { committed: 0, watchedUntil: start }
  try {
    const history = await open(disk, clock)
    history.health('paris', 'up', start)
    for (let step = 0; step < steps; step += 1) {
      history.append([sample(step)])
      for (let tick = 0; tick < 119; tick += 1) {
        clock.advance(5000)
        void history.tick(clock.now())
      }
      clock.advance(5000)
      await history.tick(clock.now())
      if (history.stats().failed === null && disk.operations < disk.cutAt) {
        done.committed = step + 1
        // The slot that ended a moment ago may still hear news: it is settled two seconds later.
        done.watchedUntil = clock.now() - 30_000
      }
      await history.settled()
    }
  } catch {
    // The power was cut while it opened.
  }
  return done
}

/** What the next boot finds, against what was said to be durable. */
async function missing(disk: CrashDisk, done: { committed: number; watchedUntil: number }): Promise<string | null> {
  const clock = new VirtualClock(start + 6 * hour)
  const history = await open(disk.afterPowerCut(), clock)
  for (const round of ['at once', 'after tidying']) {
    const rows = await history.rows({ node: 'paris', from: midnight, to: midnight + 48 * hour, limit: 1e6 })
    const found = rows.map(row => row.ms ?? -1).toReversed()
    for (let step = 0; step < done.committed; step += 1) {
      if (found[step] !== step) return `sample ${step} ${round}: ${found.join(' ')}`
    }
    if (found.length > done.committed + 1) return `samples twice ${round}: ${found.join(' ')}`
    const [up] = history.uptime({ from: start, to: done.watchedUntil }, ['paris'])
    if (up && up.upS * 1000 < done.watchedUntil - start) return `slots ${round}: ${up.upS} s up`
    const [point] = await history.series({
      node: 'paris',
      probe: 'ping',
      value: 'ms',
      from: midnight,
      to: midnight + 30 * 24 * hour,
      buckets: 1,
    })
    if ((point?.count ?? 0) < done.committed || (point?.count ?? 0) > done.committed + 1) {
      return `hours ${round}: ${point?.count} of ${done.committed}`
    }
    for (let i = 0; i < 12; i += 1) {
      clock.advance(1000)
      await history.tick(clock.now())
      await history.settled()
    }
  }
  const { bad, failed } = history.stats()
  await history.close()
  return bad > 0 || failed !== null ? `bad ${bad}, ${failed}` : null
}

test('a power cut at any moment loses nothing that was committed and leaves everything readable', {
  timeout: 120_000,
}, async () => {
  const whole = new CrashDisk()
  await live(whole)
  expect(whole.operations).toBeGreaterThan(200)
  for (let cutAt = 1; cutAt <= whole.operations; cutAt += stride) {
    const disk = new CrashDisk()
    disk.cutAt = cutAt
    const done = await live(disk)
    expect({ cutAt, missing: await missing(disk, done) }).toEqual({ cutAt, missing: null })
  }
})

for (const lie of [
  { files: true, directories: false },
  { files: false, directories: true },
]) {
  test(`the power cut test notices a disk that does not sync ${lie.files ? 'files' : 'directories'}`, async () => {
    const disk = new CrashDisk()
    disk.lies = lie
    const done = await live(disk)
    expect(done.committed).toBe(steps)
    expect(await missing(disk, done).catch(String)).not.toBeNull()
  })
}
