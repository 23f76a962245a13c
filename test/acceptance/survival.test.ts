// Killed in the middle: the engine goes on where durable state stands, without a storm of alerts and without inventing
// what it did not see; the world comes back as the same machines.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { StatusDocument, UptimeDocument } from '../../src/cli/shapes.ts'
import { slotMs } from '../../state/history/history.ts'
import { holdsWithin, openControlRoom, report, secondsSince } from './control-room.ts'

const room = openControlRoom()
afterAll(() => room.close())

const uptime = async () => (await room.json<UptimeDocument>(['uptime', '--window', '1h'])).nodes
const worldPid = async () => (await room.json<{ pid: number }>(['sandbox', 'up'])).pid

async function gone(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL')
  for (;;) {
    try {
      // A zombie of a detached process is reaped by init; its file goes with it.
      if (readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')) return
    } catch {
      return
    }
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

test('an engine that is killed goes on: no storm, and the gap is unknown', { timeout: 180_000 }, async () => {
  await room.run([])
  let engine = await room.sit()
  const names = Object.keys(engine.live().fleet.nodes)
  const allUp = () => names.every(name => engine.state().watch.nodes[name]?.health === 'up')
  expect(await holdsWithin(engine, 20_000, allUp)).toBe(true)
  // Pushes are coming in when it dies.
  const someoneFresh = () => names.some(name => engine.live().probes[name]?.heartbeat?.ok === true)
  expect(await holdsWithin(engine, 20_000, someoneFresh)).toBe(true)
  // Health is kept in slots of half a minute: until one is settled there is nothing that a gap could follow.
  const settled = Math.ceil(Date.now() / slotMs) * slotMs + slotMs + 3_000
  await holdsWithin(engine, settled - Date.now(), () => false)
  const before = await uptime()
  const first = await room.json<StatusDocument>(['status'])

  const killed = performance.now()
  await gone(first.engine.pid)
  // A gap of a whole slot at least.
  await new Promise(resolve => setTimeout(resolve, slotMs + 2_000))
  const second = await room.json<StatusDocument>(['status'])
  const gapS = secondsSince(killed)
  expect(second.engine.pid).not.toBe(first.engine.pid)
  expect(second.incidents).toEqual([])
  // The nodes pushed all the time, by their own account, and nobody heard them.
  const unheard = readFileSync(path.join(room.sandbox, 'ledger.jsonl'), 'utf8').match(/"what":"push".*"status":null/g)
  expect(unheard?.length).toBeGreaterThan(5)

  engine = await room.sit()
  expect(await holdsWithin(engine, 20_000, allUp)).toBe(true)
  report(`engine killed: away ${gapS} s, all up again after ${secondsSince(killed)} s`)
  expect(Object.values(engine.state().incidents.open)).toEqual([])
  expect(engine.state().incidents.closed).toEqual([])

  const after = await uptime()
  for (const node of after) {
    const earlier = before.find(one => one.name === node.name)
    const more = { up: node.up_s - (earlier?.up_s ?? 0) }
    expect(node.down_s, node.name).toBe(0)
    expect(node.unknown_s, node.name).toBeGreaterThanOrEqual(slotMs / 1000)
    // Nothing of the gap became time in which it was seen up.
    expect(more.up, node.name).toBeLessThan(secondsSince(killed) - gapS + 3)
  }
  const paris = after.find(node => node.name === 'paris')
  report(`uptime afterwards: paris up ${paris?.up_s} s, down ${paris?.down_s} s, coverage ${paris?.coverage}`)
})

test('a world that is killed is down or unknown, and comes back as the same machines', {
  timeout: 120_000,
}, async () => {
  const engine = await room.sit()
  const names = Object.keys(engine.live().fleet.nodes)
  const identity = () => readFileSync(path.join(room.sandbox, 'fleet.yaml'), 'utf8')
  const known = identity()
  const pid = await worldPid()
  const killed = performance.now()
  await gone(pid)
  const honest = () => names.every(name => engine.state().watch.nodes[name]?.health !== 'up')
  expect(await holdsWithin(engine, 45_000, honest)).toBe(true)
  report(
    `world killed: nobody is called up after ${secondsSince(killed)} s; blind: ${engine.state().watch.blind !== null}`,
  )

  expect(await worldPid()).not.toBe(pid)
  expect(identity()).toBe(known)
  const back = performance.now()
  const allUp = () => names.every(name => engine.state().watch.nodes[name]?.health === 'up')
  expect(await holdsWithin(engine, 60_000, allUp)).toBe(true)
  report(`world back: all up after ${secondsSince(back)} s`)
  expect(Object.values(engine.state().incidents.open)).toEqual([])
  // The same keys: nobody was refused.
  const loggedIn = () => names.every(name => engine.live().probes[name]?.['ssh:public']?.ok === true)
  expect(await holdsWithin(engine, 40_000, loggedIn)).toBe(true)
  report(`world back: logged in everywhere after ${secondsSince(back)} s`)
})
