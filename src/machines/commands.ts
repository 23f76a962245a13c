// What people ask for, and what the engine tells of it step by step.
import Type, { type Static } from 'typebox'
import { machine, machineSpec, prepared, price, providerName, resource } from '../../infra/clouds/shapes.ts'
import { node, opId, opTrouble, regionSight } from './shapes.ts'

const closed = { additionalProperties: false } as const
const batchId = Type.String({ pattern: '^batch-[a-z0-9-]{1,64}$' })
const nodes = Type.Array(node, { minItems: 1, maxItems: 1_000, uniqueItems: true })
/** Name of the fleet whose tags things carry. Absent: as the fleet is called when the operation is run. */
const fleet = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }))

export const machinesCommands = {
  /** One launch a node. `id` is the client's, so that a repeated request is the same batch. */
  'machines.provision': Type.Object(
    {
      type: Type.Literal('machines.provision'),
      id: batchId,
      nodes: Type.Array(Type.Object({ node, spec: machineSpec }, closed), { minItems: 1, maxItems: 1_000 }),
      /** The operator has seen that the ceiling is passed, and wants it all the same. */
      overBudget: Type.Boolean(),
      fleet,
    },
    closed,
  ),
  'machines.teardown': Type.Object({ type: Type.Literal('machines.teardown'), id: batchId, nodes, fleet }, closed),
  'machines.adopt': Type.Object(
    {
      type: Type.Literal('machines.adopt'),
      id: batchId,
      node,
      provider: providerName,
      region: Type.String({ minLength: 1, maxLength: 200 }),
      machine: Type.String({ minLength: 1, maxLength: 200 }),
      fleet,
    },
    closed,
  ),
  // The engine's own: how far an operation is.
  'machines.settle': Type.Object({ type: Type.Literal('machines.settle'), op: opId, prepared, fleet }, closed),
  'machines.created': Type.Object(
    { type: Type.Literal('machines.created'), op: opId, machine, prices: Type.Array(price) },
    closed,
  ),
  'machines.trouble': Type.Object(
    {
      type: Type.Literal('machines.trouble'),
      op: opId,
      trouble: opTrouble,
      /**
       * `again`: it goes on; `other-zone`: a new attempt elsewhere, with a new token; `anew`: a new attempt in the same
       * zone, with a new token; `end`: it has surely made nothing, or nothing more.
       */
      next: Type.Enum(['again', 'other-zone', 'anew', 'end']),
      /** How the machine looks by now, where it has one. */
      machine: Type.Optional(machine),
    },
    closed,
  ),
  'machines.reachable': Type.Object(
    { type: Type.Literal('machines.reachable'), op: opId, machine, prices: Type.Optional(Type.Array(price)) },
    closed,
  ),
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
  /** Regions that look other than at the last listing. Absent `fleet`: only recorded machines are counted as ours. */
  'machines.observe': Type.Object(
    {
      type: Type.Literal('machines.observe'),
      regions: Type.Array(regionSight),
      prices: Type.Array(price),
      fleet,
      /** Nodes of the fleet file: a machine with the tags of one of them is recognised as its. */
      declared: Type.Optional(Type.Array(Type.String())),
    },
    closed,
  ),
} as const

type Commands = { [K in keyof typeof machinesCommands]: Static<(typeof machinesCommands)[K]> }
export type MachinesCommand = Commands[keyof Commands]
export type CommandOf<K extends keyof Commands> = Commands[K]
