// What probes want to know at their next look, until the journal has it. A cursor moves at every look, but the journal
// needs it once in a while only, and the more there is to write the longer it may wait.

interface Remembered {
  node: string
  probe: string
  memory: Record<string, string>
}

export interface Memories {
  keep(one: Remembered): void
  get(node: string, probe: string): Readonly<Record<string, string>> | null
  /** What is due now (monotonic ms); it counts as written until `putBack`. */
  takeDue(now: number): Remembered[]
  takeAll(): Remembered[]
  /** It could not be written: kept, where nothing newer came. */
  putBack(taken: readonly Remembered[]): void
}

const shortestMs = 60_000
const msPerEntry = 600

export function createMemories(start: number): Memories {
  const waiting = new Map<string, Remembered>()
  let last = start

  function takeAll(): Remembered[] {
    const all = [...waiting.values()]
    waiting.clear()
    return all
  }

  return {
    keep: one => waiting.set(keyOf(one.node, one.probe), one),
    get: (node, probe) => waiting.get(keyOf(node, probe))?.memory ?? null,
    takeAll,
    takeDue(now) {
      if (waiting.size === 0 || now - last < Math.max(shortestMs, waiting.size * msPerEntry)) return []
      last = now
      return takeAll()
    },
    putBack(taken) {
      for (const one of taken) {
        const key = keyOf(one.node, one.probe)
        if (!waiting.has(key)) waiting.set(key, one)
      }
    },
  }
}

function keyOf(node: string, probe: string): string {
  return `${node}\n${probe}`
}
