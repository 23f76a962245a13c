// The embedded journal: one commit a line in numbered files, each line chained to the one before, durable before it is
// acknowledged.
import { type Disk, isFull, type OpenFile } from '../disk.ts'
import type { Clock } from '../primitives/clock.ts'
import { BadAnswer, Bug, Refused } from '../primitives/errors.ts'
import { Ballast } from './ballast.ts'
import { beginsWith, commitVersion, encodeCommit, hashLine, parseCommit } from './commit.ts'
import { fileName, readLines, readLinesBack } from './files.ts'
import { type Commit, type Draft, type Journal, journalEvents, type PassedCommit } from './journal.ts'
import { type Place, rememberPlace, startOfPage } from './marks.ts'
import { type CheckpointMark, type Cut, type FileMark, openFiles } from './open-files.ts'

export interface JournalOptions {
  disk: Disk
  /** Exists already; made durable by whoever made it. */
  directory: string
  clock: Clock
  /** A file that has reached this size is followed by a new one. Default 8 MiB. */
  maxFileBytes?: number
  /** Room kept for outcomes on a full disk. Default 1 MiB. */
  ballastBytes?: number
}

/** One commit in this many is remembered by its place, so that reading a page does not begin at the start of a file. */
const markEvery = 64
const maxLineBytes = 4 * 1024 * 1024
const retryBallastMs = 5_000

export class FileJournal implements Journal {
  /** The torn last line that was cut away when the journal was opened. */
  readonly cut: Cut | null
  /** Checkpoints found when it was opened, newest last; those written since are added. */
  readonly checkpoints: CheckpointMark[]
  private readonly options: Required<JournalOptions>
  private readonly ballast: Ballast
  private readonly files: FileMark[]
  private readonly listeners = new Set<(commits: readonly Commit[]) => void>()
  private file: OpenFile
  private size: number
  private sinceCheckpoint: number
  private last: { seq: number; hash: string; epoch: number }
  private queue: Promise<unknown> = Promise.resolve()
  private state: 'open' | 'broken' | 'closed' = 'open'
  /** Monotonic time from which ordinary commits may be tried again; null while there is room. */
  private fullUntil: number | null = null

  private constructor(
    options: Required<JournalOptions>,
    opened: Awaited<ReturnType<typeof openFiles>>,
    ballast: Ballast,
  ) {
    this.options = options
    this.ballast = ballast
    this.cut = opened.cut
    this.checkpoints = opened.checkpoints
    this.files = opened.files
    this.file = opened.file
    this.size = opened.size
    this.sinceCheckpoint = opened.bytesSinceCheckpoint
    this.last = opened.head
  }

  /**
   * Takes the journal for an engine: cuts a torn tail, raises the epoch and commits that. Call only under the home's lock.
   * Throws `journal-damaged` with file, line and way out.
   */
  static async open(given: JournalOptions): Promise<FileJournal> {
    const options = { maxFileBytes: 8 * 1024 * 1024, ballastBytes: 1024 * 1024, ...given }
    const { disk, directory, clock } = options
    const opened = await openFiles(disk, directory)
    let ballast: Ballast | null = null
    try {
      ballast = await Ballast.open(disk, `${directory}/ballast`, options.ballastBytes)
      await disk.syncDirectory(directory, 'journal opened directory')
      const journal = new FileJournal(options, opened, ballast)
      if (!(await ballast.isFilled())) journal.fullUntil = clock.mono()
      journal.last.epoch += 1
      await journal.append(
        opened.head.seq,
        [
          {
            at: clock.now(),
            by: 'engine',
            cmd: { id: `epoch-${journal.last.epoch}`, type: journalEvents.opened },
            events: [{ type: journalEvents.opened, epoch: journal.last.epoch, cut: opened.cut }],
          },
        ],
        { outcome: true },
      )
      return journal
    } catch (error) {
      await opened.file.close().catch(() => undefined)
      await ballast?.close().catch(() => undefined)
      throw error
    }
  }

  head(): { seq: number; hash: string; epoch: number } {
    return { ...this.last }
  }

  /** What lies behind the last checkpoint: that much is read at the next start. */
  bytesSinceCheckpoint(): number {
    return this.sinceCheckpoint
  }

  /** What an operator must be told, or null: full disk, broken journal. */
  trouble(): string | null {
    if (this.state === 'broken') return 'the journal could not be written: the engine must end'
    if (this.fullUntil !== null) return 'the disk is full: only outcomes of what already runs are written'
    return null
  }

  append(expectedSeq: number, drafts: readonly Draft[], options?: { outcome?: boolean }): Promise<Commit[]> {
    const turn = this.queue.then(() => this.appendNow(expectedSeq, drafts, options?.outcome ?? false))
    this.queue = turn.catch(() => undefined)
    return turn
  }

