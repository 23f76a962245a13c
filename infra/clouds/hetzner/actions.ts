// Changes at Hetzner are actions that go on after the answer: they are asked for together until they have ended.
import type { CloudRim } from '../rim.ts'
import type { HetznerCalls } from './calls.ts'
import { failureOfAction } from './failures.ts'
import type { Action } from './replies.ts'

/** The API takes more; a longer address is refused by what stands before it (hcloud-go's number). */
const mostIdsAtOnce = 25
const firstPauseMs = 500
const longestPauseMs = 5_000
/** About four minutes: what goes on longer than that is seen by who looks at the machine. */
const mostRounds = 50

/** `running`: it is still going on. The first that ends in an error is thrown. */
export async function waitForActions(
  calls: HetznerCalls,
  rim: CloudRim,
  begun: readonly Action[],
  signal: AbortSignal,
): Promise<'done' | 'running'> {
  let open = judged(begun)
  for (let round = 0; open.length > 0; round++) {
    if (round >= mostRounds) return 'running'
    await rim.pause(Math.min(longestPauseMs, firstPauseMs * 1.3 ** round), signal)
    const still: Action[] = []
    for (let at = 0; at < open.length; at += mostIdsAtOnce) {
      const group = open.slice(at, at + mostIdsAtOnce)
      const seen = await calls.actions(
        group.map(action => action.id),
        signal,
      )
      // One that is not shown yet goes on.
      still.push(...group.map(action => seen.find(({ id }) => id === action.id) ?? action))
    }
    open = judged(still)
  }
  return 'done'
}

function judged(actions: readonly Action[]): Action[] {
  const failed = actions.find(action => action.status === 'error')
  if (failed) throw failureOfAction(failed.command, failed.error ?? null)
  return actions.filter(action => action.status !== 'success')
}
