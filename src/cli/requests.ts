// What the engine was asked to do at a provider and does in its own time: waited for, but not for ever, since it goes on
// without us.
import { parseDuration } from '../../state/primitives/duration.ts'
import { BadInput, NotYet, Unreachable } from '../../state/primitives/errors.ts'
import type { Engine } from '../engine/engine.ts'

/** How long a lost link may take to heal. */
const patienceMs = 30_000

export type Ended = 'over' | 'deadline' | 'interrupted'

/**
 * Looks at the engine's state with every change of it until `isOver`. ctrl-c and the deadline end the waiting, never what
 * is waited for. Rejects with Unreachable when the link is lost for good.
 */
export async function follow(
  engine: Engine,
  options: { isOver: () => boolean; deadlineMs: number; what: string; signals?: NodeJS.EventEmitter },
): Promise<Ended> {
  const { isOver, deadlineMs, what, signals = process } = options
  const ended = Promise.withResolvers<Ended>()
  let patience: NodeJS.Timeout | null = null
  const deadline = setTimeout(() => ended.resolve('deadline'), Math.min(deadlineMs, longestTimerMs))
  const interrupt = () => ended.resolve('interrupted')
  signals.once('SIGINT', interrupt)
  function look(): void {
    try {
      if (isOver()) ended.resolve('over')
    } catch (error) {
      ended.reject(error)
    }
  }
  const unsubscribe = engine.subscribe(change => {
    if (change.kind === 'link') {
      if (change.up) {
        if (patience) clearTimeout(patience)
        patience = null
      }
      // Each try that fails says so again: it is counted from the first.
      else patience ??= setTimeout(() => ended.reject(linkGone(what)), patienceMs)
    }
    if (change.kind !== 'live') look()
  })
  try {
    look()
    return await ended.promise
  } finally {
    clearTimeout(deadline)
    if (patience) clearTimeout(patience)
    signals.removeListener('SIGINT', interrupt)
    unsubscribe()
  }
}

const longestTimerMs = 2 ** 31 - 1

function linkGone(what: string): Unreachable {
  return new Unreachable({
    name: 'link-lost',
    message: 'the link to the engine is lost and does not heal; what was started goes on without us',
    remedy: `How it ends will stand in \`watchfloor journal show\` under ${what}.`,
  })
}

export function deadlineOf(words: string | undefined, usual: string): number {
  const ms = parseDuration(words ?? usual)
  if (ms !== null && ms > 0) return ms
  throw new BadInput({ name: 'bad-deadline', message: `"${words}" is no duration`, remedy: 'Say 90s, 30m or 2h.' })
}

/** How a question to a provider's prices or billing ended. */
export async function providerAnswer(engine: Engine, id: string): Promise<{ changed: number; trouble: string | null }> {
  const found = () => engine.state().money.closed.find(one => one.id === id)
  const how = await follow(engine, { isOver: () => found() !== undefined, deadlineMs: 180_000, what: id })
  const ended = found()
  if (ended) return ended
  throw new NotYet({
    name: 'still-asking',
    message: how === 'deadline' ? 'the provider has not answered in three minutes' : 'no longer waited for',
    remedy: `The engine goes on; how it ends will stand in \`watchfloor journal show\` under ${id}.`,
  })
}
