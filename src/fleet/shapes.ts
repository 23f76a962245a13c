// What the journal remembers of the fleet file: which bytes run, what changed, what waits for an operator.
import type { Lifecycle } from './fleet.ts'

export interface FileChange {
  /** `nodes.paris.address`, `engine.programs.ping` … */
  path: string
  kind: 'added' | 'removed' | 'changed'
  /** Values for people, shortened; secret references are shown as references. */
  from: string | null
  to: string | null
  /** Why it needs an operator's yes (runs on HQ, host key, endpoint), or null. */
  guarded: string | null
}

export interface FleetSlice {
  /** The accepted file: what the engine runs. Its bytes are evidence under this hash. */
  accepted: { sha256: string; at: number; by: string } | null
  /** A changed file that waits. */
  proposed: { sha256: string; at: number; changes: FileChange[] } | null
  /** The last refused file: its errors, until a good one comes. */
  refused: { sha256: string; at: number; errors: string[] } | null
  /** Lifecycle as it really is, where it differs from the file (launched, retired). */
  lifecycle: Record<string, Lifecycle>
}
