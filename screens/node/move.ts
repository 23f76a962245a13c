// The cursor on a node's page, and to the page of the node beside it in the overview.
import { neighbour } from '../overview/arrange.ts'
import { shownNode } from '../overview/nodes.ts'
import type { Room } from '../room/room.ts'
import type { Move } from '../room/screen.ts'
import { placeOf } from '../room/view.ts'
import { movedIn } from '../widgets/list.ts'
import { cursorAt, isEntry, linesFor, listOf } from './entries.ts'
import { listHeight, windowOn } from './view.ts'

export function moveNode(room: Room, where: Move, height: number): void {
  const snapshot = room.snapshot()
  const { subject } = placeOf(snapshot.view)
  const node = subject === null ? null : shownNode(snapshot, subject)
  if (!node) return
  if (where === 'left' || where === 'right') {
    turn(room, where === 'right' ? 1 : -1)
    return
  }
  const lines = linesFor(snapshot, node.name)
  const { selected, scroll, probe } = listOf(snapshot.view.screens.node, node.name)
  const entries = lines.filter(isEntry)
  const at = cursorAt(lines, selected)
  const rows = listHeight(snapshot, node, height)
  const before = { selected: lines[at]?.key ?? null, scroll: 0 }
  const after = movedIn(
    entries.map(({ key }) => key),
    before,
    where,
    rows,
  )
  const entry = entries.find(({ key }) => key === after.selected)
  if (!entry) return
  const { from } = windowOn(lines, lines.indexOf(entry), windowOn(lines, at, scroll, rows).from, rows)
  room.set('node', {
    node: node.name,
    selected: entry.key,
    scroll: from,
    probe: entry.kind === 'probe' ? entry.probe.probe : probe,
  })
}

/** The cursor stays on the same thing of the other node, so that one probe can be compared along the fleet. */
function turn(room: Room, step: -1 | 1): void {
  const snapshot = room.snapshot()
  const { subject } = placeOf(snapshot.view)
  const next = subject === null ? null : neighbour(snapshot, subject, step)
  if (subject === null || next === null) return
  const { selected, scroll, probe } = listOf(snapshot.view.screens.node, subject)
  room.turn(next)
  room.set('node', { node: next, selected, scroll, probe })
  room.set('overview', { selected: next })
}
