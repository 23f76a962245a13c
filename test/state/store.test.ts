import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VirtualClock } from '../../state/primitives/clock.ts'
import { openStore, verifyHome } from '../../state/store.ts'
import { anyoneLocks, ballastBytes, count, home, openOn, say, stateOf } from './crash-scenario.ts'
import { failure, RecordingDisk } from './recording-disk.ts'

const snapshotFile = `${home}/state.json`

function editSnapshot(disk: RecordingDisk, edit: (document: Record<string, unknown>) => unknown): void {
  disk.tamper(snapshotFile, bytes => Buffer.from(JSON.stringify(edit(JSON.parse(Buffer.from(bytes).toString())))))
}

/** A closed home with 5 commits of `a b c`, a snapshot at the 4th. */
async function lived(): Promise<RecordingDisk> {
  const disk = new RecordingDisk()
  const store = await openOn(disk)
  await say(store, ['a', 'b', 'c'])
  await store.saveSnapshot(4, await stateOf(store))
  await say(store, ['d'])
  await store.close()
  return disk
}

test('state is rebuilt from the snapshot and what came after it', async () => {
  const store = await openOn(await lived())
  expect(await store.recover(count)).toEqual({
    state: { count: 4, names: ['b', 'c', 'd'] },
    seq: 6,
    from: 'snapshot',
    snapshot: null,
    replayed: 2,
  })
})

test.each<[string, string, (disk: RecordingDisk) => unknown]>([
  ['lost', 'lost', disk => disk.unlink(snapshotFile)],
  ['empty', 'invalid', disk => disk.tamper(snapshotFile, () => new Uint8Array())],
  ['cut off', 'invalid', disk => disk.tamper(snapshotFile, bytes => bytes.subarray(0, 40))],
  ['not a snapshot', 'invalid', disk => disk.tamper(snapshotFile, () => Buffer.from('[]'))],
  ['without a state', 'invalid', disk => editSnapshot(disk, ({ state: _gone, ...rest }) => rest)],
  [
    'of another lineage',
    'other lineage',
    disk => editSnapshot(disk, document => ({ ...document, lineage: 'elsewhere' })),
  ],
  ['of an older schema', 'older schema', disk => editSnapshot(disk, document => ({ ...document, schema: 0 }))],
  [
    'of a shape that the state no longer has',
    'invalid',
    disk => editSnapshot(disk, document => ({ ...document, state: 7 })),
  ],
])('a snapshot that is %s is said to be so, and the journal gives the same state', async (_what, why, spoil) => {
  const disk = await lived()
  await spoil(disk)
  const store = await openOn(disk)
  const judge = (state: unknown): state is typeof count.initial => typeof state === 'object'
  const recovered = await store.recover({ ...count, judge })
  const accepted = why === 'older schema' ? ['older schema', 'invalid'] : [why]
  expect(accepted).toContain(recovered.snapshot)
  expect(recovered).toMatchObject({ state: { count: 4, names: ['b', 'c', 'd'] }, from: 'journal' })
})

test('a snapshot of a newer version refuses to start and is left as it is', async () => {
  const disk = await lived()
  editSnapshot(disk, document => ({ ...document, schema: 2 }))
  const before = await disk.read(snapshotFile)
  const store = await openOn(disk)
  await expect(store.recover(count)).rejects.toMatchObject({ name: 'snapshot-newer', exit: 5 })
  expect(await disk.read(snapshotFile)).toEqual(before)
})

test('a journal that lost commits which the snapshot holds stops the start', async () => {
  const disk = await lived()
  disk.tamper(`${home}/journal/000001.jsonl`, bytes => bytes.subarray(0, bytes.indexOf(0x0a) + 1))
  expect((await verifyHome(disk, home)).findings[0]?.what).toContain('state.json knows commit 4')
  const store = await openOn(disk)
  await expect(store.recover(count)).rejects.toMatchObject({ name: 'journal-damaged' })
})

