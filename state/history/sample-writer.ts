// Takes samples in memory and makes them durable in one write and one fsync a call. A disk that is full or broken costs
// samples, which are counted; it never costs the engine.
import type { Catalogue, Part } from './catalogue.ts'
import { type HistoryFile, writeAll } from './disk.ts'
import type { HistoryRow } from './history.ts'
import { emptyTables, encodeRows, headerLine, hourMs, type NameTables } from './sample-lines.ts'

/** While the disk takes nothing, this many of the newest samples wait in memory; older ones are lost. */
const waitingLimit = 20_000

interface Writing {
  part: Part
  file: HistoryFile
  /** Length of what is durable: where the next write begins. */
  durable: number
  tables: NameTables
}

export class SampleWriter {
  readonly #catalogue: Catalogue
  #waiting: HistoryRow[] = []
  #flying: readonly HistoryRow[] = []
  readonly #writing = new Map<number, Writing>()
  rows = 0
  lost = 0
  failed: string | null = null

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue
  }

  append(rows: readonly HistoryRow[]): void {
    for (const row of rows) {
      if (Number.isFinite(row.at)) this.#waiting.push(row)
      else this.lost += 1
    }
    this.rows += rows.length
    this.#drop()
  }

  /** Samples that are not durable yet. */
  undurable(): HistoryRow[] {
    return [...this.#flying, ...this.#waiting]
  }

  /** The group commit. Never rejects. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return
    const rows = this.#waiting
    this.#waiting = []
    this.#flying = rows
    const kept: HistoryRow[] = []
    let trouble: string | null = null
    for (const [hour, own] of Map.groupBy(rows, row => Math.floor(row.at / hourMs) * hourMs)) {
      try {
        await this.#write(hour, own)
      } catch (error) {
        trouble = `samples cannot be written: ${error instanceof Error ? error.message : String(error)}`
        kept.push(...own)
      }
    }
    this.#flying = []
    this.failed = trouble
    if (kept.length > 0) {
      this.#waiting = [...kept, ...this.#waiting]
      this.#drop()
    }
  }

  async #write(hour: number, rows: readonly HistoryRow[]): Promise<void> {
    const writing = this.#writing.get(hour) ?? (await this.#begin(hour))
    const { text, forget } = encodeRows(rows, hour, writing.tables)
    const bytes = Buffer.from(writing.durable === 0 ? headerLine(hour) + text : text)
    let written = false
    try {
      await writeAll(writing.file, bytes, writing.durable)
      written = true
      await writing.file.sync()
    } catch (error) {
      forget()
      // After a failed fsync nobody knows what the disk holds: what is known good stays, and a new part is begun.
      const cut = await writing.file.truncate(writing.durable).then(
        () => true,
        () => false,
      )
      if (written || !cut || writing.durable === 0) await this.#abandon(hour, writing)
      throw error
    }
    if (writing.durable === 0) await this.#catalogue.disk.syncDirectory(this.#catalogue.directoryOf('samples'))
    writing.durable += bytes.byteLength
    writing.part.bytes = writing.durable
  }

  async #begin(hour: number): Promise<Writing> {
    const part = this.#catalogue.nextPart(hour)
    const file = await this.#catalogue.disk.open(this.#catalogue.openPath(part), 'create')
    this.#catalogue.open.set(part.name, part)
    const writing = { part, file, durable: 0, tables: emptyTables() }
    this.#writing.set(hour, writing)
    return writing
  }

  async #abandon(hour: number, writing: Writing): Promise<void> {
    this.#writing.delete(hour)
    await writing.file.close().catch(() => undefined)
    if (writing.durable === 0) await this.#catalogue.forgetOpen(writing.part).catch(() => undefined)
  }

  #drop(): void {
    const over = this.#waiting.length - waitingLimit
    if (over <= 0 || (this.failed === null && this.#flying.length === 0)) return
    this.#waiting.splice(0, over)
    this.lost += over
  }

  /** Is this part still being written to? */
  isWriting(part: Part): boolean {
    return this.#writing.get(part.start)?.part.name === part.name
  }

  /** Ends writing to hours that `isOver`; rows that still come for them begin a new part. */
  async release(isOver: (hour: number) => boolean): Promise<void> {
    for (const [hour, writing] of [...this.#writing]) {
      if (!isOver(hour)) continue
      this.#writing.delete(hour)
      await writing.file.close().catch(() => undefined)
    }
  }

  /** Gives up on what is still not durable, after a last try by the caller. */
  countLost(): void {
    this.lost += this.#waiting.length
    this.#waiting = []
  }
}
