// The envelope of a commit: how it is written as one line and read back.
import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { checker } from '../primitives/schema.ts'
import type { Commit } from './journal.ts'

/** An event as it lies in the journal: `type` is `noun.what`, the rest is the noun's own shape. */
export interface StoredEvent {
  type: string
  [field: string]: unknown
}

/** The version of the envelope that this program writes. */
export const commitVersion = 1

/** What the first commit has for a predecessor. */
export const noHash = '0'.repeat(64)

const envelope = checker(
  Type.Object(
    {
      seq: Type.Integer({ minimum: 1 }),
      epoch: Type.Integer({ minimum: 1 }),
      v: Type.Integer({ minimum: 1 }),
      at: Type.Number(),
      by: Type.String({ minLength: 1 }),
      cmd: Type.Object(
        { id: Type.String({ minLength: 1 }), type: Type.String({ minLength: 1 }) },
        { additionalProperties: false },
      ),
      events: Type.Array(Type.Object({ type: Type.String({ minLength: 1 }) }, { additionalProperties: true })),
      group: Type.Optional(Type.Integer({ minimum: 1 })),
      prev: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    },
    { additionalProperties: false },
  ),
)

const strict = new TextDecoder('utf-8', { fatal: true })

/** One line without its newline. Keys always come in this order, so that the same commit is the same bytes. */
export function encodeCommit(commit: Commit): Uint8Array {
  const { seq, epoch, v, at, by, cmd, events, group, prev } = commit
  const { id, type } = cmd
  return Buffer.from(JSON.stringify({ seq, epoch, v, at, by, cmd: { id, type }, events, group, prev }), 'utf8')
}

export type Parsed = { ok: true; commit: Commit } | { ok: false; why: string; newer: boolean }

export function parseCommit(line: Uint8Array): Parsed {
  let value: unknown
  try {
    value = JSON.parse(strict.decode(line))
  } catch {
    return { ok: false, why: line.length === 0 ? 'is empty' : 'is not JSON', newer: false }
  }
  const v = typeof value === 'object' && value !== null && 'v' in value ? value.v : null
  if (typeof v === 'number' && v > commitVersion) {
    return { ok: false, why: `was written by a newer Watchfloor (envelope ${v})`, newer: true }
  }
  if (!envelope.is(value)) {
    const first = envelope.errors(value)[0]
    return {
      ok: false,
      why: `is not a commit: ${first?.instancePath ?? ''} ${first?.message ?? ''}`.trim(),
      newer: false,
    }
  }
  return { ok: true, commit: value as Commit }
}

const beginning = /^\{"seq":(\d{1,15}),"epoch":\d+,"v":1,"at":[-+.\de]+,"by":"([^"\\]+)","cmd":/

/** Seq and author of a line without reading the rest of it; null: it has to be parsed. */
export function beginsWith(line: Uint8Array): { seq: number; by: string } | null {
  const match = beginning.exec(Buffer.from(line.buffer, line.byteOffset, Math.min(line.length, 512)).toString('utf8'))
  const [, seq, by] = match ?? []
  return seq === undefined || by === undefined ? null : { seq: Number(seq), by }
}

export function hashLine(line: Uint8Array): string {
  return createHash('sha256').update(line).digest('hex')
}
