// A journal in memory whose disk can be held, filled and broken: for tests of what stands on a journal.

import type { Commit, Draft, Journal, PassedCommit } from '../../../state/journal/journal.ts'
import { Refused } from '../../../state/primitives/errors.ts'

export class MemoryJournal implements Journal {
  readonly commits: Commit[] = []
  /** How many drafts each append had: what shared one fsync. */
  readonly groups: number[] = []
  failure: 'none' | 'full' | 'broken' = 'none'
  private gate: Promise<void> = Promise.resolve()

  /** Every append waits until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.gate = promise
    return resolve
  }

  head() {
    return { seq: this.commits.length, hash: `hash-${this.commits.length}`, epoch: 1 }
  }

  async append(expectedSeq: number, drafts: readonly Draft[], options: { outcome?: boolean } = {}): Promise<Commit[]> {
    await this.gate
    if (this.failure === 'full' && !options.outcome)
      throw new Refused({ name: 'disk-full', message: 'the disk is full' })
    if (this.failure === 'broken') throw new Error('EIO')
    if (expectedSeq !== this.commits.length) throw new Error('journal-moved')
    this.groups.push(drafts.length)
    const made = drafts.map((draft, index) => ({ ...draft, seq: expectedSeq + index + 1, epoch: 1, v: 1, prev: '' }))
    this.commits.push(...made)
    return made
  }

  async *read(after: number): AsyncGenerator<Commit> {
    yield* this.commits.slice(after)
  }

  async *readBack(before: number | null): AsyncGenerator<PassedCommit> {
    for (const commit of this.commits.slice(0, before === null ? undefined : before - 1).reverse()) {
      yield { seq: commit.seq, by: commit.by, line: () => JSON.stringify(commit), commit: () => commit }
    }
  }

  watch(): () => void {
    return () => {}
  }

  async close(): Promise<void> {}
}
