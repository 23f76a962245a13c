// Fleet files that somebody else wrote or could have written, and changes that nobody has accepted: no command may do
// what they say, with an engine or without. What they would run leaves a trace, and the trace must not be there.
import { chmodSync, chownSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { surroundingsOf } from '../../../src/engine/surroundings.ts'
import { loadFleet } from '../../../src/fleet/load.ts'
import { readFleetFile } from '../../../src/fleet/watch-file.ts'
import { fleetText, makeWorld, type World } from '../cli/world.ts'
import { kinds } from './kinds.ts'

const uid = process.getuid?.() ?? 0
const isRoot = uid === 0
const nobody = 65_534

let world: World
let ran: string

beforeEach(() => {
  world = makeWorld()
  ran = path.join(world.dir, 'RAN')
})
afterEach(() => world.close())

/** Runs programs for `ping` and for an identity as soon as anybody looks. */
const hostile = () => `fleet: harbour
nodes: { a: { address: 127.0.0.1, ssh: { identity: "exec:touch ${ran}" } } }
probes: [{ kind: ping, on: a }, { kind: ssh, on: a }]
engine: { programs: { ping: [touch, ${ran}], fping: [touch, ${ran}] } }
`

test('the trap works: a file of our own may run what it names', async () => {
  const file = world.write('own/fleet.yaml', hostile())
  await world.run(['check', '--fleet', file])
  expect(existsSync(ran)).toBe(true)
})

describe('a fleet file from unsafe hands is refused by every command, and nothing in it runs', () => {
  const commands = [
    ['check'],
    ['status'],
    ['engine', 'start'],
    ['engine', 'run'],
    ['fleet', 'accept'],
    ['exec', 'a', '--', 'true'],
  ]
  const make = (fileMode: number, folderMode: number, owner: number | null = null) => {
    const file = world.write('place/fleet.yaml', hostile())
    if (owner !== null) chownSync(file, owner, owner)
    chmodSync(file, fileMode)
    chmodSync(path.dirname(file), folderMode)
    return file
  }

  test.each(commands.map(argv => [argv.join(' '), argv] as const))('%s', async (_name, argv) => {
    const file = make(0o666, 0o777)
    for (const how of [
      { argv, cwd: path.dirname(file) },
      { argv: [...argv.slice(0, 2), '--fleet', file, ...argv.slice(2)], cwd: world.dir },
    ]) {
      const done = await world.run(how.argv, { cwd: how.cwd })
      expect(done).toMatchObject({ exit: 2, stdout: '' })
      expect(done.stderr).toContain('can be written by everybody')
    }
    expect([existsSync(ran), world.processes()]).toEqual([false, []])
  })

  test.each<[string, number, number, string]>([
    ['a file that everybody can write', 0o602, 0o755, 'written by everybody'],
    ['a folder that everybody can write', 0o600, 0o777, 'written by everybody'],
  ])('%s', async (_name, fileMode, folderMode, why) => {
    const seen = await readFleetFile(make(fileMode, folderMode), uid)
    expect(seen).toMatchObject({ kind: 'refused', why: expect.stringContaining(why) })
  })

  test('a sticky folder is as good as a closed one: nobody replaces another login’s file there', async () => {
    expect(await readFleetFile(make(0o600, 0o1777), uid)).toMatchObject({ kind: 'text' })
  })

  test.skipIf(!isRoot)('a group that is not the owner’s own may not write it either', async () => {
    const file = make(0o660, 0o770)
    expect(await readFleetFile(file, uid)).toMatchObject({ kind: 'text' })
    chownSync(file, uid, nobody)
    expect(await readFleetFile(file, uid)).toMatchObject({ why: expect.stringContaining('written by the group') })
    chownSync(file, uid, uid)
    chownSync(path.dirname(file), uid, nobody)
    expect(await readFleetFile(file, uid)).toMatchObject({ why: expect.stringContaining('written by the group') })
  })

  test.skipIf(!isRoot)('a file of our own in a folder of another login', async () => {
    const file = make(0o600, 0o755)
    chownSync(path.dirname(file), nobody, nobody)
    expect(await readFleetFile(file, uid)).toMatchObject({ why: expect.stringContaining(`belongs to uid ${nobody}`) })
  })

  test('a link leads to where it ends: the folders at both ends count', async () => {
    const file = make(0o600, 0o755)
    mkdirSync(path.join(world.dir, 'links'), { mode: 0o755 })
    const link = path.join(world.dir, 'links/fleet.yaml')
    symlinkSync(file, link)
    expect(await readFleetFile(link, uid)).toMatchObject({ kind: 'text' })
    chmodSync(path.dirname(file), 0o777)
    expect(await readFleetFile(link, uid)).toMatchObject({ kind: 'refused' })
    chmodSync(path.dirname(file), 0o755)
    chmodSync(path.dirname(link), 0o777)
    expect(await readFleetFile(link, uid)).toMatchObject({ kind: 'refused' })
  })

  test('validate still judges it, since it runs nothing', async () => {
    expect(await world.run(['validate', make(0o666, 0o777)])).toMatchObject({ exit: 0 })
    expect(existsSync(ran)).toBe(false)
  })
})

describe('without an engine, check does only what its home has accepted', () => {
  async function acceptedHome(): Promise<{ file: string; change(text: string): void }> {
    const server = await world.server()
    const text = (rest = '') =>
      fleetText(world, server, { rest }).replace('probes:\n', 'probes:\n  - { kind: ping, on: alpha, every: 5s }\n')
    const file = world.write('fleet.yaml', text())
    const { run } = await world.runEngine(file)
    process.kill(run.pid, 'SIGTERM')
    await run.gone
    return { file, change: more => writeFileSync(file, text(more)) }
  }

  test('what waits for a yes is refused, told, and not run', async () => {
    const { file, change } = await acceptedHome()
    expect((await world.run(['check', 'alpha', '--fleet', file])).exit).toBe(0)
    change(`engine: { programs: { ping: [touch, ${ran}], fping: [touch, ${ran}] } }\n`)
    const done = await world.run(['check', '--fleet', file])
    expect(done).toMatchObject({ exit: 5, stdout: '' })
    expect(done.stderr).toContain('engine.programs.ping (runs a program on HQ)')
    expect(existsSync(ran)).toBe(false)
  })

  test('what needs no yes is checked as it stands', async () => {
    const { file, change } = await acceptedHome()
    change('batches: { pilot-batch: "@pilot" }\n')
    expect((await world.run(['check', 'pilot-batch', '--fleet', file])).exit).toBe(0)
  })

  test.skipIf(!isRoot)('the home of another login vouches for nothing', async () => {
    const { file } = await acceptedHome()
    chownSync(world.home(), nobody, nobody)
    const done = await world.run(['check', '--fleet', file])
    expect(done).toMatchObject({ exit: 5, stdout: '' })
    expect(done.stderr).toContain('belongs to another login')
  })
})

test('certificates are trusted only from a file that nobody else can write, beside the fleet file', async () => {
  const file = world.write('fleet.yaml', 'fleet: a\nengine: { trust: [ca.pem, open.pem] }\n')
  world.write('ca.pem', 'good')
  chmodSync(world.write('open.pem', 'evil'), 0o666)
  const loaded = loadFleet({ path: file, text: 'fleet: a\nengine: { trust: [ca.pem, open.pem] }\n' }, { kinds })
  if (!loaded.ok) throw new Error('must load')
  const { trustedCas, troubles } = await surroundingsOf(loaded.fleet, uid)
  expect(trustedCas).toEqual(['good'])
  expect(troubles).toEqual([expect.stringContaining('open.pem can be written by everybody')])
})
