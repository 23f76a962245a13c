// One commit whole: its envelope, and each of its events as it lies in the journal. Pure but for the feed.
import type { Commit } from '../../state/journal/journal.ts'
import type { Room, Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { type Line, plainLine } from '../widgets/lines.ts'
import { exactAge } from '../widgets/measure.ts'
import { piece, wrap } from '../widgets/row.ts'
import { knownOf } from './view.ts'
import { wordsOf } from './words.ts'

/** Longer values are broken into as many lines. */
const mostLinesAValue = 50

/** The commit on the screen, from wherever it came. */
export function shownCommit(snapshot: Snapshot): Commit | null {
  const { view, found } = snapshot
  const seq = Number(placeOf(view).subject)
  if (found.commit?.seq === seq) return found.commit
  return found.journal?.commits.find(one => one.seq === seq) ?? null
}

export function commitLines(snapshot: Snapshot): Line[] {
  const commit = shownCommit(snapshot)
  const { subject } = placeOf(snapshot.view)
  if (!commit) {
    const words = snapshot.link.up ? `reading commit ${subject} …` : 'it cannot be read without the engine'
    return [plainLine([]), plainLine([piece('dim', ` ${words}`)])]
  }
  const { columns, now } = snapshot
  const fact = (name: string, value: string) => plainLine([piece('dim', ` ${name.padEnd(14)}`), piece('text', value)])
  const sentence = wrap(wordsOf(commit, now, knownOf(snapshot)), columns - 2, 4)
  return [
    ...sentence.map(line => plainLine([piece('title', ` ${line}`)])),
    plainLine([]),
    fact('commit', `${commit.seq}, epoch ${commit.epoch}`),
    fact('at', `${new Date(commit.at).toISOString()}, ${exactAge(now, commit.at)} ago`),
    fact('by', commit.by),
    fact('command', `${commit.cmd.type}  ${commit.cmd.id}`),
    fact('line before', commit.prev),
    ...commit.events.flatMap((event, at) => [
      plainLine([]),
      plainLine([piece('heading', ` event ${at + 1} of ${commit.events.length}`)]),
      ...jsonLines(event).flatMap(line =>
        broken(line, columns - 2).map(text => plainLine([piece('text', ` ${text}`)])),
      ),
    ]),
  ]
}

export function jsonLines(value: unknown): string[] {
  return JSON.stringify(value, null, 2).split('\n')
}

/** In lines that fit, none of it left out but of a monster. */
function broken(line: string, width: number): string[] {
  const lines: string[] = []
  for (let at = 0; at < line.length && lines.length < mostLinesAValue; at += width)
    lines.push(line.slice(at, at + width))
  const left = line.length - lines.length * width
  return left > 0 ? [...lines, `… and ${left} more letters`] : lines
}

/** A commit that no list has read yet (the room was left there) is asked for by itself. */
export function feedCommit(room: Room): () => void {
  let asked: string | null = null
  function look(): void {
    const snapshot = room.snapshot()
    const { screen, subject } = placeOf(snapshot.view)
    if (screen !== 'commit' || subject === null || !snapshot.link.up || snapshot.frozenAt !== null) {
      asked = null
      return
    }
    const seq = Number(subject)
    if (asked === subject || !Number.isInteger(seq) || seq < 1 || shownCommit(snapshot)) return
    asked = subject
    room.engine.ask('journal', { after: seq - 1, limit: 1 }).then(
      ([commit]) => {
        if (commit?.seq === seq) room.find('commit', commit)
        else room.say(`there is no commit ${subject}`, 'failed')
      },
      error => room.say(`not read: ${error instanceof Error ? error.message : String(error)}`, 'failed'),
    )
  }
  const unsubscribe = room.subscribe(look)
  look()
  return unsubscribe
}
