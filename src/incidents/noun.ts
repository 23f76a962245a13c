// Incidents: opened and closed by what is seen (`open.ts`), acknowledged, noted, silenced and resolved by people.
import { type Static, Type } from 'typebox'
import { BadInput, Refused } from '../../state/primitives/errors.ts'
import { own } from '../../state/primitives/record.ts'
import { type AlertsEvent, alertsFrom } from '../alerts/queue.ts'
import { Changing } from '../engine/changing.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { DecideContext, Noun } from '../engine/noun.ts'
import { severity } from '../watch/shapes.ts'
import { type IncidentsEvent, incidentsEvents } from './events.ts'
import type { Incident, IncidentSlice } from './shapes.ts'

export type { IncidentsEvent } from './events.ts'

const keptClosed = 200
const longestSilenceMs = 30 * 24 * 3_600_000
const mostNotes = 200

const id = Type.String({ minLength: 1, maxLength: 100 })
const text = Type.String({ minLength: 1, maxLength: 2_000 })
const selector = Type.String({ minLength: 1, maxLength: 500 })

const incidentsCommands = {
  'incidents.ack': Type.Object({ type: Type.Literal('incidents.ack'), id }, { additionalProperties: false }),
  'incidents.resolve': Type.Object(
    { type: Type.Literal('incidents.resolve'), id, how: text },
    { additionalProperties: false },
  ),
  'incidents.note': Type.Object({ type: Type.Literal('incidents.note'), id, text }, { additionalProperties: false }),
  /** Written down by a person; alerts nobody. */
  'incidents.add': Type.Object(
    {
      type: Type.Literal('incidents.add'),
      title: text,
      severity,
      nodes: Type.Array(Type.String(), { maxItems: 10_000 }),
    },
    { additionalProperties: false },
  ),
  'incidents.silence': Type.Object(
    { type: Type.Literal('incidents.silence'), selector, until: Type.Number(), reason: text },
    { additionalProperties: false },
  ),
  'incidents.unsilence': Type.Object(
    { type: Type.Literal('incidents.unsilence'), id },
    { additionalProperties: false },
  ),
  /** `from` defaults to now. */
  'incidents.maintain': Type.Object(
    {
      type: Type.Literal('incidents.maintain'),
      selector,
      from: Type.Optional(Type.Number()),
      until: Type.Number(),
      reason: text,
    },
    { additionalProperties: false },
  ),
  'incidents.end-maintenance': Type.Object(
    { type: Type.Literal('incidents.end-maintenance'), id },
    { additionalProperties: false },
  ),
} as const

export type IncidentsCommand = {
  [K in keyof typeof incidentsCommands]: Static<(typeof incidentsCommands)[K]>
}[keyof typeof incidentsCommands]

/** Resolving an incident also decides who is told, in the same commit: its events are of two nouns. */
export const incidentsNoun: Omit<Noun<IncidentSlice, IncidentsCommand, IncidentsEvent>, 'decide'> & {
  decide(state: FleetState, command: IncidentsCommand, context: DecideContext): (IncidentsEvent | AlertsEvent)[]
} = {
  name: 'incidents',
  commands: incidentsCommands,
  events: incidentsEvents,
  initial: { open: {}, closed: [], silences: [], maintenance: [] },
  decide: decideIncidents,
  reduce: (slice, event, commit) => reduceIncidents(slice, [event], commit),
  reduceAll: reduceIncidents,
}

/** Who may change what others rely on: the engine itself, operators and owners. */
export function mayOperate(context: Pick<DecideContext, 'by' | 'roles'>): boolean {
  return context.by === 'engine' || context.roles.includes('operator') || context.roles.includes('owner')
}

function decideIncidents(
  state: FleetState,
  command: IncidentsCommand,
  context: DecideContext,
): (IncidentsEvent | AlertsEvent)[] {
  if (!mayOperate(context)) {
    throw new Refused({
      name: 'role-missing',
      message: `${context.by} is neither operator nor owner in the fleet file`,
      remedy: 'ask an operator, or add the role under `people`',
    })
  }
  const slice = state.incidents
  switch (command.type) {
    case 'incidents.ack': {
      const incident = openIncident(slice, command.id)
      return incident.acknowledged === null ? [{ type: 'incidents.acknowledged', id: command.id }] : []
    }
    case 'incidents.note':
      if (!own(slice.open, command.id) && !slice.closed.some(one => one.id === command.id))
        throw notFound('incident', command.id)
      return [{ type: 'incidents.noted', id: command.id, text: command.text }]
    case 'incidents.resolve': {
      openIncident(slice, command.id)
      const resolved: IncidentsEvent = { type: 'incidents.resolved', id: command.id, how: command.how }
      return [resolved, ...alertsFrom(state, [resolved], { targets: [], muted: [], holdMs: 0 }, context)]
    }
    case 'incidents.add': {
      const incident: Incident = {
        id: context.id('inc'),
        scope: 'manual',
        subject: command.title,
        nodes: command.nodes,
        severity: command.severity,
        title: command.title,
        openedAt: context.now,
        acknowledged: null,
        resolved: null,
        notes: [],
      }
      return [{ type: 'incidents.opened', incident }]
    }
    case 'incidents.silence': {
      checkSpan(context.now, command.until, context.now)
      const { selector: chosen, until, reason } = command
      return [{ type: 'incidents.silenced', id: context.id('sil'), selector: chosen, until, reason }]
    }
    case 'incidents.unsilence':
      if (!slice.silences.some(one => one.id === command.id)) throw notFound('silence', command.id)
      return [{ type: 'incidents.silence-ended', id: command.id, how: `ended by ${context.by}` }]
    case 'incidents.maintain': {
      const from = command.from ?? context.now
      checkSpan(from, command.until, context.now)
      const { selector: chosen, until, reason } = command
      return [{ type: 'incidents.maintained', id: context.id('mnt'), selector: chosen, from, until, reason }]
    }
    case 'incidents.end-maintenance':
      if (!slice.maintenance.some(one => one.id === command.id)) throw notFound('maintenance window', command.id)
      return [{ type: 'incidents.maintenance-ended', id: command.id, how: `ended by ${context.by}` }]
  }
}

