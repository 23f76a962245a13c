// What is durable about watching: each node's health and what its machine needs to go on after a restart.
import type { Severity } from '../fleet/fleet.ts'

export type Health = 'up' | 'degraded' | 'down' | 'unknown' | 'maintenance'

export interface NodeHealth {
  health: Health
  /** ms since the epoch: since when it has this health. */
  since: number
  severity: Severity | null
  /** One sentence for people: `sshd.service is failed`, `not watched since 10:42`. */
  reason: string
  /** Probes that made it so. */
  causes: string[]
}

export interface WatchSlice {
  nodes: Record<string, NodeHealth>
  /** HQ cannot see: since when and why. */
  blind: { since: number; why: string } | null
  /** What probes remember (boot id, cursors): node → probe → memory. */
  memory: Record<string, Record<string, Record<string, string>>>
}
