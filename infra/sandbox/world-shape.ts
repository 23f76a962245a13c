// What the world itself keeps over a kill -9: where it lives, its keys, and which chaos is active.
import { type Static, Type } from 'typebox'
import { checker } from '../../state/primitives/schema.ts'

const KeyAndCertificate = Type.Object({ key: Type.String(), certificate: Type.String(), notAfter: Type.Number() })

const World = Type.Object({
  version: Type.Literal(1),
  madeAt: Type.Number(),
  /** Second octet of its mesh addresses; public ones are one higher. */
  base: Type.Integer(),
  ports: Type.Object({
    ssh: Type.Integer(),
    https: Type.Integer(),
    dns: Type.Integer(),
    ping: Type.Integer(),
    heartbeats: Type.Integer(),
    canary: Type.Integer(),
    admin: Type.Integer(),
  }),
  authority: KeyAndCertificate,
  /** The one key that may log in, as OpenSSH writes public keys. */
  authorizedKey: Type.String(),
  chaos: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: Type.String(),
      nodes: Type.Array(Type.String()),
      options: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
      at: Type.Number(),
    }),
  ),
})

export type WorldState = Static<typeof World>
export const worldCheck = checker(World)
