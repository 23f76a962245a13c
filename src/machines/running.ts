// What the runners of operations share: calls with a deadline, waits that grow, and outcomes that are told until they are
// durable.
import type { Cloud } from '../../infra/clouds/cloud.ts'
import { CloudError } from '../../infra/clouds/error.ts'
import type { Machine, Price, ProviderName, Resource } from '../../infra/clouds/shapes.ts'
import type { Clock } from '../../state/primitives/clock.ts'
import { BadInput, Bug, Refused, WatchfloorError } from '../../state/primitives/errors.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { MachinesCommand } from './commands.ts'
import type { OpTrouble } from './shapes.ts'

export interface MachineWorld {
  state(): FleetState
  /** Journals as `engine`; resolves when it is durable and in `state()`. */
  do(command: MachinesCommand): Promise<unknown>
  cloud(provider: ProviderName): Promise<Cloud>
  /** What is known of the prices of these. */
  prices(resources: readonly Resource[], provider: ProviderName, region: string): readonly Price[]
  /** SSH answers there: a connection and its banner. Has a deadline of its own, and is given one. */
  reach(machine: Machine, signal: AbortSignal): Promise<boolean>
  clock: Clock
  /** Name of the fleet that runs; operations that were begun under another name keep it. */
  fleetName(): string
  /** 0 to 1, for jitter. */
  random(): number
}

/** The engine stops: nothing is concluded, and the next one goes on from what is journaled. */
class Stopped extends Error {}

/** A call to a provider that does not come back in this time may have had an effect. */
const callMs = 120_000
const soonMs = [1_500, 2_500, 4_000]
const longestBackoffMs = 60_000
const longestAskedMs = 600_000
const diskRetryMs = 5_000
/** The call that opens an adapter, as it is named in errors. */
export const opening = 'credentials'

export interface Steps {
  /** What `work` gives; a CloudError for whatever went wrong. */
  call<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>
  sleep(ms: number): Promise<void>
  /** Longer with every try, with jitter; no shorter than the provider asked for. */
  backOff(tries: number, error?: CloudError): Promise<void>
  /** Until the next look at something that takes its time: 10 to 15 s; the first ones (`count` from 0) come sooner. */
  untilNextLook(count?: number): Promise<void>
  /** Tells it until it is durable. */
  tell(command: MachinesCommand): Promise<void>
  trouble(error: { failure: string; code: string | null; message: string }): OpTrouble
}

/** Runs until it is done, or the engine stops. */
export async function whileRunning(
  world: MachineWorld,
  signal: AbortSignal,
  work: (steps: Steps) => Promise<void>,
): Promise<void> {
  try {
    await work(createSteps(world, signal))
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
  }
}

function createSteps(world: MachineWorld, signal: AbortSignal): Steps {
  const { clock } = world

  function sleep(ms: number): Promise<void> {
    if (signal.aborted) return Promise.reject(new Stopped())
    return new Promise((resolve, reject) => {
      const cancel = clock.after(ms, () => {
        signal.removeEventListener('abort', stop)
        resolve()
      })
      const stop = () => {
        cancel()
        reject(new Stopped())
      }
      signal.addEventListener('abort', stop, { once: true })
    })
  }

  async function call<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (signal.aborted) throw new Stopped()
    const ending = new AbortController()
    const late = Promise.withResolvers<never>()
    const cancel = clock.after(callMs, () => {
      late.reject(
        new CloudError({
          failure: 'unreachable',
          effect: 'unknown',
          message: `${what}: no answer within ${callMs / 1000} s`,
        }),
      )
      ending.abort()
    })
    const stop = () => {
      late.reject(new Stopped())
      ending.abort()
    }
    signal.addEventListener('abort', stop, { once: true })
    try {
      return await Promise.race([work(ending.signal), late.promise])
    } catch (error) {
      if (signal.aborted || error instanceof Stopped) throw new Stopped()
      throw cloudError(what, error)
    } finally {
      cancel()
      signal.removeEventListener('abort', stop)
    }
  }

  return {
    call,
    sleep,
    backOff(tries, error) {
      const grown = Math.min(longestBackoffMs, 2_000 * 2 ** Math.min(tries, 10))
      const asked = Math.min(longestAskedMs, error?.retryAfterMs ?? 0)
      // The half is certain; the other spreads those that began together.
      return sleep(Math.max(asked, grown / 2) + (grown / 2) * world.random())
    },
    untilNextLook: (count = soonMs.length) => sleep(soonMs[count] ?? 10_000 + 5_000 * world.random()),
    async tell(command) {
      for (;;) {
        if (signal.aborted) throw new Stopped()
        try {
          await world.do(command)
          return
        } catch (error) {
          const isFull = error instanceof Refused && error.name === 'disk-full'
          const isWrong = error instanceof BadInput || error instanceof Bug || error instanceof Refused
          if (isWrong && !isFull) throw error
          await sleep(diskRetryMs)
        }
      }
    },
    trouble: ({ failure, code, message }) => ({ failure, code, message: message.slice(0, 2_000), at: clock.now() }),
  }
}

/** What is not said in a provider's classes may have had any effect. */
function cloudError(what: string, error: unknown): CloudError {
  if (error instanceof CloudError) return error
  // A missing credential, a fleet file that names no account: raised before anything was asked.
  if (error instanceof WatchfloorError && !(error instanceof Bug)) {
    return new CloudError({
      failure: 'invalid',
      // Nothing is asked of a provider while an adapter is being opened.
      effect: what === opening ? 'none' : 'unknown',
      message: error.message,
      ...(error.remedy === null ? {} : { remedy: error.remedy }),
      cause: error,
    })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new CloudError({ failure: 'unreachable', effect: 'unknown', message: `${what}: ${message}`, cause: error })
}

/** For people: what happened, and what to do about it. */
export function told(error: CloudError): { failure: string; code: string | null; message: string } {
  const message = error.remedy === null ? error.message : `${error.message}. ${error.remedy}`
  return { failure: error.failure, code: error.code, message }
}
