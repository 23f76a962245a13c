// The file system as history needs it, as an argument: tests put a disk under it that is full, lies or stops half way.
import { constants, readFileSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { errorCode, readAll, syncDirectory } from '../disk.ts'

export interface HistoryFile {
  /** Writes at `position` and returns how many bytes were taken: fewer than given is possible. */
  write(bytes: Uint8Array, position: number): Promise<number>
  /** Fewer bytes than asked for only at the end of the file. */
  read(position: number, length: number): Promise<Buffer>
  size(): Promise<number>
  truncate(length: number): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

export interface HistoryDisk {
  /** Names in a directory; none when it does not exist. */
  list(directory: string): Promise<string[]>
  ensureDirectory(directory: string): Promise<void>
  /** `create` fails when the file exists. Files are made 0600. */
  open(path: string, mode: 'create' | 'read' | 'change'): Promise<HistoryFile>
  /** For old slots, which are small and asked for synchronously. Null when there is no such file. */
  readNow(path: string): Buffer | null
  size(path: string): Promise<number>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Makes creations, renames and removals in a directory durable. */
  syncDirectory(directory: string): Promise<void>
}

export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT'
}

class RealFile implements HistoryFile {
  readonly #handle: FileHandle
  constructor(handle: FileHandle) {
    this.#handle = handle
  }
  async write(bytes: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.write(bytes, 0, bytes.byteLength, position)).bytesWritten
  }
  read(position: number, length: number): Promise<Buffer> {
    return readAll(this.#handle, position, length)
  }
  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }
  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length)
  }
  sync(): Promise<void> {
    return this.#handle.sync()
  }
  close(): Promise<void> {
    return this.#handle.close()
  }
}

export const realDisk: HistoryDisk = {
  async list(directory) {
    try {
      return await readdir(directory)
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  },
  async ensureDirectory(directory) {
    await mkdir(directory, { recursive: true, mode: 0o700 })
  },
  async open(path, mode) {
    const { O_CREAT, O_EXCL, O_RDWR, O_RDONLY, O_NOFOLLOW } = constants
    const flags = mode === 'create' ? O_RDWR | O_CREAT | O_EXCL : mode === 'change' ? O_RDWR : O_RDONLY
    return new RealFile(await open(path, flags | O_NOFOLLOW, 0o600))
  },
  readNow(path) {
    try {
      return readFileSync(path)
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  },
  async size(path) {
    return (await stat(path)).size
  },
  rename: (from, to) => rename(from, to),
  remove: path => unlink(path),
  syncDirectory,
}

/** Writes all of it, however small the pieces that the disk takes. */
export async function writeAll(file: HistoryFile, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0
  while (done < bytes.byteLength) {
    const taken = await file.write(bytes.subarray(done), position + done)
    if (taken <= 0) throw new Error('the disk takes no more bytes')
    done += taken
  }
}

/** Cuts what follows the last newline (a write that a crash stopped half way). Returns how many bytes were cut. */
export async function cutTornTail(disk: HistoryDisk, path: string): Promise<number> {
  const file = await disk.open(path, 'change')
  try {
    const size = await file.size()
    let end = size
    while (end > 0) {
      const start = Math.max(0, end - 65_536)
      const newline = (await file.read(start, end - start)).lastIndexOf(10)
      if (newline >= 0) {
        end = start + newline + 1
        break
      }
      end = start
    }
    if (end < size) {
      await file.truncate(end)
      await file.sync()
    }
    return size - end
  } finally {
    await file.close()
  }
}
