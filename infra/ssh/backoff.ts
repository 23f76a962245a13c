// How long a node that could not be reached is left alone: doubling, with jitter so that a fleet that comes back
// together is not dialled together.

export interface Backoff {
  /** Notes a failure; the node is left alone until some time after `nowMs`. */
  fail(nowMs: number): void
  succeed(): void
  /** Is it still to be left alone? */
  holds(nowMs: number): boolean
}

export interface BackoffTimes {
  firstMs: number
  mostMs: number
}

/** `random` gives numbers from 0 up to 1: a wait is between half and one and a half of its nominal length. */
export function createBackoff(times: BackoffTimes, random: () => number): Backoff {
  let failures = 0
  let until = Number.NEGATIVE_INFINITY
  return {
    fail(nowMs) {
      const nominal = Math.min(times.mostMs, times.firstMs * 2 ** Math.min(failures, 30))
      failures++
      until = nowMs + nominal * (0.5 + random())
    },
    succeed() {
      failures = 0
      until = Number.NEGATIVE_INFINITY
    },
    holds: nowMs => nowMs < until,
  }
}
