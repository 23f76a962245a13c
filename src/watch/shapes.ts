// What is durable about watching: each node's health and what its machine needs to go on after a restart.
import { type Static, Type } from 'typebox'

export const severity = Type.Union([Type.Literal('SEV1'), Type.Literal('SEV2'), Type.Literal('SEV3')])
const nullableSeverity = Type.Union([severity, Type.Null()])

export const health = Type.Union([
  Type.Literal('up'),
  Type.Literal('degraded'),
  Type.Literal('down'),
  Type.Literal('unknown'),
  Type.Literal('maintenance'),
])
export type Health = Static<typeof health>

export const nodeHealth = Type.Object({
  health,
  /** ms since the epoch: since when it has this health. */
  since: Type.Number(),
  severity: nullableSeverity,
  /** One sentence for people: `sshd.service is failed`, `not watched since 10:42`. Safe to render in one line. */
  reason: Type.String(),
  /** Ids of the probes that made it so. */
  causes: Type.Array(Type.String()),
  /** When it becomes SEV1 if it stays down, ms since the epoch. Only time in which HQ watched counts. */
  worsensAt: Type.Optional(Type.Number()),
})
export type NodeHealth = Static<typeof nodeHealth>

/** HQ cannot see: since when and why. */
export const blindness = Type.Object({ since: Type.Number(), why: Type.String() })
export type Blindness = Static<typeof blindness>

/** Small strings that a probe keeps for its next look (boot id, cursor); what a node says is in them and in the journal. */
export const memory = Type.Record(Type.String(), Type.String({ maxLength: 1024 }), {
  maxProperties: 128,
  // Names of units are among them, which have up to 255 characters.
  propertyNames: { maxLength: 256 },
})

export interface WatchSlice {
  nodes: Record<string, NodeHealth>
  blind: Blindness | null
  /** What probes remember: node → probe → memory. */
  memory: Record<string, Record<string, Record<string, string>>>
  /** Until when somebody certainly watched (last commit about watching), ms since the epoch. */
  watchedUntil?: number
}
