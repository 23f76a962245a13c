// The durable outbox: an alert exists from the commit that decided it until it was delivered or given up.
import type { Severity } from '../fleet/fleet.ts'

export interface Alert {
  id: string
  incident: string
  /** Where it goes: `ntfy:https://…`, as in the fleet file. */
  to: string
  severity: Severity
  what: 'opened' | 'worse' | 'resolved' | 'test'
  title: string
  text: string
  queuedAt: number
  attempts: number
  /** Not before this moment, ms since the epoch. */
  nextAt: number
}

export interface AlertSlice {
  outbox: Record<string, Alert>
  /** The last 200, newest last. */
  done: { id: string; incident: string; to: string; what: Alert['what']; title: string; at: number; delivered: boolean; why: string | null }[]
}
