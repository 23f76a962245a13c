// What the world must remember over a kill -9: small JSON documents, replaced as a whole or not at all.
import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Static, TSchema } from 'typebox'
import { errorCode } from '../../state/disk.ts'
import { BadAnswer } from '../../state/primitives/errors.ts'
import type { Check } from '../../state/primitives/schema.ts'

/** Temp file beside the target, fsync, rename, fsync of the directory. Mode 0600. */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${randomUUID()}.tmp`
  const file = openSync(temporary, 'wx', 0o600)
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
    fsyncSync(file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
  const directory = openSync(dirname(path), 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

/** null if there is no such file; throws `sandbox-damaged` if it is not what was written. */
export function readDocument<S extends TSchema>(path: string, check: Check<S>): Static<S> | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
  let value: unknown = null
  try {
    value = JSON.parse(text)
  } catch {
    // Falls through to the refusal below: null is no document.
  }
  if (check.is(value)) return value
  throw new BadAnswer({
    name: 'sandbox-damaged',
    message: `${path} is not a sandbox document that this version can read`,
    remedy: 'Remove the sandbox directory; a new world is made at the next start.',
  })
}

export function writeDocument(path: string, value: unknown): void {
  replaceFile(path, `${JSON.stringify(value)}\n`)
}
