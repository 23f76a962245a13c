// Regular expressions over what nodes and sites say. An innocent one takes minutes over a text that was made for it, so
// they run in a thread of their own, which is ended when it does not answer in time; the engine's own thread never waits.
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../state/primitives/clock.ts'

export interface MatchRequest {
  /** Whose text it is. Who was too slow once waits behind all others until he is in time again. */
  about: string
  patterns: readonly string[]
  texts: readonly string[]
}

export interface Matcher {
  /** For each text which of the patterns match; null: that could not be told in time. */
  match(request: MatchRequest): Promise<boolean[][] | null>
  close(): Promise<void>
}

/** From the moment at which the thread can begin. */
const deadlineMs = 250
/** A request that nobody came to is given up, so that a queue of slow ones makes no look hang. */
const waitAtMostMs = 2000

// The program is one file, so the thread's source cannot be another.
const source = `
const { parentPort } = require('node:worker_threads')
parentPort.on('message', ({ patterns, texts }) => {
  let found = null
  try {
    const expressions = patterns.map(pattern => new RegExp(pattern))
    found = texts.map(text => expressions.map(expression => expression.test(text)))
  } catch {}
  parentPort.postMessage(found)
})
`

interface Pending {
  request: MatchRequest
  since: number
  resolve(found: boolean[][] | null): void
}

export function createMatcher(clock: Clock): Matcher {
  let waiting: Pending[] = []
  let current: Pending | null = null
  let thread: { worker: Worker; isOnline: boolean } | null = null
  let cancelDeadline: (() => void) | null = null
  let isClosed = false
  const slow = new Set<string>()

  function next(): void {
    if (current || isClosed) return
    giveUpOld()
    const at = waiting.findIndex(one => !slow.has(one.request.about))
    current = waiting.splice(Math.max(0, at), 1)[0] ?? null
    if (!current) {
      // Nobody waits for it, so it keeps nothing alive.
      thread?.worker.unref()
      return
    }
    thread ??= start()
    thread.worker.ref()
    if (thread.isOnline) send(thread.worker, current)
  }

  function giveUpOld(): void {
    const now = clock.mono()
    const isOld = (one: Pending) => now - one.since > waitAtMostMs
    for (const one of waiting) if (isOld(one)) one.resolve(null)
    waiting = waiting.filter(one => !isOld(one))
  }

  function start(): { worker: Worker; isOnline: boolean } {
    const worker = new Worker(source, {
      eval: true,
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    })
    const started = { worker, isOnline: false }
    worker.once('online', () => {
      started.isOnline = true
      if (thread === started && current) send(worker, current)
    })
    worker.on('message', (found: boolean[][] | null) => {
      if (thread !== started || !current) return
      slow.delete(current.request.about)
      settle(found)
    })
    worker.on('error', () => discard(started))
    worker.on('exit', () => discard(started))
    return started
  }

  function send(worker: Worker, { request }: Pending): void {
    worker.postMessage({ patterns: request.patterns, texts: request.texts })
    cancelDeadline = clock.after(deadlineMs, () => {
      slow.add(request.about)
      if (thread) discard(thread)
    })
  }

  function discard(ended: { worker: Worker }): void {
    if (thread?.worker !== ended.worker) return
    thread = null
    void ended.worker.terminate()
    settle(null)
  }

  function settle(found: boolean[][] | null): void {
    cancelDeadline?.()
    cancelDeadline = null
    const done = current
    current = null
    done?.resolve(found)
    next()
  }

  return {
    match: request =>
      new Promise(resolve => {
        if (isClosed) {
          resolve(null)
          return
        }
        waiting.push({ request, since: clock.mono(), resolve })
        next()
      }),
    async close() {
      isClosed = true
      for (const one of waiting.splice(0)) one.resolve(null)
      const worker = thread?.worker
      thread = null
      settle(null)
      await worker?.terminate()
    },
  }
}
