// From incidents to alerts: who is told what, once. Pure, and decided in the commit of the incident itself.
import { type Static, Type } from 'typebox'
import { targetReference } from '../../infra/alerts/reference.ts'
import { own } from '../../state/primitives/record.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { DecideContext } from '../engine/noun.ts'
import type { Severity } from '../fleet/fleet.ts'
import type { IncidentsEvent } from '../incidents/events.ts'
import type { Incident } from '../incidents/shapes.ts'
import { type Alert, alert } from './shapes.ts'

const id = Type.String()

export const alertsEvents = {
  'alerts.queued': Type.Object({ type: Type.Literal('alerts.queued'), alert }),
  'alerts.delivered': Type.Object({ type: Type.Literal('alerts.delivered'), id }),
  'alerts.failed': Type.Object({ type: Type.Literal('alerts.failed'), id, why: Type.String(), nextAt: Type.Number() }),
  /** Not delivered and not tried again: its time is over (`given up`), or it became pointless before it left. */
  'alerts.ended': Type.Object({ type: Type.Literal('alerts.ended'), id, why: Type.String() }),
  /** An incident ended: who was told of it is not remembered any more. */
  'alerts.closed': Type.Object({ type: Type.Literal('alerts.closed'), incident: Type.String() }),
} as const

export type AlertsEvent = {
  [K in keyof typeof alertsEvents]: Static<(typeof alertsEvents)[K]>
}[keyof typeof alertsEvents]

export interface AlertRules {
  /** As in the fleet file. */
  targets: readonly { to: string; from: Severity }[]
  /** Nodes that a silence covers. */
  muted: readonly string[]
  /** A node's first alert waits so long for a group that explains it. */
  holdMs: number
}

/** Called with the events of one commit, before they are folded into `state`. */
export function alertsFrom(
  state: FleetState,
  events: readonly IncidentsEvent[],
  rules: AlertRules,
  context: Pick<DecideContext, 'now' | 'id'>,
): AlertsEvent[] {
  const found: AlertsEvent[] = []
  const open = new Map<string, Incident>(Object.entries(state.incidents.open))
  const muted = new Set(rules.muted)

  const isMuted = (incident: Incident) => incident.nodes.length > 0 && incident.nodes.every(node => muted.has(node))
  const queue = (incident: Incident, target: string, what: Alert['what'], text: string, delayMs: number) => {
    // The address is a secret: what is journaled only says which of the fleet file's targets is meant.
    const to = targetReference(target)
    const isKnown =
      Object.values(state.alerts.outbox).some(one => isSame(one, incident, to, what)) ||
      found.some(event => event.type === 'alerts.queued' && isSame(event.alert, incident, to, what))
    if (isKnown) return
    found.push({
      type: 'alerts.queued',
      alert: {
        id: context.id('alt'),
        incident: incident.id,
        to,
        severity: incident.severity,
        what,
        title: titleOf(incident, what),
        text,
        queuedAt: context.now,
        attempts: 0,
        nextAt: context.now + delayMs,
      },
    })
  }
  const tell = (incident: Incident, what: Alert['what'], delayMs: number) => {
    if (incident.scope === 'manual' || isMuted(incident)) return
    for (const target of rules.targets) {
      // `SEV1` < `SEV2` as text: the smaller is the worse.
      if (incident.severity <= target.from) queue(incident, target.to, what, textOf(incident), delayMs)
    }
  }

  for (const event of events) {
    switch (event.type) {
      case 'incidents.opened':
        open.set(event.incident.id, event.incident)
        tell(event.incident, 'opened', holdOf(event.incident, rules.holdMs))
        break
      case 'incidents.updated': {
        const incident = open.get(event.id)
        if (incident)
          open.set(event.id, {
            ...incident,
            title: event.title ?? incident.title,
            nodes: event.nodes ?? incident.nodes,
          })
        break
      }
      case 'incidents.worsened': {
        const incident = open.get(event.id)
        if (!incident) break
        const worse = { ...incident, severity: event.severity, title: event.title }
        open.set(event.id, worse)
        // Acknowledged or not: what got worse is news.
        tell(worse, 'worse', 0)
        break
      }
      case 'incidents.resolved': {
        const incident = open.get(event.id)
        open.delete(event.id)
        if (!incident) break
        const waiting = Object.values(state.alerts.outbox).filter(one => one.incident === incident.id)
        // What never left is withdrawn; who was told of the trouble is told of its end, whatever the fleet file says now.
        const known = own(state.alerts.told ?? {}, incident.id) ?? []
        const told = new Set(known)
        for (const one of waiting) {
          if (one.attempts > 0) told.add(one.to)
          else found.push({ type: 'alerts.ended', id: one.id, why: `not needed any more: ${event.how}` })
        }
        if (told.size > 0) found.push({ type: 'alerts.closed', incident: incident.id })
        if (event.how.startsWith('part of ')) break
        for (const to of told) queue(incident, to, 'resolved', `${incident.title}\n${event.how}`, 0)
        break
      }
      case 'incidents.acknowledged':
      case 'incidents.noted':
      case 'incidents.silenced':
      case 'incidents.silence-ended':
      case 'incidents.maintained':
      case 'incidents.maintenance-ended':
        break
    }
  }
  return found
}

/** What may turn out to be part of something wider waits a little; HQ's own blindness and SEV1 do not. */
function holdOf(incident: Incident, holdMs: number): number {
  if (incident.severity === 'SEV1') return 0
  return incident.scope === 'node' ? holdMs : incident.scope === 'group' ? holdMs / 2 : 0
}

function isSame(one: Alert, incident: Incident, to: string, what: Alert['what']): boolean {
  return one.incident === incident.id && one.to === to && one.what === what && one.severity === incident.severity
}

function titleOf(incident: Incident, what: Alert['what']): string {
  const subject = incident.scope === 'hq' ? 'HQ is blind' : incident.subject
  switch (what) {
    case 'opened':
      return `${incident.severity} ${subject}`
    case 'worse':
      return `${incident.severity} ${subject} (worse)`
    case 'resolved':
      return `Resolved: ${subject}`
    case 'test':
      return 'Test'
  }
}

function textOf(incident: Incident): string {
  if (incident.scope !== 'group') return incident.title
  const shown = incident.nodes.slice(0, 20).join(', ')
  return `${incident.title}: ${shown}${incident.nodes.length > 20 ? ` and ${incident.nodes.length - 20} more` : ''}`
}
