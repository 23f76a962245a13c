// The engine as a process: who may run it, what it survives, and how it ends. Real processes, real signals, a real pty.

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { spawn } from '@lydell/node-pty'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AnyCommand } from '../../../src/engine/nouns.ts'
import { readHolder } from '../../../state/lock.ts'
import { bundle, fleetText, makeWorld, type World } from '../cli/world.ts'

let world: World
let fleet: string

beforeEach(async () => {
  world = makeWorld()
  fleet = world.write('fleet.yaml', fleetText(world, await world.server()))
})
afterEach(() => world.close())

const add = (title: string): AnyCommand => ({ type: 'incidents.add', title, severity: 'SEV3', nodes: [] })

/** Resolves when the process is no more. */
async function isGone(pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')) {
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

test('a second engine is refused with the name of the holder, and the first one goes on', async () => {
  const { run, client } = await world.runEngine(fleet)
  const second = await world.run(['engine', 'run', '--fleet', fleet])
  expect(second).toMatchObject({ exit: 5, stdout: '' })
  expect(second.stderr).toContain(`is held by process ${run.pid} of`)
  expect((await client.do(add('still there'))).seq).toBeGreaterThan(0)
})

test('a stopped engine keeps its home, and woken it is the only writer', async () => {
  const { run, client } = await world.runEngine(fleet)
  await client.do(add('before'))
  process.kill(run.pid, 'SIGSTOP')
  const asleep = client.do(add('while it slept'))
  const second = await world.run(['engine', 'run', '--fleet', fleet])
  expect(second.exit).toBe(5)
  expect(second.stderr).toContain(`process ${run.pid} `)
  process.kill(run.pid, 'SIGCONT')
  await asleep
  expect(readHolder(world.home())?.pid).toBe(run.pid)
  expect(Object.values(client.state().incidents.open).map(one => one.title)).toEqual(['before', 'while it slept'])
  expect((await world.run(['journal', 'verify', '--fleet', fleet])).exit).toBe(0)
})

test('SIGTERM ends it cleanly: exit code 0, a snapshot of the head, no socket, a free home', async () => {
  const { run, client } = await world.runEngine(fleet)
  const { seq } = await client.do(add('to be kept'))
  process.kill(run.pid, 'SIGTERM')
  expect(await run.gone).toMatchObject({ exit: 0, signal: null })
  const snapshot = JSON.parse(readFileSync(path.join(world.home(), 'state.json'), 'utf8'))
  expect(snapshot.seq).toBeGreaterThanOrEqual(seq)
  expect(JSON.stringify(snapshot.state)).toContain('to be kept')
  expect(existsSync(path.join(world.home(), 'run', 'engine.sock'))).toBe(false)
  const next = await world.runEngine(fleet)
  expect(Object.values(next.client.state().incidents.open).map(one => one.title)).toEqual(['to be kept'])
})

test('an engine in the background survives SIGHUP to its whole process group', async () => {
  expect((await world.run(['engine', 'start', '--fleet', fleet])).exit).toBe(0)
  const pid = readHolder(world.home())?.pid ?? 0
  const client = await world.attach()
  process.kill(-pid, 'SIGHUP')
  await client.do(add('after the hang-up'))
  expect(client.live().engine.pid).toBe(pid)
})

test('an engine that a command started outlives the terminal of that command', async () => {
  const terminal = spawn(process.execPath, [bundle, 'engine', 'start', '--fleet', fleet], {
    env: world.env,
    cwd: world.dir,
  })
  const ended = new Promise(resolve => terminal.onExit(resolve))
  await ended
  terminal.kill()
  const client = await world.attach()
  await client.do(add('after the login'))
  expect(world.processes()).toEqual([client.live().engine.pid])
})

test('an engine in the foreground goes on when its terminal is closed', async () => {
  const terminal = spawn(process.execPath, [bundle, 'engine', 'run', '--fleet', fleet], {
    env: world.env,
    cwd: world.dir,
  })
  const { pid } = terminal
  let said = ''
  await new Promise<void>(resolve =>
    terminal.onData(piece => {
      said += piece
      if (said.includes('state recovered')) resolve()
    }),
  )
  for (;;) {
    const early = await world.attach().catch(() => null)
    if (early) break
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  // Closing the master is what the end of an SSH session does: SIGHUP, and an error at every later write.
  const closed = new Promise(resolve => terminal.onExit(resolve))
  ;(terminal as unknown as { destroy(): void }).destroy()
  const client = await world.attach()
  for (const title of ['one', 'two', 'three']) await client.do(add(title))
  expect(client.live().engine.pid).toBe(pid)
  expect(existsSync(`/proc/${pid}`)).toBe(true)
  process.kill(pid, 'SIGTERM')
  await isGone(pid)
  void closed
  expect((await world.run(['journal', 'verify', '--fleet', fleet])).exit).toBe(0)
})

test('commands that start at the same moment start one engine between them', async () => {
  const all = await Promise.all(['a', 'b', 'c'].map(() => world.run(['engine', 'start', '--fleet', fleet])))
  expect(all.map(ran => ran.exit)).toEqual([0, 0, 0])
  const pids = new Set(all.map(ran => /process (\d+)/.exec(ran.stdout)?.[1]))
  expect([...pids]).toEqual([String(readHolder(world.home())?.pid)])
})

test('an engine that cannot start is told with its own words', async () => {
  world.write('state/watchfloor/harbour/home.json', '{ "kind": "mine" }')
  const ran = await world.run(['status', '--fleet', fleet])
  expect(ran).toMatchObject({ exit: 4, stdout: '' })
  expect(ran.stderr).toContain('the engine ended with')
  expect(ran.stderr).toContain('home.json')
})
