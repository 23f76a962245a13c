// Keys of the runs: of the list and of one run's page.
import { quoteWords } from '../../state/primitives/argv.ts'
import { forTerminal, linesForTerminal, nodeText } from '../../state/primitives/node-text.ts'
import { reasonOf } from '../dialogs/form.ts'
import type { Action, Hands } from '../keys/action.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { createTheme } from '../theme/tokens.ts'
import { outcomesOf, pointedRun, shownRun } from './state.ts'
import { pointedNode } from './view.ts'

const plain = createTheme('none', 'ascii')
/** Of a longer output the beginning is shown. */
const mostCharacters = 1_000_000

function copy({ room, copy: put }: Hands, run: ReturnType<typeof shownRun>): void {
  if (!run) return
  put([quoteWords(run.argv)], 'the command').catch((error: unknown) => room.say(reasonOf(error), 'failed'))
}

/** What the node under the cursor printed: asked for, then shown over whatever is still the same page. */
function showOutput({ room, engine }: Hands): void {
  const snapshot = room.snapshot()
  const run = shownRun(snapshot)
  const node = pointedNode(snapshot, plain)
  if (!run || node === null) return
  const outcome = outcomesOf(run, snapshot)[node]
  if (!outcome) {
    room.say(run.endedAt === null ? `${node} is not done yet` : `how it ended on ${node} is not kept`)
    return
  }
  const { evidence, detail } = outcome
  if (evidence === null) {
    room.say(detail === null ? `${node} printed nothing` : `${node}: ${detail}`)
    return
  }
  engine.ask('output', { evidence }).then(
    output => {
      const now = room.snapshot()
      if (!isStill(snapshot, now)) return
      const lines = output === null ? ['its output is lost or was erased'] : outputLines(output)
      const about = detail === null ? [] : [forTerminal(detail), '']
      const title = `${node}: ${quoteWords(run.argv)}`
      room.change({ dialogs: [{ kind: 'text', title, lines: [...about, ...lines], scroll: 0 }] })
    },
    error => room.say(`not read: ${reasonOf(error)}`, 'failed'),
  )
}

function isStill(then: Snapshot, now: Snapshot): boolean {
  const place = placeOf(now.view)
  return placeOf(then.view).subject === place.subject && now.view.dialogs.length === 0 && now.view.prompt === null
}

/** Both streams, told apart. */
function outputLines({ stdout, stderr }: { stdout: string; stderr: string }): string[] {
  const printed = linesOf(stdout)
  if (stderr === '') return printed.length === 0 ? ['nothing'] : printed
  return [...printed, ...(printed.length === 0 ? [] : ['']), '── stderr ──', ...linesOf(stderr)]
}

function linesOf(text: string): string[] {
  const lines = linesForTerminal(nodeText(text, mostCharacters))
  return text.length > mostCharacters ? [...lines, `… and ${text.length - mostCharacters} more characters`] : lines
}

export const runsActions: readonly Action[] = [
  {
    id: 'open-run',
    keys: ['enter'],
    title: 'open the run under the cursor',
    short: 'open',
    danger: 'looks',
    when: snapshot => pointedRun(snapshot) !== null,
    run: ({ room }) => {
      const run = pointedRun(room.snapshot())
      if (!run) return
      room.set('run', { selected: null, scroll: 0 })
      room.go('run', run.id)
    },
  },
  {
    id: 'copy-command-of-list',
    keys: ['y'],
    title: 'copy the command under the cursor',
    short: 'copy',
    danger: 'looks',
    when: snapshot => pointedRun(snapshot) !== null,
    run: hands => copy(hands, pointedRun(hands.room.snapshot())),
  },
]

export const runActions: readonly Action[] = [
  {
    id: 'output',
    keys: ['enter'],
    title: 'what the node printed',
    short: 'output',
    danger: 'looks',
    when: snapshot => pointedNode(snapshot, plain) !== null,
    run: showOutput,
  },
  {
    id: 'copy-command',
    keys: ['y'],
    title: 'copy the command',
    short: 'copy',
    danger: 'looks',
    when: snapshot => shownRun(snapshot) !== null,
    run: hands => copy(hands, shownRun(hands.room.snapshot())),
  },
]
