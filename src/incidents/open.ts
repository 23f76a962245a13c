// From changes of health to incidents: what opens, joins, worsens and ends. Pure, and decided in the same commit as the
// health itself, so that no crash can part them.
import type { Severity } from '../fleet/fleet.ts'
import type { Blindness, NodeHealth } from '../watch/shapes.ts'
import type { IncidentsEvent } from './events.ts'
import type { Incident, IncidentSlice } from './shapes.ts'

export interface Seen {
  /** Nodes whose health changed, as it is now. */
  changes: readonly { node: string; health: NodeHealth }[]
  /** Health of every node after the changes. */
  healthOf(node: string): NodeHealth | undefined
  groups: readonly { key: string; title: string; nodes: readonly string[]; absorbs?: readonly string[] }[]
  /** Nodes that are not live any more: their incidents end with them. */
  gone: readonly string[]
  /** HQ became blind, sees again, or neither. */
  blind: Blindness | 'sighted' | null
}

export interface OpenContext {
  now: number
  id(prefix: string): string
}

export function incidentsFrom(slice: IncidentSlice, seen: Seen, context: OpenContext): IncidentsEvent[] {
  const events: IncidentsEvent[] = []
  const open = new Map<string, Incident>(Object.entries(slice.open))

  const resolve = (incident: Incident, how: string) => {
    events.push({ type: 'incidents.resolved', id: incident.id, how })
    open.delete(incident.id)
  }
  const start = (draft: Pick<Incident, 'scope' | 'subject' | 'nodes' | 'severity' | 'title'>) => {
    const incident: Incident = {
      id: context.id('inc'),
      ...draft,
      openedAt: context.now,
      acknowledged: null,
      resolved: null,
      notes: [],
    }
    events.push({ type: 'incidents.opened', incident })
    open.set(incident.id, incident)
  }
  const worsen = (incident: Incident, to: Severity, title: string) => {
    events.push({ type: 'incidents.worsened', id: incident.id, severity: to, title })
    open.set(incident.id, { ...incident, severity: to, title })
  }

  if (seen.blind === 'sighted') {
    for (const incident of open.values()) if (incident.scope === 'hq') resolve(incident, 'HQ sees again')
  } else if (seen.blind !== null && !find(open, 'hq', 'HQ')) {
    start({ scope: 'hq', subject: 'HQ', nodes: [], severity: 'SEV1', title: `HQ is blind: ${seen.blind.why}` })
  }

  for (const group of seen.groups) openGroup(group)
  for (const change of seen.changes) follow(change.node, change.health)
  for (const node of seen.gone) {
    const incident = find(open, 'node', node)
    if (incident) resolve(incident, 'the node is not live any more')
  }
  if (seen.changes.length > 0 || seen.gone.length > 0) {
    for (const incident of open.values())
      if (incident.scope === 'group' && isOver(incident)) resolve(incident, 'all nodes recovered')
  }
  return events

  function openGroup(group: Seen['groups'][number]): void {
    // Nodes of a group have one incident: theirs are folded into it.
    for (const node of group.nodes) {
      const own = find(open, 'node', node)
      if (own) resolve(own, `part of ${group.key}`)
    }
    for (const key of group.absorbs ?? []) {
      const smaller = find(open, 'group', key)
      if (smaller) resolve(smaller, `part of ${group.key}`)
    }
    const known = find(open, 'group', group.key)
    const nodes = [...new Set([...(known?.nodes ?? []), ...group.nodes])]
    if (known) {
      if (nodes.length === known.nodes.length) return
      events.push({ type: 'incidents.updated', id: known.id, nodes, title: group.title })
      open.set(known.id, { ...known, nodes, title: group.title })
      return
    }
    start({ scope: 'group', subject: group.key, nodes, severity: worstOf(nodes), title: group.title })
  }

  function follow(node: string, health: NodeHealth): void {
    switch (health.health) {
      case 'down':
      case 'degraded': {
        const severity = health.severity ?? 'SEV2'
        const group = [...open.values()].find(one => one.scope === 'group' && one.nodes.includes(node))
        if (group) {
          if (severity < group.severity) worsen(group, severity, group.title)
          return
        }
        const title = `${node} is ${health.health}: ${health.reason}`
        const known = find(open, 'node', node)
        if (!known) start({ scope: 'node', subject: node, nodes: [node], severity, title })
        else if (severity < known.severity) worsen(known, severity, title)
        else if (title !== known.title) {
          events.push({ type: 'incidents.updated', id: known.id, title })
          open.set(known.id, { ...known, title })
        }
        return
      }
      case 'up': {
        const known = find(open, 'node', node)
        if (known) resolve(known, 'recovered')
        return
      }
      // Not knowing neither opens nor ends anything; maintenance ends with a judgement of its own.
      case 'unknown':
      case 'maintenance':
        return
    }
  }

  function worstOf(nodes: readonly string[]): Severity {
    let worst: Severity = 'SEV2'
    for (const node of nodes) {
      const found = seen.healthOf(node)?.severity ?? null
      if (found !== null && found < worst) worst = found
    }
    return worst
  }

  function isOver(incident: Incident): boolean {
    return incident.nodes.every(node => seen.gone.includes(node) || (seen.healthOf(node)?.health ?? 'up') === 'up')
  }
}

function find(open: ReadonlyMap<string, Incident>, scope: Incident['scope'], subject: string): Incident | undefined {
  for (const incident of open.values()) if (incident.scope === scope && incident.subject === subject) return incident
  return undefined
}
