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
  /**
   * Seq of the first commit of the write that this one was part of; absent when it was written alone. It tells a write
   * that a power cut left half done (never acknowledged) from damage to what was acknowledged.
   */
  group?: number
  /** sha256 (hex) of the previous line's bytes without its newline; of the first: 64 zeros. */
  prev: string
}

export type Draft = Pick<Commit, 'at' | 'by' | 'cmd' | 'events'>

/** A commit on the way back: what it begins with, and the rest for who wants it. */
export interface PassedCommit {
  seq: number
  by: string
  /** As it lies there. */
  line(): string
  /** Throws `journal-damaged` where the line is no commit. */
  commit(): Commit
}

export interface Journal {
  /** Last durable commit; seq 0 when empty. */
  head(): { seq: number; hash: string; epoch: number }
  /**
   * Appends all drafts with one write and one fsync, and resolves when they are durable.
   * Rejects with `journal-moved` when `expectedSeq` is not the head; any failed fsync rejects with `journal-broken`
   * and every later append is refused: the engine must end. On a full disk it rejects with `disk-full` and nothing is
   * written, except with `outcome`: what has already happened outside is let through on the room kept for it.
   */
  append(expectedSeq: number, drafts: readonly Draft[], options?: { outcome?: boolean }): Promise<Commit[]>
  /** Durable commits with seq > `after`, in order. */
  read(after: number): AsyncIterable<Commit>
  /** Durable commits with seq < `before` (null: all), the newest first. */
  readBack(before: number | null): AsyncIterable<PassedCommit>
  /** Called with what has just become durable, in order, before `append` resolves. */
  watch(listener: (commits: readonly Commit[]) => void): () => void
  close(): Promise<void>
}

/**
 * Events that the journal writes about itself. They change no noun: folds leave them out.
 * `journal.opened`: an engine took the journal (a new epoch). `journal.checkpoint`: the whole state up to here is kept as evidence.
 */
export const journalEvents = { opened: 'journal.opened', checkpoint: 'journal.checkpoint' } as const

export function isJournalEvent(event: StoredEvent): boolean {
  return event.type.startsWith('journal.')
}
