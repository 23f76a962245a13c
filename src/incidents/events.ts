// What can happen to incidents, silences and maintenance windows, as it lies in the journal.
import { type Static, Type } from 'typebox'
import { severity } from '../watch/shapes.ts'
import { incident } from './shapes.ts'

const id = Type.String()

export const incidentsEvents = {
  'incidents.opened': Type.Object({ type: Type.Literal('incidents.opened'), incident }),
  /** More nodes joined, or its title says more now. */
  'incidents.updated': Type.Object({
    type: Type.Literal('incidents.updated'),
    id,
    title: Type.Optional(Type.String()),
    nodes: Type.Optional(Type.Array(Type.String())),
  }),
  'incidents.worsened': Type.Object({ type: Type.Literal('incidents.worsened'), id, severity, title: Type.String() }),
  'incidents.resolved': Type.Object({ type: Type.Literal('incidents.resolved'), id, how: Type.String() }),
  'incidents.acknowledged': Type.Object({ type: Type.Literal('incidents.acknowledged'), id }),
  'incidents.noted': Type.Object({ type: Type.Literal('incidents.noted'), id, text: Type.String() }),
  'incidents.silenced': Type.Object({
    type: Type.Literal('incidents.silenced'),
    id,
    selector: Type.String(),
    until: Type.Number(),
    reason: Type.String(),
  }),
  'incidents.silence-ended': Type.Object({ type: Type.Literal('incidents.silence-ended'), id, how: Type.String() }),
  'incidents.maintained': Type.Object({
    type: Type.Literal('incidents.maintained'),
    id,
    selector: Type.String(),
    from: Type.Number(),
    until: Type.Number(),
    reason: Type.String(),
  }),
  'incidents.maintenance-ended': Type.Object({
    type: Type.Literal('incidents.maintenance-ended'),
    id,
    how: Type.String(),
  }),
} as const

export type IncidentsEvent = {
  [K in keyof typeof incidentsEvents]: Static<(typeof incidentsEvents)[K]>
}[keyof typeof incidentsEvents]
