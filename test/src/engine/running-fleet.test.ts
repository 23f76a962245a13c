import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createCommitter } from '../../../src/engine/committer.ts'
import { initialState } from '../../../src/engine/nouns.ts'
import { openRunningFleet } from '../../../src/engine/running-fleet.ts'
import type { Fleet } from '../../../src/fleet/fleet.ts'
import { realDisk } from '../../../state/disk.ts'
import { type Evidence, openEvidence } from '../../../state/evidence.ts'
import { MemoryJournal } from './memory-journal.ts'

const text = (nodes: string, more = '') => `fleet: test\n${more}nodes: { ${nodes} }\n`
const one = 'a: { address: 192.0.2.1 }'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'wf-fleet-'))
  await chmod(dir, 0o700)
})
afterEach(() => rm(dir, { recursive: true, force: true }))

async function setUp(written: string, evidenceOf: (real: Evidence) => Evidence = real => real) {
  const file = path.join(dir, 'fleet.yaml')
  await writeFile(file, written, { mode: 0o600 })
  const folder = path.join(dir, 'evidence')
  await realDisk.makeDirectory(folder)
  let unique = 0
  const evidence = evidenceOf(openEvidence({ disk: realDisk, directory: folder, unique: () => String(++unique) }))
  const runs: string[][] = []
  const troubles: unknown[] = []
  const journal = new MemoryJournal()
  const committer = createCommitter({
    journal,
    state: initialState,
    now: () => 1,
    newId: prefix => `${prefix}-${++unique}`,
    guard: () => null,
    onCommitted: () => {},
    onBroken: () => {},
  })
  const open = () =>
    openRunningFleet({
      path: file,
      uid: userInfo().uid,
      evidence,
      slice: () => committer.state().fleet,
      do: command => committer.do(command, { by: 'engine', roles: [] }),
      onFleet: (fleet: Fleet) => runs.push([...fleet.nodes.keys()]),
      onTrouble: error => troubles.push(error),
    })
  return { file, open, runs, troubles, committer, evidence }
}

test('an accepted change runs once, however often it is told', async () => {
  const { open, runs, committer } = await setUp(text(one))
  const running = await open()
  const next = text(`${one}, b: { lifecycle: planned }`)
  const offered = running.offer(Buffer.from(next))
  await offered
  await running.accepted(committer.state().fleet.accepted?.sha256 ?? '')
  expect(runs).toEqual([['a'], ['a', 'b']])
})

test('two saves in a row both count: the last one runs', async () => {
  const { open, committer } = await setUp(text(one))
  const running = await open()
  await Promise.all([
    running.offer(Buffer.from(text(`${one}, b: { lifecycle: planned }`))),
    running.offer(Buffer.from(text(`${one}, c: { lifecycle: planned }`))),
  ])
  expect([...running.fleet().nodes.keys()]).toEqual(['a', 'c'])
  expect(committer.state().fleet.refused).toBeNull()
})

test('a broken file at the start leaves the accepted one running', async () => {
  const { file, open } = await setUp(text(one))
  await open()
  await writeFile(file, 'fleet: test\nnodes: { a: { adress: 1 } }\n')
  const again = await open()
  expect([...again.fleet().nodes.keys()]).toEqual(['a'])
})

test('a file that is gone at the start leaves the accepted one running', async () => {
  const { file, open, committer } = await setUp(text(one))
  await open()
  await rm(file)
  expect([...(await open()).fleet().nodes.keys()]).toEqual(['a'])
  expect(committer.state().fleet.refused?.errors[0]).toMatch(/not there/)
})

test('on a full disk the accepted file runs, changed or not', async () => {
  let isFull = false
  const { file, open, troubles } = await setUp(text(one), real => ({
    ...real,
    put: (...args) => (isFull ? Promise.reject(new Error('ENOSPC')) : real.put(...args)),
  }))
  await open()
  isFull = true
  expect([...(await open()).fleet().nodes.keys()]).toEqual(['a'])
  expect(troubles).toEqual([])
  await writeFile(file, text(`${one}, b: { lifecycle: planned }`))
  expect([...(await open()).fleet().nodes.keys()]).toEqual(['a'])
  expect(troubles).toHaveLength(1)
})
