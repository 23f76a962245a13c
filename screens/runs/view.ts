// Runs as they are seen: the list, and one of them node by node. Pure.
import type { ExecOutcome, ExecRun } from '../../src/engine/exec/shapes.ts'
import { quoteWords } from '../../state/primitives/argv.ts'
import { formatDuration } from '../../state/primitives/duration.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { keyUnder, type Line, lineRows, plainLine } from '../widgets/lines.ts'
import { clock, exactAge } from '../widgets/measure.ts'
import { cut, fitted, piece, type Row, wrap } from '../widgets/row.ts'
import { countPieces, countsOf, endingPiece, endingWords, nodeCount, tokenFor } from './endings.ts'
import { outcomesOf, shownRun, shownRuns } from './state.ts'

export function runListRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  return lineRows(runListLines(snapshot, theme), snapshot.view.screens.runs, height)
}

export function runListLines(snapshot: Snapshot, theme: Theme): Line[] {
  const runs = shownRuns(snapshot)
  if (runs.length === 0) {
    const words =
      snapshot.view.screens.runs.filter === '' ? 'nothing has been run yet' : 'none that the filter lets through'
    return [
      plainLine([]),
      plainLine([piece('dim', ` ${words} · `), piece('key', 'E'), piece('dim', ' on nodes runs a command')]),
    ]
  }
  return runs.map((run): Line => ({ key: run.id, row: isHere => runRow(run, isHere, snapshot, theme) }))
}

function runRow(run: ExecRun, isHere: boolean, snapshot: Snapshot, theme: Theme): Row {
  const { now, columns } = snapshot
  const wide = columns >= 120
  const ended = wide ? 52 : 22
  const by = wide ? 14 : 10
  const on = 11
  const command = Math.max(10, columns - 3 - 16 - by - on - ended)
  return [
    piece('accent', isHere ? `${theme.glyphs.selectedBar}  ` : '   '),
    ...fitted([piece('dim', clock(run.at, now))], 16),
    ...fitted([piece('text', run.by)], by),
    ...fitted([piece(isHere ? 'selected' : 'text', cut(quoteWords(run.argv), command - 1))], command),
    ...fitted([piece('dim', nodesInWords(nodeCount(run)))], on),
    ...fitted(endedPieces(run, snapshot, theme, wide), ended),
  ]
}

function endedPieces(run: ExecRun, snapshot: Snapshot, theme: Theme, withWords: boolean): Row {
  const counts = countPieces(countsOf(run, outcomesOf(run, snapshot)), theme.glyphs, withWords)
  if (run.endedAt !== null) return counts
  return [piece('accent', `running ${exactAge(snapshot.now, run.at)}  `), ...counts]
}

function nodesInWords(count: number): string {
  return `${count} ${count === 1 ? 'node' : 'nodes'}`
}

export function runPageRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  return lineRows(runPageLines(snapshot, theme), snapshot.view.screens.run, height)
}

/** The node under the cursor of the run's page. */
export function pointedNode(snapshot: Snapshot, theme: Theme): string | null {
  return shownRun(snapshot) ? keyUnder(runPageLines(snapshot, theme), snapshot.view.screens.run) : null
}

/** Nodes in the order in which they are listed: what did not end well first, then as they were named. */
function nodesOfRun(run: ExecRun, snapshot: Snapshot): readonly string[] {
  const outcomes = outcomesOf(run, snapshot)
  return snapshot.memo('nodes of the run', [run, outcomes], () => {
    const isWell = (node: string) => {
      const outcome = outcomes[node]?.outcome
      return outcome === undefined || outcome === 'ok'
    }
    return [...run.nodes.filter(node => !isWell(node)), ...run.nodes.filter(isWell)]
  })
}

export function runPageLines(snapshot: Snapshot, theme: Theme): Line[] {
  const run = shownRun(snapshot)
  if (!run)
    return [
      plainLine([]),
      plainLine([piece('dim', ' this run is not known here: it has just begun, or is older than the last 200')]),
    ]
  const { columns, now } = snapshot
  const outcomes = outcomesOf(run, snapshot)
  const facts = `by ${run.by} at ${clock(run.at, now)} · at most ${formatDuration(run.deadlineMs)} a node`
  const all = nodeCount(run)
  const left = all - run.nodes.length
  const nodes = nodesOfRun(run, snapshot)
  const wide = Math.min(26, Math.max(10, ...nodes.slice(0, 200).map(node => node.length)) + 2)
  return [
    ...wrap(quoteWords(run.argv), columns - 4, 3).map((line, at) =>
      plainLine([piece('dim', at === 0 ? ' $ ' : '   '), piece('title', line)]),
    ),
    plainLine([piece('dim', ` ${facts}`)]),
    plainLine([piece('text', ' '), ...endedPieces(run, snapshot, theme, true)]),
    plainLine([]),
    ...nodes.map(
      (node): Line => ({
        key: node,
        row: isHere => nodeRow(node, outcomes[node] ?? null, run, isHere, wide, snapshot, theme),
      }),
    ),
    ...(left > 0
      ? [plainLine([]), plainLine([piece('dim', ` of ${all} nodes only these are kept by name; the journal has all`)])]
      : []),
  ]
}

function nodeRow(
  node: string,
  outcome: ExecOutcome | null,
  run: ExecRun,
  isHere: boolean,
  wide: number,
  snapshot: Snapshot,
  theme: Theme,
): Row {
  const mark = piece('accent', isHere ? `${theme.glyphs.selectedBar}  ` : '   ')
  const name = fitted([piece(isHere ? 'selected' : 'text', node)], wide)
  if (!outcome) {
    const words = run.endedAt === null ? `running for ${exactAge(snapshot.now, run.at)}` : 'how it ended is not kept'
    return [mark, piece('dim', `${theme.glyphs.gap} `), ...name, piece('dim', words)]
  }
  return [
    mark,
    endingPiece(outcome.outcome, theme.glyphs),
    piece('text', ' '),
    ...name,
    ...fitted([piece(tokenFor(outcome.outcome), endingWords(outcome))], 17),
    piece('dim', `${String(Math.round(outcome.ms)).padStart(7)} ms  `),
    piece(outcome.detail === null ? 'text' : 'dim', saidBy(outcome, snapshot)),
  ]
}

/** Why it did not go well, else the first line of what was printed. */
function saidBy({ detail, evidence }: ExecOutcome, { found }: Snapshot): string {
  if (evidence === null) return detail ?? 'printed nothing'
  const line = found.run.firstLines[evidence]
  if (line === null) return detail ?? 'its output is lost or was erased'
  return [line ?? '', detail === null ? '' : `(${detail})`].filter(Boolean).join(' ')
}

export function runHead(snapshot: Snapshot, theme: Theme): Row {
  const run = shownRun(snapshot)
  if (!run) return []
  // How it goes comes first: the end is what a narrow header cuts.
  const how = endedPieces(run, snapshot, theme, false)
  return [piece('dim', '   '), ...how, piece('dim', `   on ${nodesInWords(nodeCount(run))}`)]
}

export function runsHead(snapshot: Snapshot): Row {
  const running = Object.keys(snapshot.state.exec.open).length
  return running === 0 ? [] : [piece('accent', `   ${running} running`)]
}
