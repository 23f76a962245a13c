// `exec`: one command on many nodes. Outputs are evidence; the journal keeps who, what, where and how it ended.
import { type Static, Type } from 'typebox'

/** How a command ended on a node. */
export const execEnding = Type.Union([
  Type.Literal('ok'),
  Type.Literal('failed'),
  Type.Literal('unreachable'),
  Type.Literal('timeout'),
])
export type ExecEnding = Static<typeof execEnding>

export interface ExecOutcome {
  node: string
  outcome: ExecEnding
  exit: number | null
  ms: number
  /** sha256 of the kept output, or null when there was none. */
  evidence: string | null
  /** Why it could not be reached, or how it ended; for people. */
  detail: string | null
}

export interface ExecRun {
  id: string
  by: string
  at: number
  argv: string[]
  nodes: string[]
  deadlineMs: number
  outcomes: Record<string, ExecOutcome>
  endedAt: number | null
  /** How many nodes ended how; once it is over. */
  counts?: Record<ExecEnding, number>
}

export interface ExecSlice {
  open: Record<string, ExecRun>
  /** The last 200, newest last. Only the newest five have every outcome, node and word: the others are short. */
  closed: ExecRun[]
}
