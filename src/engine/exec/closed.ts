// The closed runs that state keeps. The newest have every outcome, since whoever asked may still be collecting them; of the
// others the counts and what did not end well are enough: everything is in the journal, by the run's id.
import type { ExecOutcome, ExecRun } from './shapes.ts'

const keptClosed = 200
const keptWhole = 5
/** Outcomes, and nodes, that an older run keeps at most. */
const keptOutcomes = 50
const keptDetail = 300
const keptArgv = 1_000

export function closing(closed: readonly ExecRun[], run: ExecRun): ExecRun[] {
  const next = [...closed, { ...run, counts: countsOf(run) }].slice(-keptClosed)
  const at = next.length - keptWhole - 1
  const older = next[at]
  if (older) next[at] = condensed(older)
  return next
}

function countsOf(run: ExecRun): NonNullable<ExecRun['counts']> {
  const counts = { ok: 0, failed: 0, unreachable: 0, timeout: 0 }
  for (const { outcome } of Object.values(run.outcomes)) counts[outcome] += 1
  return counts
}

function condensed(run: ExecRun): ExecRun {
  const all = Object.values(run.outcomes)
  const kept = (all.length <= keptOutcomes ? all : all.filter(one => one.outcome !== 'ok')).slice(0, keptOutcomes)
  const nodes = run.nodes.length <= keptOutcomes ? run.nodes : kept.map(one => one.node)
  return {
    ...run,
    nodes,
    argv: shortArgv(run.argv),
    outcomes: Object.fromEntries(kept.map(one => [one.node, short(one)])),
  }
}

function short(one: ExecOutcome): ExecOutcome {
  return one.detail === null || one.detail.length <= keptDetail
    ? one
    : { ...one, detail: `${one.detail.slice(0, keptDetail)}…` }
}

function shortArgv(argv: string[]): string[] {
  const kept: string[] = []
  let room = keptArgv
  for (const word of argv) {
    if (word.length > room) return [...kept, `${word.slice(0, room)}…`]
    kept.push(word)
    room -= word.length + 1
  }
  return kept
}
