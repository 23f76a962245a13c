// Which nodes the overview shows, in their order: by name, so that a fleet of ten thousand costs a list. Pure.
import type { Health } from '../../src/watch/shapes.ts'
import type { Snapshot } from '../room/room.ts'
import { filterBy } from '../widgets/filter.ts'
import { isLive, whereOf } from './nodes.ts'
import { ordered } from './sort.ts'

/** Names of the nodes that are shown, in their order. */
export function shownNames(snapshot: Snapshot): readonly string[] {
  const { state, live, view, memo } = snapshot
  const { filter, faultsOnly } = view.screens.overview
  const sorted = ordered(snapshot)
  const on = [sorted, state.watch.nodes, state.fleet.lifecycle, live.fleet, filter, faultsOnly]
  return memo('overview names', on, () => {
    if (filter === '' && !faultsOnly) return sorted
    const fits = filterBy(filter)
    return sorted.filter(name => {
      const health = state.watch.nodes[name]?.health ?? 'unknown'
      if (faultsOnly && (health === 'up' || !isLive(snapshot, name))) return false
      return filter === '' || fits(filterable(snapshot, name, health))
    })
  })
}

/** Name, region and health of a node, and its tags: what `/` looks at. */
function filterable({ live }: Snapshot, name: string, health: Health) {
  const node = live.fleet.nodes[name]
  return { text: `${name} ${node ? whereOf(node) : ''} ${health}`.toLowerCase(), tags: node?.tags ?? [] }
}
