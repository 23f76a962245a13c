// Measures what history promises: how fast it takes samples, how small they become, how quick a week of a thousand
// nodes is answered, how quick it opens. Run it alone with `node test/bench/history.ts`.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { History, HistoryRow, SlotState } from '../../state/history/history.ts'
import { openHistory } from '../../state/history/open.ts'
import { VirtualClock } from '../../state/primitives/clock.ts'

const nodeCount = 1000
const slotMs = 30_000
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const probes = ['ping', 'ssh', 'http', 'tls', 'units', 'load', 'heartbeat', 'journal'] as const

export interface Measure {
  name: string
  value: number
  unit: string
  budget: string
  met: boolean
  note?: string
}

/** Small and repeatable (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const nodes = Array.from({ length: nodeCount }, (_, i) => `node-${String(i).padStart(4, '0')}`)

/** One round of all probes of all nodes: durations with noise about a base of the node's own, times with jitter. */
function round(at: number, random: () => number): HistoryRow[] {
  const rows: HistoryRow[] = []
  nodes.forEach((node, i) => {
    const base = 2 + (i % 180)
    for (const probe of probes) {
      const ok = random() > 0.002
      const row: HistoryRow = {
        node,
        probe,
        at: at + Math.floor(random() * 1500) + (i % 28) * 1000,
        ok,
        ms: ok ? base * (1 + random() * 0.3) + (random() > 0.98 ? random() * 400 : 0) : null,
      }
      if (probe === 'load') {
        row.values = {
          cpu_pct: Math.round(random() * 400) / 10,
          ram_pct: 30 + Math.round(random() * 50) / 10,
          disk_pct: 41,
        }
      }
      rows.push(row)
    }
  })
  return rows
}

