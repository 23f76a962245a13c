// How the operator looks at the journal of a node.
import { parseDuration } from '../../state/primitives/duration.ts'
import { boolean, oneOf, record, text } from '../room/restore.ts'

/** When each line was written: its time, that with the day and the milliseconds, or not at all. */
export type Times = 'time' | 'full' | 'off'
export const timesShown: readonly Times[] = ['time', 'full', 'off']

/** Windows with a name of their own; any other is a duration, such as `90m`. */
const namedSpans = ['now', 'today', 'boot', 'all'] as const

export interface LogsState {
  filter: string
  /** The end is on the screen and stays there as lines come. */
  follows: boolean
  wraps: boolean
  times: Times
  span: string
  /** Counts the choices of a window: the same one chosen again begins anew. */
  round: number
  /** That and worse are read (a smaller number); null: everything. */
  priority: number | null
  unit: string | null
  /** Cursor of the line under the cursor; null: the last. */
  selected: string | null
  /** Row of the screen on which it is: what stands there stays there when lines come and go. */
  row: number
  /** Cursors of marked lines. */
  marked: readonly string[]
  /** Cursor of the first line that was known when the operator wanted to see what is before it. */
  reaches: string | null
}

export const firstLogs: LogsState = {
  filter: '',
  follows: true,
  wraps: false,
  times: 'time',
  span: 'all',
  round: 0,
  priority: null,
  unit: null,
  selected: null,
  row: 0,
  marked: [],
  reaches: null,
}

export function restoreLogs(kept: unknown): LogsState {
  const { filter, wraps, times, span, priority } = record(kept)
  // Which line, and which unit, was of that node and that moment: nobody wants to come back to an old line, or to nothing.
  return {
    ...firstLogs,
    filter: text(filter, ''),
    wraps: boolean(wraps, false),
    times: oneOf(timesShown, times, 'time'),
    span: typeof span === 'string' && isSpan(span) ? span : 'all',
    priority:
      typeof priority === 'number' && Number.isInteger(priority) && priority >= 0 && priority < 7 ? priority : null,
  }
}

export function isSpan(span: string): boolean {
  return namedSpans.some(one => one === span) || (parseDuration(span) ?? 0) > 0
}
