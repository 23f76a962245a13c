// The first minute of a newcomer: one command with nothing set up, and every figure that it shows is traced to what the
// nodes themselves saw.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { CheckDocument, StatusDocument } from '../../src/cli/shapes.ts'
import type { LiveProbe } from '../../src/engine/engine.ts'
import { holdsWithin, openControlRoom, report, secondsSince } from './control-room.ts'

const room = openControlRoom()
afterAll(() => room.close())

interface Line {
  at: number
  node: string | null
  what: string
  [more: string]: unknown
}

async function ledger(): Promise<Line[]> {
  const { stdout } = await room.run(['sandbox', 'ledger'])
  return stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
}

test('one command in an empty folder shows 21 nodes that are up', { timeout: 60_000 }, async () => {
  const started = performance.now()
  const first = await room.run([])
  report(`first start: ${secondsSince(started)} s`)
  expect(first.exit).toBe(0)
  expect(first.stderr).toMatch(/21 nodes are up/)
  const [heading = '', ...rows] = first.stdout.trim().split('\n')
  expect(heading).toMatch(/^clavitor SANDBOX {3}● 21 up {3}no open incidents$/)
  expect(rows.filter(row => row.startsWith('● up'))).toHaveLength(21)
  expect(rows.filter(row => /unknown|down/.test(row))).toEqual([])
  // Twice what the room promises: the tests of others run beside this one.
  expect(secondsSince(started)).toBeLessThan(16)

  const again = performance.now()
  const second = await room.run([])
  report(`second call: ${secondsSince(again)} s`)
  expect(second.stdout).toMatch(/● 21 up/)
  // It found the room as it was: nothing had to be started.
  expect(second.stderr).toBe('')
  expect(secondsSince(again)).toBeLessThan(16)
})

test('the latencies in the tiles are those that the probes measured', { timeout: 30_000 }, async () => {
  const engine = await room.sit()
  const nodes = ['virginia', 'frankfurt', 'sydney']
  const seen = () => nodes.every(node => engine.live().probes[node]?.http?.ok === true)
  expect(await holdsWithin(engine, 15_000, seen)).toBe(true)
  const checked = await room.json<CheckDocument>(['check', nodes.join(',')])
  // The same looks became the live picture, and the plain status prints that.
  const { stdout } = await room.run(['status'])
  for (const node of checked.nodes) {
    const row = stdout.split('\n').find(line => line.includes(` ${node.name} `)) ?? ''
    const live = engine.live().probes[node.name] ?? {}
    for (const kind of ['ping', 'http', 'tls']) {
      const said = node.probes.find(probe => probe.kind === kind)
      const known: LiveProbe | undefined = Object.values(live).find(look => look.kind === kind)
      expect(said?.ok).toBe(true)
      expect(Math.abs((said?.ms ?? 0) - (known?.ms ?? 0))).toBeLessThan(Math.max(250, said?.ms ?? 0))
    }
    const shown = Object.values(live).find(look => look.kind === 'ping')?.ms ?? 0
    expect(row).toMatch(new RegExp(`${node.name} +\\S+ +\\d+ +\\d+ `))
    expect(Math.abs(Number(/ (\d+) +\d+ +\d+ s/.exec(row)?.[1]) - shown)).toBeLessThan(Math.max(60, shown / 2))
  }
})

test('what the engine knows of a node is in the account of that node', { timeout: 60_000 }, async () => {
  const engine = await room.sit()
  const names = Object.keys(engine.live().fleet.nodes)
  const pushed = () => names.every(name => name === 'zurich' || engine.live().probes[name]?.heartbeat?.ok === true)
  expect(await holdsWithin(engine, 45_000, pushed)).toBe(true)
  const beats = names.flatMap(name => {
    const beat = engine.live().probes[name]?.heartbeat
    return beat ? [{ name, at: beat.at }] : []
  })
  const lines = await ledger()
  for (const { name, at } of beats) {
    const sent = lines.filter(line => line.node === name && line.what === 'push' && line.status === 200)
    expect(
      sent.some(line => Math.abs(line.at - at) < 3000),
      `a push of ${name}`,
    ).toBe(true)
  }
  for (const name of names) {
    const logins = lines.filter(line => line.node === name && line.what === 'authentication')
    expect(logins.length, `logins to ${name}`).toBeGreaterThan(0)
    expect(logins.every(line => line.accepted === true && line.method === 'publickey')).toBe(true)
    // Its boot id is the node's own.
    const boot = engine.live().probes[name]?.boot?.facts?.boot_id
    const kept = JSON.parse(readFileSync(path.join(room.sandbox, 'nodes', name, 'machine.json'), 'utf8'))
    expect(boot).toBe(kept.bootId)
  }
})

test('`status --json` says the same as the picture', async () => {
  const status = await room.json<StatusDocument>(['status'])
  expect(status.nodes).toHaveLength(21)
  expect(status.incidents).toEqual([])
  expect(status.engine.blind).toBeNull()
})

test('an idle room costs little', { timeout: 60_000 }, async () => {
  const status = await room.json<StatusDocument>(['status'])
  const world = JSON.parse((await room.run(['sandbox', 'up', '--json'])).stdout) as { pid: number }
  const busy = (pid: number) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100
  }
  const engine = await room.sit()
  const pids = [status.engine.pid, world.pid]
  const before = pids.map(busy)
  const started = performance.now()
  await holdsWithin(engine, 15_000, () => false)
  const shares = pids.map((pid, at) => (busy(pid) - (before[at] ?? 0)) / ((performance.now() - started) / 1000))
  report(
    `idle: engine ${(100 * (shares[0] ?? 0)).toFixed(1)} %, sandbox ${(100 * (shares[1] ?? 0)).toFixed(1)} % of a core`,
  )
  for (const share of shares) expect(share).toBeLessThan(0.15)
})
