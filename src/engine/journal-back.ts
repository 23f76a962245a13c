// The journal from its head backwards, as people look for something in it. A thousand nodes write a great deal, so that a
// call looks at a piece only and says where to go on.
import type { Commit, Journal, PassedCommit } from '../../state/journal/journal.ts'

export interface JournalBackQuestion {
  /** Only commits before this one; null: from the head. */
  before: number | null
  limit: number
  /** `people`: those that the engine did not decide by itself. */
  who: 'everyone' | 'people'
  /** Without regard to case, in who did it, the command's type, or the events as JSON. */
  text?: string
}

export interface JournalBackAnswer {
  /** Newest first; there may be fewer than `limit`, or none, and still more to come. */
  commits: Commit[]
  /** Ask again with this; null: the beginning is reached. */
  before: number | null
}

const mostCommits = 1_000
const mostBytes = 1024 * 1024
const mostPassed = 20_000
const longestMs = 200

export async function journalBack(
  journal: Pick<Journal, 'readBack'>,
  question: JournalBackQuestion,
  mono: () => number,
): Promise<JournalBackAnswer> {
  const commits: Commit[] = []
  const limit = Math.min(question.limit, mostCommits)
  const wanted = question.text?.toLowerCase() ?? ''
  const began = mono()
  let passed = 0
  let bytes = 0
  for await (const one of journal.readBack(question.before)) {
    const found = wantedCommit(one, question.who, wanted)
    if (found) {
      commits.push(found)
      bytes += one.line().length
    }
    passed += 1
    if (commits.length >= limit || bytes > mostBytes || passed >= mostPassed || mono() - began >= longestMs) {
      return { commits, before: one.seq > 1 ? one.seq : null }
    }
  }
  return { commits, before: null }
}

/** Most commits are told by their first bytes: only what may fit is read as a whole. */
function wantedCommit(one: PassedCommit, who: JournalBackQuestion['who'], wanted: string): Commit | null {
  if (who === 'people' && one.by === 'engine') return null
  if (wanted === '') return one.commit()
  if (!one.line().toLowerCase().includes(wanted)) return null
  const commit = one.commit()
  const texts = [commit.by, commit.cmd.type, JSON.stringify(commit.events)]
  return texts.some(text => text.toLowerCase().includes(wanted)) ? commit : null
}
