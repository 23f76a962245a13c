// Settled slots on disk, one file a day. While the day runs: lines, one a slot, one hexadecimal digit a node. When it is
// over: packed rows and their counts in compressed blocks. Reading both gives the same as either.
import { join } from 'node:path'
import { newerSchema, readBlocksNow, writeBlockFile } from './block-file.ts'
import { cutTornTail, type HistoryDisk, type HistoryFile, writeAll } from './disk.ts'
import { slotMs } from './history.ts'
import type { Settled, SlotArchive } from './slot-book.ts'
import { dayMs, SlotDay, slotsPerDay } from './slot-days.ts'

const slotSchema = 1
const keptDays = 730
/** Lines that wait while the disk takes nothing: a day of them. The slots themselves stay in memory meanwhile. */
const waitingLimit = slotsPerDay
const rowBytes = slotsPerDay / 2

/** When somebody last watched: boot and monotonic time tell how long ago that really was. */
export interface LastSeen {
  at: number
  bootId: string
  sinceBootMs: number
}

interface Writing {
  day: number
  file: HistoryFile
  durable: number
  nodes: Map<string, number>
}

export class SlotFiles implements SlotArchive {
  readonly #disk: HistoryDisk
  readonly #directory: string
  readonly #bootId: string
  readonly #open = new Set<number>()
  readonly #sealed = new Set<number>()
  #days: number[] = []
  #waiting: { slot: Settled; sinceBootMs: number }[] = []
  #writing: Writing | null = null
  /** Lines and files that could not be used. */
  bad = 0
  torn = 0
  /** Slots (of the whole fleet) that never reached the disk. */
  lost = 0
  failed: string | null = null
  lastSeen: LastSeen | null = null

  constructor(disk: HistoryDisk, directory: string, bootId: string) {
    this.#disk = disk
    this.#directory = directory
    this.#bootId = bootId
  }

  async open(): Promise<void> {
    await this.#disk.ensureDirectory(this.#directory)
    for (const name of await this.#disk.list(this.#directory)) {
      if (name.endsWith('.tmp')) await this.#disk.remove(join(this.#directory, name))
      const [, date, ending] = /^(\d{4}-\d\d-\d\d)\.(jsonl|blocks)$/.exec(name) ?? []
      if (date === undefined) continue
      const day = Date.parse(`${date}T00:00Z`)
      if (!Number.isFinite(day)) continue
      if (ending === 'blocks') this.#sealed.add(day)
      else {
        this.#open.add(day)
        this.torn += await cutTornTail(this.#disk, this.#path(day, 'jsonl'))
      }
    }
    this.#sortDays()
  }

  #path(day: number, ending: 'jsonl' | 'blocks'): string {
    return join(this.#directory, `${new Date(day).toISOString().slice(0, 10)}.${ending}`)
  }

  #sortDays(): void {
    this.#days = [...new Set([...this.#open, ...this.#sealed])].sort((a, b) => a - b)
  }

  days(): readonly number[] {
    return this.#days
  }

