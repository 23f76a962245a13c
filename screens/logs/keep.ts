// A part of a journal as evidence: the node itself is asked for it once more, as a run that the engine keeps with its
// output. Pure but for `keepLines`.

import type { Hands } from '../keys/action.ts'
import { bodyHeightOf } from '../room/notices.ts'
import type { Snapshot } from '../room/room.ts'
import { arrange, onScreen } from './arrange.ts'
import type { LogLine } from './journal.ts'
import { type Setting, settingOf } from './setting.ts'
import { bookOf, lineAt, moment, shownOf } from './shown.ts'

const deadlineMs = 30_000

/** ms since the epoch, both ends with it. */
export interface Span {
  from: number
  to: number
}

/** From the first to the last marked line, else of what is on the screen; null: there is no line. */
function spanToKeep(snapshot: Snapshot): Span | null {
  const lines = markedLines(snapshot)
  if (lines.length > 0) return spanOf(lines)
  const arranged = arrange(snapshot, bodyHeightOf(snapshot))
  const { from, to } = onScreen(arranged, bodyHeightOf(snapshot))
  return spanOf(Array.from({ length: to - from }, (_, at) => lineAt(arranged.shown, from + at)))
}

/** The marked lines in their order, whether they pass the filter or not. */
export function markedLines(snapshot: Snapshot): readonly LogLine[] {
  const { marked } = snapshot.view.screens.logs
  if (marked.length === 0) return []
  const marks = new Set(marked)
  const entries = bookOf(snapshot)?.entries ?? []
  return entries.flatMap(entry => (entry.kind === 'line' && marks.has(entry.line.cursor) ? [entry.line] : []))
}

function spanOf(lines: readonly (LogLine | null)[]): Span | null {
  const times = lines.flatMap(line => (line ? [line.at] : []))
  return times.length === 0 ? null : { from: Math.min(...times), to: Math.max(...times) }
}

/** What prints that part. `--until` is taken with the microseconds that our milliseconds leave out. */
export function keepArgv({ from, to }: Span, { priority, unit }: Pick<Setting, 'priority' | 'unit'>): string[] {
  return [
    'journalctl',
    '--no-pager',
    '-o',
    'short-iso-precise',
    `--since=@${seconds(from)}`,
    `--until=@${seconds(to + 1)}`,
    ...(priority === null ? [] : [`--priority=${priority}`]),
    ...(unit === null ? [] : [`--unit=${unit}`]),
  ]
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

export function canKeep(snapshot: Snapshot): boolean {
  return settingOf(snapshot) !== null && shownOf(snapshot).lines.length > 0
}

/** Starts the run, and says how it ended when it has. */
export async function keepLines({ room, engine }: Hands, id: string): Promise<void> {
  const snapshot = room.snapshot()
  const setting = settingOf(snapshot)
  const span = spanToKeep(snapshot)
  if (setting === null || span === null) return
  const which = `${moment(span.from)} to ${moment(span.to)}`
  const { node } = setting
  const unsubscribe = engine.subscribe(() => tell())
  function tell(): void {
    const run = engine.state().exec.closed.find(one => one.id === id)
    if (!run) return
    unsubscribe()
    const ended = run.outcomes[node]
    if (ended?.outcome === 'ok') room.say(`kept as evidence: run ${id}, ${which}`, 'done')
    else room.say(`not kept, run ${id}: ${ended?.detail ?? ended?.outcome ?? 'how it ended is not known'}`, 'failed')
  }
  try {
    await engine.do({ type: 'exec.start', id, nodes: [node], argv: keepArgv(span, setting), deadlineMs })
    room.say(`being kept as evidence: run ${id}, ${which}`)
    tell()
  } catch (error) {
    unsubscribe()
    room.say(`not kept: ${error instanceof Error ? error.message : String(error)}`, 'failed')
  }
}
