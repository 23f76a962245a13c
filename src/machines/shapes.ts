// What the journal knows of machines at providers: what was asked for, how far it is, what runs for which node, and what
// each region showed when it was last listed.
import Type, { type Static } from 'typebox'
import { machine, machineSpec, prepared, providerName, resource } from '../../infra/clouds/shapes.ts'
import { orNull } from '../../state/primitives/schema.ts'

const closed = { additionalProperties: false } as const
const moment = Type.Number()
export const opId = Type.String({ pattern: '^op-[a-z0-9-]{1,64}$' })
export const node = Type.String({ minLength: 1, maxLength: 63 })

/** What went wrong last; the operation may still be going on. */
export const opTrouble = Type.Object(
  { failure: Type.String(), code: orNull(Type.String()), message: Type.String({ maxLength: 2_000 }), at: moment },
  closed,
)
export type OpTrouble = Static<typeof opTrouble>

const common = {
  id: opId,
  /** Of one command: what was asked for together. */
  batch: Type.String(),
  node,
  /** The fleet whose tags its things carry; null: as the fleet is called when it is run. */
  fleet: orNull(Type.String()),
  by: Type.String(),
  at: moment,
  trouble: orNull(opTrouble),
  /** ms; null while it is open. */
  endedAt: orNull(moment),
}

/** `wanted` → `settled` (the request is journaled, it may be sent) → `created` (the provider has it) → ended. */
export const launchOp = Type.Object(
  {
    ...common,
    kind: Type.Literal('launch'),
    spec: machineSpec,
    phase: Type.Enum(['wanted', 'settled', 'created', 'done', 'failed', 'cancelled']),
    /** From 1; a new one has a new token, and mostly another zone. */
    attempt: Type.Integer({ minimum: 0 }),
    /** UUID derived of op and attempt; null before the first is settled. */
    token: orNull(Type.String()),
    prepared: orNull(prepared),
    triedZones: Type.Array(Type.String()),
    machine: orNull(machine),
    /** Somebody no longer wants it: it ends as soon as it is certain what it made, and what it made is destroyed. */
    cancelled: Type.Boolean(),
  },
  closed,
)
export type LaunchOp = Static<typeof launchOp>

export const destroyOp = Type.Object(
  {
    ...common,
    kind: Type.Literal('destroy'),
    provider: providerName,
    region: Type.String(),
    /** Ids known when it was asked for; what else carries the node's tags is destroyed too. */
    machines: Type.Array(Type.String()),
    phase: Type.Enum(['wanted', 'asked', 'done', 'failed']),
    /** What was left behind: loose disks, addresses, groups. */
    leftovers: Type.Array(resource),
  },
  closed,
)
export type DestroyOp = Static<typeof destroyOp>

export const adoptOp = Type.Object(
  {
    ...common,
    kind: Type.Literal('adopt'),
    provider: providerName,
    region: Type.String(),
    machineId: Type.String(),
    phase: Type.Enum(['wanted', 'done', 'failed']),
  },
  closed,
)
export type AdoptOp = Static<typeof adoptOp>
export type Operation = LaunchOp | DestroyOp | AdoptOp

/** The machine that runs for a node, as last seen. */
export const machineRecord = Type.Object(
  {
    node,
    /** Operation that made or adopted it. */
    op: Type.String(),
    since: moment,
    machine,
    /** SSH answered from HQ; null: not yet seen to. */
    reachableAt: orNull(moment),
  },
  closed,
)
export type MachineRecord = Static<typeof machineRecord>

/** A region as it was last listed. */
export const regionSight = Type.Object(
  {
    provider: providerName,
    region: Type.String(),
    /** When the shown content was first seen so; a listing that shows the same is not journaled. */
    at: moment,
    /** false: it could not be listed, and what it holds is unknown. */
    listed: Type.Boolean(),
    why: orNull(Type.String({ maxLength: 1_000 })),
    machines: Type.Array(machine),
    loose: Type.Array(resource),
  },
  closed,
)
export type RegionSight = Static<typeof regionSight>

export interface MachinesSlice {
  open: Readonly<Record<string, Operation>>
  /** The last 200, newest last; old ones without their requests. */
  closed: readonly Operation[]
  /** node → what runs for it. */
  machines: Readonly<Record<string, MachineRecord>>
  /** `provider/region` → how it was last seen. */
  regions: Readonly<Record<string, RegionSight>>
}

export type FindingKind = 'missing' | 'extra' | 'changed' | 'orphan' | 'leftover'

/** Answer to the question `drift`. */
export interface DriftReport {
  /** When the last whole look ended, ms; null: there was none. */
  at: number | null
  regions: { provider: string; region: string; listed: boolean; why: string | null; at: number | null }[]
  findings: DriftFinding[]
}

export interface DriftFinding {
  kind: FindingKind
  /** Provider's id; of a missing machine the id that was, or the node's name. */
  id: string
  node: string | null
  provider: string
  region: string
  /** What is different, and what to do about it; for people. */
  what: string
  remedy: string
  /** Per month, whole micro-units; null: unknown. */
  monthly: { currency: string; micros: number } | null
}

/** Answer to the question `plan`: what provisioning these nodes would create, and what it would cost. */
export interface ProvisionPlan {
  nodes: PlannedNode[]
  /** Nodes that cannot be provisioned, and why. */
  refused: { node: string; why: string; remedy: string }[]
  /** Of all of them, per month. null: a price is unknown. */
  monthly: { currency: string; micros: number | null }[]
  /** This month's projection with them, in the budget's currency; null: no budget, or unknown. */
  projection: { currency: string; beforeMicros: number | null; afterMicros: number | null } | null
  verdict: 'within' | 'warn' | 'over' | 'unknown' | 'no-budget'
  /** For people. */
  warnings: string[]
}

export interface PlannedNode {
  node: string
  spec: Static<typeof machineSpec>
  lines: {
    resource: string
    sku: string
    quantity: number
    currency: string
    monthlyMicros: number | null
    source: string
    pricedAt: number | null
  }[]
}
