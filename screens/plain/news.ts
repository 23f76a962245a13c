// What has just happened, as sentences: for those who cannot see that a tile changed. Pure.
import type { Change } from '../../src/engine/engine.ts'
import type { FleetState } from '../../src/engine/fleet-state.ts'
import { clock } from '../widgets/measure.ts'

/** More at once than this is a storm: it is counted, not read out. */
const most = 5

/** `me`: what this operator did is answered where it was done, and is no news to them. */
export function newsOf(change: Change, { incidents }: Pick<FleetState, 'incidents'>, me: string): string[] {
  switch (change.kind) {
    case 'link':
      return [change.up ? 'The link to the engine is back.' : `The link to the engine is lost: ${change.why ?? ''}`]
    case 'events': {
      const titleOf = (id: string) =>
        (incidents.open[id] ?? incidents.closed.findLast(one => one.id === id))?.title ?? id
      const isOthers = change.by !== me
      const lines = change.events.flatMap(event => {
        switch (event.type) {
          case 'watch.health':
            return [`${event.node} is ${event.health.health}${event.health.reason ? `: ${event.health.reason}` : ''}`]
          case 'watch.blind':
            return [`HQ is blind: ${event.blind.why}`]
          case 'watch.sighted':
            return ['HQ sees again']
          case 'incidents.opened':
            return [`new incident, ${event.incident.severity}: ${event.incident.title}`]
          case 'incidents.resolved':
            return [`the incident is over: ${titleOf(event.id)}`]
          case 'incidents.acknowledged':
            return isOthers ? [`${change.by} acknowledged: ${titleOf(event.id)}`] : []
          case 'incidents.noted':
            return isOthers ? [`${change.by} noted on ${titleOf(event.id)}: ${event.text}`] : []
          default:
            return []
        }
      })
      const told = lines.slice(0, most).map(line => `News at ${clock(change.at, change.at)}: ${line}.`)
      return lines.length > most ? [...told, `And ${lines.length - most} more changes.`] : told
    }
    case 'live':
    case 'fleet':
    case 'engine':
      return []
  }
}
