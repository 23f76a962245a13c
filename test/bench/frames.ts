// Measures what the eye and a bad link get: the first frame, a key until its paint, bytes. The built program in a real
// terminal attaches to an engine that this process serves, with a fleet of 21 or 1,000 nodes in memory.
// Run it alone with `node test/bench/frames.ts` (after `node build/bundle.mjs`).
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LiveProbe } from '../../src/engine/engine.ts'
import { applyLive } from '../../src/engine/live.ts'
import { createLocalEngine, type LocalEngine } from '../../src/engine/local.ts'
import { serveEngine } from '../../src/engine/server.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import { type Rig, startRig } from '../rig/rig.ts'
import { fakeEngine, nodeName } from '../screens/fake-engine.ts'
import { MemoryJournal } from '../src/engine/memory-journal.ts'
import { noAnswers } from '../src/engine/no-answers.ts'

export interface FrameFigure {
  name: string
  value: number
  unit: string
  budget: string
  /** Null: there is no budget. */
  met: boolean | null
  note?: string
}

const root = path.resolve(import.meta.dirname, '../..')
const starts = 11
const keyPresses = 400
const quietMs = 20_000
const changesASecond = 50

export async function benchFrames(): Promise<FrameFigure[]> {
  // As it is installed: launcher and bundle without the sources, which a checkout would look at for changes.
  const installed = mkdtempSync(path.join(tmpdir(), 'watchfloor-installed-'))
  for (const part of ['bin', 'dist', 'package.json'])
    cpSync(path.join(root, part), path.join(installed, part), { recursive: true })
  symlinkSync(path.join(root, 'node_modules'), path.join(installed, 'node_modules'))
  try {
    return await measured(path.join(installed, 'bin', 'watchfloor.cjs'))
  } finally {
    rmSync(installed, { recursive: true, force: true })
  }
}

/** Every size is measured alike; the budgets are those of small and of large fleets, ten thousand has none but must work. */
const sizes = [
  { count: 21, firstMs: 120 },
  { count: 1_000, firstMs: 200 },
  { count: 10_000, firstMs: null },
] as const

async function measured(launcher: string): Promise<FrameFigure[]> {
  const bare = await bareNodeMs()
  const rows: FrameFigure[] = []
  let clears = 0
  for (const { count, firstMs } of sizes) {
    const nodes = `${count.toLocaleString('en')} nodes`
    await withFleet(launcher, count, async place => {
      const first = await firstFrameMs(place, 120, 36)
      const small = await changedBytes(place, 80, 24)
      const large = await changedBytes(place, 120, 36)
      const quiet = await quietBytes(place)
      // Last: it leaves the fleet in trouble.
      const keys = await keyToPaint(place)
      clears += keys.clears + small.clears + large.clears + quiet.clears
      rows.push(
        figure(
          `first frame, ${nodes}`,
          Math.round(first - bare),
          'ms beyond Node',
          firstMs,
          `median of ${starts} starts; bare Node to its first byte takes ${Math.round(bare)} ms`,
        ),
        figure(
          `key to paint, p99, ${nodes}`,
          keys.p99,
          'ms',
          16,
          `median ${keys.median} ms, worst ${keys.worst} ms of ${keyPresses} keys, ${changesASecond} changes a second meanwhile`,
        ),
        figure(
          `one changed node, ${nodes}`,
          small.bytes,
          'bytes',
          400,
          `going down and coming back on 80×24, header included; on 120×36, with its incident in the list below, ${large.bytes}`,
        ),
        figure(
          `steady bytes, ${nodes}, 120×36`,
          quiet.bytesASecond,
          'bytes/s',
          1_000,
          'ping and http of every node change every 10 s; btop writes 6,800',
        ),
      )
    })
  }
  return [...rows, figure('clear-screens in steady state, all sizes', clears, '', 0)]
}

function figure(name: string, value: number, unit: string, most: number | null, note?: string): FrameFigure {
  return {
    name,
    value,
    unit: unit === '' ? 'screens' : unit,
    budget: most === null ? '' : `≤ ${most.toLocaleString('en')}`,
    met: most === null ? null : value <= most,
    ...(note ? { note } : {}),
  }
}

