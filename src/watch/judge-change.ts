// What durable state says against what is judged now: is it the same, who is down, which groups are known to be.
import type { IncidentSlice } from '../incidents/shapes.ts'
import type { Fallen } from './judge-group.ts'
import type { NodeHealth, WatchSlice } from './shapes.ts'

export function isSameHealth(next: Omit<NodeHealth, 'since'>, durable: NodeHealth | undefined): boolean {
  return (
    durable !== undefined &&
    next.health === durable.health &&
    next.severity === durable.severity &&
    next.reason === durable.reason &&
    next.worsensAt === durable.worsensAt &&
    next.causes.length === durable.causes.length &&
    next.causes.every((cause, index) => cause === durable.causes[index])
  )
}

/** Every node that is down once these changes are durable, and since when. */
export function fallenNodes(
  nodes: WatchSlice['nodes'],
  changes: readonly { node: string; health: NodeHealth['health'] }[],
  now: number,
): Fallen[] {
  const fallen = new Map<string, number>()
  for (const [name, one] of Object.entries(nodes)) if (one.health === 'down') fallen.set(name, one.since)
  for (const change of changes) {
    if (change.health !== 'down') fallen.delete(change.node)
    else if (!fallen.has(change.node)) fallen.set(change.node, now)
  }
  return [...fallen].map(([node, at]) => ({ node, at }))
}

export function openGroups(incidents: IncidentSlice): Map<string, { openedAt: number; nodes: readonly string[] }> {
  const groups = Object.values(incidents.open).filter(one => one.scope === 'group')
  return new Map(groups.map(one => [one.subject, { openedAt: one.openedAt, nodes: one.nodes }]))
}
