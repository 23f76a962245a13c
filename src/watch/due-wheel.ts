// When is which look due? A wheel of 100 ms ticks with one timer: thousands of looks cost no timers of their own.

const tickMs = 100

export interface Due {
  /** Monotonic ms; advances by whole intervals from its first point, so that it neither drifts nor jitters. */
  dueMs: number
}

export interface DueWheel<T extends Due> {
  add(item: T): void
  /** Everything due up to now, in order of ticks; takes it off the wheel. */
  take(nowMs: number): T[]
  /** Ms until the next tick that holds something, at most `atMostMs`. */
  waitMs(nowMs: number, atMostMs: number): number
  clear(): void
}

export function createDueWheel<T extends Due>(startMs: number): DueWheel<T> {
  const ticks = new Map<number, T[]>()
  let taken = Math.floor(startMs / tickMs) - 1
  return {
    add(item) {
      // What is due in a tick that has passed goes to the next one.
      const tick = Math.max(taken + 1, Math.ceil(item.dueMs / tickMs))
      const there = ticks.get(tick)
      if (there) there.push(item)
      else ticks.set(tick, [item])
    },
    take(nowMs) {
      const now = Math.floor(nowMs / tickMs)
      const due: T[] = []
      for (let tick = taken + 1; tick <= now; tick++) {
        const there = ticks.get(tick)
        if (!there) continue
        ticks.delete(tick)
        due.push(...there)
      }
      taken = Math.max(taken, now)
      return due
    },
    waitMs(nowMs, atMostMs) {
      const last = taken + Math.ceil(atMostMs / tickMs)
      for (let tick = taken + 1; tick <= last; tick++) {
        if (ticks.has(tick)) return Math.max(1, Math.min(atMostMs, tick * tickMs - nowMs))
      }
      return atMostMs
    },
    clear: () => ticks.clear(),
  }
}

/** A number that is the same for a name on every start (FNV-1a): nodes keep their places, and no two start at once. */
export function placeOf(name: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at++) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  }
  return hash >>> 0
}
