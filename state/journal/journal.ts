// The journal is an interface: the file in `file-journal.ts` is the embedded default, a database may stand in its place.
import type { StoredEvent } from './commit.ts'

export type { StoredEvent } from './commit.ts'

/** One line of the journal. */
export interface Commit {
  seq: number
  epoch: number
  /** Version of the envelope. */
  v: number
  /** Wall clock, ms since the epoch. */
  at: number
  /** Operator proven by uid, or `engine`. */
  by: string
  /** The command that was decided. */
  cmd: { id: string; type: string }
  events: readonly StoredEvent[]
  /** sha256 (hex) of the previous line's bytes without its newline; of the first: 64 zeros. */
  prev: string
}

export type Draft = Pick<Commit, 'at' | 'by' | 'cmd' | 'events'>

export interface Journal {
  /** Last durable commit; seq 0 when empty. */
  head(): { seq: number; hash: string; epoch: number }
  /**
   * Appends all drafts with one write and one fsync, and resolves when they are durable.
   * Rejects with `journal-moved` when `expectedSeq` is not the head; any failed fsync rejects with `journal-broken`
   * and every later append is refused: the engine must end.
   */
  append(expectedSeq: number, drafts: readonly Draft[]): Promise<Commit[]>
  /** Durable commits with seq > `after`, in order. */
  read(after: number): AsyncIterable<Commit>
  watch(listener: (commits: readonly Commit[]) => void): () => void
  close(): Promise<void>
}
