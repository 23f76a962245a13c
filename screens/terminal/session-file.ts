// Where a room's view lies between two sessions: a small private file of the operator's own. It is no state of the fleet,
// and losing it costs a few keys.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** A view is a few kilobytes; marks on ten thousand nodes are some hundred. */
const largest = 1024 * 1024

/** What was kept; null when there is nothing that can be read. */
export function readSession(file: string): unknown {
  try {
    const bytes = readFileSync(file)
    return bytes.length > largest ? null : JSON.parse(bytes.toString('utf8'))
  } catch {
    // None yet, or a torn one: the room opens as at first.
    return null
  }
}

/** Whole or not at all; a disk that takes nothing costs the view and never the room. */
export function writeSession(file: string, kept: object): void {
  const temporary = `${file}.${process.pid}`
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(temporary, JSON.stringify(kept), { mode: 0o600 })
    renameSync(temporary, file)
  } catch {
    try {
      rmSync(temporary, { force: true })
    } catch {
      // Where there is no folder there is nothing to remove either.
    }
  }
}
