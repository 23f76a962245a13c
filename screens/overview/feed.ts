// Asks the engine how the fleet was at the moment that the overview is rewound to. Keys that repeat ask once, when they
// rest; an answer that comes too late for where the operator is by then is dropped.
import { bodyHeightOf } from '../room/notices.ts'
import type { Room } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { arrange, visibleNames } from './arrange.ts'
import { seen } from './lens.ts'

const restMs = 80
/** What failed is asked again after so long. */
const againMs = 5_000
/** No screen shows the figures of more, and no question names more. */
const mostNodes = 500

export function feedOverview(room: Room, now: () => number): () => void {
  /** Keys have to rest: a question waits for as long as they change the moment. */
  let rest: { at: number; timer: NodeJS.Timeout } | null = null
  /** What was asked last and is not asked again: the moment, and the nodes of which readings were wanted. */
  let asked: { at: number; nodes: Set<string> } | null = null
  let failedAt = Number.NEGATIVE_INFINITY
  let isAsking = false

  /** What is on the screen and was not asked for yet; null: there is nothing to ask. */
  function wanted(): { at: number; nodes: string[] } | null {
    const snapshot = room.snapshot()
    const { at } = snapshot.view.screens.overview
    if (at === null || placeOf(snapshot.view).screen !== 'overview' || !snapshot.link.up) return null
    const visible = visibleNames(arrange(seen(snapshot), bodyHeightOf(snapshot))).slice(0, mostNodes)
    if (asked === null || asked.at !== at) return { at, nodes: [...visible] }
    if (snapshot.found.overview?.failed !== null && now() - failedAt >= againMs) return { at, nodes: [...visible] }
    const known = asked.nodes
    const nodes = visible.filter(name => !known.has(name))
    return nodes.length > 0 ? { at, nodes } : null
  }

  function look(): void {
    const { view, found } = room.snapshot()
    if (view.screens.overview.at === null) {
      stop()
      asked = null
      if (found.overview !== null) room.find('overview', null)
      return
    }
    const question = isAsking ? null : wanted()
    if (question === null || rest?.at === question.at) return
    stop()
    const timer = setTimeout(() => {
      rest = null
      void ask()
    }, restMs)
    rest = { at: question.at, timer }
  }

  function stop(): void {
    if (rest) clearTimeout(rest.timer)
    rest = null
  }

  async function ask(): Promise<void> {
    const question = wanted()
    if (question === null) return
    const before = asked !== null && asked.at === question.at ? asked.nodes : []
    asked = { at: question.at, nodes: new Set([...before, ...question.nodes]) }
    isAsking = true
    try {
      const answer = await room.engine.ask('past', question)
      const { view, found } = room.snapshot()
      if (view.screens.overview.at === question.at) {
        const known = found.overview?.answer
        const readings = known?.at === answer.at ? { ...known.readings, ...answer.readings } : answer.readings
        room.find('overview', { at: question.at, answer: { ...answer, readings }, failed: null })
      }
    } catch (error) {
      failedAt = now()
      const failed = error instanceof Error ? error.message : String(error)
      if (room.snapshot().view.screens.overview.at === question.at)
        room.find('overview', { at: question.at, answer: null, failed })
    } finally {
      isAsking = false
      look()
    }
  }

  const unsubscribe = room.subscribe(look)
  look()
  return () => {
    unsubscribe()
    stop()
  }
}
