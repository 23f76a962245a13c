// The whole state in one JSON document, so that starting is fast. It is never the truth: lost, old or foreign, it is
// rebuilt from the journal.
//
// lowdb's own adapter never fsyncs and shares one temporary between processes; its presets silently keep everything in
// memory under NODE_ENV=test. We use its `Low` with an adapter of our own.
import { type Adapter, Low } from 'lowdb'
import { Type } from 'typebox'
import type { Disk } from './disk.ts'
import { Refused } from './primitives/errors.ts'
import { checker } from './primitives/schema.ts'
import { replaceFile } from './replace.ts'

export interface SnapshotDocument {
  /** Version of the shape of `state`. */
  schema: number
  lineage: string
  /** Last commit folded into `state`, and the hash of its line. */
  seq: number
  hash: string
  state: unknown
}

export type SnapshotLoad =
  | { ok: true; document: SnapshotDocument }
  | { ok: false; why: 'lost' | 'invalid' | 'other lineage' | 'older schema' }

const shape = checker(
  Type.Object(
    {
      schema: Type.Integer({ minimum: 1 }),
      lineage: Type.String({ minLength: 1 }),
      seq: Type.Integer({ minimum: 0 }),
      hash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
      state: Type.Unknown(),
    },
    { additionalProperties: false },
  ),
)

export const snapshotName = 'state.json'

export class Snapshot {
  private readonly low: Low<SnapshotDocument | null>
  private readonly schema: number
  private readonly lineage: string
  private queue: Promise<unknown> = Promise.resolve()

  constructor(options: { disk: Disk; home: string; schema: number; lineage: string; unique: () => string }) {
    this.schema = options.schema
    this.lineage = options.lineage
    this.low = new Low(durableAdapter(options.disk, options.home, options.unique), null)
  }

  /** Throws `snapshot-newer`: what a newer version wrote is not thrown away behind the operator's back. */
  async load(): Promise<SnapshotLoad> {
    this.low.data = null
    try {
      await this.low.read()
    } catch (error) {
      if (error instanceof SyntaxError) return { ok: false, why: 'invalid' }
      throw error
    }
    const document: unknown = this.low.data
    this.low.data = null
    if (document === null) return { ok: false, why: 'lost' }
    if (!shape.is(document) || !('state' in document)) return { ok: false, why: 'invalid' }
    if (document.lineage !== this.lineage) return { ok: false, why: 'other lineage' }
    if (document.schema > this.schema) {
      throw new Refused({
        name: 'snapshot-newer',
        message: `${snapshotName} has schema ${document.schema}, this version knows ${this.schema}: a newer Watchfloor wrote it`,
        remedy:
          'Start that version again, or move state.json away to rebuild the state from the journal with this one.',
      })
    }
    if (document.schema < this.schema) return { ok: false, why: 'older schema' }
    return { ok: true, document }
  }

  /** Resolves when it would survive a power cut. One at a time, in order. */
  save(point: { seq: number; hash: string; state: unknown }): Promise<void> {
    const turn = this.queue.then(async () => {
      this.low.data = { schema: this.schema, lineage: this.lineage, ...point }
      try {
        await this.low.write()
      } finally {
        // The document is not kept twice in memory.
        this.low.data = null
      }
    })
    this.queue = turn.catch(() => undefined)
    return turn
  }

  async settled(): Promise<void> {
    await this.queue
  }
}

/** Any JSON comes through `read`: what it is worth is judged by `load`. */
function durableAdapter(disk: Disk, home: string, unique: () => string): Adapter<SnapshotDocument | null> {
  return {
    async read() {
      const bytes = await disk.read(`${home}/${snapshotName}`)
      return bytes === null ? null : JSON.parse(Buffer.from(bytes).toString('utf8'))
    },
    async write(document) {
      await replaceFile({
        disk,
        directory: home,
        name: snapshotName,
        bytes: Buffer.from(JSON.stringify(document), 'utf8'),
        unique: unique(),
        labels: { content: 'snapshot', directory: 'snapshot directory' },
      })
    },
  }
}

/** Seq and hash that the snapshot knows, for anchoring a verification; null when there is none that can be read. */
export async function snapshotAnchor(
  disk: Disk,
  home: string,
): Promise<{ seq: number; hash: string; from: string } | null> {
  const bytes = await disk.read(`${home}/${snapshotName}`)
  if (bytes === null) return null
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return shape.is(document) ? { seq: document.seq, hash: document.hash, from: snapshotName } : null
  } catch {
    return null
  }
}