export async function benchHistory(): Promise<Measure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'history-bench-'))
  try {
    const closed = await measureHour(join(dir, 'hour'))
    const week = await measureWeek(join(dir, 'week'))
    return [...closed, ...week]
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** One full hour at full load: 960,000 samples. */
async function measureHour(dir: string): Promise<Measure[]> {
  const start = Date.parse('2026-03-02T10:00Z')
  const clock = new VirtualClock(start)
  const history = await openHistory({ dir, clock, bootId: 'bench' })
  const random = randomNumbers(1)
  let appendMs = 0
  let samples = 0
  const commits: number[] = []
  for (let at = start; at < start + hourMs; at += slotMs) {
    const rows = round(at, random)
    const began = performance.now()
    history.append(rows)
    clock.advance(slotMs)
    await history.tick(clock.now())
    const took = performance.now() - began
    commits.push(took)
    appendMs += took
    samples += rows.length
  }
  const openBytes = history.stats().bytes
  const turns = watchTurns()
  const cpu = process.cpuUsage()
  const began = performance.now()
  clock.advance(5 * 60_000)
  await history.tick(clock.now())
  await history.settled()
  const closeMs = performance.now() - began
  const { user, system } = process.cpuUsage(cpu)
  const blocked = turns.end()
  const bytes = sizeOf(history, dir)
  await history.close()
  const worst = commits.sort((a, b) => a - b)[Math.floor(commits.length * 0.99)] ?? 0
  const rate = samples / (appendMs / 1000)
  const perSample = bytes.samples / samples
  return [
    {
      name: 'history: append, durable',
      value: Math.round(rate),
      unit: 'samples/s',
      budget: '≥ 5,000 samples/s',
      met: rate >= 5000,
      note: `${samples.toLocaleString('en')} samples in commits of 8,000; p99 of a commit with its fsync ${worst.toFixed(1)} ms; open form ${(openBytes / samples).toFixed(1)} B/sample`,
    },
    {
      name: 'history: closed size',
      value: Number(perSample.toFixed(2)),
      unit: 'B/sample',
      budget: '≤ 25 B/sample',
      met: perSample <= 25,
      note: `rollups of the same hour: ${(bytes.rollups / samples).toFixed(2)} B/sample more (minutes for 90 days, hours for 2 years)`,
    },
    {
      name: 'history: longest hold of the event loop while an hour closes',
      value: Number(blocked.toFixed(1)),
      unit: 'ms',
      budget: '≤ 20 ms of CPU in one turn',
      met: blocked <= 20,
      note: `closing took ${(closeMs / 1000).toFixed(1)} s of wall time and ${((user + system) / 1e6).toFixed(1)} s of CPU, compression on other threads and this measuring included`,
    },
  ]
}

/** The most CPU that this thread used in one turn of the event loop: other programs on the machine do not count. */
function watchTurns(): { end(): number } {
  const used = () => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  }
  let last = used()
  let most = 0
  let running = true
  const turn = () => {
    const now = used()
    most = Math.max(most, now - last)
    last = now
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  return {
    end() {
      running = false
      return most
    },
  }
}

function sizeOf(history: History, dir: string): { samples: number; rollups: number } {
  let rollups = 0
  for (const tier of ['minutes', 'hours']) rollups += directoryBytes(join(dir, tier))
  const samples = directoryBytes(join(dir, 'samples'))
  if (history.stats().failed !== null) throw new Error(history.stats().failed ?? '')
  return { samples, rollups }
}

function directoryBytes(dir: string): number {
  return readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
}

/** A week: slots at full (20,160 a node), raw samples at one round in ten minutes, so that it is made in seconds. */
async function measureWeek(dir: string): Promise<Measure[]> {
  const start = Date.parse('2026-03-02T07:13Z')
  const clock = new VirtualClock(start)
  const random = randomNumbers(2)
  const made = await openHistory({ dir, clock, bootId: 'bench' })
  for (const node of nodes) made.health(node, 'up', start)
  const states: SlotState[] = ['up', 'up', 'up', 'degraded', 'down', 'unknown', 'maintenance']
  const end = start + 7 * dayMs + 30 * 60_000
  for (let step = 0; clock.now() < end; step += 1) {
    // About one change of health a node and day: far more than a healthy fleet has.
    for (let i = 0; i < 2; i += 1) {
      if (random() < 0.06) {
        const node = nodes[Math.floor(random() * nodeCount)] ?? ''
        made.health(node, states[Math.floor(random() * states.length)] ?? 'up', clock.now())
      }
    }
    if (step % 60 === 0) made.append(round(clock.now(), random).filter((_, i) => i % 8 === 0))
    clock.advance(10_000)
    const done = made.tick(clock.now())
    if (step % 30 === 0) await done
  }
  await made.settled()
  await made.close()

  const began = performance.now()
  const history = await openHistory({ dir, clock, bootId: 'bench' })
  const openMs = performance.now() - began
  const times = [7, 7, 7, 7, 7, 30].map(days => {
    const window = { from: clock.now() - days * dayMs, to: clock.now() }
    const asked = performance.now()
    const rows = history.uptime(window)
    if (rows.length !== nodeCount) throw new Error(`${rows.length} rows instead of ${nodeCount}`)
    return performance.now() - asked
  })
  const bytes = history.stats().bytes
  await history.close()
  const [first = 0, ...rest] = times
  const month = rest.pop() ?? 0
  const usual = rest.sort((a, b) => a - b)[Math.floor(rest.length / 2)] ?? 0
  const worst = Math.max(first, ...rest)
  return [
    {
      name: 'history: 7-day uptime of 1,000 nodes',
      value: Number(worst.toFixed(1)),
      unit: 'ms',
      budget: '≤ 20 ms',
      met: worst <= 20,
      note: `slowest of five, the first after opening (${first.toFixed(1)} ms) included; usual ${usual.toFixed(1)} ms; 30 days ${month.toFixed(1)} ms`,
    },
    {
      name: 'history: open with a week of data',
      value: Math.round(openMs),
      unit: 'ms',
      budget: '≤ 2,000 ms',
      met: openMs <= 2000,
      note: `slots at full (20 million); raw samples reduced to one probe a node in ten minutes (${Math.round(bytes / 1e6)} MB of files): only names of sample files are read at start, whatever they hold`,
    },
  ]
}

if (import.meta.main) {
  for (const { name, value, unit, budget, met, note } of await benchHistory()) {
    process.stdout.write(
      `${met ? 'met   ' : 'MISSED'} ${name}: ${value} ${unit} (budget ${budget})\n         ${note ?? ''}\n`,
    )
  }
}
