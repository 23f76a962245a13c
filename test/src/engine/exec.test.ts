import { expect, test } from 'vitest'
import { type ExecRequest, type ExecResult, SshError, type SshFailure, type SshPool } from '../../../infra/ssh/ssh.ts'
import { runEverywhere } from '../../../src/engine/exec/run.ts'
import type { ExecRun } from '../../../src/engine/exec/shapes.ts'
import { createLocalEngine } from '../../../src/engine/local.ts'
import { initialState } from '../../../src/engine/nouns.ts'
import { closeInterrupted } from '../../../src/engine/runners.ts'
import { systemClock } from '../../../state/primitives/clock.ts'
import { nodeText } from '../../../state/primitives/node-text.ts'
import { plainTarget } from '../../infra/ssh/plain-target.ts'
import { MemoryJournal } from './memory-journal.ts'

const target = plainTarget('paris', '127.0.0.1')

function poolThat(exec: (request: ExecRequest) => Promise<ExecResult>): SshPool {
  const never = () => Promise.reject(new Error('not used here'))
  return {
    exec: (_target, request) => exec(request),
    connect: never,
    upload: never,
    remember: never,
    stats: () => ({ open: 0, connecting: 0 }),
    drop: () => {},
    close: async () => {},
  }
}

const run: ExecRun = {
  id: 'exec-1',
  by: 'noc',
  at: 0,
  argv: ['reboot'],
  nodes: ['paris'],
  deadlineMs: 1000,
  outcomes: {},
  endedAt: null,
}
const done: ExecResult = {
  outcome: 'ok',
  exit: 0,
  killedBy: null,
  ms: 5,
  stdout: Buffer.from('done'),
  stderr: Buffer.alloc(0),
  truncated: false,
}

async function outcomeOf(exec: () => Promise<ExecResult>, keep: () => Promise<string> = async () => 'a'.repeat(64)) {
  const [outcome] = await runEverywhere(
    run,
    {
      pool: poolThat(exec),
      clock: systemClock,
      target: async () => target,
      keep,
      clean: text => text,
      onOutcome: () => {},
    },
    new AbortController().signal,
  )
  return outcome
}

test('a command that ran is reported as it ended even if its output could not be kept', async () => {
  const full = () => Promise.reject(new Error('ENOSPC'))
  expect(await outcomeOf(async () => done, full)).toMatchObject({
    outcome: 'ok',
    exit: 0,
    evidence: null,
    detail: expect.stringMatching(/output could not be kept: ENOSPC/),
  })
})

test.each<[SshFailure, 'failed' | 'unreachable']>([
  ['unreachable', 'unreachable'],
  ['timeout', 'unreachable'],
  ['hostkey-changed', 'unreachable'],
  ['auth', 'unreachable'],
  ['closed', 'failed'],
  ['cancelled', 'failed'],
  ['become', 'failed'],
])('%s is %s: what may have begun is never called unreachable', async (failure, outcome) => {
  const failing = () => Promise.reject(new SshError('paris', failure, nodeText('x')))
  expect(await outcomeOf(failing)).toMatchObject({ outcome, exit: null })
})

test('a node cannot make an outcome long', async () => {
  const shouting = () => Promise.reject(new SshError('paris', 'become', nodeText('x'.repeat(100_000), 200_000)))
  expect((await outcomeOf(shouting))?.detail?.length).toBeLessThan(1_200)
})

test('what was running when the engine died is closed, and nothing of it is run again', async () => {
  const started: string[] = []
  let ids = 0
  const engine = createLocalEngine({
    journal: new MemoryJournal(),
    state: { ...initialState, exec: { open: { 'exec-1': run, 'exec-2': { ...run, id: 'exec-2' } }, closed: [] } },
    newId: prefix => `${prefix}-${++ids}`,
    actor: { by: 'engine', roles: [] },
    live: {
      fleet: () => ({ name: 'test', environment: null, timezone: 'UTC', nodes: {}, batches: {}, budget: null }),
      probes: () => ({}),
      sparks: () => ({}),
      info: () => Promise.reject(new Error('not used')) as never,
    },
    answers: {} as never,
    runners: {
      'exec.run': async effect => {
        started.push(effect.id)
      },
    },
    guard: () => null,
    onBroken: () => {},
    onBug: () => {},
  })
  await closeInterrupted(engine)
  engine.begin()
  expect(started).toEqual([])
  expect(engine.state().exec.open).toEqual({})
  expect(engine.state().exec.closed.map(one => one.outcomes.paris?.detail)).toEqual([
    expect.stringMatching(/not known/),
    expect.stringMatching(/not known/),
  ])
  await engine.do({ type: 'exec.start', id: 'exec-3', nodes: ['paris'], argv: ['true'], deadlineMs: 1000 })
  expect(started).toEqual(['exec-3'])
  await engine.close()
})
