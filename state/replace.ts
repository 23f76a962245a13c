// Puts a whole file in place of another so that a crash at any moment leaves the old one or the new one, whole.
import type { Disk } from './disk.ts'

export interface Replacement {
  disk: Disk
  directory: string
  name: string
  bytes: Uint8Array
  /** Something no other writer uses, for the temporary's name. */
  unique: string
  /** Labels of the fsyncs of the content and of the directory. */
  labels: { content: string; directory: string }
}

/** Resolves when the new content and its name are durable. On failure the old file is untouched and no temporary stays. */
export async function replaceFile({ disk, directory, name, bytes, unique, labels }: Replacement): Promise<void> {
  const temporary = `${directory}/${temporaryName(name, unique)}`
  const file = await disk.open(temporary, 'make')
  try {
    try {
      await file.append(bytes)
      await file.sync(labels.content)
      // Re-read before it takes the place of a good one: libraries have put truncated files there on a full disk.
      const written = await file.readAt(0, bytes.length + 1)
      if (!sameBytes(written, bytes)) throw new Error(`${temporary} does not read back as it was written`)
    } finally {
      await file.close()
    }
    await disk.rename(temporary, `${directory}/${name}`)
  } catch (error) {
    await disk.unlink(temporary).catch(() => undefined)
    throw error
  }
  await disk.syncDirectory(directory, labels.directory)
}

/** Removes what writers that were killed left behind. Call only under the lock. Returns the names. */
export async function sweepTemporaries(disk: Disk, directory: string): Promise<string[]> {
  const left = (await disk.list(directory)).filter(name => /^\..+\.tmp$/.test(name))
  for (const name of left) await disk.unlink(`${directory}/${name}`)
  return left
}

function temporaryName(name: string, unique: string): string {
  return `.${name}.${unique}.tmp`
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && Buffer.compare(one, other) === 0
}
