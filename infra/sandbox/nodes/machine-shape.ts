// What a node keeps over a kill -9 of the world: its units, its boot, its keys and its files.
import { type Static, Type } from 'typebox'
import { checker } from '../../../state/primitives/schema.ts'

const Unit = Type.Object({
  description: Type.String(),
  active: Type.Union([Type.Literal('active'), Type.Literal('inactive'), Type.Literal('failed')]),
  sub: Type.String(),
  enabled: Type.Boolean(),
  /** When `active` last changed, ms since the epoch. */
  since: Type.Number(),
  pid: Type.Integer(),
  restarts: Type.Integer(),
  exitStatus: Type.Integer(),
  invocation: Type.String(),
})

const KeptFile = Type.Object({
  directory: Type.Boolean(),
  mode: Type.Integer(),
  size: Type.Integer(),
  modified: Type.Number(),
  /** Name of the blob; null for a directory. */
  sha256: Type.Union([Type.String(), Type.Null()]),
})

const Machine = Type.Object({
  version: Type.Literal(1),
  bootId: Type.String(),
  bootedAt: Type.Number(),
  /** While it reboots: when it will answer again. */
  awayUntil: Type.Union([Type.Number(), Type.Null()]),
  machineId: Type.String(),
  /** OpenSSH private keys (PEM). `formerHostKey` is what `change-hostkey` undoes to. */
  hostKey: Type.String(),
  formerHostKey: Type.Union([Type.String(), Type.Null()]),
  certificate: Type.Object({ key: Type.String(), certificate: Type.String(), notAfter: Type.Number() }),
  expiredCertificate: Type.Union([
    Type.Object({ key: Type.String(), certificate: Type.String(), notAfter: Type.Number() }),
    Type.Null(),
  ]),
  generation: Type.Integer(),
  nextPid: Type.Integer(),
  units: Type.Record(Type.String(), Unit),
  files: Type.Record(Type.String(), KeptFile),
})

export type UnitState = Static<typeof Unit>
export type KeptFile = Static<typeof KeptFile>
export type MachineState = Static<typeof Machine>
export const machineCheck = checker(Machine)
