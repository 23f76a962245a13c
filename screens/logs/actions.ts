// Keys of a journal.
import { randomUUID } from 'node:crypto'
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { Action, Hands } from '../keys/action.ts'
import type { Snapshot } from '../room/room.ts'
import { priorityChooser, spanChooser, unitChooser } from './choices.ts'
import type { LogLine } from './journal.ts'
import { canKeep, keepLines, markedLines } from './keep.ts'
import { follow } from './move.ts'
import { lineAt, nodeOf, placeIn, shownOf } from './shown.ts'
import { timesShown } from './state.ts'
import { wholeLine } from './whole.ts'

const always = () => true

function pointed(snapshot: Snapshot): LogLine | null {
  const shown = shownOf(snapshot)
  return lineAt(shown, placeIn(snapshot, shown))
}

const hasLine = (snapshot: Snapshot) => pointed(snapshot) !== null

export const logsActions: readonly Action[] = [
  {
    id: 'whole-line',
    keys: ['enter'],
    title: 'the whole line, with everything that is known of it',
    short: 'whole line',
    danger: 'looks',
    when: hasLine,
    run: ({ room }) => {
      const snapshot = room.snapshot()
      const line = pointed(snapshot)
      if (!line) return
      const lines = wholeLine(line, snapshot.columns)
      const title = `a line of ${nodeOf(snapshot)}`
      room.change({ dialogs: [...snapshot.view.dialogs, { kind: 'text', title, lines, scroll: 0 }] })
    },
  },
  {
    id: 'follow',
    keys: ['f'],
    title: 'follow what comes, or stay where you are',
    short: 'follow',
    danger: 'looks',
    when: always,
    run: ({ room }) => {
      const snapshot = room.snapshot()
      if (!snapshot.view.screens.logs.follows) {
        follow(room)
        room.say('following')
        return
      }
      room.set('logs', { follows: false, selected: pointed(snapshot)?.cursor ?? null, row: snapshot.rows })
      room.say('not following any more: G or f follows again')
    },
  },
  {
    id: 'wrap',
    keys: ['w'],
    title: 'long lines whole, or cut at the edge',
    short: 'wrap',
    danger: 'looks',
    when: always,
    run: ({ room }) => room.set('logs', { wraps: !room.snapshot().view.screens.logs.wraps }),
  },
  {
    id: 'interval',
    keys: ['i'],
    title: 'lines of when: from now, the last hour, this boot, 90m',
    short: 'when',
    danger: 'looks',
    when: always,
    choose: spanChooser,
  },
  {
    id: 'priority',
    keys: ['p'],
    title: 'lines how bad: everything, warnings and worse, errors and worse',
    short: 'priority',
    danger: 'looks',
    when: always,
    choose: priorityChooser,
  },
  {
    id: 'unit',
    keys: ['u'],
    title: 'lines of one unit, or of all',
    short: 'unit',
    danger: 'looks',
    when: always,
    choose: unitChooser,
  },
  {
    id: 'mark-line',
    keys: ['m'],
    title: 'mark the line, or take its mark away',
    short: 'mark',
    danger: 'looks',
    when: hasLine,
    run: ({ room }) => {
      const snapshot = room.snapshot()
      const { marked } = snapshot.view.screens.logs
      const cursor = pointed(snapshot)?.cursor
      if (cursor === undefined) return
      const others = marked.filter(one => one !== cursor)
      room.set('logs', { marked: others.length < marked.length ? others : [...marked, cursor] })
    },
  },
  {
    id: 'times',
    keys: ['t'],
    title: 'when a line was written: its time, that with day and milliseconds, nothing',
    short: null,
    danger: 'looks',
    when: always,
    run: ({ room }) => {
      const { times } = room.snapshot().view.screens.logs
      room.set('logs', { times: timesShown[(timesShown.indexOf(times) + 1) % timesShown.length] ?? 'time' })
    },
  },
  {
    id: 'copy-lines',
    keys: ['y'],
    title: 'copy the marked lines, else the one under the cursor',
    short: 'copy',
    danger: 'looks',
    when: hasLine,
    run: copyLines,
  },
  {
    id: 'keep-lines',
    keys: ['W'],
    title: 'keep as evidence what was written from the first to the last marked line, else on the screen',
    short: 'keep',
    danger: 'records',
    when: canKeep,
    run: hands => void keepLines(hands, `exec-${randomUUID()}`),
  },
]

function copyLines({ room, copy }: Hands): void {
  const snapshot = room.snapshot()
  const marked = markedLines(snapshot)
  const line = pointed(snapshot)
  const lines = marked.length > 0 ? marked : line ? [line] : []
  if (lines.length === 0) return
  const what = lines.length === 1 ? 'a line' : `${lines.length} lines`
  void copy(lines.map(copied), `${what} of ${nodeOf(snapshot)}`)
}

/** As others read it: when, who, what. */
function copied({ at, unit, source, text }: LogLine): string {
  return forTerminal(`${new Date(at).toISOString()} ${unit ?? source}: ${text}`)
}
