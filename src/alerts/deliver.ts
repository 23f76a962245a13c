// Runs the effect `alerts.deliver`: waits until its time, keeps each target's rate, sends, and tells how it ended.
import { targetReference } from '../../infra/alerts/reference.ts'
import { type Delivery, type Message, parseTarget, type Target } from '../../infra/alerts/targets.ts'
import type { Clock } from '../../state/primitives/clock.ts'
import type { Effect } from '../engine/noun.ts'
import { type AlertsCommand, longestRetryMs } from './noun.ts'
import type { AlertSlice } from './shapes.ts'

export interface DeliverOptions {
  clock: Clock
  fleetName(): string
  outbox(): AlertSlice['outbox']
  /** The alert targets of the fleet that runs, as its file names them. */
  targets(): readonly string[]
  /** Journals as `engine`. */
  do(command: AlertsCommand): Promise<unknown>
  deadlineMs?: number
}

/** The effect runner. Resolves when the outcome is durable, or nothing is to be done any more. */
export function createDelivery(options: DeliverOptions): (effect: Effect, signal: AbortSignal) => Promise<void> {
  const { clock } = options
  /** Target → the moment from which its allowance counts (monotonic): the further ahead of now, the less is left. */
  const spent = new Map<string, number>()

  return async (effect, signal) => {
    const id = effect.id.slice(0, effect.id.lastIndexOf(':'))
    const queued = options.outbox()[id]
    if (!queued) return
    const attempt = queued.attempts
    // When the wall clock was set back, its moment lies further ahead than any wait that was ever asked for.
    const waitMs = Math.min(longestRetryMs, Math.max(0, queued.nextAt - clock.now()))
    if (!(await sleep(clock, waitMs, signal))) return
    const to = addressOf(queued.to, options.targets())
    if (to === null) {
      await options.do({
        type: 'alerts.failed',
        id,
        attempt,
        final: true,
        why: 'the fleet file does not name it any more',
      })
      return
    }
    const target = parseTarget(to)
    if ('refused' in target) {
      await options.do({ type: 'alerts.failed', id, attempt, why: target.refused })
      return
    }
    if (!(await sleep(clock, takeTurn(queued.to, target), signal))) return
    // It may have become pointless while it waited: a recovered node, a group that explains it.
    const alert = options.outbox()[id]
    if (!alert || alert.attempts !== attempt) return
    const message: Message = {
      id,
      title: alert.title,
      text: alert.text,
      severity: alert.severity,
      what: alert.what,
      incident: alert.incident,
      fleet: options.fleetName(),
      at: alert.queuedAt,
    }
    const done = await send(target, message, signal)
    if (signal.aborted && !done.ok) return
    await options.do(
      done.ok
        ? { type: 'alerts.delivered', id, attempt }
        : {
            type: 'alerts.failed',
            id,
            attempt,
            why: done.why.slice(0, 300),
            ...(done.retryAfterMs === undefined ? {} : { retryAfterMs: done.retryAfterMs }),
          },
    )
  }

  async function send(target: Target, message: Message, signal: AbortSignal): Promise<Delivery> {
    try {
      return await target.kind.send(target.address, message, { deadlineMs: options.deadlineMs ?? 10_000, signal })
    } catch {
      // What it says may hold the address with its secrets.
      return { ok: false, why: `${target.name} at ${target.address.host}: could not be sent` }
    }
  }

  /** How long this one must wait for the target's rate: a burst, then one each `everyMs`. */
  function takeTurn(to: string, target: Target): number {
    const { burst, everyMs } = target.kind.rate
    const now = clock.mono()
    const turn = Math.max(spent.get(to) ?? Number.NEGATIVE_INFINITY, now - burst * everyMs) + everyMs
    spent.set(to, turn)
    return Math.max(0, turn - now)
  }
}

/** The address that a reference stands for: only what the running fleet names is ever sent to. */
function addressOf(reference: string, targets: readonly string[]): string | null {
  return targets.find(to => targetReference(to) === targetReference(reference)) ?? null
}

/** False when stopped. */
function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  if (ms <= 0) return Promise.resolve(true)
  return new Promise(resolve => {
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', stop)
      resolve(true)
    })
    const stop = () => {
      cancel()
      resolve(false)
    }
    signal.addEventListener('abort', stop, { once: true })
  })
}
