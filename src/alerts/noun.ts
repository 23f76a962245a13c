// The outbox: alerts wait here until they were delivered, or given up where everybody can see it.
import { type Static, Type } from 'typebox'
import { targetReference } from '../../infra/alerts/reference.ts'
import { Refused } from '../../state/primitives/errors.ts'
import { Changing } from '../engine/changing.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { DecideContext, Effect, Noun } from '../engine/noun.ts'
import { mayOperate } from '../incidents/noun.ts'
import { type AlertsEvent, alertsEvents } from './queue.ts'
import type { Alert, AlertSlice } from './shapes.ts'

export type { AlertsEvent } from './queue.ts'

const keptDone = 200
/** With these waits about a day. Counted, since the wall clock may jump by years when HQ first hears the time. */
const mostAttempts = 100
/** Waits between attempts; the last one repeats. */
const retryMs = [5_000, 15_000, 30_000, 60_000, 120_000, 300_000, 900_000] as const
export const longestRetryMs = 3_600_000

const id = Type.String({ minLength: 1, maxLength: 100 })

const alertsCommands = {
  'alerts.delivered': Type.Object({
    type: Type.Literal('alerts.delivered'),
    id,
    attempt: Type.Integer({ minimum: 0 }),
  }),
  'alerts.failed': Type.Object({
    type: Type.Literal('alerts.failed'),
    id,
    attempt: Type.Integer({ minimum: 0 }),
    why: Type.String({ maxLength: 300 }),
    /** What the target asked for (Retry-After). */
    retryAfterMs: Type.Optional(Type.Number({ minimum: 0 })),
    /** Trying again is pointless: the fleet file does not name this target any more. */
    final: Type.Optional(Type.Boolean()),
  }),
  /** Sends a test alert to each of these targets. */
  'alerts.test': Type.Object(
    {
      type: Type.Literal('alerts.test'),
      to: Type.Array(Type.String({ maxLength: 2_000 }), { minItems: 1, maxItems: 50 }),
    },
    { additionalProperties: false },
  ),
} as const

export type AlertsCommand = {
  [K in keyof typeof alertsCommands]: Static<(typeof alertsCommands)[K]>
}[keyof typeof alertsCommands]

export const alertsNoun: Noun<AlertSlice, AlertsCommand, AlertsEvent> = {
  name: 'alerts',
  commands: alertsCommands,
  events: alertsEvents,
  initial: { outbox: {}, done: [] },
  decide: decideAlerts,
  reduce: (slice, event, commit) => reduceAlerts(slice, [event], commit),
  reduceAll: reduceAlerts,
  pending: pendingAlerts,
}

interface DeliverEffect extends Effect {
  kind: 'alerts.deliver'
  alert: Alert
}

/**
 * One effect an attempt: its id changes with each, so that a failed attempt is followed by the next and no other.
 * Of one incident and target only the one queued first: nobody shall read `resolved` before `opened`. The outbox is in the
 * order of the commits; `queuedAt` may not be, after a clock was set.
 */
function pendingAlerts(state: FleetState): DeliverEffect[] {
  const first = new Map<string, Alert>()
  for (const alert of Object.values(state.alerts.outbox)) {
    const line = alert.what === 'test' ? alert.id : `${alert.incident} ${alert.to}`
    if (!first.has(line)) first.set(line, alert)
  }
  return [...first.values()].map(alert => ({ id: `${alert.id}:${alert.attempts}`, kind: 'alerts.deliver', alert }))
}

function decideAlerts(state: FleetState, command: AlertsCommand, context: DecideContext): AlertsEvent[] {
  switch (command.type) {
    case 'alerts.delivered': {
      onlyEngine(context)
      return state.alerts.outbox[command.id] ? [{ type: 'alerts.delivered', id: command.id }] : []
    }
    case 'alerts.failed': {
      onlyEngine(context)
      const alert = state.alerts.outbox[command.id]
      // Told twice about the same attempt: it counts once.
      if (!alert || alert.attempts !== command.attempt) return []
      if (command.final === true) return [{ type: 'alerts.ended', id: alert.id, why: `given up: ${command.why}` }]
      const waitMs = retryMs[Math.min(alert.attempts, retryMs.length - 1)] ?? longestRetryMs
      const nextAt = context.now + Math.min(longestRetryMs, Math.max(waitMs, command.retryAfterMs ?? 0))
      if (alert.attempts + 1 >= mostAttempts) {
        return [
          { type: 'alerts.ended', id: alert.id, why: `given up after ${alert.attempts + 1} attempts: ${command.why}` },
        ]
      }
      return [{ type: 'alerts.failed', id: alert.id, why: command.why, nextAt }]
    }
    case 'alerts.test': {
      if (!mayOperate(context)) {
        throw new Refused({
          name: 'role-missing',
          message: `${context.by} is neither operator nor owner in the fleet file`,
        })
      }
      return command.to.map(to => ({
        type: 'alerts.queued' as const,
        alert: {
          id: context.id('alt'),
          incident: 'test',
          to: targetReference(to),
          severity: 'SEV3' as const,
          what: 'test' as const,
          title: 'Watchfloor test alert',
          text: `${context.by} asked for this test alert. Nothing is wrong.`,
          queuedAt: context.now,
          attempts: 0,
          nextAt: context.now,
        },
      }))
    }
  }
}

function onlyEngine(context: DecideContext): void {
  if (context.by !== 'engine') {
    throw new Refused({ name: 'engine-only', message: 'only the engine says how an alert ended' })
  }
}

function reduceAlerts(slice: AlertSlice, events: readonly AlertsEvent[], commit: { at: number }): AlertSlice {
  const outbox = new Changing(slice.outbox)
  const before = slice.told ?? {}
  const told = new Changing(before)
  let done = slice.done
  const end = (which: string, why: string | null) => {
    const alert = outbox.get(which)
    if (!alert) return
    outbox.delete(which)
    const { id: alertId, incident, to, what, title } = alert
    const entry = { id: alertId, incident, to, what, title, at: commit.at, delivered: why === null, why }
    done = [...done, entry].slice(-keptDone)
    if (why !== null || alert.late === true || what === 'test' || what === 'resolved') return
    const known = told.get(incident) ?? []
    if (!known.includes(to)) told.set(incident, [...known, to])
  }
  for (const event of events) {
    switch (event.type) {
      case 'alerts.queued':
        outbox.set(event.alert.id, event.alert)
        break
      case 'alerts.failed': {
        const alert = outbox.get(event.id)
        if (alert) outbox.set(event.id, { ...alert, attempts: alert.attempts + 1, nextAt: event.nextAt })
        break
      }
      case 'alerts.delivered':
        end(event.id, null)
        break
      case 'alerts.ended':
        end(event.id, event.why)
        break
      case 'alerts.closed':
        told.delete(event.incident)
        for (const alert of outbox.values())
          if (alert.incident === event.incident && alert.what !== 'resolved')
            outbox.set(alert.id, { ...alert, late: true })
        break
    }
  }
  const next = { outbox: outbox.result(), told: told.result(), done }
  return next.outbox === slice.outbox && next.told === before && done === slice.done ? slice : next
}
