// A short life of a store on the recording disk, every moment at which the power may go in it, and the judge who says
// what acknowledged things are missing afterwards.
import { homeSchema } from '../../state/home.ts'
import { type Commit, isJournalEvent, type StoredEvent } from '../../state/journal/journal.ts'
import type { TakeLock } from '../../state/lock.ts'
import { VirtualClock } from '../../state/primitives/clock.ts'
import { openStore, type Store, verifyHome } from '../../state/store.ts'
import { powerCuts, RecordingDisk, seeded } from './recording-disk.ts'

export const home = '/var/lib/watchfloor/clavitor'
export const ballastBytes = 1024

type Acknowledged =
  | { kind: 'opened'; lineage: string }
  | { kind: 'commit'; commit: Commit }
  /** The ballast was given up for an outcome on a full disk. */
  | { kind: 'released' }
  | { kind: 'snapshot'; seq: number }
  | { kind: 'kept'; hash: string }
  | { kind: 'erasing'; hash: string }
  | { kind: 'erased'; hash: string }

/** A moment before an operation, and how much had been acknowledged by then. */
interface Moment {
  disk: RecordingDisk
  acknowledged: readonly Acknowledged[]
}

export const anyoneLocks: TakeLock = (_home, holder) => ({ holder, intact: () => true, release: () => undefined })

export const count = {
  initial: { count: 0, names: [] as string[] },
  reduce: (state: { count: number; names: string[] }, event: StoredEvent) => ({
    count: state.count + 1,
    names: [...state.names, String(event.name)].slice(-3),
  }),
}

export function openOn(disk: RecordingDisk, clock = new VirtualClock(1_000_000)): Promise<Store> {
  let serial = 0
  return openStore({
    disk,
    home,
    kind: 'test',
    fleet: 'clavitor',
    clock,
    stateSchema: 1,
    process: { pid: 1, login: 'noc', uid: disk.uid, bootId: 'boot' },
    unique: () => `${Math.trunc(clock.now())}-${serial++}`,
    takeLock: anyoneLocks,
    maxFileBytes: 3_000,
    ballastBytes,
  })
}

export async function say(store: Store, names: readonly string[], padding = 0): Promise<Commit[]> {
  return store.journal.append(
    store.journal.head().seq,
    names.map(name => ({
      at: 5,
      by: 'noc',
      cmd: { id: `c-${name}`, type: 'test.say' },
      events: [{ type: 'test.said', name, padding: 'x'.repeat(padding) }],
    })),
  )
}

export async function stateOf(store: Store) {
  return (await store.recover(count)).state
}