  load(start: number, rows: boolean): SlotDay | null {
    const day = new SlotDay(start)
    const totalsOnly = !rows && !this.#open.has(start)
    try {
      if (this.#sealed.has(start)) this.#readSealed(day, totalsOnly)
      if (this.#open.has(start)) this.#readLines(day)
    } catch (error) {
      if (isNewer(error)) throw error
      // A day that cannot be read is a day nobody watched: unknown, not a day without nodes.
      this.bad += 1
      this.#days = this.#days.filter(other => other !== start)
      return null
    }
    return day
  }

  #readSealed(day: SlotDay, totalsOnly: boolean): void {
    const path = this.#path(day.start, 'blocks')
    const bytes = this.#disk.readNow(path)
    if (!bytes) return
    const names = ['nodes', 'totals', ...(totalsOnly ? [] : ['slots'])]
    const [nodes, totals, slots] = readBlocksNow(bytes, path, names)
    const list: unknown = nodes ? JSON.parse(nodes.toString('utf8')) : []
    const counts: unknown = totals ? JSON.parse(totals.toString('utf8')) : []
    if (!Array.isArray(list) || !Array.isArray(counts)) return
    list.forEach((node: unknown, i) => {
      if (typeof node !== 'string') return
      if (slots) day.setRow(node, new Uint8Array(slots.subarray(i * rowBytes, (i + 1) * rowBytes)))
      const packed: unknown = counts[i]
      if (!Array.isArray(packed)) return
      const [lead, known, ...own] = packed.map(Number)
      day.setTotals(node, { lead: lead ?? 0, known: known === 2 ? null : known === 1, counts: own })
    })
  }

  /** Reads a day's lines into it; returns the numbers that its nodes have there. */
  #readLines(day: SlotDay): { nodes: Map<string, number>; length: number } {
    const path = this.#path(day.start, 'jsonl')
    const bytes = this.#disk.readNow(path) ?? Buffer.alloc(0)
    const names: string[] = []
    let bootId = ''
    for (const line of bytes.toString('utf8').split('\n')) {
      if (line === '') continue
      const fields = readLine(line)
      if (fields === null) this.bad += 1
      else if ('schema' in fields) {
        if (fields.schema > slotSchema) throw newerSchema(path, fields.schema, slotSchema)
      } else if ('boot' in fields) bootId = fields.boot
      else if ('node' in fields) names[fields.number] = fields.node
      else {
        const end = day.start + (fields.slot + 1) * slotMs
        if (end > (this.lastSeen?.at ?? 0)) this.lastSeen = { at: end, bootId, sinceBootMs: fields.sinceBootMs }
        for (let i = 0; i < fields.codes.length; i += 1) {
          const code = fields.codes.charCodeAt(i) - 48
          const node = names[i]
          if (code >= 0 && code <= 5 && node !== undefined) day.settle(node, fields.slot, code)
        }
      }
    }
    // A number whose name was damaged stays taken: given to another node, it would mix their slots.
    const numbers = Array.from(names, (name, i): [string, number] => [name ?? `\u0000${i}`, i])
    return { nodes: new Map(numbers), length: bytes.byteLength }
  }

  append(settled: readonly Settled[], sinceBootMs: number): void {
    for (const slot of settled) if (slot.nodes.length > 0) this.#waiting.push({ slot, sinceBootMs })
    const over = this.#waiting.length - waitingLimit
    if (over > 0) {
      this.#waiting.splice(0, over)
      this.lost += over
    }
  }

