// Machines at providers: asked for by people, made and ended by the engine, each step written down before the next.
import Type, { type Static } from 'typebox'
import { machine, machineSpec, prepared, price, providerName, resource } from '../../infra/clouds/shapes.ts'
import { Bug } from '../../state/primitives/errors.ts'
import type { Noun } from '../engine/noun.ts'
import { type MachinesSlice, node, opId, opTrouble, regionSight } from './shapes.ts'

const closed = { additionalProperties: false } as const
const batchId = Type.String({ pattern: '^batch-[a-z0-9-]{1,64}$' })
const nodes = Type.Array(node, { minItems: 1, maxItems: 1_000, uniqueItems: true })

const machinesCommands = {
  /** One launch a node. `id` is the client's, so that a repeated request is the same batch. */
  'machines.provision': Type.Object(
    {
      type: Type.Literal('machines.provision'),
      id: batchId,
      nodes: Type.Array(Type.Object({ node, spec: machineSpec }, closed), { minItems: 1, maxItems: 1_000 }),
      /** The operator has seen that the ceiling is passed, and wants it all the same. */
      overBudget: Type.Boolean(),
    },
    closed,
  ),
  'machines.teardown': Type.Object({ type: Type.Literal('machines.teardown'), id: batchId, nodes }, closed),
  'machines.adopt': Type.Object(
    {
      type: Type.Literal('machines.adopt'),
      id: batchId,
      node,
      provider: providerName,
      region: Type.String({ minLength: 1, maxLength: 200 }),
      machine: Type.String({ minLength: 1, maxLength: 200 }),
    },
    closed,
  ),
  // The engine's own: how far an operation is.
  'machines.settle': Type.Object({ type: Type.Literal('machines.settle'), op: opId, prepared }, closed),
  'machines.created': Type.Object(
    { type: Type.Literal('machines.created'), op: opId, machine, prices: Type.Array(price) },
    closed,
  ),
  'machines.trouble': Type.Object(
    {
      type: Type.Literal('machines.trouble'),
      op: opId,
      trouble: opTrouble,
      /** `again`: it goes on; `other-zone`: a new attempt elsewhere, with a new token; `end`: it has surely made nothing, or nothing more. */
      next: Type.Enum(['again', 'other-zone', 'end']),
    },
    closed,
  ),
  'machines.reachable': Type.Object({ type: Type.Literal('machines.reachable'), op: opId, machine }, closed),
  'machines.asked': Type.Object(
    { type: Type.Literal('machines.asked'), op: opId, machines: Type.Array(Type.String()) },
    closed,
  ),
  'machines.destroyed': Type.Object(
    {
      type: Type.Literal('machines.destroyed'),
      op: opId,
      machines: Type.Array(Type.String()),
      leftovers: Type.Array(resource),
    },
    closed,
  ),
  'machines.adopted': Type.Object(
    { type: Type.Literal('machines.adopted'), op: opId, machine, prices: Type.Array(price) },
    closed,
  ),
  /** Regions that look other than at the last listing. */
  'machines.observe': Type.Object(
    { type: Type.Literal('machines.observe'), regions: Type.Array(regionSight), prices: Type.Array(price) },
    closed,
  ),
} as const
export type MachinesCommand = {
  [K in keyof typeof machinesCommands]: Static<(typeof machinesCommands)[K]>
}[keyof typeof machinesCommands]

export type MachinesEvent = { type: 'machines.none' }

export const machinesNoun: Noun<MachinesSlice, MachinesCommand, MachinesEvent> = {
  name: 'machines',
  commands: machinesCommands,
  events: { 'machines.none': Type.Object({ type: Type.Literal('machines.none') }) },
  initial: { open: {}, closed: [], machines: {}, regions: {} },
  decide() {
    throw new Bug({ name: 'not-decided', message: 'machines are not decided yet' })
  },
  reduce: slice => slice,
}
