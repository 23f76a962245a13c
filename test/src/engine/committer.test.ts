import { expect, test } from 'vitest'
import { type Committed, createCommitter } from '../../../src/engine/committer.ts'
import { initialState } from '../../../src/engine/nouns.ts'
import { MemoryJournal } from './memory-journal.ts'

const operator = { by: 'noc', roles: ['operator'] }

function start(id: string) {
  return { type: 'exec.start' as const, id: `exec-${id}`, nodes: ['paris'], argv: ['true'], deadlineMs: 1000 }
}

function setUp(refuse: string | null = null) {
  const journal = new MemoryJournal()
  const committed: Committed[] = []
  const broken: unknown[] = []
  let ids = 0
  const committer = createCommitter({
    journal,
    state: initialState,
    now: () => 1_000,
    newId: prefix => `${prefix}-${++ids}`,
    guard: () => refuse,
    onCommitted: commits => committed.push(...commits),
    onBroken: error => broken.push(error),
  })
  return { journal, committer, committed, broken }
}

test('a command is acknowledged with the seq of its commit, and its events are in the state', async () => {
  const { committer, journal } = setUp()
  await expect(committer.do(start('one'), operator)).resolves.toMatchObject({ seq: 1 })
  expect(journal.commits[0]).toMatchObject({ seq: 1, by: 'noc', at: 1_000, cmd: { type: 'exec.start' } })
  expect(committer.state().exec.open['exec-one']).toMatchObject({ by: 'noc', nodes: ['paris'] })
})

test('nobody sees a state that is not on disk yet', async () => {
  const { committer, journal, committed } = setUp()
  const release = journal.hold()
  const done = committer.do(start('one'), operator)
  await new Promise(resolve => setImmediate(resolve))
  expect(committer.state()).toBe(initialState)
  expect(committed).toHaveLength(0)
  release()
  await done
  expect(committer.state().exec.open['exec-one']).toBeDefined()
})

test('commands that come while the disk is busy share one write', async () => {
  const { committer, journal } = setUp()
  const release = journal.hold()
  const first = committer.do(start('a'), operator)
  await new Promise(resolve => setImmediate(resolve))
  const others = ['b', 'c', 'd'].map(id => committer.do(start(id), operator))
  release()
  await Promise.all([first, ...others])
  expect(journal.groups).toEqual([1, 3])
})

test('a command is decided against the state that the ones before it will have made', async () => {
  const { committer, journal } = setUp()
  const [first, again] = await Promise.all([
    committer.do(start('same'), operator),
    committer.do(start('same'), operator),
  ])
  expect(first?.seq).toBe(1)
  expect(again).toBeDefined()
  expect(journal.commits).toHaveLength(1)
})

test('a command of the wrong shape is refused with everything that is wrong, and nothing is written', async () => {
  const { committer, journal } = setUp()
  const wrong = { type: 'exec.start', id: 'UPPER', nodes: [], argv: [], deadlineMs: 0 } as unknown as ReturnType<
    typeof start
  >
  await expect(committer.do(wrong, operator)).rejects.toMatchObject({
    exit: 2,
    message: expect.stringMatching(/\/id.*\/nodes.*\/argv.*\/deadlineMs/s),
  })
  expect(journal.commits).toHaveLength(0)
})

test('what the guard refuses is refused with exit code 5', async () => {
  const { committer } = setUp('this engine is read-only')
  await expect(committer.do(start('one'), operator)).rejects.toMatchObject({ exit: 5 })
})

test('a refused write acknowledges nothing, and the next command finds the state as it was', async () => {
  const { committer, journal, broken } = setUp()
  journal.failure = 'full'
  await expect(committer.do(start('one'), operator)).rejects.toMatchObject({ name: 'disk-full' })
  expect(committer.state()).toBe(initialState)
  expect(broken).toHaveLength(0)
  journal.failure = 'none'
  await expect(committer.do(start('one'), operator)).resolves.toMatchObject({ seq: 1 })
})

test('on a full disk how things ended is written all the same', async () => {
  const { committer, journal } = setUp()
  await committer.do(start('one'), operator)
  journal.failure = 'full'
  const begun = committer.do(start('two'), operator)
  const ended = committer.do({ type: 'exec.end', id: 'exec-one', outcomes: [] }, { by: 'engine', roles: [] })
  await expect(begun).rejects.toMatchObject({ name: 'disk-full' })
  await expect(ended).resolves.toMatchObject({ seq: 2 })
  expect(committer.state().exec.closed).toHaveLength(1)
})

test('a journal that breaks is reported, for the engine must end', async () => {
  const { committer, journal, broken } = setUp()
  journal.failure = 'broken'
  await expect(committer.do(start('one'), operator)).rejects.toThrow('EIO')
  expect(broken).toHaveLength(1)
})

test('between commands something else may append, and the count goes on from there', async () => {
  const { committer, journal } = setUp()
  await committer.do(start('one'), operator)
  await committer.idle()
  const other = committer.between(async (seq, state) => {
    expect(state.exec.open['exec-one']).toBeDefined()
    const [commit] = await journal.append(seq, [
      { at: 1, by: 'engine', cmd: { id: 'x', type: 'checkpoint' }, events: [] },
    ])
    return commit?.seq ?? 0
  })
  const next = committer.do(start('two'), operator)
  await other
  await expect(next).resolves.toMatchObject({ seq: 3 })
  expect(journal.commits.map(commit => commit.cmd.type)).toEqual(['exec.start', 'checkpoint', 'exec.start'])
})

test('a command that found nothing to do is refused too when what it was decided against is lost', async () => {
  const { committer, journal } = setUp()
  journal.failure = 'broken'
  const outcomes = await Promise.allSettled([
    committer.do(start('same'), operator),
    committer.do(start('same'), operator),
  ])
  expect(outcomes.map(outcome => outcome.status)).toEqual(['rejected', 'rejected'])
})

test('one command that is too large is refused alone, and the journal is not asked', async () => {
  const { committer, broken } = setUp()
  const huge = { ...start('huge'), argv: Array.from({ length: 140 }, () => 'x'.repeat(32_000)) }
  const [large, small] = await Promise.allSettled([
    committer.do(huge, operator),
    committer.do(start('small'), operator),
  ])
  expect(large).toMatchObject({ status: 'rejected', reason: { name: 'command-too-large', exit: 2 } })
  expect(small).toMatchObject({ status: 'fulfilled' })
  expect(broken).toHaveLength(0)
})

test('a command that comes in the very moment in which the last one ended is not forgotten', async () => {
  const { committer } = setUp()
  const through = async (id: string) => {
    await committer.do(start(id), operator)
  }
  await through('one')
  const next = committer.do(start('two'), operator)
  await expect(next).resolves.toMatchObject({ seq: 2 })
})
