// `watchfloor alert test`: does a message really arrive where the fleet file says? It goes the way that real ones go.
import { targetReference } from '../../infra/alerts/reference.ts'
import { BadInput } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { Engine } from '../engine/engine.ts'
import type { CliCommand } from './command.ts'
import { worstExit } from './output.ts'
import { locate, withEngine } from './session.ts'
import type { AlertTestDocument } from './shapes.ts'

/** A target that takes longer is tried again by the engine; here it is not waited for. */
const patienceMs = 20_000

export const alertTest: CliCommand = {
  name: 'alert test',
  summary: 'send a test alert to every target of the fleet file, and see whether it is taken',
  exits: '1 a target refused it · 3 a target has not answered yet; the engine goes on trying · 4 no engine · 5 refused',
  async run(call) {
    const { fleet } = await locate(call)
    const to = fleet.alerts.map(target => target.to)
    if (to.length === 0) {
      throw new BadInput({
        name: 'no-alert-targets',
        message: 'the fleet file names nobody to alert',
        remedy: 'Write one under `alerts:`.',
      })
    }
    return withEngine(call, async engine => {
      const { ids } = await engine.do({ type: 'alerts.test', to })
      await answered(engine, ids)
      const rows = ids.map((id, at) => rowOf(engine, id, targetReference(to[at] ?? '')))
      const document: AlertTestDocument = { targets: rows }
      const { console } = call.context
      if (call.options.json) console.out(JSON.stringify(document))
      else
        for (const row of rows)
          console.out(forTerminal(`${row.to}: ${row.outcome}${row.why === null ? '' : ` (${row.why})`}`))
      return worstExit(rows.map(row => (row.outcome === 'delivered' ? 0 : row.outcome === 'failed' ? 1 : 3)))
    })
  },
}

function rowOf(engine: Engine, id: string, to: string): AlertTestDocument['targets'][number] {
  const { done, outbox } = engine.state().alerts
  const ended = done.find(one => one.id === id)
  if (ended) return { to, outcome: ended.delivered ? 'delivered' : 'failed', why: ended.why }
  const attempts = outbox[id]?.attempts ?? 0
  return { to, outcome: attempts > 0 ? 'failed' : 'waiting', why: attempts > 0 ? 'it will be tried again' : null }
}

/** Resolves when each was tried, or after a while. */
function answered(engine: Engine, ids: readonly string[]): Promise<void> {
  const isOver = () => ids.every(id => rowOf(engine, id, '').outcome !== 'waiting')
  return new Promise(resolve => {
    const timer = setTimeout(finish, patienceMs)
    const unsubscribe = engine.subscribe(() => {
      if (isOver()) finish()
    })
    function finish(): void {
      clearTimeout(timer)
      unsubscribe()
      resolve()
    }
    if (isOver()) finish()
  })
}
