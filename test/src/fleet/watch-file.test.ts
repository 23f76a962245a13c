import { chmodSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FileSeen, readFleetFile, watchFleetFile } from '../../../src/fleet/watch-file.ts'
import { systemClock, VirtualClock } from '../../../state/primitives/clock.ts'

let dir = ''
let file = ''
let stop = () => {}
const uid = process.getuid?.() ?? 0

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'watchfloor-fleet-'))
  file = path.join(dir, 'fleet.yaml')
  writeFileSync(file, 'one', { mode: 0o600 })
})
afterEach(() => {
  stop()
  stop = () => {}
  rmSync(dir, { recursive: true })
})

/** What is seen, one after the other, as promises that wait. */
function watching(options: { debounceMs?: number; pollMs?: number; clock?: VirtualClock } = {}) {
  const seen: string[] = []
  const waiting: (() => void)[] = []
  const { clock = systemClock, ...rest } = options
  stop = watchFleetFile({ path: file, uid, clock, debounceMs: 5, ...rest }, found => {
    seen.push(textOf(found))
    for (const wake of waiting.splice(0)) wake()
  })
  return {
    seen,
    async until(text: string) {
      while (!seen.includes(text)) await new Promise<void>(resolve => waiting.push(resolve))
      return seen
    },
  }
}

function textOf(found: FileSeen): string {
  return found.kind === 'text' ? Buffer.from(found.bytes).toString() : found.why
}

describe('a change is seen', () => {
  test('at the start, as the file is', async () => {
    await watching().until('one')
  })

  test('when the file is written in place', async () => {
    const watched = watching({ pollMs: 3_600_000 })
    await watched.until('one')
    writeFileSync(file, 'two')
    expect(await watched.until('two')).toEqual(['one', 'two'])
  })

  test('when an editor renames a new file over it, again and again', async () => {
    const watched = watching({ pollMs: 3_600_000 })
    await watched.until('one')
    for (const text of ['two', 'three']) {
      writeFileSync(path.join(dir, '.fleet.yaml.swp'), text, { mode: 0o600 })
      renameSync(path.join(dir, '.fleet.yaml.swp'), file)
      await watched.until(text)
    }
    expect(watched.seen).toEqual(['one', 'two', 'three'])
  })

  test('when it goes away and comes back', async () => {
    const watched = watching({ pollMs: 3_600_000 })
    await watched.until('one')
    unlinkSync(file)
    await watched.until(`${file} is not there`)
    writeFileSync(file, 'one', { mode: 0o600 })
    expect(await watched.until('one')).toHaveLength(2)
  })

  test('by the slow look where the kernel tells nothing', async () => {
    const clock = new VirtualClock(0)
    const watched = watching({ clock, debounceMs: 3_600_000, pollMs: 5_000 })
    await watched.until('one')
    writeFileSync(file, 'two')
    clock.advance(5_000)
    await watched.until('two')
  })
})

test('the same content written again is not told', async () => {
  const clock = new VirtualClock(0)
  const watched = watching({ clock, pollMs: 1_000 })
  await watched.until('one')
  writeFileSync(file, 'one')
  clock.advance(1_000)
  writeFileSync(file, 'two')
  clock.advance(1_000)
  expect(await watched.until('two')).toEqual(['one', 'two'])
})

test('a file that everybody can write is not read', async () => {
  chmodSync(file, 0o666)
  expect(textOf(await readFleetFile(file, uid))).toContain('can be written by everybody')
})

test('a file of another user is not read', async () => {
  // Root's own files are always good, so without root the test asks with a uid that is not its own.
  if (uid === 0) {
    const { chownSync } = await import('node:fs')
    chownSync(file, 65_534, 65_534)
  }
  expect(textOf(await readFleetFile(file, uid + 1))).toContain('it must belong to root or uid')
})

test('a folder in the place of the file is not read', async () => {
  expect(textOf(await readFleetFile(dir, uid))).toContain('is not a plain file')
})
