// Which files of samples and rollups there are. A part is what one writer kept of one hour: a restart begins a new part
// instead of reading the old one, so that starting is quick however much was written.
import { join } from 'node:path'
import { newerSchema, readBlockFile } from './block-file.ts'
import type { HistoryDisk } from './disk.ts'
import { cutTornTail } from './disk.ts'
import { hourMs, SampleReader, sampleSchema } from './sample-lines.ts'

export const dayMs = 86_400_000
const tiers = ['samples', 'minutes', 'hours'] as const
export type Tier = (typeof tiers)[number]

/** How long each tier is kept. */
export const keptMs: Readonly<Record<Tier, number>> = { samples: 14 * dayMs, minutes: 90 * dayMs, hours: 730 * dayMs }

export interface Part {
  /** `2026-11-22T02.0`, or `2026-11-22.0` for a day of hours. */
  name: string
  start: number
  spanMs: number
  number: number
  bytes: number
}

export function partName(start: number, spanMs: number, number: number): string {
  return `${new Date(start).toISOString().slice(0, spanMs === dayMs ? 10 : 13)}.${number}`
}

function readName(file: string): { part: Omit<Part, 'bytes'>; open: boolean } | null {
  const found = /^(\d{4}-\d\d-\d\d)(T\d\d)?\.(\d{1,9})\.(jsonl|blocks)$/.exec(file)
  if (!found) return null
  const [, day = '', hour, number = '', ending] = found
  const start = Date.parse(hour === undefined ? `${day}T00:00Z` : `${day}${hour}:00Z`)
  if (!Number.isFinite(start)) return null
  const spanMs = hour === undefined ? dayMs : hourMs
  return {
    part: { name: partName(start, spanMs, Number(number)), start, spanMs, number: Number(number) },
    open: ending === 'jsonl',
  }
}

export class Catalogue {
  readonly disk: HistoryDisk
  readonly #directory: string
  /** Parts in the open form, by name. */
  readonly open = new Map<string, Part>()
  /** Parts in the closed form, by tier and name. */
  readonly closed: Record<Tier, Map<string, Part>> = { samples: new Map(), minutes: new Map(), hours: new Map() }
  /** Bytes of half-written lines that were cut when history was opened. */
  torn = 0

  constructor(disk: HistoryDisk, directory: string) {
    this.disk = disk
    this.#directory = directory
  }

  openPath(part: Pick<Part, 'name'>): string {
    return join(this.#directory, 'samples', `${part.name}.jsonl`)
  }
  closedPath(tier: Tier, part: Pick<Part, 'name'>): string {
    return join(this.#directory, tier, `${part.name}.blocks`)
  }
  directoryOf(tier: Tier): string {
    return join(this.#directory, tier)
  }

  /** Lists the files and sweeps up after a crash: temporary files, torn lines, open forms that were already closed. */
  async load(): Promise<void> {
    for (const tier of tiers) {
      const directory = this.directoryOf(tier)
      await this.disk.ensureDirectory(directory)
      for (const file of await this.disk.list(directory)) {
        if (file.endsWith('.tmp')) {
          await this.disk.remove(join(directory, file))
          continue
        }
        const named = readName(file)
        if (!named) continue
        const part = { ...named.part, bytes: await this.disk.size(join(directory, file)) }
        if (named.open) this.open.set(part.name, part)
        else this.closed[tier].set(part.name, part)
      }
    }
    for (const part of [...this.open.values()]) {
      if (this.closed.samples.has(part.name)) await this.forgetOpen(part)
      else {
        const cut = await cutTornTail(this.disk, this.openPath(part))
        this.torn += cut
        part.bytes -= cut
        await this.#refuseNewer(part)
      }
    }
    for (const tier of tiers) {
      const newest = [...this.closed[tier].values()].sort((a, b) => b.start - a.start || b.number - a.number)[0]
      if (!newest) continue
      await readBlockFile(this.disk, this.closedPath(tier, newest), async () => undefined).catch((error: unknown) => {
        // A damaged file is a gap for whoever asks about its time; a newer one means that this program must not write.
        if (error instanceof Error && error.name === 'history-newer') throw error
      })
    }
  }

  async #refuseNewer(part: Part): Promise<void> {
    const path = this.openPath(part)
    const file = await this.disk.open(path, 'read')
    try {
      const [header = ''] = (await file.read(0, 256)).toString('utf8').split('\n', 1)
      const reader = new SampleReader(part.start)
      reader.read(header)
      if (reader.schema > sampleSchema) throw newerSchema(path, reader.schema, sampleSchema)
    } finally {
      await file.close()
    }
  }

  /** Removes the open form of a part whose closed form is durable. */
  async forgetOpen(part: Part): Promise<void> {
    await this.disk.remove(this.openPath(part))
    await this.disk.syncDirectory(this.directoryOf('samples'))
    this.open.delete(part.name)
  }

  async forgetClosed(tier: Tier, part: Part): Promise<void> {
    await this.disk.remove(this.closedPath(tier, part))
    this.closed[tier].delete(part.name)
  }

  nextPart(hour: number): Part {
    let number = 0
    for (const part of [...this.open.values(), ...this.closed.samples.values()]) {
      if (part.start === hour) number = Math.max(number, part.number + 1)
    }
    return { name: partName(hour, hourMs, number), start: hour, spanMs: hourMs, number, bytes: 0 }
  }

  /** Removes up to `limit` closed files that are past their time; the rest waits for the next call. */
  async retain(now: number, limit: number): Promise<void> {
    let left = limit
    for (const tier of tiers) {
      for (const part of [...this.closed[tier].values()]) {
        if (part.start + part.spanMs + keptMs[tier] > now) continue
        if (left === 0) return
        left -= 1
        await this.forgetClosed(tier, part)
      }
    }
  }

  bytes(): number {
    let total = 0
    for (const part of this.open.values()) total += part.bytes
    for (const tier of tiers) for (const part of this.closed[tier].values()) total += part.bytes
    return total
  }
}
