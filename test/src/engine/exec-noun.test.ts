// What state keeps of commands that have ended: enough to collect the newest, little of the rest.
import { expect, test } from 'vitest'
import { execNoun } from '../../../src/engine/exec/noun.ts'
import type { ExecOutcome, ExecSlice } from '../../../src/engine/exec/shapes.ts'

const commit = { seq: 1, at: 5, by: 'noc' }
const outcomeOf = (node: string, outcome: ExecOutcome['outcome'], detail: string | null = null): ExecOutcome => ({
  node,
  outcome,
  exit: outcome === 'ok' ? 0 : null,
  ms: 12,
  evidence: 'a'.repeat(64),
  detail,
})
const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `node-${index}`)

function ran(slice: ExecSlice, id: string, outcomes: ExecOutcome[], argv = ['uptime']): ExecSlice {
  const nodes = outcomes.map(one => one.node)
  const open = execNoun.reduce(slice, { type: 'exec.started', id, nodes, argv, deadlineMs: 1 }, commit)
  return execNoun.reduce(open, { type: 'exec.ended', id, outcomes }, commit)
}

test('the newest five closed runs have every outcome', () => {
  const well = namesOf(1_000).map(node => outcomeOf(node, 'ok'))
  let slice = execNoun.initial
  for (let run = 0; run < 8; run++) slice = ran(slice, `exec-${run}`, well)
  expect(slice.closed.map(run => Object.keys(run.outcomes).length)).toEqual([
    0, 0, 0, 1_000, 1_000, 1_000, 1_000, 1_000,
  ])
  expect(slice.closed.every(run => run.counts?.ok === 1_000 && run.endedAt === 5)).toBe(true)
})

test('an older run keeps its counts and at most fifty outcomes that did not end well', () => {
  const outcomes = namesOf(1_000).map((node, index) =>
    outcomeOf(node, index % 10 === 0 ? 'failed' : 'ok', 'x'.repeat(4_000)),
  )
  let slice = ran(execNoun.initial, 'exec-old', outcomes, ['sh', '-c', 'y'.repeat(30_000)])
  for (let run = 0; run < 5; run++) slice = ran(slice, `exec-${run}`, [outcomeOf('paris', 'ok')])
  const [old] = slice.closed
  expect(old?.counts).toEqual({ ok: 900, failed: 100, unreachable: 0, timeout: 0 })
  const kept = Object.values(old?.outcomes ?? {})
  expect([kept.length, new Set(kept.map(one => one.outcome))]).toEqual([50, new Set(['failed'])])
  expect(JSON.stringify(old).length).toBeLessThan(40_000)
})

test('an older run on few nodes keeps all its outcomes', () => {
  let slice = ran(execNoun.initial, 'exec-old', [outcomeOf('paris', 'ok'), outcomeOf('rome', 'timeout')])
  for (let run = 0; run < 5; run++) slice = ran(slice, `exec-${run}`, [outcomeOf('paris', 'ok')])
  expect(slice.closed[0]).toMatchObject({ nodes: ['paris', 'rome'], argv: ['uptime'] })
  expect(Object.keys(slice.closed[0]?.outcomes ?? {})).toEqual(['paris', 'rome'])
})

test('two hundred runs on a thousand nodes stay below two megabytes', () => {
  const outcomes = namesOf(1_000).map((node, index) => outcomeOf(node, index % 50 === 0 ? 'unreachable' : 'ok'))
  let slice = execNoun.initial
  for (let run = 0; run < 200; run++) slice = ran(slice, `exec-${run}`, outcomes)
  expect(slice.closed).toHaveLength(200)
  expect(JSON.stringify(slice).length).toBeLessThan(2_000_000)
})
