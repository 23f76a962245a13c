// The one interface between the room and its brain: in-process and over the socket it is the same.
import type { HistoryRow, Point, SlotState, UptimeRow } from '../../state/history/history.ts'
import type { Commit } from '../../state/journal/journal.ts'
import type { FleetNode } from '../fleet/fleet.ts'
import type { DriftReport, ProvisionPlan } from '../machines/shapes.ts'
import type { CostReport, OffersReport } from '../money/shapes.ts'
import type { Outcome, Sample } from '../watch/probe.ts'
import type { ExecOutcome } from './exec/shapes.ts'
import type { FleetState } from './fleet-state.ts'
import type { JournalBackAnswer, JournalBackQuestion } from './journal-back.ts'
import type { LoginAnswer } from './login.ts'
import type { LogsAnswer, LogsQuestion } from './logs-shapes.ts'
import type { AnyCommand, AnyEvent } from './nouns.ts'
import type { PastAnswer } from './past.ts'

export interface Engine {
  /** Durable state: immutable, structurally shared. */
  state(): FleetState
  /** What is known right now and not kept in the journal: last samples, the fleet as loaded, the engine itself. */
  live(): Live
  subscribe(listener: (change: Change) => void): () => void
  /** Validated, decided, journaled; resolves when durable. Then effects run. */
  do(command: AnyCommand): Promise<Receipt>
  /** Reads history, the journal, files. Never blocks `do`. */
  ask<K extends keyof Questions>(kind: K, question: Questions[K]['question']): Promise<Questions[K]['answer']>
  /** Who we are to the engine: a login that the kernel has proven, or `engine`. */
  by(): string
  /** What the fleet file lets us be. */
  roles(): readonly string[]
  close(): Promise<void>
}

export interface Receipt {
  seq: number
  /** Ids the command made (incident, exec …), in order. */
  ids: readonly string[]
}

/** `events` are durable and come in order of `seq`; `live` is coalesced and may skip values, never the last one. */
export type Change =
  | { kind: 'events'; seq: number; at: number; by: string; events: readonly AnyEvent[] }
  | { kind: 'live'; samples: readonly LiveProbe[]; exec: readonly ExecProgress[] }
  | { kind: 'fleet'; fleet: FleetView }
  | { kind: 'engine'; engine: EngineInfo }
  /** The link to the engine: only from the socket client. */
  | { kind: 'link'; up: boolean; why: string | null }

export interface LiveProbe extends Sample {
  target: string
  everyMs: number
}

export interface ExecProgress extends ExecOutcome {
  exec: string
}

export interface Live {
  fleet: FleetView
  /** node → probe id → last sample. A node or probe without an entry has not been looked at yet. */
  probes: Readonly<Record<string, Readonly<Record<string, LiveProbe>>>>
  /** node → the last latencies in ms of its leading probe, oldest first, null where there was no answer (at most 32). */
  sparks: Readonly<Record<string, readonly (number | null)[]>>
  engine: EngineInfo
}

export interface FleetView {
  name: string
  environment: string | null
  timezone: string
  nodes: Readonly<Record<string, Omit<FleetNode, 'ssh'>>>
  batches: Readonly<Record<string, string>>
  budget: { ceilingMicros: number; currency: string } | null
}

export interface EngineInfo {
  pid: number
  /** ms since the epoch */
  since: number
  version: string
  home: string
  /** Path of the fleet file that the engine reads. */
  fleetFile: string
  homeKind: 'real' | 'sandbox' | 'rehearsal' | 'test'
  readOnly: boolean
  clients: readonly { login: string; since: number }[]
  /** Trouble of its own that operators must see: full disk, damaged history, no ping program. */
  troubles: readonly string[]
}

/** Questions and their answers; windows are ms since the epoch. */
export interface Questions {
  uptime: { question: { from: number; to: number; nodes?: string[] }; answer: UptimeRow[] }
  slots: { question: { from: number; to: number; nodes?: string[] }; answer: Record<string, SlotState[]> }
  series: {
    question: { node: string; probe: string; value: string; from: number; to: number; buckets: number }
    answer: Point[]
  }
  rows: { question: { node: string; probe?: string; from: number; to: number; limit: number }; answer: HistoryRow[] }
  journal: { question: { after: number; limit: number }; answer: Commit[] }
  /** The journal backwards, a piece at a time. */
  journalBack: { question: JournalBackQuestion; answer: JournalBackAnswer }
  /** Looks now, through the engine's own connections. */
  check: { question: { selector: string }; answer: CheckRow[] }
  /** What a command printed, by the hash in its outcome; null when it was erased or lost. */
  output: { question: { evidence: string }; answer: { stdout: string; stderr: string } | null }
  /** A page of a node's journal, read now. At most ten seconds; four at once for one client. */
  logs: { question: LogsQuestion; answer: LogsAnswer }
  /** The fleet as it was at a moment; readings of the asked nodes only. */
  past: { question: { at: number; nodes: string[] }; answer: PastAnswer }
  /** How an operator's own `ssh` reaches a node. No secret is in it. */
  login: { question: { node: string }; answer: LoginAnswer }
  /** What a month costs (`2026-11`; null: this one). */
  cost: { question: { month: string | null }; answer: CostReport }
  /** What the nodes of another fleet file would cost a month, at the same prices. */
  whatIf: { question: { nodes: PricedNode[] }; answer: CostReport }
  /** Fleet file, records and clouds compared. `fresh`: every region is listed now, which takes seconds. */
  drift: { question: { fresh: boolean }; answer: DriftReport }
  /** What can be had where, at which price. Null: wherever the fleet has or plans a node. */
  offers: { question: { provider: string | null; region: string | null; type: string | null }; answer: OffersReport }
  /** What provisioning these nodes would create. Creates nothing. */
  plan: { question: { nodes: string[] }; answer: ProvisionPlan }
}

/** A node as far as its price goes. */
export interface PricedNode {
  name: string
  provider: string
  region: string | null
  type: string | null
  diskGb: number | null
  ipv4: boolean
  lifecycle: string
  cost: { monthlyMicros: number; currency: string } | null
}

export interface CheckRow {
  name: string
  health: 'up' | 'degraded' | 'down' | 'unknown' | 'maintenance'
  probes: (Outcome & { kind: string; probe: string; target: string })[]
}