  private async appendNow(expectedSeq: number, drafts: readonly Draft[], outcome: boolean): Promise<Commit[]> {
    if (this.state !== 'open') throw this.refusal()
    if (expectedSeq !== this.last.seq) {
      throw new Refused({
        name: 'journal-moved',
        message: `the journal is at commit ${this.last.seq}, not at ${expectedSeq}`,
        remedy: 'Decide again on the state as it is now.',
      })
    }
    if (drafts.length === 0) return []
    const { commits, lines } = this.chain(drafts)
    if (this.fullUntil !== null && !outcome) await this.regainRoom()
    if (this.size >= this.options.maxFileBytes) await this.nextFile(outcome)
    await this.writeDurably(withNewlines(lines), outcome)
    this.remember(commits, lines)
    for (const listener of this.listeners) tell(listener, commits)
    return commits
  }

  private chain(drafts: readonly Draft[]): { commits: Commit[]; lines: Uint8Array[] } {
    const commits: Commit[] = []
    const lines: Uint8Array[] = []
    let { seq, hash } = this.last
    const first = seq + 1
    for (const draft of drafts) {
      seq += 1
      const { at, by, cmd, events } = draft
      const group = drafts.length > 1 ? { group: first } : {}
      const line = encodeCommit({
        seq,
        epoch: this.last.epoch,
        v: commitVersion,
        at,
        by,
        cmd,
        events,
        ...group,
        prev: hash,
      })
      // What is acknowledged is what a replay will read: `undefined` is gone, dates are text, the shape is judged.
      const parsed = parseCommit(line)
      if (!parsed.ok) throw new Bug({ name: 'commit-malformed', message: `the commit of ${cmd.type} ${parsed.why}` })
      if (line.length > maxLineBytes) {
        throw new Bug({
          name: 'commit-too-large',
          message: `the commit of ${cmd.type} has ${line.length} bytes; outputs belong into evidence`,
        })
      }
      commits.push(parsed.commit)
      lines.push(line)
      hash = hashLine(line)
    }
    return { commits, lines }
  }

  private async writeDurably(bytes: Uint8Array, outcome: boolean): Promise<void> {
    try {
      await this.writeOrUndo(bytes)
    } catch (error) {
      if (!isFull(error) || this.state !== 'open') throw this.broke(error)
      this.fullUntil = this.options.clock.mono() + retryBallastMs
      if (!outcome) throw diskFull(error)
      await this.ballast.release()
      try {
        await this.writeOrUndo(bytes)
      } catch (again) {
        if (!isFull(again) || this.state !== 'open') throw this.broke(again)
        throw diskFull(again)
      }
    }
    try {
      await this.file.sync('journal append')
    } catch (error) {
      // After a failed fsync the kernel may drop what it could not write and say yes the next time: never try again.
      throw this.broke(error)
    }
  }

  /** Leaves the file as it was when there is no room; when even that fails, the tail is unknown and the journal is broken. */
  private async writeOrUndo(bytes: Uint8Array): Promise<void> {
    try {
      await this.file.append(bytes)
    } catch (error) {
      try {
        await this.file.truncate(this.size)
        // Else a power cut may bring the undone lines back behind the next, shorter one.
        await this.file.sync('journal undone')
      } catch {
        this.state = 'broken'
      }
      throw error
    }
  }

  /** After a full disk ordinary commits begin again only when the ballast stands again. */
  private async regainRoom(): Promise<void> {
    const now = this.options.clock.mono()
    if (this.fullUntil === null || now < this.fullUntil) throw diskFull(null)
    let filled: boolean
    try {
      filled = await this.ballast.fill()
    } catch (error) {
      throw this.broke(error)
    }
    this.fullUntil = filled ? null : now + retryBallastMs
    if (!filled) throw diskFull(null)
  }

  private async nextFile(outcome: boolean): Promise<void> {
    const { disk, directory } = this.options
    const number = this.files.length + 1
    const make = () => disk.open(`${directory}/${fileName(number)}`, 'append')
    let file: OpenFile
    try {
      file = await make().catch(async error => {
        if (!isFull(error) || !outcome) throw error
        await this.ballast.release()
        return make()
      })
    } catch (error) {
      if (!isFull(error)) throw this.broke(error)
      this.fullUntil = this.options.clock.mono() + retryBallastMs
      throw diskFull(error)
    }
    try {
      await disk.syncDirectory(directory, 'journal next file directory')
    } catch (error) {
      await file.close().catch(() => undefined)
      throw this.broke(error)
    }
    await this.file.close()
    this.file = file
    this.size = 0
    this.files.push({ number, firstSeq: this.last.seq + 1, marks: [] })
  }