interface Place {
  engine: LocalEngine
  /** Publishes samples as the watcher does. */
  sample(samples: readonly LiveProbe[]): void
  probes(): Readonly<Record<string, Readonly<Record<string, LiveProbe>>>>
  setHealth(node: string, isDown: boolean): Promise<unknown>
  open(columns: number, rows: number): Rig
}

async function withFleet<T>(launcher: string, count: number, work: (place: Place) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'watchfloor-frames-'))
  const home = path.join(folder, 'home')
  const door = path.join(home, 'run')
  mkdirSync(path.join(door, 'proofs'), { recursive: true, mode: 0o700 })
  const fleetFile = path.join(folder, 'fleet.yaml')
  const nodes = Array.from(
    { length: count },
    (_, index) => `  ${nodeName(index)}: { provider: static, address: 192.0.2.${(index % 250) + 1} }`,
  )
  writeFileSync(fleetFile, `fleet: clavitor\nnodes:\n${nodes.join('\n')}\n`)
  const fake = fakeEngine(count, { now: Date.now })
  let live = fake.live()
  const engine = createLocalEngine({
    journal: new MemoryJournal(),
    state: fake.state(),
    newId: prefix => `${prefix}-${Math.random().toString(36).slice(2)}`,
    actor: { by: 'engine', roles: [] },
    live: { fleet: () => live.fleet, probes: () => live.probes, sparks: () => live.sparks, info: () => live.engine },
    answers: { ...noAnswers, series: async question => fake.points(question) },
    runners: {},
    guard: () => null,
    onBroken: error => {
      throw error
    },
    onBug: (what, error) => {
      throw new Error(what, { cause: error })
    },
  })
  const server = await serveEngine({
    engine,
    version: 'bench',
    fleet: 'clavitor',
    socketPath: path.join(door, 'engine.sock'),
    proofDir: path.join(door, 'proofs'),
    identify: async () => ({ by: 'noc', roles: ['operator'] }),
    now: Date.now,
    onClients: () => {},
    onStop: () => {},
    log: () => {},
  })
  try {
    return await work({
      engine,
      probes: () => live.probes,
      sample(samples) {
        const change = { kind: 'live' as const, samples, exec: [] }
        live = applyLive(live, change)
        engine.publish(change)
      },
      setHealth: (node, isDown) =>
        engine.do({
          type: 'watch.observe',
          changes: [
            {
              node,
              health: isDown ? 'down' : 'up',
              severity: isDown ? 'SEV1' : null,
              reason: isDown ? 'no answer from 10.84.0.17 (3 of 3)' : '',
              causes: [],
            },
          ],
        }),
      open: (columns, rows) =>
        startRig({
          argv: [process.execPath, launcher, '--fleet', fleetFile, '--home', home],
          env: { PATH: process.env.PATH, HOME: folder, LANG: 'C.UTF-8', COLORTERM: 'truecolor' },
          columns,
          rows,
          cwd: folder,
        }),
    })
  } finally {
    await server.close()
    await engine.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const isOpen = (_: readonly string[], text: string) => text.includes('clavitor') && text.includes('? help')

/** Six lines of nodes, at any density. */
const isPainted = (lines: readonly string[]) => lines.slice(3).filter(line => /[●✖]/.test(line)).length >= 6

async function bareNodeMs(): Promise<number> {
  const times: number[] = []
  for (let run = 0; run < starts; run++) {
    const begun = performance.now()
    const rig = startRig({
      argv: [process.execPath, '-e', 'process.stdout.write("there")'],
      env: { PATH: process.env.PATH },
      columns: 80,
      rows: 24,
    })
    await rig.until('a word', (_, text) => text.includes('there'))
    times.push(performance.now() - begun)
    await rig.exited
  }
  return median(times)
}

async function firstFrameMs({ open }: Place, columns: number, rows: number): Promise<number> {
  const times: number[] = []
  // One more than is counted: the first fills the compile cache, as the first start after an update does.
  for (let run = 0; run <= starts; run++) {
    const begun = performance.now()
    const rig = open(columns, rows)
    await rig.until('the first frame', isOpen, 20_000)
    if (run > 0) times.push(performance.now() - begun)
    rig.press('q')
    await rig.exited
  }
  return median(times)
}

/** Of the first node that is shown, whatever the density. */
async function changedBytes(
  { open, setHealth }: Place,
  columns: number,
  rows: number,
): Promise<{ bytes: number; clears: number }> {
  const rig = open(columns, rows)
  await rig.until('the first frame', isOpen)
  // The cursor is elsewhere: its line tells of another node.
  rig.press('j')
  await rig.until('all of it', isPainted)
  let bytes = 0
  let clears = 0
  for (const isDown of [true, false, true, false]) {
    rig.written()
    await setHealth(nodeName(0), isDown)
    await rig.until('it is counted', lines => lines[0]?.includes('✖ 1') === isDown)
    const written = rig.written()
    bytes = Math.max(bytes, written.bytes)
    clears += written.clears
  }
  rig.press('q')
  await rig.exited
  return { bytes, clears }
}

async function quietBytes({ open, sample, probes }: Place): Promise<{ bytesASecond: number; clears: number }> {
  const rig = open(120, 36)
  await rig.until('the first frame', isOpen)
  await rig.until('all of it', isPainted)
  rig.written()
  const names = Object.keys(probes())
  let turn = 0
  const samples = setInterval(() => {
    // A tenth of the nodes each second, as their intervals of ten seconds would have it.
    turn += 1
    sample(
      names
        .filter((_, index) => index % 10 === turn % 10)
        .flatMap(name =>
          ['ping:mesh', 'http'].flatMap(probe => {
            const before = probes()[name]?.[probe]
            return before ? [{ ...before, ms: 15 + Math.random() * 150, at: Date.now() }] : []
          }),
        ),
    )
  }, 1_000)
  await new Promise(resolve => setTimeout(resolve, quietMs))
  clearInterval(samples)
  const { bytes, clears } = rig.written()
  rig.press('q')
  await rig.exited
  return { bytesASecond: Math.round(bytes / (quietMs / 1000)), clears }
}

async function keyToPaint({
  open,
  sample,
  setHealth,
  probes,
}: Place): Promise<{ p99: number; median: number; worst: number; clears: number }> {
  const rig = open(120, 36)
  await rig.until('the first frame', isOpen)
  let turn = 0
  const changes = setInterval(() => {
    turn += 1
    const node = nodeName((turn * 37) % Object.keys(probes()).length)
    const probe = probes()[node]?.['ping:mesh']
    if (probe)
      sample([{ ...probe, ms: Math.random() * 200, ok: turn % 5 !== 0, detail: nodeText('changed'), at: Date.now() }])
    if (turn % 2 === 0) void setHealth(node, turn % 4 === 0)
  }, 1000 / changesASecond)
  rig.written()
  const times: number[] = []
  for (let key = 0; key < keyPresses; key++) {
    // A digit in the filter line that was not there before: nothing else on the screen writes it.
    const isOn = key % 2 === 0
    const begun = performance.now()
    rig.press(isOn ? '?' : '\u001bOP\u001b[27u')
    await rig.until(isOn ? 'the help' : 'no help', (_, text) => text.includes('type to search') === isOn)
    times.push(performance.now() - begun)
  }
  clearInterval(changes)
  const { clears } = rig.written()
  rig.press('q')
  await rig.exited
  times.sort((a, b) => a - b)
  const at = (share: number) =>
    Math.round((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0) * 10) / 10
  return { p99: at(0.99), median: at(0.5), worst: at(1), clears }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = spawnSync(process.execPath, ['build/bundle.mjs'], { cwd: root })
  if (built.status !== 0) throw new Error('the bundle could not be built')
  for (const { name, value, unit, budget, met, note } of await benchFrames()) {
    process.stdout.write(
      `${met === null ? '      ' : met ? 'met   ' : 'MISSED'} ${name.padEnd(38)} ${String(value).padStart(7)} ${unit} (${budget})${note ? `  ${note}` : ''}\n`,
    )
  }
  process.exit()
}
