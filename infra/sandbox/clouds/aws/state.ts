// What the emulated account holds, as plain JSON: its caller keeps it, and an emulator that begins with it goes on as if
// nothing had happened. What a thing's state is follows from its times and the clock, so that no timer can be lost.
import Type, { type Static } from 'typebox'
import { orNull } from '../../../../state/primitives/schema.ts'

const tags = Type.Record(Type.String(), Type.String())
const time = Type.Number()

const keptInstance = Type.Object({
  id: Type.String(),
  region: Type.String(),
  zone: Type.String(),
  subnet: Type.String(),
  vpc: Type.String(),
  type: Type.String(),
  arch: Type.String(),
  image: Type.String(),
  key: orNull(Type.String()),
  groups: Type.Array(Type.String()),
  tags,
  token: orNull(Type.String()),
  /** The request without its token, to tell a repetition from another that takes its token. */
  asked: Type.String(),
  sshKeys: Type.Array(Type.String()),
  credits: Type.String(),
  protected: Type.Boolean(),
  onShutdown: Type.String(),
  interface: Type.Object({ id: Type.String(), tags, mac: Type.String(), public: Type.Boolean() }),
  ipv4: orNull(Type.String()),
  ipv6: orNull(Type.String()),
  private: orNull(Type.String()),
  hostkeys: Type.Array(Type.String()),
  /** When it was first made, and when it last started. */
  createdAt: time,
  startedAt: time,
  stoppedAt: orNull(time),
  endedAt: orNull(time),
  /** An instance that is accepted and then fails: when it does so. */
  failsAt: orNull(time),
  /** Before this nobody sees it: eventual consistency. */
  seenFrom: time,
})
export type KeptInstance = Static<typeof keptInstance>

const keptRule = Type.Object({
  id: Type.String(),
  protocol: Type.String(),
  from: Type.Number(),
  to: Type.Number(),
  ipv4: orNull(Type.String()),
  ipv6: orNull(Type.String()),
  description: Type.String(),
})
export type KeptRule = Static<typeof keptRule>

const keptGroup = Type.Object({
  id: Type.String(),
  region: Type.String(),
  name: Type.String(),
  description: Type.String(),
  vpc: Type.String(),
  tags,
  ingress: Type.Array(keptRule),
  egress: Type.Array(keptRule),
  seenFrom: time,
})
export type KeptGroup = Static<typeof keptGroup>

const keptKey = Type.Object({
  id: Type.String(),
  region: Type.String(),
  name: Type.String(),
  type: Type.String(),
  fingerprint: Type.String(),
  publicKey: Type.String(),
  tags,
  createdAt: time,
  seenFrom: time,
})

const keptVolume = Type.Object({
  id: Type.String(),
  region: Type.String(),
  zone: Type.String(),
  type: Type.String(),
  sizeGb: Type.Number(),
  tags,
  createdAt: time,
  /** What it hangs on, with it ends; null: loose. */
  instance: orNull(Type.String()),
  device: Type.String(),
  endsWithInstance: Type.Boolean(),
})
export type KeptVolume = Static<typeof keptVolume>

const keptAddress = Type.Object({
  id: Type.String(),
  region: Type.String(),
  ipv4: Type.String(),
  tags,
  instance: orNull(Type.String()),
})

const keptSnapshot = Type.Object({
  id: Type.String(),
  region: Type.String(),
  sizeGb: Type.Number(),
  volume: Type.String(),
  tags,
  createdAt: time,
})

/** From when to when something was billed: what Cost Explorer counts. */
const keptLife = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['instance', 'ipv4', 'address', 'disk', 'snapshot']),
  /** t4g.nano, public-ipv4, gp3 … */
  sku: Type.String(),
  region: Type.String(),
  quantity: Type.Number(),
  tags,
  from: time,
  to: orNull(time),
})
export type KeptLife = Static<typeof keptLife>

export const awsKept = Type.Object({
  /** Of ids and addresses: the next number. */
  next: Type.Number(),
  instances: Type.Array(keptInstance),
  groups: Type.Array(keptGroup),
  keys: Type.Array(keptKey),
  volumes: Type.Array(keptVolume),
  addresses: Type.Array(keptAddress),
  snapshots: Type.Array(keptSnapshot),
  lives: Type.Array(keptLife),
  /** Pages of Cost Explorer that were asked for, by when: each is billed. */
  billedQueries: Type.Array(time),
  /** Regions that were switched on, and when they are. */
  enabled: Type.Record(Type.String(), time),
})
export type AwsKept = Static<typeof awsKept>

export function freshState(): AwsKept {
  return {
    next: 1,
    instances: [],
    groups: [],
    keys: [],
    volumes: [],
    addresses: [],
    snapshots: [],
    lives: [],
    billedQueries: [],
    enabled: {},
  }
}