  private remember(commits: readonly Commit[], lines: readonly Uint8Array[]): void {
    const mark = this.files.at(-1)
    for (const [index, commit] of commits.entries()) {
      const line = lines[index]
      if (!line || !mark) throw new Bug({ name: 'journal-index', message: 'a commit without its line' })
      if (commit.seq % markEvery === 0) mark.marks.push({ seq: commit.seq, offset: this.size })
      this.size += line.length + 1
      this.sinceCheckpoint += line.length + 1
      this.last = { seq: commit.seq, hash: hashLine(line), epoch: commit.epoch }
      if (commit.cmd.type === journalEvents.checkpoint) {
        this.checkpoints.push({ seq: commit.seq, commit })
        this.sinceCheckpoint = 0
      }
    }
  }

  async *read(after: number): AsyncGenerator<Commit> {
    const { disk, directory } = this.options
    const until = this.last.seq
    for (const [index, mark] of [...this.files].entries()) {
      const following = this.files[index + 1]
      if (following && following.firstSeq <= after + 1) continue
      if (mark.firstSeq > until) return
      const start = mark.marks.filter(place => place.seq <= after + 1).at(-1)?.offset ?? 0
      const file = await disk.open(`${directory}/${fileName(mark.number)}`, 'read')
      try {
        for await (const line of readLines(file, start)) {
          const parsed = parseCommit(line.bytes)
          if (!parsed.ok) throw unreadable(mark.number, line.offset, parsed.why)
          const { commit } = parsed
          // A write that is under way may already be visible in the file.
          if (commit.seq > until) return
          const newest = mark.marks.at(-1)
          if (commit.seq % markEvery === 0 && (!newest || newest.seq < commit.seq)) {
            mark.marks.push({ seq: commit.seq, offset: line.offset })
          }
          if (commit.seq > after) yield commit
        }
      } finally {
        await file.close()
      }
    }
  }

  async *readBack(before: number | null): AsyncGenerator<PassedCommit> {
    const { disk, directory } = this.options
    // What is written from here on is not of this answer: its last file ends where it ends now.
    const files = [...this.files]
    const { size } = this
    const end = Math.min(before ?? Number.POSITIVE_INFINITY, this.last.seq + 1)
    for (const [index, mark] of [...files.entries()].reverse()) {
      if (mark.firstSeq >= end) continue
      const file = await disk.open(`${directory}/${fileName(mark.number)}`, 'read')
      const places: Place[] = []
      try {
        const whole = index === files.length - 1 ? size : await file.size()
        for await (const { bytes, offset } of readLinesBack(file, startOfPage(mark.marks, end) ?? whole)) {
          const passed = passing(bytes, mark.number, offset)
          if (passed.seq % markEvery === 0) places.push({ seq: passed.seq, offset })
          if (passed.seq < end) yield passed
        }
      } finally {
        for (const place of places) rememberPlace(mark.marks, place)
        await file.close()
      }
    }
  }

  watch(listener: (commits: readonly Commit[]) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  async close(): Promise<void> {
    await this.queue
    if (this.state === 'closed') return
    this.state = 'closed'
    this.listeners.clear()
    await this.file.close()
    await this.ballast.close()
  }

  private broke(cause: unknown): BadAnswer {
    this.state = 'broken'
    return this.refusal(cause)
  }

  private refusal(cause?: unknown): BadAnswer {
    if (this.state === 'closed') return new BadAnswer({ name: 'journal-closed', message: 'the journal is closed' })
    return new BadAnswer({
      name: 'journal-broken',
      message: `the journal in ${this.options.directory} could not be made durable; nothing more is written to it`,
      remedy:
        'Look at the disk (dmesg), then start the engine again: it checks the journal and goes on from what is there.',
      ...(cause === undefined ? {} : { cause }),
    })
  }
}

/** A listener that throws is our bug and must end the engine; but what is durable stays acknowledged. */
function tell(listener: (commits: readonly Commit[]) => void, commits: readonly Commit[]): void {
  try {
    listener(commits)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

function diskFull(cause: unknown): Refused {
  return new Refused({
    name: 'disk-full',
    message: 'the disk under the home is full: nothing new is started, outcomes of what already runs are still written',
    remedy: 'Make room (a few MB are enough); commands work again within seconds.',
    ...(cause === null ? {} : { cause }),
  })
}

function unreadable(file: number, offset: number, why: string): BadAnswer {
  return new BadAnswer({
    name: 'journal-damaged',
    message: `${fileName(file)} byte ${offset} ${why}`,
    remedy: 'See all damage with `watchfloor journal verify`.',
  })
}

function passing(bytes: Uint8Array, file: number, offset: number): PassedCommit {
  const commit = () => {
    const parsed = parseCommit(bytes)
    if (!parsed.ok) throw unreadable(file, offset, parsed.why)
    return parsed.commit
  }
  const { seq, by } = beginsWith(bytes) ?? commit()
  return { seq, by, line: () => Buffer.from(bytes).toString('utf8'), commit }
}

function withNewlines(lines: readonly Uint8Array[]): Uint8Array {
  const newline = Uint8Array.of(0x0a)
  return Buffer.concat(lines.flatMap(line => [line, newline]))
}
