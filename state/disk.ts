// The only way in which durable files reach the disk. Every fsync carries a label, so that a test can take each one away
// in turn and prove that something acknowledged would be lost without it.
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises'

/** How a file is opened: `make` fails if it exists (0600), `append` makes it if it is absent, `read` never makes it. */
export type OpenHow = 'make' | 'append' | 'read'

export interface Entry {
  kind: 'file' | 'directory' | 'other'
  size: number
  /** Permission bits only, e.g. 0o700. */
  mode: number
  uid: number
  /** Device and inode: the same file under the same name gives the same text. */
  identity: string
}

/** Errors are those of Node: they carry `code` (`ENOSPC`, `EACCES` …). Paths are absolute. */
export interface Disk {
  open(path: string, how: OpenHow): Promise<OpenFile>
  /** The whole file; null when there is none. */
  read(path: string): Promise<Uint8Array | null>
  rename(from: string, to: string): Promise<void>
  /** An absent file is fine. */
  unlink(path: string): Promise<void>
  /** Names in a directory, sorted. */
  list(path: string): Promise<string[]>
  /** One level, 0700. False when it was there. */
  makeDirectory(path: string): Promise<boolean>
  /** Takes a directory's rights from everyone but its owner. */
  restrict(path: string): Promise<void>
  /** Follows symbolic links; null when there is nothing. */
  stat(path: string): Promise<Entry | null>
  /** Makes the names in a directory durable: what was made, renamed and removed in it. */
  syncDirectory(path: string, label: string): Promise<void>
}

export interface OpenFile {
  /** Writes all bytes at the end, or throws. After a failure an unknown part of them may be there. */
  append(bytes: Uint8Array): Promise<void>
  /** At most `length` bytes; shorter only at the end of the file. */
  readAt(position: number, length: number): Promise<Uint8Array>
  truncate(size: number): Promise<void>
  size(): Promise<number>
  /** Makes the content durable. The name needs `syncDirectory`. */
  sync(label: string): Promise<void>
  close(): Promise<void>
}

/** The `code` of a file-system error, or null. */
export function errorCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null
  return typeof error.code === 'string' ? error.code : null
}

/** No room left, whether of the disk or of a quota. */
export function isFull(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'ENOSPC' || code === 'EDQUOT'
}

const flags: Record<OpenHow, number> = {
  make: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND,
  append: constants.O_RDWR | constants.O_CREAT | constants.O_APPEND,
  read: constants.O_RDONLY,
}

export const realDisk: Disk = {
  async open(path, how) {
    // O_NOFOLLOW: a symbolic link planted under a name of ours must not lead our writes elsewhere.
    return openFile(await open(path, flags[how] | constants.O_NOFOLLOW, 0o600))
  },
  async read(path) {
    try {
      return await readFile(path)
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null
      throw error
    }
  },
  rename,
  async unlink(path) {
    try {
      await unlink(path)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
    }
  },
  async list(path) {
    return (await readdir(path)).sort()
  },
  async makeDirectory(path) {
    try {
      await mkdir(path, { mode: 0o700 })
      return true
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false
      throw error
    }
  },
  async restrict(path) {
    const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      await directory.chmod(0o700)
    } finally {
      await directory.close()
    }
  },
  async stat(path) {
    try {
      const found = await stat(path)
      return {
        kind: found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other',
        size: found.size,
        mode: found.mode & 0o777,
        uid: found.uid,
        identity: `${found.dev}:${found.ino}`,
      }
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
      // A dangling link is something, and not what we expect.
      const link = await lstat(path).catch(() => null)
      return link ? { kind: 'other', size: 0, mode: 0, uid: link.uid, identity: `${link.dev}:${link.ino}` } : null
    }
  },
  syncDirectory,
}

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** As many bytes as were asked for; fewer only at the end of the file. read(2) may give less than it was asked for. */
export async function readAll(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return buffer.subarray(0, done)
}

function openFile(handle: FileHandle): OpenFile {
  return {
    async append(bytes) {
      // write(2) may take less than it was given; nearly full disks do so before they say ENOSPC.
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done)
        done += bytesWritten
      }
    },
    readAt: (position, length) => readAll(handle, position, length),
    truncate: size => handle.truncate(size),
    async size() {
      return (await handle.stat()).size
    },
    sync: () => handle.sync(),
    close: () => handle.close(),
  }
}
