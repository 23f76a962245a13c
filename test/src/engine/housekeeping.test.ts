// What the engine does by the clock: a start stays fast however often engines were started, and a full disk is not worn out.
import { expect, test } from 'vitest'
import { startHousekeeping } from '../../../src/engine/housekeeping.ts'
import { VirtualClock } from '../../../state/primitives/clock.ts'
import type { Store } from '../../../state/store.ts'
import { count, openOn, say, stateOf } from '../../state/crash-scenario.ts'
import { failure, RecordingDisk } from '../../state/recording-disk.ts'

async function keptHouse(store: Store, checkpointBytes: number) {
  const clock = new VirtualClock(0)
  const bugs: string[] = []
  const state = await stateOf(store)
  let rounds = 0
  const house = startHousekeeping({
    engine: {
      seq: () => store.journal.head().seq,
      state: () => state as never,
      idle: () => Promise.resolve(),
      between: async work => {
        await work(store.journal.head().seq, state as never)
      },
    },
    store,
    watching: {
      async tick() {
        rounds += 1
      },
    },
    clock,
    info: () => ({ troubles: [] }) as never,
    onInfo: () => {},
    onLockLost: () => {},
    onBug: what => bugs.push(what),
    checkpointBytes,
  })
  return {
    bugs,
    async pass(seconds: number) {
      for (let second = 0; second < seconds; second++) {
        const before = rounds
        clock.advance(1_000)
        await expect.poll(() => rounds, { interval: 1 }).toBe(before + 1)
        // The round ends within some turns of the loop; the next one is timed from there.
        for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve))
      }
    },
    stop: () => house.stop(),
  }
}

test('engines that live shortly take a checkpoint all the same: it is counted from the last one in the journal', async () => {
  const disk = new RecordingDisk()
  const taken: number[] = []
  for (let life = 0; life < 8; life++) {
    const store = await openOn(disk)
    for (let round = 0; round < 5; round++) await say(store, [`${life}-${round}`], 1_000)
    const house = await keptHouse(store, 12_000)
    await house.pass(2)
    await house.stop()
    expect(house.bugs).toEqual([])
    taken.push(store.journal.checkpoints.at(-1)?.seq ?? 0)
    await store.close()
  }
  // Each life writes some 7 kB: every second one takes a checkpoint.
  expect(new Set(taken.filter(seq => seq > 0)).size).toBe(4)
  expect((await disk.list('/var/lib/watchfloor/clavitor/evidence')).length).toBeLessThanOrEqual(2)
  expect((await (await openOn(disk)).recover(count)).state.count).toBe(40)
})

test('a checkpoint that finds no room is tried again after a minute, not every second', async () => {
  const disk = new RecordingDisk()
  const store = await openOn(disk)
  for (let round = 0; round < 5; round++) await say(store, [`${round}`], 1_000)
  let tries = 0
  disk.fault = (operation, file) => {
    if (operation !== 'write' || !file.includes('evidence')) return
    tries += 1
    throw failure('ENOSPC', file)
  }
  const house = await keptHouse(store, 1_000)
  await house.pass(50)
  expect([tries, house.bugs]).toEqual([1, ['checkpoint']])
  await house.pass(15)
  expect(tries).toBe(2)
  await house.stop()
})
