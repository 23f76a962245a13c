// The room for a screen reader or a terminal that can do nothing: no picture, sentences only. The same screens, actions and
// dialogs; a line is a name from the palette, a number that was read out, `/` and a filter, or the answer to what is asked.
import { createInterface, type Interface } from 'node:readline'
import type { Engine } from '../../src/engine/engine.ts'
import type { Exit } from '../../state/primitives/errors.ts'
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { Hands } from '../keys/action.ts'
import { moveOn } from '../keys/movement.ts'
import { startFeeds } from '../room/feeds.ts'
import { createRoom, type Room } from '../room/room.ts'
import { filterOf, placeOf, type View } from '../room/view.ts'
import { findProgram, startChild } from '../terminal/child.ts'
import { createHands } from '../terminal/hands.ts'
import { answer } from './answer.ts'
import { ask } from './ask.ts'
import { doLine } from './line.ts'
import { newsOf } from './news.ts'
import { createSpeaker, type Speaker } from './speaker.ts'
import { type Told, tell } from './tell.ts'

const greeting =
  'Watchfloor, the room in words. A line is the name of a node or of something to do, or a number that was read out. ' +
  '`help` says what there is, `/text` filters, an empty line reads again, `detach` leaves.'
/** What an action asked the engine for has come by then, or comes as news. */
const settleMs = 300
/** What the engine takes longer for comes as news, too. */
const patienceMs = 10_000

export interface PlainStreams {
  input: NodeJS.ReadableStream
  output: NodeJS.WritableStream
}

export async function openLines(
  { engine, env }: { engine: Engine; env: NodeJS.ProcessEnv },
  streams: PlainStreams,
): Promise<Exit> {
  let isOver = false
  const detached = Promise.withResolvers<void>()
  const room = createRoom(engine, { columns: 200, rows: 60 }, Date.now)
  const lines = createInterface({ input: streams.input, terminal: false })
  const speaker = createSpeaker(text => streams.output.write(text))
  const detach = () => {
    isOver = true
    detached.resolve()
  }
  const hands = createHands({ room, engine, terminal: plainTerminal(speaker, lines, env), env, detach })
  const held: string[] = []
  const tellNews = () => {
    // Nothing talks into a question.
    if (room.snapshot().view.dialogs.length === 0) speaker.say(held.splice(0))
  }
  const stops = [
    startFeeds(room, Date.now),
    engine.subscribe(change => {
      held.push(...newsOf(change, engine.state(), engine.by()))
      tellNews()
    }),
    room.close,
  ]
  const reader = createReader(room, speaker)
  try {
    if (room.snapshot().order.length > 0) moveOn(room, 'here')
    speaker.say([greeting])
    reader.readAll()
    // One after the other, also where all of them come at once from a pipe.
    const took = (async () => {
      for await (const line of lines) {
        if (isOver) break
        reader.before()
        await take(line.trim(), hands, speaker, reader)
        await settled(room)
        if (isOver) break
        reader.after()
        tellNews()
      }
    })()
    await Promise.race([took, detached.promise])
    speaker.say(['Detached: the engine goes on watching.'])
    return 0
  } finally {
    lines.close()
    for (const stop of stops) stop()
    await engine.close()
  }
}

async function take(line: string, hands: Hands, speaker: Speaker, reader: Reader): Promise<void> {
  const { room } = hands
  const dialog = room.snapshot().view.dialogs.at(-1)
  if (dialog) answer(dialog, line, hands, speaker)
  else if (line === '') reader.readAll()
  else if (line === 'more') speaker.more()
  else {
    const offer = /^\d+$/.test(line) ? speaker.offer(Number(line)) : undefined
    if (offer) {
      if (offer.kind === 'place') room.go(offer.screen, offer.subject)
      else doLine(offer.line, hands, speaker)
    } else doLine(line, hands, speaker)
  }
}

async function settled(room: Room): Promise<void> {
  const isSending = () => {
    const top = room.snapshot().view.dialogs.at(-1)
    return (top?.kind === 'form' || top?.kind === 'confirm') && top.isSending
  }
  await new Promise(resolve => setTimeout(resolve, settleMs))
  const until = performance.now() + patienceMs
  while (isSending() && performance.now() < until) await new Promise(resolve => setTimeout(resolve, settleMs / 6))
}

interface Reader {
  readAll(): void
  before(): void
  /** Reads what is new since `before`. */
  after(): void
}

/** A place is read out when it is entered, and from then on only what has changed. */
function createReader(room: Room, speaker: Speaker): Reader {
  let was: { view: View; told: Told; spoken: number } = { view: room.snapshot().view, told: none, spoken: 0 }
  function readAll(): void {
    const told = tell(room.snapshot())
    speaker.read(told)
    was = { ...was, told }
  }
  return {
    readAll,
    before: () => {
      was = { view: room.snapshot().view, told: tell(room.snapshot()), spoken: speaker.count() }
    },
    after() {
      const snapshot = room.snapshot()
      const { view } = snapshot
      const dialog = view.dialogs.at(-1)
      const before = was.view.dialogs.at(-1)
      if (view.toast && view.toast !== was.view.toast) speaker.say([`${sentence(view.toast.words)}`])
      if (dialog) {
        const isNew =
          before?.kind !== dialog.kind || ('action' in dialog && 'action' in before && dialog.action !== before.action)
        speaker.read({ lines: ask(dialog, snapshot, isNew), offers: [], hint: null })
        // What is only to be read is not in the way of the next line.
        if (dialog.kind === 'text') room.change({ dialogs: view.dialogs.slice(0, -1) })
        return
      }
      const isElsewhere = placeOf(view) !== placeOf(was.view) || filterOf(view) !== filterOf(was.view)
      if (isElsewhere) {
        readAll()
        return
      }
      if (speaker.count() > was.spoken) return
      const known = new Set(was.told.lines)
      const fresh = tell(snapshot).lines.filter(line => !known.has(line))
      speaker.say(fresh.length > 0 ? fresh : [before ? 'Cancelled.' : 'Nothing changed here.'])
    },
  }
}

const none: Told = { lines: [], offers: [], hint: null }

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?:]$/.test(words) ? '' : '.'}`
}

/** Other programs simply run, and what would be copied is there to be read. */
function plainTerminal(speaker: Speaker, lines: Interface, env: NodeJS.ProcessEnv) {
  return {
    redraw: () => {},
    suspend: () => process.kill(0, 'SIGTSTP'),
    async run(
      argv: readonly string[],
      { env: childEnv = env, notice }: { env?: NodeJS.ProcessEnv; notice?: string } = {},
    ) {
      const found = findProgram(argv[0] ?? '', childEnv)
      if ('failed' in found) return found
      if (notice) speaker.say([forTerminal(notice)])
      // What is typed meanwhile is for that program.
      lines.pause()
      const ended = await startChild(found.file, argv, childEnv).ended
      lines.resume()
      return ended
    },
    async copy(copied: readonly string[]) {
      speaker.say(copied)
      return { how: 'terminal' as const }
    },
  }
}
