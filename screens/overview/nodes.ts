// What the overview knows of a node: all that there is to show of it, made only for those that are on the screen. Pure.
import type { LiveProbe } from '../../src/engine/engine.ts'
import type { Health, NodeHealth } from '../../src/watch/shapes.ts'
import { shortOperation } from '../machines/operations.ts'
import type { Snapshot } from '../room/room.ts'

export interface ShownNode {
  name: string
  where: string
  city: string | null
  provider: string
  type: string | null
  address: string | null
  health: Health
  known: NodeHealth | null
  /** Since when it has this health, ms since the epoch; null: that is not known (of the past, only health was kept). */
  since: number | null
  isLive: boolean
  tags: readonly string[]
  probes: Readonly<Record<string, LiveProbe>>
  spark: readonly (number | null)[]
  /** What is being done about its machine; null: nothing. */
  doing: string | null
}

export function isLive({ state, live }: Pick<Snapshot, 'state' | 'live'>, name: string): boolean {
  return (state.fleet.lifecycle[name] ?? live.fleet.nodes[name]?.lifecycle) === 'live'
}

export function whereOf(node: Snapshot['live']['fleet']['nodes'][string]): string {
  return node.isHq ? 'HQ' : (node.region ?? node.provider)
}

export function shownNode({ state, live }: Pick<Snapshot, 'state' | 'live'>, name: string): ShownNode | null {
  const node = live.fleet.nodes[name]
  if (!node) return null
  const known = state.watch.nodes[name] ?? null
  return {
    name,
    where: whereOf(node),
    city: node.city,
    provider: node.provider,
    type: node.type,
    address: node.address,
    health: known?.health ?? 'unknown',
    known,
    since: known !== null && Number.isFinite(known.since) ? known.since : null,
    isLive: isLive({ state, live }, name),
    tags: node.tags,
    probes: live.probes[name] ?? {},
    spark: live.sparks[name] ?? [],
    doing: doingOf(name, state),
  }
}

function doingOf(name: string, { machines }: Snapshot['state']): string | null {
  const operation = Object.values(machines.open).find(({ node }) => node === name)
  return operation === undefined ? null : shortOperation(operation)
}

export type HealthCounts = Readonly<Record<Health, number>>

export function countOf(names: readonly string[], { state }: Pick<Snapshot, 'state'>): HealthCounts {
  const counts = { up: 0, degraded: 0, down: 0, unknown: 0, maintenance: 0 }
  for (const name of names) counts[state.watch.nodes[name]?.health ?? 'unknown'] += 1
  return counts
}

export function countByHealth(snapshot: Snapshot): HealthCounts {
  const { order, state, memo } = snapshot
  return memo('health counts', [order, state.watch.nodes], () => countOf(order, snapshot))
}