/** Runs the life and gives every moment of it. `ignored` labels are fsyncs taken out of the program. */
export async function liveOnce(ignored: readonly string[] = []): Promise<{ moments: Moment[]; labels: Set<string> }> {
  const disk = new RecordingDisk()
  disk.ignored = new Set(ignored)
  const acknowledged: Acknowledged[] = []
  const moments: Moment[] = []
  const record = () => moments.push({ disk: disk.clone(), acknowledged: [...acknowledged] })
  disk.beforeOperation = record
  const commit = (commits: readonly Commit[]) => {
    for (const one of commits) acknowledged.push({ kind: 'commit', commit: one })
  }

  let store = await openOn(disk)
  acknowledged.push({ kind: 'opened', lineage: store.lineage })
  commit(await say(store, ['a']))
  // Longer than a sector each, written together: a power cut may lose the first and keep the last.
  commit(await say(store, ['b', 'c', 'd'], 700))
  await store.saveSnapshot(store.journal.head().seq, await stateOf(store))
  acknowledged.push({ kind: 'snapshot', seq: store.journal.head().seq })
  const kept = await store.evidence.put('output of a command')
  acknowledged.push({ kind: 'kept', hash: kept.hash })
  commit(await say(store, ['e', 'f'], 500))
  commit(await say(store, ['g']))
  acknowledged.push({ kind: 'erasing', hash: kept.hash })
  await store.evidence.erase(kept.hash, { at: 6, by: 'owner', why: 'named a person' })
  acknowledged.push({ kind: 'erased', hash: kept.hash })
  commit([await store.checkpoint(store.journal.head().seq, await stateOf(store))])
  await store.close()
  store = await openOn(disk, new VirtualClock(2_000_000))
  acknowledged.push({ kind: 'opened', lineage: store.lineage })
  commit(await say(store, ['h']))
  await store.saveSnapshot(store.journal.head().seq, await stateOf(store))
  acknowledged.push({ kind: 'snapshot', seq: store.journal.head().seq })
  // The disk fills up in the middle of a write: one whole line and a half of the next are there and have to go.
  disk.capacity = disk.used() + 1_100
  acknowledged.push({ kind: 'released' })
  const refused = await say(store, ['i', 'j'], 700).catch(error => error)
  if (!(refused instanceof Error && refused.name === 'disk-full')) throw new Error('the disk was to be full')
  const outcome = {
    at: 8,
    by: 'engine',
    cmd: { id: 'c-k', type: 'test.outcome' },
    events: [{ type: 'test.said', name: 'k' }],
  }
  commit(await store.journal.append(store.journal.head().seq, [outcome], { outcome: true }))
  await store.close()
  record()
  return { moments, labels: disk.labels }
}

/** The first loss that any power cut at any moment leads to, or null. Also counts how many states were judged. */
export async function firstLoss(
  moments: readonly Moment[],
  seed: number,
): Promise<{ loss: string | null; judged: number }> {
  const random = seeded(seed)
  let judged = 0
  for (const [index, moment] of moments.entries()) {
    for (const kept of powerCuts(moment.disk.unsynced(), random)) {
      judged += 1
      const found = await judge(moment.disk.afterPowerCut(kept), moment.acknowledged, random)
      if (found !== null) return { loss: `power cut before operation ${index}: ${found}`, judged }
    }
    // Killed, so that the page cache lives on; started again; and only then the power goes.
    judged += 1
    const found = await judgeKilled(moment, random)
    if (found !== null) return { loss: `killed before operation ${index}, later a power cut: ${found}`, judged }
  }
  return { loss: null, judged }
}

async function judgeKilled({ disk, acknowledged }: Moment, random: () => number): Promise<string | null> {
  const alive = disk.clone()
  const found = await whatIsMissing(alive, acknowledged)
  if (found.missing !== null) return found.missing
  return judge(alive.afterPowerCut(new Set()), [...acknowledged, ...found.acknowledged], random, false)
}

async function judge(
  disk: RecordingDisk,
  acknowledged: readonly Acknowledged[],
  random: () => number,
  deeper = true,
): Promise<string | null> {
  // The engine starts again; when it has to mend something, the power may go again while it does.
  const moments: RecordingDisk[] = []
  const untouched = disk.clone()
  disk.beforeOperation = () => moments.push(disk.clone())
  const found = await whatIsMissing(disk, acknowledged)
  if (found.missing !== null || !deeper || !found.mended) return found.missing
  for (const again of [untouched, ...moments]) {
    for (const kept of powerCuts(again.unsynced(), random)) {
      const second = await whatIsMissing(again.afterPowerCut(kept), acknowledged)
      if (second.missing !== null) return `and again while it was mended: ${second.missing}`
    }
  }
  return null
}

interface Judgement {
  missing: string | null
  mended: boolean
  /** What this start itself acknowledged. */
  acknowledged: Acknowledged[]
}

