// The durable outbox: an alert exists from the commit that decided it until it was delivered or given up.
import { type Static, Type } from 'typebox'
import { severity } from '../watch/shapes.ts'

const what = Type.Union([Type.Literal('opened'), Type.Literal('worse'), Type.Literal('resolved'), Type.Literal('test')])

export const alert = Type.Object({
  id: Type.String(),
  incident: Type.String(),
  /** Which target of the fleet file it goes to: a reference, since the address is a secret. */
  to: Type.String(),
  severity,
  what,
  title: Type.String(),
  text: Type.String(),
  queuedAt: Type.Number(),
  attempts: Type.Number(),
  /** Not before this moment, ms since the epoch. */
  nextAt: Type.Number(),
  /** Its incident has ended: that it arrives is of no use to anybody later. */
  late: Type.Optional(Type.Boolean()),
})
export type Alert = Static<typeof alert>

interface AlertDone {
  id: string
  incident: string
  to: string
  what: Alert['what']
  title: string
  at: number
  delivered: boolean
  /** Why not, when it was given up or withdrawn. */
  why: string | null
}

export interface AlertSlice {
  /** Open incident → targets that were told of it, and must be told of its end. Absent until somebody was. */
  told?: Record<string, string[]>
  outbox: Record<string, Alert>
  /** The last 200, newest last. */
  done: AlertDone[]
}
