// The cursor in a journal. Up stops following and says so; beyond the first line that is known, older ones are asked for.
import { neighbour } from '../overview/arrange.ts'
import type { Room } from '../room/room.ts'
import type { Move } from '../room/screen.ts'
import { type Arranged, arrange, heightOf, rowsBetween } from './arrange.ts'
import { firstLine } from './book.ts'
import { bookOf, lineAt, nodeOf } from './shown.ts'

export function moveLogs(room: Room, where: Move, height: number): void {
  if (where === 'left' || where === 'right') {
    turn(room, where === 'right' ? 1 : -1)
    return
  }
  const snapshot = room.snapshot()
  const arranged = arrange(snapshot, height)
  const { shown, place } = arranged
  const goesUp = where === 'up' || where === 'previous' || where === 'page-up' || where === 'first'
  const first = firstLine(bookOf(snapshot) ?? { entries: [] })
  if (place < 0) {
    // Nothing passes the filter: what is older may.
    if (goesUp && first) room.set('logs', { follows: false, reaches: first.cursor })
    return
  }
  const last = shown.lines.length - 1
  if (where === 'last') {
    follow(room)
    return
  }
  const { follows } = snapshot.view.screens.logs
  const next = Math.max(0, Math.min(last, target(arranged, where, height)))
  // Following goes on until the operator goes back: down from the end is where one is.
  if (follows && !goesUp) return
  if (follows) room.say('not following any more: G follows again')
  room.set('logs', {
    follows: false,
    selected: lineAt(shown, next)?.cursor ?? null,
    row: rowAfter(arranged, next, where, height),
    // A page ahead, so that the next ones are there when they are wanted.
    ...(goesUp && first && next < height ? { reaches: first.cursor } : {}),
  })
}

/** To the end, and along with it. */
export function follow(room: Room): void {
  room.set('logs', { follows: true, selected: null, reaches: null })
}

function target({ shown, look, place }: Arranged, where: Move, height: number): number {
  switch (where) {
    case 'up':
    case 'previous':
      return place - 1
    case 'down':
    case 'next':
      return place + 1
    case 'first':
      return 0
    case 'page-up':
    case 'page-down': {
      const step = where === 'page-up' ? -1 : 1
      let next = place
      for (let rows = 0; rows < height - 1 && shown.lines[next + step] !== undefined; ) {
        const [from, to] = between(shown.lines[next], shown.lines[next + step])
        rows += rowsBetween(shown, look, from, to, height)
        if (rows < height || next === place) next += step
      }
      return next
    }
    default:
      return place
  }
}

function between(a = 0, b = 0): [number, number] {
  return a < b ? [a, b] : [b, a]
}

/** Row of the line that the cursor goes to: the page stands still as long as it can. */
function rowAfter(arranged: Arranged, next: number, where: Move, height: number): number {
  const { shown, look, place, anchor, row } = arranged
  const from = shown.lines[place] ?? 0
  const to = shown.lines[next] ?? 0
  const own = row - rowsBetween(shown, look, from, anchor, height)
  const isPage = where === 'page-up' || where === 'page-down'
  const moved = to < from ? -rowsBetween(shown, look, to, from, height) : rowsBetween(shown, look, from, to, height)
  const lines = shown.lines.length
  // At either end what stands beyond the line is to be seen, too.
  const least = next === 0 ? rowsBetween(shown, look, 0, to, height) : 0
  const beyond = next === lines - 1 ? rowsBetween(shown, look, to + 1, shown.items.length, height) : 0
  const most = height - heightOf(shown.items[to], look) - beyond
  return Math.max(0, Math.min(most, Math.max(least, isPage ? own : own + moved)))
}

function turn(room: Room, step: -1 | 1): void {
  const next = neighbour(room.snapshot(), nodeOf(room.snapshot()), step)
  if (next === null) return
  room.turn(next)
  room.set('logs', { marked: [] })
  room.set('overview', { selected: next })
  follow(room)
}
