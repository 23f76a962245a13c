// The runs that are known, and which of them is looked at. Pure.
import type { ExecOutcome, ExecRun } from '../../src/engine/exec/shapes.ts'
import { quoteWords } from '../../state/primitives/argv.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { filterBy } from '../widgets/filter.ts'
import type { LinesState } from '../widgets/lines.ts'

export interface RunsState extends LinesState {
  filter: string
}

/** What came of runs while they run: state has it only when the last node is done. Run → node → how it ended there. */
export interface Progress {
  outcomes: Readonly<Record<string, Readonly<Record<string, ExecOutcome>>>>
  /** Evidence → first line of the output; null: it is lost or erased. */
  firstLines: Readonly<Record<string, string | null>>
}

/** Newest first, filtered. */
export function shownRuns(snapshot: Snapshot): readonly ExecRun[] {
  const { state, view, memo } = snapshot
  const { filter } = view.screens.runs
  return memo('runs', [state.exec, filter], () => {
    const fits = filterBy(filter)
    const { open, closed } = state.exec
    return [...closed, ...Object.values(open)]
      .sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
      .filter(run => filter === '' || fits({ text: textOf(run), tags: [run.by] }))
  })
}

function textOf(run: ExecRun): string {
  return `${quoteWords(run.argv)} ${run.by} ${run.nodes.join(' ')} ${run.endedAt === null ? 'running' : ''}`.toLowerCase()
}

/** The run under the cursor of the list. */
export function pointedRun(snapshot: Snapshot): ExecRun | null {
  const runs = shownRuns(snapshot)
  const { selected } = snapshot.view.screens.runs
  return runs.find(({ id }) => id === selected) ?? runs[0] ?? null
}

/** The run whose page is on the screen. */
export function shownRun({ state, view }: Pick<Snapshot, 'state' | 'view'>): ExecRun | null {
  const { screen, subject } = placeOf(view)
  if (screen !== 'run' || subject === null) return null
  const { open, closed } = state.exec
  return (Object.hasOwn(open, subject) ? open[subject] : closed.find(({ id }) => id === subject)) ?? null
}

/** How it ended so far, node by node. */
export function outcomesOf(run: ExecRun, { found }: Pick<Snapshot, 'found'>): Readonly<Record<string, ExecOutcome>> {
  return run.endedAt === null ? (found.run.outcomes[run.id] ?? {}) : run.outcomes
}