/** Silences and windows whose time is over; decided with the next look at the fleet. */
export function endedBy(slice: IncidentSlice, now: number): IncidentsEvent[] {
  return [
    ...slice.silences
      .filter(one => one.until <= now)
      .map(one => ({ type: 'incidents.silence-ended' as const, id: one.id, how: 'over' })),
    ...slice.maintenance
      .filter(one => one.until <= now)
      .map(one => ({ type: 'incidents.maintenance-ended' as const, id: one.id, how: 'over' })),
  ]
}

function reduceIncidents(
  slice: IncidentSlice,
  events: readonly IncidentsEvent[],
  commit: { seq: number; at: number; by: string },
): IncidentSlice {
  const open = new Changing(slice.open)
  let { closed, silences, maintenance } = slice
  const change = (target: string, how: (incident: Incident) => Incident) => {
    const incident = open.get(target)
    if (incident) open.set(target, how(incident))
    else if (closed.some(one => one.id === target)) closed = closed.map(one => (one.id === target ? how(one) : one))
  }
  for (const event of events) {
    switch (event.type) {
      case 'incidents.opened':
        open.set(event.incident.id, event.incident)
        break
      case 'incidents.updated':
        change(event.id, one => ({ ...one, title: event.title ?? one.title, nodes: event.nodes ?? one.nodes }))
        break
      case 'incidents.worsened':
        change(event.id, one => ({ ...one, severity: event.severity, title: event.title }))
        break
      case 'incidents.acknowledged':
        change(event.id, one => ({ ...one, acknowledged: { at: commit.at, by: commit.by } }))
        break
      case 'incidents.noted': {
        const note = { at: commit.at, by: commit.by, text: event.text }
        change(event.id, one => ({ ...one, notes: [...one.notes, note].slice(-mostNotes) }))
        break
      }
      case 'incidents.resolved': {
        const incident = open.get(event.id)
        if (!incident) break
        open.delete(event.id)
        const resolved = { at: commit.at, by: commit.by, how: event.how }
        closed = [...closed, { ...incident, resolved }].slice(-keptClosed)
        break
      }
      case 'incidents.silenced': {
        const { id: silence, selector: chosen, until, reason } = event
        silences = [...silences, { id: silence, selector: chosen, until, by: commit.by, reason }]
        break
      }
      case 'incidents.silence-ended':
        silences = silences.filter(one => one.id !== event.id)
        break
      case 'incidents.maintained': {
        const { id: window, selector: chosen, from, until, reason } = event
        maintenance = [...maintenance, { id: window, selector: chosen, from, until, by: commit.by, reason }]
        break
      }
      case 'incidents.maintenance-ended':
        maintenance = maintenance.filter(one => one.id !== event.id)
        break
    }
  }
  const next = { open: open.result(), closed, silences, maintenance }
  const isSame =
    next.open === slice.open &&
    closed === slice.closed &&
    silences === slice.silences &&
    maintenance === slice.maintenance
  return isSame ? slice : next
}

function openIncident(slice: IncidentSlice, wanted: string): Incident {
  const incident = own(slice.open, wanted)
  if (incident) return incident
  if (slice.closed.some(one => one.id === wanted)) {
    throw new Refused({ name: 'incident-closed', message: `incident ${wanted} is resolved already` })
  }
  throw notFound('incident', wanted)
}

function notFound(what: string, wanted: string): BadInput {
  return new BadInput({ name: 'not-found', message: `there is no ${what} ${wanted}` })
}

function checkSpan(from: number, until: number, now: number): void {
  if (until <= from || until <= now) throw new BadInput({ name: 'bad-span', message: 'it would end before it begins' })
  if (until - from > longestSilenceMs) {
    throw new BadInput({
      name: 'bad-span',
      message: 'longer than 30 days',
      remedy: 'what is not watched for so long is not live: retire it',
    })
  }
}
