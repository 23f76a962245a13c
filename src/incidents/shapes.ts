// An incident: something is wrong with one node, a whole region or mesh, or with HQ's own sight.
import { type Static, Type } from 'typebox'
import { severity } from '../watch/shapes.ts'

export const incident = Type.Object({
  id: Type.String(),
  /** `node`, `group` (a region or mesh at once), `hq` (blind) or `manual` (opened by a person). */
  scope: Type.Union([Type.Literal('node'), Type.Literal('group'), Type.Literal('hq'), Type.Literal('manual')]),
  /** Node, group (`region eu-west-1`) or title. */
  subject: Type.String(),
  nodes: Type.Array(Type.String()),
  severity,
  title: Type.String(),
  openedAt: Type.Number(),
  acknowledged: Type.Union([Type.Object({ at: Type.Number(), by: Type.String() }), Type.Null()]),
  resolved: Type.Union([Type.Object({ at: Type.Number(), by: Type.String(), how: Type.String() }), Type.Null()]),
  notes: Type.Array(Type.Object({ at: Type.Number(), by: Type.String(), text: Type.String() })),
})
export type Incident = Static<typeof incident>

/** Mutes alerts of the selected nodes; incidents still open and close. */
export const silence = Type.Object({
  id: Type.String(),
  selector: Type.String(),
  until: Type.Number(),
  by: Type.String(),
  reason: Type.String(),
})
type Silence = Static<typeof silence>

/** The selected nodes are in maintenance: not judged in public, no incidents, no alerts. */
export const maintenanceWindow = Type.Object({
  id: Type.String(),
  selector: Type.String(),
  from: Type.Number(),
  until: Type.Number(),
  by: Type.String(),
  reason: Type.String(),
})
export type MaintenanceWindow = Static<typeof maintenanceWindow>

export interface IncidentSlice {
  open: Record<string, Incident>
  /** The last 200, newest last. */
  closed: Incident[]
  silences: Silence[]
  maintenance: MaintenanceWindow[]
}
