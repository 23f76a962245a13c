// What happened to machines. Every step of an operation is an event of its own, written before the next step is taken.
import Type, { type Static } from 'typebox'
import { machine, machineSpec, prepared, providerName, resource } from '../../infra/clouds/shapes.ts'
import { opTrouble, regionSight } from './shapes.ts'

const closed = { additionalProperties: false } as const
const op = Type.String()
const fleet = Type.Union([Type.String(), Type.Null()])

export const machinesEvents = {
  'machines.wanted': Type.Object(
    {
      type: Type.Literal('machines.wanted'),
      batch: Type.String(),
      fleet,
      launches: Type.Array(Type.Object({ op, node: Type.String(), spec: machineSpec }, closed)),
      overBudget: Type.Boolean(),
    },
    closed,
  ),
  'machines.unwanted': Type.Object(
    {
      type: Type.Literal('machines.unwanted'),
      batch: Type.String(),
      fleet,
      /** Launches that nobody wants any more. */
      cancelled: Type.Array(op),
      destroys: Type.Array(
        Type.Object(
          {
            op,
            node: Type.String(),
            provider: providerName,
            region: Type.String(),
            machines: Type.Array(Type.String()),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
  'machines.adopting': Type.Object(
    {
      type: Type.Literal('machines.adopting'),
      batch: Type.String(),
      fleet,
      op,
      node: Type.String(),
      provider: providerName,
      region: Type.String(),
      machine: Type.String(),
    },
    closed,
  ),
  /** The request is settled and may be sent, now and after a crash, with this token. */
  'machines.settled': Type.Object(
    {
      type: Type.Literal('machines.settled'),
      op,
      fleet: Type.String(),
      attempt: Type.Integer(),
      token: Type.String(),
      prepared,
    },
    closed,
  ),
  'machines.created': Type.Object({ type: Type.Literal('machines.created'), op, machine }, closed),
  'machines.troubled': Type.Object(
    {
      type: Type.Literal('machines.troubled'),
      op,
      trouble: opTrouble,
      next: Type.Enum(['again', 'other-zone', 'anew', 'end']),
      machine: Type.Optional(machine),
    },
    closed,
  ),
  'machines.reachable': Type.Object({ type: Type.Literal('machines.reachable'), op, machine }, closed),
  'machines.asked': Type.Object(
    { type: Type.Literal('machines.asked'), op, machines: Type.Array(Type.String()) },
    closed,
  ),
  'machines.destroyed': Type.Object(
    {
      type: Type.Literal('machines.destroyed'),
      op,
      machines: Type.Array(Type.String()),
      leftovers: Type.Array(resource),
    },
    closed,
  ),
  'machines.adopted': Type.Object({ type: Type.Literal('machines.adopted'), op, machine }, closed),
  /** A machine carries the tags of a node that has none recorded, and is the only one that does: it is that node's. */
  'machines.recognised': Type.Object(
    { type: Type.Literal('machines.recognised'), node: Type.String(), machine },
    closed,
  ),
  'machines.observed': Type.Object(
    { type: Type.Literal('machines.observed'), regions: Type.Array(regionSight) },
    closed,
  ),
} as const

type Events = { [K in keyof typeof machinesEvents]: Static<(typeof machinesEvents)[K]> }
export type MachinesEvent = Events[keyof Events]
export type EventOf<K extends keyof Events> = Events[K]
