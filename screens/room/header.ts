// The line at the top, the same in every screen: which fleet, how it is, what is open, what time it is. Pure.
import type { Health } from '../../src/watch/shapes.ts'
import { openIncidents, severityToken } from '../overview/incidents.ts'
import { countByHealth, shownNode } from '../overview/nodes.ts'
import type { Theme } from '../theme/tokens.ts'
import { age, clock } from '../widgets/measure.ts'
import { type Piece, piece, type Row, spread } from '../widgets/row.ts'
import type { Snapshot } from './room.ts'

const order: readonly Health[] = ['up', 'degraded', 'down', 'unknown', 'maintenance']

export function headerRow(snapshot: Snapshot, theme: Theme): Row {
  const { columns, view, now } = snapshot
  const right = [piece('dim', `  ${clock(now, now).slice(0, 5)}Z `)]
  const title: Piece[] = [piece('title', ` ${snapshot.live.fleet.name}`), ...badges(snapshot)]
  if (view.screen === 'node' && view.selected !== null) {
    return spread(
      [...title, piece('dim', ` ${theme.glyphs.crumb} `), ...nodeTitle(snapshot, view.selected, theme)],
      right,
      columns,
    )
  }
  return spread([...title, ...counts(snapshot, theme), ...incidents(snapshot)], right, columns)
}

function badges({ live }: Snapshot): Piece[] {
  const { homeKind, readOnly } = live.engine
  const kind = homeKind === 'real' ? [] : [piece('accent', ` ${homeKind.toUpperCase()}`)]
  return readOnly ? [...kind, piece('degraded', ' READ-ONLY')] : kind
}

function counts(snapshot: Snapshot, theme: Theme): Piece[] {
  const byHealth = countByHealth(snapshot)
  const words = snapshot.columns >= 110
  return order
    .filter(health => health === 'up' || byHealth[health] > 0)
    .flatMap(health => [
      piece('text', '  '),
      piece(health, ` ${theme.glyphs.health[health]} ${byHealth[health]}${words ? ` ${health}` : ''}`),
    ])
}

function incidents(snapshot: Snapshot): Piece[] {
  const open = openIncidents(snapshot)
  const worst = open[0]
  if (!worst) return [piece('dim', '   no open incidents')]
  const unclaimed = open.filter(incident => incident.acknowledged === null).length
  const whose = unclaimed === 0 ? 'all acknowledged' : `${unclaimed} not acknowledged`
  return [
    piece(severityToken(worst.severity), `   ${worst.severity}`),
    piece('text', ` ${open.length} open`),
    ...(snapshot.columns >= 100 ? [piece('dim', `, ${whose}`)] : []),
  ]
}

function nodeTitle(snapshot: Snapshot, name: string, theme: Theme): Row {
  const node = shownNode(snapshot, name)
  if (!node) return [piece('title', name), piece('dim', '   is not in the fleet any more')]
  const row: Piece[] = [
    piece('title', name),
    piece(node.isLive ? node.health : 'dim', `   ${theme.glyphs.health[node.health]} ${node.health}`),
  ]
  if (node.known) row.push(piece('dim', ` ${age(snapshot.now, node.known.since, 'just now')}`))
  if (!node.isLive) row.push(piece('dim', '   not live yet: it never alerts'))
  const incident = openIncidents(snapshot).find(one => one.nodes.includes(name))
  if (incident) {
    const { severity, openedAt, acknowledged } = incident
    row.push(piece(severityToken(severity), `   ${severity}`))
    if (snapshot.columns >= 100) row.push(piece('text', ` since ${clock(openedAt, snapshot.now)}`))
    row.push(
      acknowledged ? piece('dim', `   ${acknowledged.by} has it`) : piece('accent', '   nobody has acknowledged'),
    )
  }
  return row
}
