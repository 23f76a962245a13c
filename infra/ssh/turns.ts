// At most so many at once, the rest in order. Handshakes are public-key arithmetic on the event loop: a hundred at once
// would hold it long enough for the engine to think itself blind.

export interface Turns {
  /** Waits for a turn; resolves with how to give it back. Rejects with the signal's reason when it aborts first. */
  take(signal: AbortSignal): Promise<() => void>
  taken(): number
}

export function createTurns(most: number): Turns {
  let taken = 0
  const queue: { signal: AbortSignal; start(): void }[] = []

  function turn(): () => void {
    taken++
    let given = false
    return () => {
      if (given) return
      given = true
      taken--
      for (let next = queue.shift(); next; next = queue.shift()) {
        if (next.signal.aborted) continue
        next.start()
        break
      }
    }
  }

  return {
    taken: () => taken,
    take(signal) {
      if (signal.aborted) return Promise.reject(signal.reason)
      if (taken < most) return Promise.resolve(turn())
      return new Promise((resolve, reject) => {
        const abort = () => reject(signal.reason)
        signal.addEventListener('abort', abort, { once: true })
        queue.push({
          signal,
          start() {
            signal.removeEventListener('abort', abort)
            resolve(turn())
          },
        })
      })
    },
  }
}
