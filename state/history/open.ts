// Opens the history of a home: what is on disk becomes answers, quickly, however much was kept. Nothing is parsed at
// start but the names of files and the slots of the last days.
import { join } from 'node:path'
import type { Clock } from '../primitives/clock.ts'
import { Catalogue, dayMs, type Part } from './catalogue.ts'
import { type HistoryDisk, realDisk } from './disk.ts'
import type { Absence, History } from './history.ts'
import { hourMs } from './sample-lines.ts'
import { findRows, findSeries, type SampleSource, tierFor } from './sample-query.ts'
import { SampleWriter } from './sample-writer.ts'
import { closePart, packDay, sweepDays } from './segment-close.ts'
import { SlotBook } from './slot-book.ts'
import { SlotFiles } from './slot-files.ts'

/** Days whose slots stay in memory: a week's window begins within the eighth. */
const daysInMemory = 8
/** Samples of an hour may come this much after its end (slow probes, slow clocks). */
const lateMs = 120_000
/** A close that failed is tried again after this long: a full disk stays full for a while. */
const retryMs = 60_000
const removalsAtOnce = 4

export interface HistoryOptions {
  dir: string
  clock: Clock
  /** Changes when the machine is booted. */
  bootId: string
  /** Milliseconds on a clock that runs since that boot and never jumps; default: the system's monotonic clock. */
  sinceBootMs?: () => number
  disk?: HistoryDisk
}

export async function openHistory(options: HistoryOptions): Promise<History> {
  const { dir, clock, bootId, disk = realDisk } = options
  const sinceBootMs = options.sinceBootMs ?? (() => Number(process.hrtime.bigint() / 1_000_000n))
  const catalogue = new Catalogue(disk, dir)
  await catalogue.load()
  await sweepDays(catalogue)
  const files = new SlotFiles(disk, join(dir, 'slots'), bootId)
  await files.open()
  const book = new SlotBook(files, clock.now(), clock.mono())
  let latest: ReturnType<SlotFiles['load']> = null
  for (const start of files.days()) {
    if (start > clock.now() || start < clock.now() - daysInMemory * dayMs) continue
    latest = files.load(start, true)
    if (latest) book.adopt(latest)
  }
  const before = files
    .days()
    .filter(day => day <= clock.now())
    .at(-1)
  latest ??= before === undefined ? null : files.load(before, true)
  book.resume(latest?.nodes().filter(node => latest?.totals(node)?.known === true) ?? [])
  return new FileHistory({ catalogue, files, book, clock, sinceBootMs, absence: measureAbsence() })

  function measureAbsence(): Absence | null {
    const seen = files.lastSeen
    if (!seen) return null
    const same = seen.bootId === bootId
    return { from: seen.at, to: clock.now(), realMs: same ? Math.max(0, sinceBootMs() - seen.sinceBootMs) : null }
  }
}

interface Parts {
  catalogue: Catalogue
  files: SlotFiles
  book: SlotBook
  clock: Clock
  sinceBootMs: () => number
  absence: Absence | null
}

class FileHistory implements History {
  readonly #parts: Parts
  readonly #writer: SampleWriter
  readonly #source: SampleSource
  /** Group commits, one after the other; at most one waits. */
  #committing: Promise<void> = Promise.resolve()
  #next: Promise<void> | null = null
  /** Closing, packing and removing: never waited for by `tick`. */
  #chores: Promise<void> | null = null
  readonly #retryAt = new Map<string, number>()
  #choreTrouble: string | null = null
  #bad = 0
  #slotBytes = 0
  #retainAt = 0
  #ended = false

