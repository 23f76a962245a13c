// A deadline and a caller's signal as one AbortSignal, so that every wait on the way to a node ends for either reason.
import type { Clock } from '../../state/primitives/clock.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import { SshError } from './ssh.ts'

export interface Limit {
  signal: AbortSignal
  /** Why it ended; null while it has not. */
  ended(): 'timeout' | 'cancelled' | null
  /** Stops the clock; call it when the work is over. */
  release(): void
}

export function startLimit(clock: Clock, deadlineMs: number, signal?: AbortSignal): Limit {
  const controller = new AbortController()
  let why: 'timeout' | 'cancelled' | null = null
  const end = (reason: 'timeout' | 'cancelled') => {
    if (why !== null) return
    why = reason
    controller.abort()
  }
  const cancel = () => end('cancelled')
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  const stop = clock.after(Math.max(0, deadlineMs), () => end('timeout'))
  return {
    signal: controller.signal,
    ended: () => why,
    release() {
      stop()
      signal?.removeEventListener('abort', cancel)
    },
  }
}

/** Waits for a promise no longer than the signal allows; `onAbort` says what is thrown then. */
export function within<T>(promise: Promise<T>, signal: AbortSignal, onAbort: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(onAbort())
    if (signal.aborted) {
      promise.catch(() => undefined)
      abort()
      return
    }
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** The error of a limit that ended before the node was reached. */
export function limitError(node: string, limit: Limit, deadlineMs: number): SshError {
  return limit.ended() === 'cancelled'
    ? new SshError(node, 'cancelled', nodeText('cancelled before an answer came'))
    : new SshError(node, 'timeout', nodeText(`no answer within ${deadlineMs} ms`))
}
