// Waiting and chance, which an adapter needs for its retries: arguments, so that a test waits for nothing.
import { setTimeout as delay } from 'node:timers/promises'

export interface CloudRim {
  /** Rejects with the signal's reason when it is aborted. */
  pause(ms: number, signal: AbortSignal): Promise<void>
  /** In [0, 1). */
  random(): number
}

export const realRim: CloudRim = {
  async pause(ms, signal) {
    await delay(ms, undefined, { signal })
  },
  random: Math.random,
}

/** 1 s, 2 s, 4 s … capped, and spread over its upper half so that many do not come back at once. */
export function backoffMs(failures: number, random: () => number, capMs = 60_000): number {
  const whole = Math.min(capMs, 1_000 * 2 ** (failures - 1))
  return Math.round(whole / 2 + (whole / 2) * random())
}