  /** The group commit. Never rejects. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const day = Math.floor((this.#waiting[0]?.slot.start ?? 0) / dayMs) * dayMs
      const own = this.#waiting.filter(({ slot }) => slot.start >= day && slot.start < day + dayMs)
      try {
        await this.#write(day, own)
      } catch (error) {
        this.failed = `slots cannot be written: ${error instanceof Error ? error.message : String(error)}`
        return
      }
      const written = new Set(own)
      this.#waiting = this.#waiting.filter(entry => !written.has(entry))
    }
    this.failed = null
  }

  async #write(day: number, entries: readonly { slot: Settled; sinceBootMs: number }[]): Promise<void> {
    const writing = await this.#writingTo(day)
    const added: string[] = []
    let text = ''
    for (const { slot, sinceBootMs } of entries) {
      for (const node of slot.nodes) {
        if (writing.nodes.has(node)) continue
        text += `${JSON.stringify(['node', writing.nodes.size, node])}\n`
        writing.nodes.set(node, writing.nodes.size)
        added.push(node)
      }
      const codes: string[] = new Array(writing.nodes.size).fill('f')
      slot.nodes.forEach((node, i) => {
        codes[writing.nodes.get(node) ?? 0] = String(slot.codes[i] ?? 'f')
      })
      text += `${JSON.stringify(['slot', (slot.start - day) / slotMs, codes.join(''), Math.round(sinceBootMs)])}\n`
    }
    const bytes = Buffer.from(text)
    try {
      await writeAll(writing.file, bytes, writing.durable)
      await writing.file.sync()
    } catch (error) {
      for (const node of added) writing.nodes.delete(node)
      await writing.file.truncate(writing.durable).catch(() => undefined)
      // What the disk really holds is found out by reading it again, at the next try.
      await this.release()
      throw error
    }
    writing.durable += bytes.byteLength
  }

  async #writingTo(day: number): Promise<Writing> {
    if (this.#writing?.day === day) return this.#writing
    await this.release()
    const path = this.#path(day, 'jsonl')
    if (!this.#open.has(day)) {
      await (await this.#disk.open(path, 'create')).close()
      await this.#disk.syncDirectory(this.#directory)
      this.#open.add(day)
      this.#sortDays()
    }
    await cutTornTail(this.#disk, path)
    const seen = this.lastSeen
    const { nodes, length } = this.#readLines(new SlotDay(day))
    this.lastSeen = seen
    const file = await this.#disk.open(path, 'change')
    const header = length === 0 ? `${JSON.stringify({ schema: slotSchema, day })}\n` : ''
    const start = Buffer.from(`${header}${JSON.stringify(['boot', this.#bootId])}\n`)
    try {
      await writeAll(file, start, length)
    } catch (error) {
      await file.truncate(length).catch(() => undefined)
      await file.close()
      throw error
    }
    this.#writing = { day, file, durable: length + start.byteLength, nodes }
    return this.#writing
  }

  async release(): Promise<void> {
    const writing = this.#writing
    this.#writing = null
    await writing?.file.close().catch(() => undefined)
  }

  /** Packs one day that is over; its lines go when the blocks are durable. Returns whether there was one. */
  async sealOne(before: number): Promise<boolean> {
    const start = this.#days.find(day => this.#open.has(day) && day + dayMs <= before && this.#writing?.day !== day)
    if (start === undefined) return false
    const day = this.load(start, true)
    if (!day) return false
    const nodes = day.nodes()
    const writer = await writeBlockFile(this.#disk, this.#path(start, 'blocks'))
    try {
      await writer.add('nodes', Buffer.from(JSON.stringify(nodes)))
      const totals = nodes.map(node => {
        const own = day.totals(node)
        return own
          ? [own.lead, own.known === null ? 2 : own.known ? 1 : 0, ...own.counts]
          : [slotsPerDay, 2, 0, 0, 0, 0, 0, 0]
      })
      await writer.add('totals', Buffer.from(JSON.stringify(totals)))
      await writer.add(
        'slots',
        Buffer.concat(nodes.map(node => day.rows.get(node) ?? new Uint8Array(rowBytes).fill(255))),
      )
      await writer.finish({ start })
    } catch (error) {
      await writer.discard()
      throw error
    }
    this.#sealed.add(start)
    await this.#disk.remove(this.#path(start, 'jsonl'))
    await this.#disk.syncDirectory(this.#directory)
    this.#open.delete(start)
    return true
  }

  async retain(now: number, limit: number): Promise<void> {
    for (const day of this.#days.filter(start => start + keptDays * dayMs < now).slice(0, limit)) {
      if (this.#sealed.delete(day)) await this.#disk.remove(this.#path(day, 'blocks'))
    }
    this.#sortDays()
  }

  async bytes(): Promise<number> {
    let total = 0
    for (const day of this.#open) total += await this.#disk.size(this.#path(day, 'jsonl')).catch(() => 0)
    for (const day of this.#sealed) total += await this.#disk.size(this.#path(day, 'blocks')).catch(() => 0)
    return total
  }
}

type Line =
  | { schema: number }
  | { boot: string }
  | { node: string; number: number }
  | { slot: number; codes: string; sinceBootMs: number }

function readLine(line: string): Line | null {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    return null
  }
  if (!Array.isArray(parsed)) {
    const header = typeof parsed === 'object' && parsed !== null && 'schema' in parsed ? parsed.schema : null
    return typeof header === 'number' ? { schema: header } : null
  }
  const [kind, first, second, third]: unknown[] = parsed
  if (kind === 'boot' && typeof first === 'string') return { boot: first }
  if (kind === 'node' && isIndex(first, 1_000_000) && typeof second === 'string') return { node: second, number: first }
  if (kind === 'slot' && isIndex(first, slotsPerDay) && typeof second === 'string' && typeof third === 'number') {
    return { slot: first, codes: second, sinceBootMs: third }
  }
  return null
}

function isIndex(value: unknown, below: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < below
}

function isNewer(error: unknown): boolean {
  return error instanceof Error && error.name === 'history-newer'
}
