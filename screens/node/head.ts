// A node's part of the header: how it is, since when, and whose trouble it is. Pure.
import { openIncidents, severityToken } from '../incidents/open.ts'
import { shownNode } from '../overview/nodes.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import type { Theme } from '../theme/tokens.ts'
import { age, clock } from '../widgets/measure.ts'
import { piece, type Row } from '../widgets/row.ts'

export function nodeHead(snapshot: Snapshot, theme: Theme): Row {
  const { subject } = placeOf(snapshot.view)
  const node = subject === null ? null : shownNode(snapshot, subject)
  if (!node) return [piece('dim', '   is not in the fleet any more')]
  const row = [piece(node.isLive ? node.health : 'dim', `   ${theme.glyphs.health[node.health]} ${node.health}`)]
  if (node.known) row.push(piece('dim', ` ${age(snapshot.now, node.known.since, 'just now')}`))
  if (!node.isLive) row.push(piece('dim', '   not live yet: it never alerts'))
  const incident = openIncidents(snapshot).find(one => one.nodes.includes(node.name))
  if (!incident) return row
  const { severity, openedAt, acknowledged } = incident
  row.push(piece(severityToken(severity), `   ${severity}`))
  if (snapshot.columns >= 100) row.push(piece('text', ` since ${clock(openedAt, snapshot.now)}`))
  row.push(
    acknowledged
      ? piece('dim', `   ${acknowledged.by} has it`)
      : piece('accent', `   ${snapshot.columns >= 100 ? 'nobody has acknowledged' : 'not acknowledged'}`),
  )
  return row
}
