// Which nodes the overview shows, in which order: trouble first, then by region. Pure.
import type { LiveProbe } from '../../src/engine/engine.ts'
import type { Health, NodeHealth } from '../../src/watch/shapes.ts'
import type { Snapshot } from '../room/room.ts'
import { filterBy } from '../widgets/filter.ts'

export interface ShownNode {
  name: string
  where: string
  city: string | null
  health: Health
  known: NodeHealth | null
  isLive: boolean
  tags: readonly string[]
  probes: Readonly<Record<string, LiveProbe>>
  spark: readonly (number | null)[]
}

const worstFirst: readonly Health[] = ['down', 'degraded', 'unknown', 'maintenance', 'up']

/** Names of the nodes that are shown, in their order. */
export function shownNames(snapshot: Snapshot): readonly string[] {
  const { state, live, order, view, memo } = snapshot
  const { filter, faultsOnly } = view.screens.overview
  const on = [order, state.watch.nodes, state.fleet.lifecycle, live.fleet, filter, faultsOnly]
  return memo('overview names', on, () => {
    const fits = filterBy(filter)
    const byHealth: Record<Health, string[]> = { down: [], degraded: [], unknown: [], maintenance: [], up: [] }
    for (const name of order) {
      const health = state.watch.nodes[name]?.health ?? 'unknown'
      if (faultsOnly && (health === 'up' || !isLive(snapshot, name))) continue
      if (filter !== '' && !fits(filterable(snapshot, name, health))) continue
      byHealth[health].push(name)
    }
    return worstFirst.flatMap(health => byHealth[health])
  })
}

/** Name, region and health of a node, and its tags: what `/` looks at. */
function filterable({ live }: Snapshot, name: string, health: Health) {
  const node = live.fleet.nodes[name]
  return { text: `${name} ${node ? whereOf(node) : ''} ${health}`.toLowerCase(), tags: node?.tags ?? [] }
}

function isLive({ state, live }: Pick<Snapshot, 'state' | 'live'>, name: string): boolean {
  return (state.fleet.lifecycle[name] ?? live.fleet.nodes[name]?.lifecycle) === 'live'
}

function whereOf(node: Snapshot['live']['fleet']['nodes'][string]): string {
  return node.isHq ? 'HQ' : (node.region ?? node.provider)
}

export function shownNode({ state, live }: Snapshot, name: string): ShownNode | null {
  const node = live.fleet.nodes[name]
  if (!node) return null
  const known = state.watch.nodes[name] ?? null
  return {
    name,
    where: whereOf(node),
    city: node.city,
    health: known?.health ?? 'unknown',
    known,
    isLive: isLive({ state, live }, name),
    tags: node.tags,
    probes: live.probes[name] ?? {},
    spark: live.sparks[name] ?? [],
  }
}

export function countByHealth({ order, state, memo }: Snapshot): Readonly<Record<Health, number>> {
  return memo('health counts', [order, state.watch.nodes], () => {
    const counts = { up: 0, degraded: 0, down: 0, unknown: 0, maintenance: 0 }
    for (const name of order) counts[state.watch.nodes[name]?.health ?? 'unknown'] += 1
    return counts
  })
}