test('without a snapshot a replay begins at the last checkpoint', async () => {
  const disk = new RecordingDisk()
  const store = await openOn(disk)
  await say(store, ['a', 'b'])
  await store.checkpoint(store.journal.head().seq, await stateOf(store))
  await say(store, ['c'])
  await store.close()
  expect(await (await openOn(disk)).recover(count)).toMatchObject({
    state: { count: 3, names: ['a', 'b', 'c'] },
    from: 'checkpoint',
    replayed: 2,
  })
})

test('a checkpoint whose state is gone is passed over', async () => {
  const disk = await lived()
  await disk.unlink(snapshotFile)
  const store = await openOn(disk)
  await store.checkpoint(store.journal.head().seq, await stateOf(store))
  await store.close()
  for (const name of await disk.list(`${home}/evidence`))
    disk.tamper(`${home}/evidence/${name}`, () => Buffer.from('{}'))
  expect(await (await openOn(disk)).recover(count)).toMatchObject({ state: { count: 4 }, from: 'journal' })
})

test('only the states of the last two checkpoints are kept', async () => {
  const disk = new RecordingDisk()
  const store = await openOn(disk)
  for (const name of ['a', 'b', 'c', 'd']) {
    await say(store, [name])
    await store.checkpoint(store.journal.head().seq, await stateOf(store))
  }
  expect(await disk.list(`${home}/evidence`)).toHaveLength(2)
  await store.close()
  expect(await (await openOn(disk)).recover(count)).toMatchObject({ state: { count: 4 }, from: 'checkpoint' })
})

test('nor are those that another engine wrote before the last start, or did not come to drop', async () => {
  const disk = new RecordingDisk()
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    const store = await openOn(disk)
    // Checkpoints lie in files of their own, as they do when there is much between them.
    for (let round = 0; round < 4; round++) await say(store, [`${name}${round}`], 1_000)
    const { seq } = store.journal.head()
    const state = await stateOf(store)
    const unlink = disk.unlink
    if (name === 'd') disk.unlink = () => Promise.reject(failure('EIO', home))
    await store.checkpoint(seq, state).catch(() => undefined)
    disk.unlink = unlink
    await store.close()
  }
  expect(await disk.list(`${home}/evidence`)).toHaveLength(2)
  expect(await (await openOn(disk)).recover(count)).toMatchObject({ state: { count: 20 }, from: 'checkpoint' })
})

test('how much lies behind the last checkpoint is known, also after a start', async () => {
  const disk = new RecordingDisk()
  const store = await openOn(disk)
  for (let round = 0; round < 20; round++) await say(store, [`early ${round}`], 1_000)
  const early = store.journal.bytesSinceCheckpoint()
  expect(early).toBeGreaterThan(20_000)
  await store.checkpoint(store.journal.head().seq, await stateOf(store))
  expect(store.journal.bytesSinceCheckpoint()).toBe(0)
  for (let round = 0; round < 5; round++) await say(store, [`late ${round}`], 1_000)
  const late = store.journal.bytesSinceCheckpoint()
  await store.close()
  const again = await openOn(disk)
  const opening = again.journal.bytesSinceCheckpoint() - late
  expect([opening > 0, opening < 500]).toEqual([true, true])
})

test('starting with checkpoints reads back to the last one, not the whole journal', async () => {
  const disk = new RecordingDisk()
  const store = await openOn(disk)
  for (let round = 0; round < 20; round++) await say(store, [`early ${round}`], 1_000)
  await store.checkpoint(store.journal.head().seq, await stateOf(store))
  await store.close()
  disk.tamper(`${home}/journal/000002.jsonl`, bytes => bytes.fill(0x20, 500, 600))
  const again = await openOn(disk)
  expect((await again.recover(count)).state.count).toBe(20)
  expect((await verifyHome(disk, home)).findings[0]).toMatchObject({ file: '000002.jsonl' })
})

