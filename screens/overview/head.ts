// The overview's part of the header, and the quiet line below it: how many nodes are how, what is open, what is shown. Pure.
import type { Health } from '../../src/watch/shapes.ts'
import { openIncidents, severityToken } from '../incidents/open.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { type Piece, piece, type Row, spread } from '../widgets/row.ts'
import { countByHealth, shownNode } from './nodes.ts'

const order: readonly Health[] = ['up', 'degraded', 'down', 'unknown', 'maintenance']

export function overviewHead(snapshot: Snapshot, theme: Theme): Row {
  return [...counts(snapshot, theme), ...incidents(snapshot)]
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

/** What is shown in which order; and of the selected node, why it is as it is. */
export function overviewQuiet(snapshot: Snapshot, theme: Theme): Row {
  const { view, columns, order: all } = snapshot
  const { selected, filter, faultsOnly } = view.screens.overview
  const node = selected === null ? null : shownNode(snapshot, selected)
  const right = [piece('dim', ' live ')]
  const about: Piece[] = []
  if (filter !== '') about.push(piece('accent', `filter ${filter}`), piece('dim', ' · '))
  if (faultsOnly) about.push(piece('accent', 'faults only'), piece('dim', ' · '))
  if (node && node.health !== 'up' && node.known) {
    about.push(
      piece(node.health, `${theme.glyphs.health[node.health]} ${node.name}`),
      piece('text', ` ${node.known.reason}`),
    )
  } else about.push(piece('dim', `${all.length} nodes · faults first, then by region`))
  return spread([piece('text', ' '), ...about], right, columns)
}
