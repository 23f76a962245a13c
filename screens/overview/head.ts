// The overview's part of the header, and the quiet line below it: how many nodes are how, what is open, what is shown. Pure.
import type { Health } from '../../src/watch/shapes.ts'
import { openIncidents, severityToken } from '../incidents/open.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { clock } from '../widgets/measure.ts'
import { type Piece, piece, type Row, spread } from '../widgets/row.ts'
import { namesOf } from './arrange.ts'
import { columns } from './columns.ts'
import { knowsIncidentsAt, shownPast, takenFrom } from './lens.ts'
import { marksOf } from './marks.ts'
import { countByHealth, shownNode } from './nodes.ts'

const order: readonly Health[] = ['up', 'degraded', 'down', 'unknown', 'maintenance']

export function overviewHead(snapshot: Snapshot, theme: Theme): Row {
  return [...badge(snapshot), ...counts(snapshot, theme), ...incidents(snapshot)]
}

/** What follows is not now. */
function badge(snapshot: Snapshot): Piece[] {
  const past = shownPast(snapshot)
  if (past === null) return []
  // Where the line is short, the one below says when.
  const words = snapshot.columns < 100 ? ' PAST' : ` AS OF ${clock(past.at, takenFrom(snapshot).now)}`
  return [piece('past', words)]
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
  if (!worst) {
    const past = shownPast(snapshot)
    const isKnown = past === null || knowsIncidentsAt(takenFrom(snapshot).state, past.at)
    return [piece('dim', isKnown ? '   no open incidents' : '   incidents of then are forgotten')]
  }
  const unclaimed = open.filter(incident => incident.acknowledged === null).length
  const whose = unclaimed === 0 ? 'all acknowledged' : `${unclaimed} not acknowledged`
  return [
    piece(severityToken(worst.severity), `   ${worst.severity}`),
    piece('text', ` ${open.length} open`),
    ...(snapshot.columns >= 100 ? [piece('dim', `, ${whose}`)] : []),
  ]
}

/** What is shown in which order; and of the selected node, why it is, or was, as it is. */
export function overviewQuiet(snapshot: Snapshot, theme: Theme): Row {
  const { view, columns: width, order: all } = snapshot
  const { selected, filter, faultsOnly } = view.screens.overview
  const node = selected === null ? null : shownNode(snapshot, selected)
  const right = shownPast(snapshot) === null ? [piece('dim', ' live ')] : []
  const about: Piece[] = marks(snapshot)
  if (filter !== '') about.push(piece('accent', `filter ${filter}`), piece('dim', ' · '))
  if (faultsOnly) about.push(piece('accent', 'faults only'), piece('dim', ' · '))
  if (node && node.health !== 'up' && node.known) {
    about.push(
      piece(node.health, `${theme.glyphs.health[node.health]} ${node.name}`),
      piece('text', ` ${node.known.reason}`),
    )
  } else about.push(piece('dim', `${all.length} nodes · ${orderWords(snapshot)}`))
  return spread([piece('text', ' '), ...about], right, width)
}

/** Whoever acts must know on how many, and that some of them are not to be seen. */
function marks(snapshot: Snapshot): Piece[] {
  const marked = marksOf(snapshot)
  if (marked.size === 0) return []
  const names = namesOf(snapshot)
  const hidden = snapshot.memo('overview hidden marks', [marked, names], () => {
    const shown = new Set(names)
    return [...marked].filter(name => !shown.has(name)).length
  })
  const some = hidden === 0 ? '' : hidden === marked.size ? ', none of them shown' : `, ${hidden} of them not shown`
  return [piece('mark', `${marked.size} marked${some}`), piece('dim', ': actions act on them · ')]
}

function orderWords({ view }: Snapshot): string {
  const { sort, group } = view.screens.overview
  const grouped = group === 'none' ? '' : ` · grouped by ${group}`
  if (sort.by === 'faults') return `${sort.isReversed ? 'faults last' : 'faults first'}, then by region${grouped}`
  return `sorted by ${columns[sort.by].title.trim()}${sort.isReversed ? ', reversed' : ''}${grouped}`
}