async function whatIsMissing(disk: RecordingDisk, acknowledged: readonly Acknowledged[]): Promise<Judgement> {
  const judgement: Judgement = { missing: null, mended: false, acknowledged: [] }
  try {
    judgement.missing = await missingBeforeStart(disk, acknowledged)
    if (judgement.missing !== null) return judgement
    const store = await openOn(disk, new VirtualClock(3_000_000))
    judgement.mended = store.report.cut !== null
    judgement.missing = await missingAfterStart(store, disk, acknowledged)
    judgement.acknowledged.push({ kind: 'opened', lineage: store.lineage })
    for (const commit of await say(store, ['after'])) judgement.acknowledged.push({ kind: 'commit', commit })
    await store.close()
  } catch (error) {
    judgement.missing = `cannot start: ${error instanceof Error ? error.message : String(error)}`
  }
  return judgement
}

async function missingBeforeStart(disk: RecordingDisk, acknowledged: readonly Acknowledged[]): Promise<string | null> {
  if (!acknowledged.some(one => one.kind === 'opened')) return null
  const ballast = await disk.read(`${home}/journal/ballast`)
  const released = acknowledged.findLast(one => one.kind === 'opened' || one.kind === 'released')?.kind === 'released'
  if (released) return missingSnapshot(disk, acknowledged)
  if (ballast?.length !== ballastBytes || ballast.subarray(-64).every(byte => byte === 0))
    return 'the ballast is not whole'
  return missingSnapshot(disk, acknowledged)
}

async function missingSnapshot(disk: RecordingDisk, acknowledged: readonly Acknowledged[]): Promise<string | null> {
  const snapshots = acknowledged.filter(one => one.kind === 'snapshot')
  const wanted = snapshots.at(-1)
  if (wanted) {
    const bytes = await disk.read(`${home}/state.json`)
    const document: unknown = bytes === null ? null : JSON.parse(Buffer.from(bytes).toString('utf8'))
    const seq = typeof document === 'object' && document !== null && 'seq' in document ? Number(document.seq) : -1
    if (seq < wanted.seq) return `the snapshot of commit ${wanted.seq} is gone`
  }
  const { findings } = await verifyHome(disk, home)
  return findings[0] ? `${findings[0].file} line ${findings[0].line} ${findings[0].what}` : null
}

async function missingAfterStart(
  store: Store,
  disk: RecordingDisk,
  acknowledged: readonly Acknowledged[],
): Promise<string | null> {
  const there = new Map<number, string>()
  let replayed = count.initial
  for await (const commit of store.journal.read(0)) {
    there.set(commit.seq, JSON.stringify(commit))
    for (const event of commit.events) if (!isJournalEvent(event)) replayed = count.reduce(replayed, event)
  }
  const recovered = await store.recover(count)
  if (JSON.stringify(recovered.state) !== JSON.stringify(replayed))
    return `state from the ${recovered.from} is not the replay`
  if (store.stamp.schema !== homeSchema) return 'the stamp has another schema'
  const erasing = new Set(acknowledged.flatMap(one => (one.kind === 'erasing' ? [one.hash] : [])))
  for (const one of acknowledged) {
    switch (one.kind) {
      case 'opened':
        if (store.lineage !== one.lineage) return 'the home has another lineage'
        break
      case 'commit':
        if (there.get(one.commit.seq) !== JSON.stringify(one.commit)) return `commit ${one.commit.seq} is gone`
        break
      case 'kept': {
        const { kind } = await store.evidence.read(one.hash)
        if (kind !== 'content' && !(kind === 'erased' && erasing.has(one.hash))) return `evidence is ${kind}`
        break
      }
      case 'erased':
        if (!(await isErasedBy(store, one.hash, 'owner'))) return 'evidence has no tombstone that says who erased it'
        if ((await disk.read(`${home}/evidence/${one.hash}`)) !== null) return 'erased evidence is back'
        break
      case 'snapshot':
      case 'erasing':
      case 'released':
        break
    }
  }
  return null
}

async function isErasedBy(store: Store, hash: string, by: string): Promise<boolean> {
  const found = await store.evidence.read(hash)
  return found.kind === 'erased' && found.by === by
}
