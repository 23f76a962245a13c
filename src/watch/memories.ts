// What probes want to know at their next look, until the journal has it. A cursor moves at every look, but the journal
// needs it once in a while only: the more there is to write, and the more one node makes us write, the longer it waits.
import { checker } from '../../state/primitives/schema.ts'
import { memory as memoryShape } from './shapes.ts'

interface Remembered {
  node: string
  probe: string
  memory: Record<string, string>
}

export interface Memories {
  /** One that is too large is not kept: what was remembered before stays. */
  keep(one: Remembered): void
  get(node: string, probe: string): Readonly<Record<string, string>> | null
  /** What is due now (monotonic ms); it counts as written until `putBack`. */
  takeDue(now: number): Remembered[]
  takeAll(): Remembered[]
  /** It could not be written: kept, where nothing newer came. */
  putBack(taken: readonly Remembered[]): void
}

/** What is new is written within a minute, unless there is much of it; what was written lately moves on, and waits. */
const shortestMs = 60_000
const shortestMoveMs = 10 * 60_000
const msPerEntry = 600
/** A thousand cursors are written every half hour: less than 10 MB of journal a day. */
const msPerMovingEntry = 1_800
/** A cursor stays far within ten minutes; a node that invents new memories at every look writes a third of a megabyte a day. */
const msPerCharacter = 250

const isMemory = checker(memoryShape)

export function createMemories(start: number): Memories {
  const waiting = new Map<string, Remembered>()
  /** Nodes that have used up what they may write, and until when. */
  const spentUntil = new Map<string, number>()
  /** What was written lately, and until when it is not written again. */
  const quietUntil = new Map<string, number>()
  let last = start

  function sizeOf(one: Remembered): number {
    return JSON.stringify(one).length
  }

  return {
    keep(one) {
      if (isMemory.is(one.memory)) waiting.set(keyOf(one.node, one.probe), one)
    },
    get: (node, probe) => waiting.get(keyOf(node, probe))?.memory ?? null,
    takeAll() {
      const all = [...waiting.values()]
      waiting.clear()
      return all
    },
    takeDue(now) {
      if (waiting.size === 0 || now - last < shortestMs) return []
      forget(spentUntil, now)
      forget(quietUntil, now)
      const due = [...waiting.values()].filter(
        one => !spentUntil.has(one.node) && !quietUntil.has(keyOf(one.node, one.probe)),
      )
      if (due.length === 0 || now - last < due.length * msPerEntry) return []
      last = now
      const quietMs = Math.max(shortestMoveMs, (quietUntil.size + due.length) * msPerMovingEntry)
      for (const one of due) {
        waiting.delete(keyOf(one.node, one.probe))
        quietUntil.set(keyOf(one.node, one.probe), now + quietMs)
        spentUntil.set(one.node, (spentUntil.get(one.node) ?? now) + sizeOf(one) * msPerCharacter)
      }
      return due
    },
    putBack(taken) {
      for (const one of taken) {
        spentUntil.delete(one.node)
        const key = keyOf(one.node, one.probe)
        quietUntil.delete(key)
        if (!waiting.has(key)) waiting.set(key, one)
      }
    },
  }
}

function forget(until: Map<string, number>, now: number): void {
  for (const [key, moment] of until) if (moment <= now) until.delete(key)
}

function keyOf(node: string, probe: string): string {
  return `${node}\n${probe}`
}
