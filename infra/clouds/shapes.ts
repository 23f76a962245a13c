// What clouds hold and what is asked of them, as it is journaled, sent and shown.
import Type, { type Static } from 'typebox'
import { orNull } from '../../state/primitives/schema.ts'

const closed = { additionalProperties: false } as const
const word = Type.String({ minLength: 1, maxLength: 200 })

export const providerName = Type.Enum(['aws', 'gcp', 'hetzner', 'static'])
export type ProviderName = Static<typeof providerName>
export const resourceKind = Type.Enum(['instance', 'ipv4', 'disk', 'address', 'snapshot', 'traffic', 'group', 'key'])
export type ResourceKind = Static<typeof resourceKind>

/** What a node's machine is to be. */
export const machineSpec = Type.Object(
  {
    provider: providerName,
    region: word,
    /** As the provider names it: t4g.nano, cx23, e2-micro. */
    type: word,
    /** arm64, x86_64; null: what the type has. */
    arch: orNull(word),
    /** A provider's own id or name of an image; null: the newest NixOS the provider has, else its newest Debian. */
    image: orNull(word),
    /** Root disk, GB; null: the adapter's usual size. */
    diskGb: orNull(Type.Integer({ minimum: 1, maximum: 65_536 })),
    /** A public IPv4 address, which costs; false: IPv6 only. */
    ipv4: Type.Boolean(),
    /** Public keys that may log in, as OpenSSH writes them. */
    sshKeys: Type.Array(Type.String({ minLength: 1, maxLength: 4_000 }), { maxItems: 20 }),
    /** UDP port of the mesh that stays open beside 80 and 443; null: none. */
    meshPort: orNull(Type.Integer({ minimum: 1, maximum: 65_535 })),
    /** SSH (22) is open to the world while it is being installed. */
    sshOpen: Type.Boolean(),
  },
  closed,
)
export type MachineSpec = Static<typeof machineSpec>

export const plannedResource = Type.Object(
  {
    kind: resourceKind,
    /** Name in the price book: t4g.nano, public-ipv4, gp3, pd-balanced, volume … */
    sku: word,
    /** GB of a disk, else 1. */
    quantity: Type.Number({ minimum: 0 }),
  },
  closed,
)
export type PlannedResource = Static<typeof plannedResource>

/** A request that is settled but for its token: what the journal keeps, and what is sent, now and after a crash. */
export const prepared = Type.Object(
  {
    provider: providerName,
    region: word,
    /** Zone it goes to; null where the provider has none. */
    zone: orNull(word),
    /** Other zones, to go to with a new token when this one has no room. */
    otherZones: Type.Array(word, { maxItems: 50 }),
    /** The adapter's own, plain JSON; opaque to everybody else. */
    request: Type.Unknown(),
    /** For people, a line each: `t4g.nano in us-east-1a`, `image ami-… (nixos/26.05…, 2026-06-30)`. Cleaned text. */
    summary: Type.Array(Type.String({ maxLength: 1_000 }), { maxItems: 50 }),
    /** What it will be billed for, as the price book names it. */
    resources: Type.Array(plannedResource, { maxItems: 50 }),
  },
  closed,
)
export type Prepared = Static<typeof prepared>

/** Whose a thing in a cloud is. On every instance, disk, interface, group and key that we make. */
export interface OwnerTags {
  fleet: string
  node: string
  /** Operation that made it, `op-…`. */
  op: string
}
const tags = Type.Object(
  { fleet: Type.Optional(Type.String()), node: Type.Optional(Type.String()), op: Type.Optional(Type.String()) },
  closed,
)

/** A thing that exists in a cloud, and may cost. `group` and `key` cost nothing. */
export const resource = Type.Object(
  {
    /** The provider's id; of an address that belongs to its machine, the machine's id and `/ipv4`. */
    id: word,
    kind: resourceKind,
    sku: word,
    quantity: Type.Number({ minimum: 0 }),
    /** ms since the epoch; null: the provider does not say. */
    createdAt: orNull(Type.Number()),
    tags,
    /** Machine it hangs on, by id; null: loose. */
    machine: orNull(word),
  },
  closed,
)
export type Resource = Static<typeof resource>

export const machineState = Type.Enum(['pending', 'running', 'stopping', 'stopped', 'terminating', 'gone', 'unknown'])
export type MachineState = Static<typeof machineState>

export const machine = Type.Object(
  {
    provider: providerName,
    region: word,
    zone: orNull(word),
    id: word,
    /** As it is called at the provider; hostile text. */
    name: orNull(Type.String({ maxLength: 300 })),
    tags,
    /** Token that it was created with, where the provider shows it. */
    token: orNull(Type.String({ maxLength: 200 })),
    state: machineState,
    /** Why it is so, where the provider says (`Client.InstanceInitiatedShutdown`). */
    stateWhy: orNull(Type.String({ maxLength: 500 })),
    type: Type.String({ maxLength: 200 }),
    arch: orNull(Type.String({ maxLength: 50 })),
    image: orNull(Type.String({ maxLength: 300 })),
    addresses: Type.Object(
      { ipv4: orNull(Type.String()), ipv6: orNull(Type.String()), private: orNull(Type.String()) },
      closed,
    ),
    launchedAt: orNull(Type.Number()),
    /** The provider's own checks of it; `none`: it has no such thing. */
    checks: Type.Enum(['ok', 'pending', 'failing', 'none']),
    /** `SHA256:…` of host keys, as the provider's console or guest agent shows them; empty: it shows none (yet). */
    hostkeys: Type.Array(Type.String({ maxLength: 100 }), { maxItems: 20 }),
    /** What it is billed for. */
    resources: Type.Array(resource, { maxItems: 100 }),
  },
  closed,
)
export type Machine = Static<typeof machine>

/** One price as a provider publishes it, net of tax. Amounts are whole billionths: nano-units of the currency. */
export const price = Type.Object(
  {
    provider: providerName,
    region: word,
    kind: resourceKind,
    sku: word,
    currency: Type.String({ pattern: '^[A-Z]{3}$' }),
    /** Per hour of one. Null when it has only a monthly price. */
    hourlyNanos: orNull(Type.Integer({ minimum: 0 })),
    /** Per month of one (disk: of one GB). Where both are there, it is the cap of the hours. */
    monthlyNanos: orNull(Type.Integer({ minimum: 0 })),
    /** Where the figure is from, for people: `AWS Pricing API`, `GET /v1/pricing`. */
    source: Type.String({ maxLength: 300 }),
    /** When it was read there, ms since the epoch. */
    at: Type.Number(),
  },
  closed,
)
export type Price = Static<typeof price>
