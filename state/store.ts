// The one thing an engine opens: home, lock, journal, evidence and snapshot, and the way back to the last state.
import { type Disk, errorCode } from './disk.ts'
import { type Evidence, openEvidence } from './evidence.ts'
import { type HomeKind, type HomeStamp, openStamp, prepareHome } from './home.ts'
import { FileJournal } from './journal/file-journal.ts'
import { type Commit, isJournalEvent, journalEvents, type StoredEvent } from './journal/journal.ts'
import { type Verification, verifyJournal } from './journal/verify.ts'
import type { HomeLock, TakeLock } from './lock.ts'
import { type Migrated, migrateHome } from './migrations.ts'
import type { Clock } from './primitives/clock.ts'
import { BadAnswer, Refused } from './primitives/errors.ts'
import { sweepTemporaries } from './replace.ts'
import { Snapshot, snapshotAnchor, snapshotName } from './snapshot.ts'

export interface StoreOptions {
  disk: Disk
  /** Absolute path, from `resolveHome`. */
  home: string
  kind: HomeKind
  fleet: string
  clock: Clock
  /** Version of the shape of the state that is folded from the journal. */
  stateSchema: number
  /** Who is shown as holder of the lock. */
  process: { pid: number; login: string; uid: number; bootId: string }
  /** Unique text, `crypto.randomUUID` in life. */
  unique: () => string
  takeLock: TakeLock
  maxFileBytes?: number
  ballastBytes?: number
}

/** What was found and put right at the start: for the log and for the operator's eyes. */
interface StoreReport {
  homeMade: boolean
  rightsRestricted: boolean
  migrated: Migrated | null
  temporariesSwept: number
  /** A write that a crash cut short, never acknowledged. */
  cut: { file: string; line: number; bytes: number } | null
}

interface Fold<State> {
  initial: State
  /** Total: any event that lies in a journal can be folded. Never sees the journal's own events. */
  reduce(state: State, event: StoredEvent, commit: Commit): State
  /** The same for all events of a commit at once, where that spares copies. */
  reduceAll?(state: State, events: readonly StoredEvent[], commit: Commit): State
  /** Does a stored state still have the shape of one? Default: believe it. */
  judge?: (state: unknown) => state is State
}

interface Recovered<State> {
  state: State
  /** Last commit folded in: the head of the journal. */
  seq: number
  from: 'snapshot' | 'checkpoint' | 'journal'
  /** Why the snapshot was not used; null when it was. */
  snapshot: string | null
  /** Commits folded on top. */
  replayed: number
}

export interface Store {
  readonly home: string
  readonly stamp: HomeStamp
  readonly lineage: string
  readonly journal: FileJournal
  readonly evidence: Evidence
  readonly lock: HomeLock
  readonly report: StoreReport
  recover<State>(fold: Fold<State>): Promise<Recovered<State>>
  /** Keeps `state`, which is the fold up to commit `seq`, for a fast start. Skipped when the journal has moved on. */
  saveSnapshot(seq: number, state: unknown): Promise<boolean>
  /** Keeps `state` as evidence and commits its hash, so that a replay begins here. Rejects with `journal-moved`. */
  checkpoint(seq: number, state: unknown): Promise<Commit>
  /** What operators must be told now: full disk, lost lock. */
  troubles(): string[]
  close(): Promise<void>
}

export async function openStore(options: StoreOptions): Promise<Store> {
  const { disk, home, kind, fleet, clock, unique, process: self } = options
  try {
    const { restricted } = await prepareHome({ disk, home, uid: self.uid })
    const holder = { pid: self.pid, login: self.login, since: clock.now(), bootId: self.bootId }
    const lock = options.takeLock(home, holder)
    try {
      const swept = await sweepTemporaries(disk, home)
      const sweptEvidence = await sweepTemporaries(disk, `${home}/evidence`)
      const opened = await openStamp({ disk, home, kind, fleet, now: clock.now(), unique, uid: self.uid })
      const { stamp, migrated } = await migrateHome({ disk, home, stamp: opened.stamp, unique })
      const journal = await FileJournal.open({ ...journalOptions(options), disk, directory: `${home}/journal`, clock })
      const report: StoreReport = {
        homeMade: opened.made,
        rightsRestricted: restricted,
        migrated,
        temporariesSwept: swept.length + sweptEvidence.length,
        cut: journal.cut,
      }
      return new OpenStore(options, stamp, journal, lock, report)
    } catch (error) {
      lock.release()
      throw error
    }
  } catch (error) {
    throw explained(error, home)
  }
}

