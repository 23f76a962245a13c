// What has just happened, as sentences: for those who cannot see that a tile changed. Pure.
import type { Change } from '../../src/engine/engine.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import { clock } from '../widgets/measure.ts'

/** More at once than this is a storm: it is counted, not read out. */
const most = 5

export function newsOf(change: Change): string[] {
  switch (change.kind) {
    case 'link':
      return [change.up ? 'the link to the engine is back' : `the link to the engine is lost: ${change.why ?? ''}`]
    case 'events': {
      const lines = change.events.flatMap(event => {
        switch (event.type) {
          case 'watch.health':
            return [`${event.node} is ${event.health.health}${event.health.reason ? `: ${event.health.reason}` : ''}`]
          case 'watch.blind':
            return [`HQ is blind: ${event.blind.why}`]
          case 'watch.sighted':
            return ['HQ sees again']
          case 'incidents.opened':
            return [`${event.incident.severity}: ${event.incident.title}`]
          case 'incidents.acknowledged':
            return [`${change.by} acknowledged ${event.id}`]
          default:
            return []
        }
      })
      const told = lines.slice(0, most).map(line => `${clock(change.at, change.at)} ${forTerminal(line)}`)
      return lines.length > most ? [...told, `and ${lines.length - most} more changes`] : told
    }
    case 'live':
    case 'fleet':
    case 'engine':
      return []
  }
}
