// Tells when the fleet file has changed. Editors write beside and rename, so its folder is watched; where the kernel
// tells nothing (network file systems), a slow look does. A file that somebody else could have written is not read.
import { createHash } from 'node:crypto'
import { constants, watch } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import path from 'node:path'
import type { Clock } from '../../state/primitives/clock.ts'
import { largestFileBytes } from './source.ts'

export type FileSeen =
  | { kind: 'text'; bytes: Uint8Array; sha256: string }
  /** Not read, and why; what ran goes on running. */
  | { kind: 'refused'; why: string }

export interface WatchFileOptions {
  path: string
  clock: Clock
  /** The engine's uid: the file must belong to it or to root. */
  uid: number
  /** Waits for writers to finish. Default 200 ms. */
  debounceMs?: number
  /** Looks even when nothing was told. Default 5 s. */
  pollMs?: number
}

/** Calls `seen` once at the start and then for every content that differs from the last. Returns how to stop. */
export function watchFleetFile(options: WatchFileOptions, seen: (file: FileSeen) => void): () => void {
  const { clock, debounceMs = 200, pollMs = 5000 } = options
  let last: string | null = null
  let stopped = false
  let cancelSettle = () => {}
  let cancelPoll = () => {}
  let looking: Promise<void> = Promise.resolve()

  const look = () => {
    // One look at a time, in order: an older read never overtakes a newer one.
    looking = looking.then(async () => {
      if (stopped) return
      const file = await readFleetFile(options.path, options.uid)
      const mark = file.kind === 'text' ? file.sha256 : file.why
      if (stopped || mark === last) return
      last = mark
      seen(file)
    })
  }
  const settle = () => {
    cancelSettle()
    cancelSettle = clock.after(debounceMs, look)
  }
  const poll = () => {
    cancelPoll = clock.after(pollMs, () => {
      look()
      poll()
    })
  }
  const watcher = watchFolder(options.path, settle)
  poll()
  look()
  return () => {
    stopped = true
    cancelSettle()
    cancelPoll()
    watcher?.close()
  }
}

/** Reads the file if it belongs to `uid` or root and nobody else may write it. */
export async function readFleetFile(file: string, uid: number): Promise<FileSeen> {
  let handle: FileHandle
  try {
    // Not blocking: a FIFO in the file's place must not hang the engine.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return { kind: 'refused', why: code === 'ENOENT' ? `${file} is not there` : `${file} cannot be opened (${code})` }
  }
  try {
    const found = await handle.stat()
    if (!found.isFile()) return { kind: 'refused', why: `${file} is not a plain file` }
    if (found.uid !== uid && found.uid !== 0) {
      return { kind: 'refused', why: `${file} belongs to uid ${found.uid}; it must belong to root or uid ${uid}` }
    }
    if ((found.mode & 0o002) !== 0) return { kind: 'refused', why: `${file} can be written by everybody: chmod o-w it` }
    if (found.size > largestFileBytes) return { kind: 'refused', why: `${file} has ${found.size} bytes` }
    const bytes = await handle.readFile()
    return { kind: 'text', bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
  } catch (error) {
    // A network file system that fails in the middle must not end the engine: what ran goes on running.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return { kind: 'refused', why: `${file} cannot be read (${code})` }
  } finally {
    await handle.close()
  }
}

function watchFolder(file: string, changed: () => void): { close(): void } | null {
  try {
    const name = path.basename(file)
    const watcher = watch(path.dirname(file), { persistent: false }, (_event, touched) => {
      if (touched === null || touched === name) changed()
    })
    // Too many watches, or the folder went away: the slow look goes on.
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return null
  }
}
