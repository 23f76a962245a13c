// The fleet as it was at a moment: each node's health from the kept slots, and for the nodes that are on the screen the
// latencies up to then. What was measured lately is kept in memory too, since the hour that is still being written lies
// on disk in the order of time, and to look for sixty nodes in it would take a second.
import type { History, HistoryRow, SlotState } from '../../state/history/history.ts'
import { slotMs } from '../../state/history/history.ts'
import type { Fleet, ProbeInstance } from '../fleet/fleet.ts'
import type { LiveProbe } from './engine.ts'
import { leadingProbes, sparkLength } from './live.ts'

export interface PastAnswer {
  at: number
  /** Every node of the fleet as it is now: its slot at `at`; `none` where it was not known. */
  health: Record<string, SlotState>
  /** The asked nodes: latency of the leading probe at `at`, and its last values up to and with that one, oldest first. */
  readings: Record<string, { ms: number | null; spark: (number | null)[] }>
  /** Where the kept slots begin, ms since the epoch; null: nothing is kept. */
  oldest: number | null
}

export interface Past {
  /** Each sample once, as it comes. */
  note(samples: readonly LiveProbe[]): void
  ask(question: { at: number; nodes: readonly string[] }): Promise<PastAnswer>
}

/** Longer than an hour stays open on disk. */
const recentMs = 2.5 * 3_600_000
/** A probe of every ten seconds fills it in an hour and a half. */
const mostRecent = 540
/** A value is shown until the next one is overdue, as a sample is valid. */
const validIntervals = 1.5
/** Looks that were missed leave fewer values; it is not searched for ever. */
const searchedIntervals = 2

const hourMs = 3_600_000
/** What belongs into an hour may be written a little later. */
const lateMs = 300_000
/** A probe a second. */
const mostOfAnHour = 3_600
/** Ten screens of sixty nodes. */
const mostHours = 600

interface Reading {
  at: number
  ms: number | null
}

export function createPast(options: {
  fleet(): Fleet
  history: Pick<History, 'slots' | 'rows' | 'oldestSlot'>
  /** Nothing from before that is in memory. */
  since: number
  now(): number
}): Past {
  const { history } = options
  /** Hours that are over, as they were read; the oldest in it goes first. */
  const hours = new Map<string, Promise<Reading[]>>()
  const recent = new Map<string, Reading[]>()
  let known: { fleet: Fleet; leading: Map<string, ProbeInstance[]> } | null = null

  function leadingOf(node: string): readonly ProbeInstance[] {
    const fleet = options.fleet()
    if (known?.fleet !== fleet) known = { fleet, leading: leadingByNode(fleet) }
    return known.leading.get(node) ?? []
  }

  async function readingsOf(node: string, at: number): Promise<PastAnswer['readings'][string]> {
    const probes = leadingOf(node)
    const everyMs = Math.max(0, ...probes.map(probe => probe.everyMs))
    const from = at - everyMs * sparkLength * searchedIntervals
    const kept = recent.get(node) ?? []
    // Cut at its far end, it begins with its first reading; else with the engine.
    const keptFrom =
      kept.length >= mostRecent ? (kept[0]?.at ?? at) : Math.max(options.since, (kept.at(-1)?.at ?? 0) - recentMs)
    const found = from >= keptFrom ? kept : await fromDisk(node, probes, from, at)
    const until = found.filter(reading => reading.at <= at && reading.at >= from).slice(-sparkLength)
    const last = until.at(-1)
    const isValid = last !== undefined && at - last.at <= everyMs * validIntervals
    return { ms: isValid ? last.ms : null, spark: until.map(reading => reading.ms) }
  }

  /** Whole hours, since who rewinds comes through the same one again and again. */
  async function fromDisk(
    node: string,
    probes: readonly ProbeInstance[],
    from: number,
    at: number,
  ): Promise<Reading[]> {
    const read: Promise<Reading[]>[] = []
    for (let hour = Math.floor(from / hourMs) * hourMs; hour <= at; hour += hourMs) {
      read.push(readHour(node, probes, hour))
    }
    return (await Promise.all(read)).flat()
  }

  function readHour(node: string, probes: readonly ProbeInstance[], hour: number): Promise<Reading[]> {
    const key = [node, hour, ...probes.map(probe => probe.id)].join(' ')
    const known = hours.get(key)
    if (known) return known
    const reading = readSpan(node, probes, hour, hour + hourMs)
    if (hour + hourMs + lateMs > options.now()) return reading
    hours.set(key, reading)
    reading.catch(() => hours.delete(key))
    for (const oldest of hours.keys()) {
      if (hours.size <= mostHours) break
      hours.delete(oldest)
    }
    return reading
  }

  async function readSpan(
    node: string,
    probes: readonly ProbeInstance[],
    from: number,
    to: number,
  ): Promise<Reading[]> {
    const rows: HistoryRow[] = []
    for (const { id } of probes) rows.push(...(await history.rows({ node, probe: id, from, to, limit: mostOfAnHour })))
    return rows.map(row => ({ at: row.at, ms: row.ok === true ? row.ms : null })).sort((a, b) => a.at - b.at)
  }

  return {
    note(samples) {
      for (const sample of samples) {
        if (!leadingOf(sample.node).some(probe => probe.id === sample.probe)) continue
        const readings = recent.get(sample.node) ?? []
        recent.set(sample.node, readings)
        readings.push({ at: sample.at, ms: sample.ok === true ? sample.ms : null })
        while (readings.length > mostRecent || (readings[0]?.at ?? sample.at) < sample.at - recentMs) readings.shift()
      }
    },
    async ask({ at, nodes }) {
      const fleet = options.fleet()
      const health: Record<string, SlotState> = {}
      const slot = { from: at, to: Math.floor(at / slotMs) * slotMs + slotMs }
      for (const name of fleet.nodes.keys()) health[name] = history.slots(name, slot)[0] ?? 'none'
      const asked = nodes.filter(name => fleet.nodes.has(name))
      const readings = await Promise.all(asked.map(async name => [name, await readingsOf(name, at)] as const))
      return { at, health, readings: Object.fromEntries(readings), oldest: history.oldestSlot() }
    },
  }
}

/** By the rule of the live sparks, over the probes that the fleet file gives a node. */
function leadingByNode(fleet: Fleet): Map<string, ProbeInstance[]> {
  const byNode = new Map<string, ProbeInstance[]>()
  for (const probe of fleet.probes) {
    const own = byNode.get(probe.node)
    if (own) own.push(probe)
    else byNode.set(probe.node, [probe])
  }
  for (const [node, probes] of byNode)
    byNode.set(
      node,
      leadingProbes(probes, probe => probe.id),
    )
  return byNode
}
