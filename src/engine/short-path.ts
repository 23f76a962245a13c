// A Unix socket's path has room for 107 bytes, a home may lie deeper: then its folder is reached through a descriptor.
import { closeSync, constants, openSync } from 'node:fs'
import path from 'node:path'

const longestSocketPath = 107

/** A path that fits and leads to the same socket, and what to close when it is no longer needed. */
export function shortPath(socketPath: string): { path: string; close(): void } {
  if (Buffer.byteLength(socketPath) <= longestSocketPath) return { path: socketPath, close: () => {} }
  const folder = openSync(path.dirname(socketPath), constants.O_RDONLY | constants.O_DIRECTORY)
  return { path: `/proc/self/fd/${folder}/${path.basename(socketPath)}`, close: () => closeSync(folder) }
}
