// The closed form of everything in history: named, zstd-compressed blocks and an index at the end, so that one node's
// part is read without the rest. Written beside its place and renamed into it: there is never half a file.

import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { constants, crc32, zstdCompress, zstdDecompress, zstdDecompressSync } from 'node:zlib'
import { BadAnswer } from '../primitives/errors.ts'
import { type HistoryDisk, writeAll } from './disk.ts'

const blockFileSchema = 1
const magic = Buffer.from('WFBLOCK1')
/** Index offset (8), index length (4), checksum of the index (4), magic (8). */
const footerBytes = 24
const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)
const options = { params: { [constants.ZSTD_c_compressionLevel]: 6, [constants.ZSTD_c_checksumFlag]: 1 } }

export interface BlockIndex {
  schema: number
  /** Facts about the whole file. */
  about: Readonly<Record<string, number>>
  /** Name → offset and length of its block. */
  blocks: ReadonlyMap<string, readonly [number, number]>
}

export interface BlockWriter {
  add(name: string, content: Uint8Array): Promise<void>
  /** Makes the file durable under its real name; returns its size. */
  finish(about: Readonly<Record<string, number>>): Promise<number>
  /** Gives up and leaves nothing behind. */
  discard(): Promise<void>
}

export async function writeBlockFile(disk: HistoryDisk, path: string): Promise<BlockWriter> {
  const temporary = `${path}.tmp`
  await disk.remove(temporary).catch(() => undefined)
  const file = await disk.open(temporary, 'create')
  const blocks: [string, number, number][] = []
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  let position = 0
  const flush = async () => {
    const bytes = Buffer.concat(waiting)
    waiting = []
    waitingBytes = 0
    await writeAll(file, bytes, position - bytes.byteLength)
  }
  return {
    async add(name, content) {
      const packed = await compress(content, options)
      blocks.push([name, position, packed.byteLength])
      waiting.push(packed)
      waitingBytes += packed.byteLength
      position += packed.byteLength
      if (waitingBytes > 262_144) await flush()
    },
    async finish(about) {
      const index = await compress(Buffer.from(JSON.stringify({ schema: blockFileSchema, about, blocks })), options)
      const footer = Buffer.alloc(footerBytes)
      footer.writeDoubleBE(position, 0)
      footer.writeUInt32BE(index.byteLength, 8)
      footer.writeUInt32BE(crc32(index), 12)
      magic.copy(footer, 16)
      waiting.push(index, footer)
      position += index.byteLength + footerBytes
      await flush()
      await file.sync()
      await file.close()
      await disk.rename(temporary, path)
      await disk.syncDirectory(dirname(path))
      return position
    },
    async discard() {
      await file.close().catch(() => undefined)
      await disk.remove(temporary).catch(() => undefined)
    },
  }
}

function damaged(path: string, why: string): BadAnswer {
  return new BadAnswer({
    name: 'history-damaged',
    message: `${path} is damaged: ${why}`,
    remedy: 'Move the file away; the time that it covers will show as a gap.',
  })
}

function readFooter(footer: Buffer, path: string): { offset: number; length: number; checksum: number } {
  if (footer.byteLength !== footerBytes || !footer.subarray(16).equals(magic)) throw damaged(path, 'its end is missing')
  return { offset: footer.readDoubleBE(0), length: footer.readUInt32BE(8), checksum: footer.readUInt32BE(12) }
}

/** What a file says about itself is judged before it is believed. */
function readIndex(packed: Buffer, checksum: number, path: string): BlockIndex {
  if (crc32(packed) !== checksum) throw damaged(path, 'its index does not match its checksum')
  const index: unknown = JSON.parse(zstdDecompressSync(packed).toString('utf8'))
  if (!isIndex(index)) throw damaged(path, 'its index is not one')
  if (index.schema > blockFileSchema) throw newerSchema(path, index.schema, blockFileSchema)
  return {
    schema: index.schema,
    about: index.about,
    blocks: new Map(index.blocks.map(([name, offset, length]) => [name, [offset, length]])),
  }
}

function isIndex(
  value: unknown,
): value is { schema: number; about: Record<string, number>; blocks: [string, number, number][] } {
  if (typeof value !== 'object' || value === null) return false
  if (!('schema' in value) || typeof value.schema !== 'number') return false
  if (!('about' in value) || typeof value.about !== 'object' || value.about === null) return false
  return 'blocks' in value && Array.isArray(value.blocks)
}

export function newerSchema(path: string, found: number, known: number): BadAnswer {
  return new BadAnswer({
    name: 'history-newer',
    message: `${path} was written by a newer watchfloor (format ${found}; this one reads up to ${known})`,
    remedy: 'Install that version again, or move the history directory away to begin an empty one.',
  })
}

/** Opens, reads the index, and hands a reader of blocks to `use`. A missing block is null. */
export async function readBlockFile<T>(
  disk: HistoryDisk,
  path: string,
  use: (index: BlockIndex, block: (name: string) => Promise<Buffer | null>) => Promise<T>,
): Promise<T> {
  const file = await disk.open(path, 'read')
  try {
    const size = await file.size()
    const { offset, length, checksum } = readFooter(await file.read(Math.max(0, size - footerBytes), footerBytes), path)
    if (offset + length + footerBytes !== size) throw damaged(path, 'its length is not what its end says')
    const index = readIndex(await file.read(offset, length), checksum, path)
    return await use(index, async name => {
      const place = index.blocks.get(name)
      return place ? await decompress(await file.read(place[0], place[1])) : null
    })
  } finally {
    await file.close()
  }
}

/** The same, at once: for small files that are asked for synchronously. */
export function readBlocksNow(bytes: Buffer, path: string, names: readonly string[]): (Buffer | null)[] {
  const { offset, length, checksum } = readFooter(bytes.subarray(Math.max(0, bytes.byteLength - footerBytes)), path)
  const index = readIndex(bytes.subarray(offset, offset + length), checksum, path)
  return names.map(name => {
    const place = index.blocks.get(name)
    return place ? zstdDecompressSync(bytes.subarray(place[0], place[0] + place[1])) : null
  })
}
