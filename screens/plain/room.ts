// The room for a screen reader or a terminal that can do nothing: no picture, lines only. The same screens, actions and
// dialogs; a line is a name from the palette, `/` and a filter, or the answer to what is asked.
import { createInterface } from 'node:readline'
import type { Engine } from '../../src/engine/engine.ts'
import type { Exit } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import { wordFor, yesKey } from '../dialogs/danger.ts'
import { isForm } from '../dialogs/form.ts'
import { pressDialog } from '../dialogs/press.ts'
import type { Hands } from '../keys/action.ts'
import { actions } from '../keys/actions.ts'
import { moveOn } from '../keys/movement.ts'
import { choices, choose } from '../menu/choices.ts'
import { startFeeds } from '../room/feeds.ts'
import { createRoom } from '../room/room.ts'
import { type Dialog, placeOf } from '../room/view.ts'
import { findProgram, startChild } from '../terminal/child.ts'
import { createHands } from '../terminal/hands.ts'
import { newsOf } from './news.ts'
import { dialogLines, screenLines } from './words.ts'

const greeting = 'a line is a name: `help` lists them, a node opens it, `/text` filters, nothing shows the screen again'
/** What an action asked the engine for is on the screen by then, or comes as news. */
const settleMs = 300

export interface PlainStreams {
  input: NodeJS.ReadableStream
  output: NodeJS.WritableStream
}

export async function openLines(
  { engine, env }: { engine: Engine; env: NodeJS.ProcessEnv },
  streams: PlainStreams,
): Promise<Exit> {
  const ended = Promise.withResolvers<void>()
  const room = createRoom(engine, { columns: 200, rows: 60 }, Date.now)
  const say = (lines: readonly string[]) => {
    if (lines.length > 0) streams.output.write(`${lines.map(line => forTerminal(line)).join('\n')}\n`)
  }
  const hands = createHands({ room, engine, terminal: plainTerminal(say, env), env, detach: ended.resolve })
  const show = () => {
    const { view } = room.snapshot()
    const asked = dialogLines(room.snapshot())
    say(asked.length > 0 ? asked : screenLines(room.snapshot()))
    if (view.toast) say([view.toast.words])
  }
  const stops = [startFeeds(room, Date.now), engine.subscribe(change => say(newsOf(change))), room.close]
  const lines = createInterface({ input: streams.input, terminal: false })
  lines.on('line', line => {
    take(line.trim(), hands, say)
    setTimeout(show, settleMs)
  })
  lines.on('close', ended.resolve)
  try {
    if (room.snapshot().order.length > 0) moveOn(room, 'here')
    say([greeting])
    show()
    await ended.promise
    return 0
  } finally {
    lines.close()
    for (const stop of stops) stop()
    await engine.close()
  }
}

function take(line: string, hands: Hands, say: (lines: readonly string[]) => void): void {
  const { room } = hands
  const snapshot = room.snapshot()
  const dialog = snapshot.view.dialogs.at(-1)
  if (dialog) {
    answer(dialog, line, hands)
    return
  }
  if (line === '') return
  if (line.startsWith('/')) {
    const { screen } = placeOf(snapshot.view)
    if ('filter' in snapshot.view.screens[screen]) room.set(screen, { filter: line.slice(1) })
    return
  }
  if (line === 'help' || line === '?') {
    say(actions.filter(action => action.when(snapshot)).map(({ id, title }) => `${id}: ${title}`))
    return
  }
  const menu = { kind: 'palette' as const, query: line, at: 0 }
  if (choices(snapshot, menu).length === 0) say([`there is nothing by the name ${line}`])
  else choose(menu, hands)
}

/** A line as the keys that would have said it. */
function answer(dialog: Dialog, line: string, hands: Hands): void {
  const press = (name: string) => {
    const top = hands.room.snapshot().view.dialogs.at(-1)
    if (top) pressDialog(top, { kind: 'key', name }, hands)
  }
  const write = (text: string) => {
    const top = hands.room.snapshot().view.dialogs.at(-1)
    if (top) pressDialog(top, { kind: 'paste', text }, hands)
  }
  if (line === 'cancel') {
    press('escape')
    return
  }
  switch (dialog.kind) {
    case 'form':
      if (line !== '') {
        press('ctrl-u')
        write(line)
      }
      press('enter')
      break
    case 'choose':
      press('ctrl-u')
      write(line)
      press('enter')
      break
    case 'text':
      press('escape')
      break
    case 'confirm': {
      const snapshot = hands.room.snapshot()
      const action = actions.find(one => one.id === dialog.action)
      const asked = isForm(action) ? action.form.confirm?.(dialog.subject, dialog.values, snapshot) : undefined
      const word = asked ? wordFor(asked, snapshot) : null
      // Anything but the yes is a no.
      if (word === null) press(line === 'yes' ? yesKey : 'escape')
      else if (line === word) {
        press('ctrl-u')
        write(word)
        press('enter')
      } else press('escape')
    }
  }
}

/** Other programs simply run, and what would be copied is there to be read. */
function plainTerminal(say: (lines: readonly string[]) => void, env: NodeJS.ProcessEnv) {
  return {
    redraw: () => {},
    suspend: () => process.kill(0, 'SIGTSTP'),
    async run(argv: readonly string[], { notice }: { notice?: string } = {}) {
      const found = findProgram(argv[0] ?? '', env)
      if ('failed' in found) return found
      if (notice) say([notice])
      return startChild(found.file, argv, env).ended
    },
    async copy(lines: readonly string[]) {
      say(lines)
      return { how: 'terminal' as const }
    },
  }
}
