// An incident: something is wrong with one node, a whole region or mesh, or with HQ's own sight.
import type { Severity } from '../fleet/fleet.ts'

export interface Incident {
  id: string
  /** `node`, `group` (a region or mesh at once), `hq` (blind) or `manual` (opened by a person). */
  scope: 'node' | 'group' | 'hq' | 'manual'
  /** Node, group or title. */
  subject: string
  nodes: string[]
  severity: Severity
  title: string
  openedAt: number
  acknowledged: { at: number; by: string } | null
  resolved: { at: number; by: string; how: string } | null
  notes: { at: number; by: string; text: string }[]
}

export interface IncidentSlice {
  open: Record<string, Incident>
  /** The last 200, newest last. */
  closed: Incident[]
  silences: { id: string; selector: string; until: number; by: string; reason: string }[]
  maintenance: { id: string; selector: string; from: number; until: number; by: string; reason: string }[]
}
