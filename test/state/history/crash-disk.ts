// A disk in memory that keeps apart what was written and what was made durable, so that a power cut can be tried after
// every single operation: what was not synced, names included, is gone then.
import { basename, dirname } from 'node:path'
import type { HistoryDisk, HistoryFile } from '../../../state/history/disk.ts'

interface Content {
  now: Buffer
  durable: Buffer
}

class PowerCut extends Error {}

export class CrashDisk implements HistoryDisk {
  /** Directory → name → content, as programs see it. */
  #seen = new Map<string, Map<string, Content>>()
  /** The same, as it would be after a power cut. */
  #kept = new Map<string, Map<string, Content>>()
  /** Changes made so far. */
  operations = 0
  /** The power is cut instead of doing the change of this number. */
  cutAt = Number.POSITIVE_INFINITY
  /** Which kinds of sync this disk only pretends to do. */
  lies: { files: boolean; directories: boolean } = { files: false, directories: false }

  /** The disk as the next boot finds it. */
  afterPowerCut(): CrashDisk {
    const disk = new CrashDisk()
    for (const [directory, names] of this.#kept) {
      const copies = [...names].map(([name, content]): [string, Content] => {
        const bytes = Buffer.from(content.durable)
        return [name, { now: bytes, durable: Buffer.from(bytes) }]
      })
      disk.#kept.set(directory, new Map(copies))
      disk.#seen.set(directory, new Map(copies))
    }
    return disk
  }

  #change(): void {
    this.operations += 1
    if (this.operations >= this.cutAt) throw new PowerCut('the power was cut')
  }

  #find(path: string): Content {
    const content = this.#seen.get(dirname(path))?.get(basename(path))
    if (!content) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
    return content
  }

  async list(directory: string): Promise<string[]> {
    return [...(this.#seen.get(directory)?.keys() ?? [])].filter(name => name !== '')
  }

  async ensureDirectory(directory: string): Promise<void> {
    if (!this.#seen.has(directory)) this.#seen.set(directory, new Map())
    if (!this.#kept.has(directory)) this.#kept.set(directory, new Map())
  }

  async open(path: string, mode: 'create' | 'read' | 'change'): Promise<HistoryFile> {
    if (mode === 'create') {
      this.#change()
      this.#seen.get(dirname(path))?.set(basename(path), { now: Buffer.alloc(0), durable: Buffer.alloc(0) })
    }
    const content = this.#find(path)
    return {
      write: async (bytes, position) => {
        this.#change()
        const grown = Buffer.alloc(Math.max(content.now.byteLength, position + bytes.byteLength))
        content.now.copy(grown)
        grown.set(bytes, position)
        content.now = grown
        return bytes.byteLength
      },
      read: async (position, length) => Buffer.from(content.now.subarray(position, position + length)),
      size: async () => content.now.byteLength,
      truncate: async length => {
        this.#change()
        content.now = Buffer.from(content.now.subarray(0, length))
      },
      sync: async () => {
        this.#change()
        if (!this.lies.files) content.durable = Buffer.from(content.now)
      },
      close: async () => undefined,
    }
  }

  readNow(path: string): Buffer | null {
    const content = this.#seen.get(dirname(path))?.get(basename(path))
    return content ? Buffer.from(content.now) : null
  }

  async size(path: string): Promise<number> {
    return this.#find(path).now.byteLength
  }

  async rename(from: string, to: string): Promise<void> {
    this.#change()
    const content = this.#find(from)
    this.#seen.get(dirname(from))?.delete(basename(from))
    this.#seen.get(dirname(to))?.set(basename(to), content)
  }

  /** Removals reach the disk at once, without a sync: the order that is worst for whoever removes too early. */
  async remove(path: string): Promise<void> {
    this.#find(path)
    this.#change()
    this.#seen.get(dirname(path))?.delete(basename(path))
    this.#kept.get(dirname(path))?.delete(basename(path))
  }

  async syncDirectory(directory: string): Promise<void> {
    this.#change()
    if (!this.lies.directories) this.#kept.set(directory, new Map(this.#seen.get(directory)))
  }
}
