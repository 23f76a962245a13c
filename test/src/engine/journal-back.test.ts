import { expect, test } from 'vitest'
import { type JournalBackQuestion, journalBack } from '../../../src/engine/journal-back.ts'
import { MemoryJournal } from './memory-journal.ts'

const still = () => 0
const everyone: JournalBackQuestion = { before: null, limit: 100, who: 'everyone' }

async function journalOf(count: number): Promise<MemoryJournal> {
  const journal = new MemoryJournal()
  const drafts = Array.from({ length: count }, (_, index) => {
    const isPerson = index % 10 === 0
    return {
      at: index,
      by: isPerson ? 'noc' : 'engine',
      cmd: { id: `c-${index + 1}`, type: isPerson ? 'incidents.ack' : 'watch.observe' },
      events: isPerson
        ? [{ type: 'incidents.acknowledged', id: `inc-${index + 1}` }]
        : [{ type: 'watch.changed', node: 'Paris', reason: 'nothing answers' }],
    }
  })
  await journal.append(0, drafts)
  return journal
}

async function seqs(journal: MemoryJournal, change: Partial<JournalBackQuestion>) {
  const { commits, before } = await journalBack(journal, { ...everyone, ...change }, still)
  return { seqs: commits.map(commit => commit.seq), before }
}

test.each<[string, Partial<JournalBackQuestion>, { seqs: number[]; before: number | null }]>([
  ['the newest first', { limit: 3 }, { seqs: [30, 29, 28], before: 28 }],
  ['from where the last page ended', { limit: 3, before: 28 }, { seqs: [27, 26, 25], before: 25 }],
  ['to the beginning', { limit: 3, before: 4 }, { seqs: [3, 2, 1], before: null }],
  ['before the first there is nothing', { before: 1 }, { seqs: [], before: null }],
  ['people alone', { who: 'people' }, { seqs: [21, 11, 1], before: null }],
  ['by a name', { text: 'NOC' }, { seqs: [21, 11, 1], before: null }],
  ['by the type of the command', { text: 'incidents.ACK' }, { seqs: [21, 11, 1], before: null }],
  ['by what an event says', { text: 'inc-11"' }, { seqs: [11], before: null }],
  ['by a node, in whatever case', { text: 'paris', limit: 2 }, { seqs: [30, 29], before: 29 }],
  ['not by what only the envelope says', { text: '"epoch"' }, { seqs: [], before: null }],
  ['both at once', { who: 'people', text: 'paris' }, { seqs: [], before: null }],
])('%s', async (_what, change, wanted) => {
  expect(await seqs(await journalOf(30), change)).toEqual(wanted)
})

test('a search that finds nothing ends after a while and says where to go on', async () => {
  const journal = await journalOf(45_000)
  const first = await seqs(journal, { text: 'nobody ever said this' })
  expect(first).toEqual({ seqs: [], before: 25_001 })
  const second = await seqs(journal, { text: 'nobody ever said this', before: first.before })
  expect(second).toEqual({ seqs: [], before: 5_001 })
  expect(await seqs(journal, { text: 'nobody ever said this', before: second.before })).toEqual({
    seqs: [],
    before: null,
  })
})

test('a disk that is slow ends a piece after 200 ms', async () => {
  let now = 0
  const slow = () => {
    now += 50
    return now
  }
  const { commits, before } = await journalBack(await journalOf(30), everyone, slow)
  expect([commits.map(commit => commit.seq), before]).toEqual([[30, 29, 28, 27], 27])
})
