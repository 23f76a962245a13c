// Something outside is over and only its record is missing (a full disk): it must not look open and unattended meanwhile, or
// it would be done again.
import type { Clock } from '../../state/primitives/clock.ts'

const retryMs = 5_000

/** Until it is written, or the engine ends: then the effect is still pending, and the next engine sees to it. */
export async function untilDurable(record: () => Promise<unknown>, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await record()
      return
    } catch {
      await new Promise<void>(resolve => {
        const cancel = clock.after(retryMs, resolve)
        signal.addEventListener('abort', () => {
          cancel()
          resolve()
        })
      })
    }
  }
}