test('whatever mix of commits, snapshots, checkpoints and restarts: recovery equals the full replay', {
  timeout: 120_000,
}, async () => {
  const act = fc.constantFrom('say', 'group', 'snapshot', 'checkpoint', 'restart')
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 25 }), async acts => {
      const disk = new RecordingDisk()
      let store = await openOn(disk)
      const said: string[] = []
      const sayMore = async (names: string[]) => {
        said.push(...names)
        await say(store, names, 100)
      }
      for (const [index, one] of acts.entries()) {
        if (one === 'say') await sayMore([`n${index}`])
        if (one === 'group') await sayMore([`g${index}`, `h${index}`])
        if (one === 'snapshot') await store.saveSnapshot(store.journal.head().seq, await stateOf(store))
        if (one === 'checkpoint') await store.checkpoint(store.journal.head().seq, await stateOf(store))
        if (one === 'restart') {
          await store.close()
          store = await openOn(disk, new VirtualClock(index))
        }
      }
      expect(await stateOf(store)).toEqual({ count: said.length, names: said.slice(-3) })
      expect((await verifyHome(disk, home)).findings).toEqual([])
    }),
    { numRuns: 20 * Number(process.env.WATCHFLOOR_GAUNTLET ?? '1') },
  )
})

test('a snapshot of a state that the journal has left behind is not taken', async () => {
  const store = await openOn(new RecordingDisk())
  await say(store, ['a'])
  expect(await store.saveSnapshot(1, {})).toBe(false)
})

test('a snapshot that finds the disk full leaves the old one whole and no temporary', async () => {
  const disk = await lived()
  const store = await openOn(disk)
  const before = await disk.read(snapshotFile)
  disk.capacity = 0
  await expect(store.saveSnapshot(store.journal.head().seq, { big: 'x'.repeat(5_000) })).rejects.toMatchObject({
    code: 'ENOSPC',
  })
  expect(await disk.read(snapshotFile)).toEqual(before)
  expect((await disk.list(home)).filter(name => name.endsWith('.tmp'))).toEqual([])
})

test('temporaries of killed writers are swept at the start', async () => {
  const disk = await lived()
  await disk.open(`${home}/.state.json.dead.tmp`, 'make')
  await disk.open(`${home}/evidence/.abc.dead.tmp`, 'make')
  const store = await openOn(disk)
  expect(store.report.temporariesSwept).toBe(2)
  expect((await disk.list(home)).some(name => name.endsWith('.tmp'))).toBe(false)
})

test.each(['EROFS', 'EACCES'])('a disk that answers %s refuses the start with words', async code => {
  const disk = await lived()
  disk.fault = operation => {
    if (operation === 'open' || operation === 'write') throw failure(code, home)
  }
  await expect(openOn(disk)).rejects.toMatchObject({ name: 'home-not-writable', exit: 5 })
})

test('a home can be opened on a full disk that has its ballast, and outcomes are written', async () => {
  const disk = await lived()
  disk.capacity = disk.used()
  const store = await openOn(disk)
  expect(store.troubles()[0]).toContain('full')
  const seq = store.journal.head().seq
  const draft = { at: 1, by: 'engine', cmd: { id: 'c', type: 'test.outcome' }, events: [] }
  await expect(store.journal.append(seq, [draft])).rejects.toMatchObject({ name: 'disk-full' })
  expect((await disk.stat(`${home}/journal/ballast`))?.size).toBeLessThan(ballastBytes)
})

test('the lock is given back when the start fails', async () => {
  const disk = await lived()
  const events: string[] = []
  const open = openStore({
    disk,
    home,
    kind: 'real',
    fleet: 'clavitor',
    clock: new VirtualClock(0),
    stateSchema: 1,
    process: { pid: 1, login: 'noc', uid: disk.uid, bootId: 'b' },
    unique: () => 'u',
    takeLock: (at, holder) => ({ ...anyoneLocks(at, holder), release: () => events.push('released') }),
  })
  await expect(open).rejects.toMatchObject({ name: 'home-other-kind' })
  expect(events).toEqual(['released'])
})
