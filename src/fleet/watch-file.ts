// Tells when the fleet file has changed. Editors write beside and rename, so its folder is watched; where the kernel
// tells nothing (network file systems), a slow look does. A file that somebody else could have written is not read.
import { createHash } from 'node:crypto'
import { constants, type Stats, watch } from 'node:fs'
import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
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

/** Reads the file if it and its folder belong to `uid` or root and nobody else may write them. */
export async function readFleetFile(file: string, uid: number): Promise<FileSeen> {
  let real: string
  let handle: FileHandle
  try {
    // A link is followed to its end first: what counts is the file that is read, and each folder that leads to it.
    real = await realpath(file)
    for (const folder of new Set([path.dirname(path.resolve(file)), path.dirname(real)])) {
      const why = whyOpen(folder, await stat(folder), uid)
      if (why !== null) return { kind: 'refused', why }
    }
    // Not blocking: a FIFO in the file's place must not hang the engine.
    handle = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return { kind: 'refused', why: code === 'ENOENT' ? `${file} is not there` : `${file} cannot be opened (${code})` }
  }
  try {
    const found = await handle.stat()
    if (!found.isFile()) return { kind: 'refused', why: `${file} is not a plain file` }
    const why = whyOpen(file, found, uid)
    if (why !== null) return { kind: 'refused', why }
    if (found.size > largestFileBytes) return { kind: 'refused', why: `${file} has ${found.size} bytes` }
    const bytes = await handle.readFile()
    return { kind: 'text', bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
  } finally {
    await handle.close()
  }
}

/** Why somebody else than `uid` and root decides what is in this file or folder; null: nobody does. */
function whyOpen(place: string, found: Stats, uid: number): string | null {
  if (found.uid !== uid && found.uid !== 0) {
    return `${place} belongs to uid ${found.uid}; it must belong to root or uid ${uid}`
  }
  // In a sticky folder others may add files, but not replace one of ours.
  if (found.isDirectory() && (found.mode & 0o1000) !== 0) return null
  if ((found.mode & 0o002) !== 0) return `${place} can be written by everybody: chmod o-w it`
  // A group with the number of its owner is that login's own and has no other members.
  if ((found.mode & 0o020) !== 0 && found.gid !== found.uid) {
    return `${place} can be written by the group ${found.gid}: chmod g-w it`
  }
  return null
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
