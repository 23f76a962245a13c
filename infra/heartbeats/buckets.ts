// Token buckets by key in bounded memory: whoever floods with ever new addresses only pushes other floods out.
import type { Clock } from '../../state/primitives/clock.ts'

export interface Buckets {
  /** 0 when the call may go on, else ms until the next may. */
  take(key: string): number
  size(): number
}

export function createBuckets(clock: Clock, rate: { burst: number; everyMs: number; most: number }): Buckets {
  /** Key → the monotonic moment at which its bucket is full again; oldest used first. */
  const fullAt = new Map<string, number>()
  return {
    take(key) {
      const now = clock.mono()
      const full = Math.max(now, fullAt.get(key) ?? now)
      const next = full + rate.everyMs
      const waitMs = next - now - rate.burst * rate.everyMs
      fullAt.delete(key)
      fullAt.set(key, waitMs > 0 ? full : next)
      if (fullAt.size > rate.most) {
        const oldest = fullAt.keys().next()
        if (!oldest.done) fullAt.delete(oldest.value)
      }
      return Math.max(0, waitMs)
    },
    size: () => fullAt.size,
  }
}