  constructor(parts: Parts) {
    this.#parts = parts
    this.#writer = new SampleWriter(parts.catalogue)
    this.#source = {
      catalogue: parts.catalogue,
      undurable: () => this.#writer.undurable(),
      damaged: () => {
        this.#bad += 1
      },
    }
  }

  append(rows: Parameters<History['append']>[0]): void {
    this.#writer.append(rows)
  }

  health(...told: Parameters<History['health']>): void {
    this.#parts.book.tell(...told)
  }

  tick(now: number): Promise<void> {
    if (this.#ended) return Promise.resolve()
    const { book, clock, files, sinceBootMs } = this.#parts
    files.append(book.advance(now, clock.mono()), sinceBootMs())
    return this.#commit(now)
  }

  #commit(now: number): Promise<void> {
    if (this.#next) return this.#next
    const next = this.#committing.then(async () => {
      this.#next = null
      await this.#writer.flush()
      await this.#parts.files.flush()
      await this.#writer.release(hour => hour + hourMs + lateMs <= now)
      if (!this.#ended) this.#startChores(now)
    })
    this.#next = next
    this.#committing = next
    return next
  }

  /** One round of chores at a time, each bounded; what is left waits for the next tick. */
  #startChores(now: number): void {
    if (this.#chores) return
    this.#chores = this.#doChores(now).finally(() => {
      this.#chores = null
    })
  }

  async #doChores(now: number): Promise<void> {
    const { catalogue, files, book } = this.#parts
    this.#choreTrouble = null
    const part = this.#closable(now)
    if (part) {
      await this.#chore(`close:${part.name}`, now, async () => {
        this.#bad += await closePart(catalogue, part)
      })
    }
    const day = this.#packableDay(now)
    if (day !== undefined) await this.#chore(`pack:${day}`, now, () => packDay(catalogue, day))
    await this.#chore('slots', now, async () => {
      if (await files.sealOne(now - lateMs)) book.shrink(now - daysInMemory * dayMs)
    })
    if (now < this.#retainAt) return
    this.#retainAt = now + retryMs
    await this.#chore('retain', now, async () => {
      await catalogue.retain(now, removalsAtOnce)
      await files.retain(now, removalsAtOnce)
      this.#slotBytes = await files.bytes()
    })
  }

  async #chore(name: string, now: number, work: () => Promise<void>): Promise<void> {
    if ((this.#retryAt.get(name) ?? 0) > now) return
    try {
      await work()
      this.#retryAt.delete(name)
    } catch (error) {
      this.#retryAt.set(name, now + retryMs)
      this.#choreTrouble = `history cannot be tidied: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  /** The oldest part that nobody writes to. */
  #closable(now: number): Part | undefined {
    return [...this.#parts.catalogue.open.values()]
      .filter(part => !this.#writer.isWriting(part) && (this.#retryAt.get(`close:${part.name}`) ?? 0) <= now)
      .sort((a, b) => a.start - b.start)[0]
  }

  #packableDay(now: number): number | undefined {
    const { catalogue } = this.#parts
    const today = Math.floor((now - lateMs - hourMs) / dayMs) * dayMs
    const openDays = new Set([...catalogue.open.values()].map(part => Math.floor(part.start / dayMs) * dayMs))
    for (const part of catalogue.closed.hours.values()) {
      const day = Math.floor(part.start / dayMs) * dayMs
      if (part.spanMs === hourMs && day < today && !openDays.has(day)) return day
    }
    return undefined
  }

  uptime(window: { from: number; to: number }, nodes?: readonly string[]): ReturnType<History['uptime']> {
    return this.#parts.book.uptime(window, nodes ?? null, this.#parts.clock.now())
  }

  slots(node: string, window: { from: number; to: number }): ReturnType<History['slots']> {
    return this.#parts.book.slots(node, window, this.#parts.clock.now())
  }

  oldestSlot(): number | null {
    return this.#parts.book.oldest()
  }

  series(query: Parameters<History['series']>[0]): ReturnType<History['series']> {
    return findSeries(this.#source, query, tierFor(query, this.#parts.clock.now()))
  }

  rows(query: Parameters<History['rows']>[0]): ReturnType<History['rows']> {
    return findRows(this.#source, query)
  }

  stats(): ReturnType<History['stats']> {
    const { catalogue, files } = this.#parts
    return {
      rows: this.#writer.rows,
      lost: this.#writer.lost,
      bytes: catalogue.bytes() + this.#slotBytes,
      failed: this.#writer.failed ?? files.failed ?? this.#choreTrouble,
      bad: this.#bad + files.bad,
      torn: catalogue.torn + files.torn,
    }
  }

  absence(): Absence | null {
    return this.#parts.absence
  }

  async settled(): Promise<void> {
    await this.#committing
    while (this.#chores) await this.#chores
  }

  async close(): Promise<void> {
    if (this.#ended) return
    const { book, files, sinceBootMs } = this.#parts
    this.#ended = true
    files.append(book.finish(), sinceBootMs())
    await this.settled()
    await this.#writer.flush()
    await files.flush()
    this.#writer.countLost()
    await this.#writer.release(() => true)
    await files.release()
  }
}
