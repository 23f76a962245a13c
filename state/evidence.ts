// Outputs and attachments, kept by the hash of their content and named from events. What an event names is durable before
// the event is written.
import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import type { Disk } from './disk.ts'
import { Refused } from './primitives/errors.ts'
import { checker } from './primitives/schema.ts'
import type { Secret } from './primitives/secret.ts'
import { redactor } from './redactor.ts'
import { replaceFile } from './replace.ts'

interface EvidenceReference {
  /** sha256 (hex) of what is kept. */
  hash: string
  /** Bytes kept. */
  bytes: number
  /** Bytes that came, after redaction; more than `bytes` when the middle was left out. */
  total: number
}

interface EvidenceOptions {
  /** Values that must not be kept, in any of their usual encodings. */
  secrets?: readonly Secret[]
  /** More than this is cut in the middle. Default 1 MiB. */
  maxBytes?: number
}

interface EvidenceWriter {
  push(piece: Uint8Array): void
  /** Resolves when it would survive a power cut. */
  end(): Promise<EvidenceReference>
}

type EvidenceContent =
  | { kind: 'content'; bytes: Uint8Array }
  | { kind: 'erased'; at: number; by: string; why: string }
  | { kind: 'lost' }
  /** The content does not fit its hash. */
  | { kind: 'damaged' }

export interface Evidence {
  /** Collects a stream. Memory stays at `maxBytes`. */
  collect(options?: EvidenceOptions): EvidenceWriter
  put(content: Uint8Array | string, options?: EvidenceOptions): Promise<EvidenceReference>
  read(hash: string): Promise<EvidenceContent>
  /** Removes the content for good and keeps who did it, when and why. */
  erase(hash: string, tombstone: { at: number; by: string; why: string }): Promise<void>
}

const tombstoneShape = checker(Type.Object({ at: Type.Number(), by: Type.String(), why: Type.String() }))
const defaultMaxBytes = 1024 * 1024

export function openEvidence({
  disk,
  directory,
  unique,
}: {
  disk: Disk
  directory: string
  unique: () => string
}): Evidence {
  const tombstone = async (hash: string) => {
    const bytes = await disk.read(`${directory}/${hash}.erased`)
    if (bytes === null) return null
    try {
      const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
      if (tombstoneShape.is(value)) return value
    } catch {
      // A tombstone that cannot be read still says that the content is gone on purpose.
    }
    return { at: 0, by: 'unknown', why: 'the tombstone cannot be read' }
  }
  const keep = async (content: Uint8Array, total: number): Promise<EvidenceReference> => {
    const hash = createHash('sha256').update(content).digest('hex')
    const reference = { hash, bytes: content.length, total }
    // What an operator erased does not come back because it was printed again.
    if ((await tombstone(hash)) !== null) return reference
    await replaceFile({
      disk,
      directory,
      name: hash,
      bytes: content,
      unique: unique(),
      labels: { content: 'evidence', directory: 'evidence directory' },
    })
    return reference
  }
  const evidence: Evidence = {
    collect(options = {}) {
      const clean = redactor((options.secrets ?? []).map(secret => secret.reveal()))
      const ends = keepEnds(options.maxBytes ?? defaultMaxBytes)
      return {
        push: piece => ends.push(clean.push(piece)),
        end() {
          ends.push(clean.end())
          const { content, total } = ends.end()
          return keep(content, total)
        },
      }
    },
    put(content, options) {
      const writer = evidence.collect(options)
      writer.push(typeof content === 'string' ? Buffer.from(content, 'utf8') : content)
      return writer.end()
    },
    async read(hash) {
      judgeHash(hash)
      const erased = await tombstone(hash)
      if (erased !== null) return { kind: 'erased', at: erased.at, by: erased.by, why: erased.why }
      const bytes = await disk.read(`${directory}/${hash}`)
      if (bytes === null) return { kind: 'lost' }
      if (createHash('sha256').update(bytes).digest('hex') !== hash) return { kind: 'damaged' }
      return { kind: 'content', bytes }
    },
    async erase(hash, { at, by, why }) {
      judgeHash(hash)
      await replaceFile({
        disk,
        directory,
        name: `${hash}.erased`,
        bytes: Buffer.from(`${JSON.stringify({ at, by, why })}\n`, 'utf8'),
        unique: unique(),
        labels: { content: 'evidence tombstone', directory: 'evidence tombstone directory' },
      })
      // Only now: content that is gone without a tombstone would look like a loss.
      await disk.unlink(`${directory}/${hash}`)
      await disk.syncDirectory(directory, 'evidence erased directory')
    },
  }
  return evidence
}

function judgeHash(hash: string): void {
  if (/^[0-9a-f]{64}$/.test(hash)) return
  throw new Refused({ name: 'evidence-name', message: 'evidence is named by 64 hexadecimal digits' })
}

/** The beginning and the end of a stream, with a line between them that says how much is missing. */
function keepEnds(maxBytes: number) {
  const headRoom = Math.ceil((maxBytes * 3) / 4)
  const tailRoom = maxBytes - headRoom
  const head: Uint8Array[] = []
  let headBytes = 0
  let tail: Uint8Array[] = []
  let tailBytes = 0
  let total = 0
  return {
    push(piece: Uint8Array): void {
      total += piece.length
      const first = piece.subarray(0, headRoom - headBytes)
      if (first.length > 0) {
        head.push(Uint8Array.from(first))
        headBytes += first.length
      }
      const rest = piece.subarray(first.length)
      if (rest.length === 0) return
      tail.push(Uint8Array.from(rest))
      tailBytes += rest.length
      if (tailBytes <= 2 * tailRoom) return
      const kept = Buffer.concat(tail).subarray(-tailRoom || tailBytes)
      tail = [kept]
      tailBytes = kept.length
    },
    end(): { content: Uint8Array; total: number } {
      if (total <= maxBytes) return { content: Buffer.concat([...head, ...tail]), total }
      const end = Buffer.concat(tail).subarray(-tailRoom || tailBytes)
      const gap = Buffer.from(`\n[${total - headBytes - end.length} bytes left out]\n`, 'utf8')
      return { content: Buffer.concat([...head, gap, end]), total }
    },
  }
}
