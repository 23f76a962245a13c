// A yes to what costs or destroys: from a person who was shown it, or from a script that says so beforehand.
import { Refused } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { FleetView } from '../engine/engine.ts'
import type { Call } from './command.ts'

/** More than this at once is not answered by habit. */
const manyNodes = 10

/** Resolves when there is a yes; rejects with Refused when there is none. What would happen has been shown before. */
export async function confirm(call: Call, fleet: FleetView, what: string, count: number): Promise<void> {
  const { ask, console } = call.context
  if (call.options.yes === true) return
  if (!ask || call.options.json === true) {
    throw new Refused({
      name: 'not-confirmed',
      message: `nobody is there to confirm it: ${what}`,
      remedy: 'Say it beforehand: --yes.',
    })
  }
  const isProduction = fleet.environment === 'production'
  const wanted = isProduction || count > manyNodes ? fleet.name : 'yes'
  const why = isProduction ? 'this is production' : `${count} nodes`
  const how = wanted === 'yes' ? 'type yes' : `${why}: type the fleet's name, ${fleet.name}`
  console.err(forTerminal(what))
  const answer = (await ask(forTerminal(`${how}, anything else leaves it: `))).trim()
  if (answer === wanted) return
  throw new Refused({ name: 'not-confirmed', message: 'not confirmed: nothing was done' })
}
