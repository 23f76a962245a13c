// What the journal remembers of the fleet file: which bytes run, what changed, what waits for an operator.
import Type, { type Static } from 'typebox'

const sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
const closed = { additionalProperties: false } as const

const lifecycle = Type.Enum(['planned', 'provisioning', 'live', 'retired'])

/** One difference between two files. */
const fileChange = Type.Object(
  {
    /** `nodes.paris.address`, `engine.programs.ping`; `nodes."a.example".type`, `nodes.{20 nodes}.type` where many change alike. */
    path: Type.String(),
    kind: Type.Enum(['added', 'removed', 'changed']),
    /** Values for people; what needs no yes is shortened, secret references are shown as references. */
    from: Type.Union([Type.String(), Type.Null()]),
    to: Type.Union([Type.String(), Type.Null()]),
    /** Why it needs an operator's yes (runs on HQ, host key, endpoint), or null. */
    guarded: Type.Union([Type.String(), Type.Null()]),
    /** The node whose lifecycle this says anew, or that it drops. A path cannot tell: names may hold dots. */
    redeclares: Type.Optional(Type.String()),
  },
  closed,
)
export type FileChange = Static<typeof fileChange>

const changes = Type.Array(fileChange)
const accepted = Type.Object({ sha256, at: Type.Number(), by: Type.String() }, closed)
const proposed = Type.Object({ sha256, at: Type.Number(), changes }, closed)
const refused = Type.Object({ sha256, at: Type.Number(), errors: Type.Array(Type.String()) }, closed)

export const fleetSlice = Type.Object(
  {
    /** The accepted file: what the engine runs. Its bytes are evidence under this hash. */
    accepted: Type.Union([accepted, Type.Null()]),
    /** A changed file that waits. */
    proposed: Type.Union([proposed, Type.Null()]),
    /** The last refused file: its errors, until a good one comes. */
    refused: Type.Union([refused, Type.Null()]),
    /** Lifecycle as it really is, where it differs from the file (launched, retired). */
    lifecycle: Type.Record(Type.String(), lifecycle),
  },
  closed,
)
export type FleetSlice = Static<typeof fleetSlice>

export const fleetCommands = {
  /** The engine read a good file. `against` is the accepted hash that `changes` were computed from; null at the first. */
  'fleet.load': Type.Object(
    { type: Type.Literal('fleet.load'), sha256, against: Type.Union([sha256, Type.Null()]), changes },
    closed,
  ),
  /** An operator says yes to what waits, by its hash: to the change that was read, and to no later one. */
  'fleet.accept': Type.Object({ type: Type.Literal('fleet.accept'), sha256 }, closed),
  /** The engine read a file that is wrong: what ran goes on running. */
  'fleet.refuse': Type.Object(
    { type: Type.Literal('fleet.refuse'), sha256, errors: Type.Array(Type.String(), { minItems: 1, maxItems: 200 }) },
    closed,
  ),
  /** What a node really is by now. */
  'fleet.lifecycle': Type.Object({ type: Type.Literal('fleet.lifecycle'), node: Type.String(), to: lifecycle }, closed),
} as const

export const fleetEvents = {
  'fleet.accepted': Type.Object({ type: Type.Literal('fleet.accepted'), sha256, changes }, closed),
  'fleet.proposed': Type.Object({ type: Type.Literal('fleet.proposed'), sha256, changes }, closed),
  /** The file is again what runs: nothing waits any more. */
  'fleet.withdrawn': Type.Object({ type: Type.Literal('fleet.withdrawn'), sha256 }, closed),
  'fleet.refused': Type.Object(
    { type: Type.Literal('fleet.refused'), sha256, errors: Type.Array(Type.String()) },
    closed,
  ),
  'fleet.lifecycle-changed': Type.Object(
    { type: Type.Literal('fleet.lifecycle-changed'), node: Type.String(), to: lifecycle },
    closed,
  ),
} as const

type Union<T extends Record<string, Type.TSchema>> = { [K in keyof T]: Static<T[K]> }[keyof T]
export type FleetCommand = Union<typeof fleetCommands>
export type FleetEvent = Union<typeof fleetEvents>