/** Walks the journal of a home, against the anchor that its snapshot is. Needs no lock and no engine. */
export async function verifyHome(disk: Disk, home: string): Promise<Verification> {
  // The anchor first: an engine may be writing, and the journal is always ahead of its snapshot.
  const anchor = await snapshotAnchor(disk, home)
  return verifyJournal(disk, `${home}/journal`, anchor ? [anchor] : [])
}

class OpenStore implements Store {
  readonly home: string
  readonly stamp: HomeStamp
  readonly lineage: string
  readonly journal: FileJournal
  readonly evidence: Evidence
  readonly lock: HomeLock
  readonly report: StoreReport
  private readonly disk: Disk
  private readonly clock: Clock
  private readonly stateSchema: number
  private readonly snapshot: Snapshot

  constructor(options: StoreOptions, stamp: HomeStamp, journal: FileJournal, lock: HomeLock, report: StoreReport) {
    const { disk, home, clock, stateSchema, unique } = options
    this.home = home
    this.stamp = stamp
    this.lineage = stamp.lineage
    this.journal = journal
    this.lock = lock
    this.report = report
    this.disk = disk
    this.clock = clock
    this.stateSchema = stateSchema
    this.evidence = openEvidence({ disk, directory: `${home}/evidence`, unique })
    this.snapshot = new Snapshot({ disk, home, schema: stateSchema, lineage: stamp.lineage, unique })
  }

  async recover<State>(fold: Fold<State>): Promise<Recovered<State>> {
    const { base, why } = await this.fromSnapshot(fold)
    const start = (await this.fromCheckpoint(fold, base?.seq ?? 0)) ??
      base ?? { state: fold.initial, seq: 0, from: 'journal' as const }
    let { state, seq } = start
    for await (const commit of this.journal.read(seq)) {
      const events = commit.events.filter(event => !isJournalEvent(event))
      if (fold.reduceAll) state = fold.reduceAll(state, events, commit)
      else for (const event of events) state = fold.reduce(state, event, commit)
      seq = commit.seq
    }
    return { state, seq, from: start.from, snapshot: why, replayed: seq - start.seq }
  }

  private async fromSnapshot<State>(fold: Fold<State>) {
    const loaded = await this.snapshot.load()
    if (!loaded.ok) return { base: null, why: loaded.why }
    const { seq, hash } = loaded.document
    const state = believed(loaded.document.state, fold)
    if (state === null) return { base: null, why: 'invalid' }
    const known = await this.hashAt(seq)
    if (known !== hash) throw shortened(this.home, seq, this.journal.head().seq)
    return { base: { state: state.value, seq, from: 'snapshot' as const }, why: null }
  }

  /** Hash of a commit's line: of the head, or as its successor knows it. Null when the journal does not reach so far. */
  private async hashAt(seq: number): Promise<string | null> {
    const head = this.journal.head()
    if (seq === head.seq) return head.hash
    for await (const commit of this.journal.read(seq)) return commit.seq === seq + 1 ? commit.prev : null
    return null
  }

  /** The newest checkpoint after `after` that can be used. */
  private async fromCheckpoint<State>(fold: Fold<State>, after: number) {
    for (const { commit } of this.journal.checkpoints.toReversed()) {
      if (commit.seq <= after) return null
      const kept = checkpointOf(commit)
      if (kept?.schema !== this.stateSchema) continue
      const content = await this.evidence.read(kept.state)
      if (content.kind !== 'content') continue
      const state = believed(JSON.parse(Buffer.from(content.bytes).toString('utf8')), fold)
      if (state !== null) return { state: state.value, seq: commit.seq, from: 'checkpoint' as const }
    }
    return null
  }

  async saveSnapshot(seq: number, state: unknown): Promise<boolean> {
    const head = this.journal.head()
    if (head.seq !== seq) return false
    await this.snapshot.save({ seq, hash: head.hash, state })
    return true
  }

  async checkpoint(seq: number, state: unknown): Promise<Commit> {
    const kept = await this.evidence.put(JSON.stringify(state), { maxBytes: Number.MAX_SAFE_INTEGER })
    const before = this.checkpointStates().slice(0, 3)
    const [commit] = await this.journal.append(seq, [
      {
        at: this.clock.now(),
        by: 'engine',
        cmd: { id: `checkpoint-${seq + 1}`, type: journalEvents.checkpoint },
        events: [{ type: journalEvents.checkpoint, schema: this.stateSchema, state: kept.hash, before }],
      },
    ])
    if (!commit) throw new BadAnswer({ name: 'journal-closed', message: 'the checkpoint was not written' })
    await this.dropOldCheckpoints()
    return commit
  }

  /** The states of the last two checkpoints stay; a replay that finds an older one gone begins further back. */
  private async dropOldCheckpoints(): Promise<void> {
    const states = this.checkpointStates()
    const kept = new Set(states.slice(0, 2))
    for (const hash of states) if (!kept.has(hash)) await this.disk.unlink(`${this.home}/evidence/${hash}`)
    this.journal.checkpoints.splice(0, Math.max(0, this.journal.checkpoints.length - 2))
  }

  /**
   * Hashes of the states of checkpoints, newest first. After a start only the last checkpoint was read; it names those
   * before it, more than one, since an engine that was killed may not have come to drop the oldest.
   */
  private checkpointStates(): string[] {
    const known = this.journal.checkpoints.toReversed().flatMap(({ commit }) => {
      const checkpoint = checkpointOf(commit)
      return checkpoint ? [checkpoint.state, ...checkpoint.before] : []
    })
    return [...new Set(known)]
  }

  troubles(): string[] {
    const troubles: string[] = []
    const journal = this.journal.trouble()
    if (journal !== null) troubles.push(journal)
    if (!this.lock.intact()) troubles.push('the lock file of the home was removed: the engine must end')
    return troubles
  }

  async close(): Promise<void> {
    await this.snapshot.settled()
    await this.journal.close()
    this.lock.release()
  }
}

function checkpointOf(commit: Commit): { schema: number; state: string; before: string[] } | null {
  const event = commit.events.find(candidate => candidate.type === journalEvents.checkpoint)
  if (!event || typeof event.schema !== 'number' || !isHash(event.state)) return null
  const before = Array.isArray(event.before) ? event.before.filter(isHash) : []
  return { schema: event.schema, state: event.state, before }
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

function journalOptions({ maxFileBytes, ballastBytes }: StoreOptions) {
  return {
    ...(maxFileBytes === undefined ? {} : { maxFileBytes }),
    ...(ballastBytes === undefined ? {} : { ballastBytes }),
  }
}

function believed<State>(value: unknown, fold: Fold<State>): { value: State } | null {
  // Without a judge the hash, the lineage and the schema vouch for the shape.
  if (fold.judge === undefined) return { value: value as State }
  return fold.judge(value) ? { value } : null
}

function shortened(home: string, seq: number, head: number): BadAnswer {
  return new BadAnswer({
    name: 'journal-damaged',
    message:
      head < seq
        ? `the journal in ${home} ends at commit ${head}, but ${snapshotName} holds commit ${seq}: commits are gone`
        : `the journal in ${home} has another commit ${seq} than the one in ${snapshotName}: it was changed`,
    remedy: `Restore the journal from a backup. To go on with the journal as it is, move ${snapshotName} away.`,
  })
}

/** Errors of the file system become words; our own pass. */
function explained(error: unknown, home: string): unknown {
  const code = errorCode(error)
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    return new Refused({
      name: 'home-not-writable',
      message: `${home} cannot be written (${code})`,
      remedy: 'Give this login its own writable home with --home, or mend the rights or the mount.',
      cause: error,
    })
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Refused({
      name: 'disk-full',
      message: `there is no room to open ${home}`,
      remedy: 'Make room (a few MB are enough) and start again.',
      cause: error,
    })
  }
  return error
}
