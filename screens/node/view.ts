// One node: what it is, how it is and since when, how it was, what every probe last saw of it. Pure.
import type { LiveProbe } from '../../src/engine/engine.ts'
import { incidentRow, openIncidents } from '../incidents/open.ts'
import { type ShownNode, shownNode } from '../overview/nodes.ts'
import { isStale } from '../overview/readings.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { createTheme, type Theme, type Token } from '../theme/tokens.ts'
import { age, clock, exactAge, milliseconds } from '../widgets/measure.ts'
import { fitted, type Piece, piece, type Row, spread, widthOf, wrap } from '../widgets/row.ts'
import { historyRows } from './history.ts'
import { telemetryRows } from './telemetry.ts'

const mostClosed = 5
/** How long a page is does not depend on how it looks. */
const plain = createTheme('none', 'ascii')

export function nodeRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  return scrolled(pageRows(snapshot, height, theme), snapshot, height)
}

/** The last line that can stand on top. */
export function lastScroll(snapshot: Snapshot, height: number): number {
  return Math.max(0, pageRows(snapshot, height, plain).length - height)
}

function pageRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  const name = placeOf(snapshot.view).subject
  const node = name === null ? null : shownNode(snapshot, name)
  if (!node) return [[], [piece('dim', ' this node is not in the fleet any more')]]
  return [
    ...factRows(snapshot, node),
    ...reasonRows(snapshot, node),
    [],
    ...historyRows(snapshot, node.name, chartHeight(height), theme),
    [],
    ...probeRows(snapshot, node, theme),
    ...telemetryRows(snapshot, node, theme),
    ...incidentsOf(snapshot, node, theme),
  ]
}

function chartHeight(height: number): number {
  return height < 24 ? 3 : height < 36 ? 5 : height < 48 ? 8 : 14
}

/** What is there, in one or two lines; facts that nobody declared are left out, not invented. */
function factRows({ live, columns }: Snapshot, node: ShownNode): Row[] {
  const facts = live.fleet.nodes[node.name]
  if (!facts) return []
  const cost = facts.cost ? `${(facts.cost.monthlyMicros / 1e6).toFixed(2)} ${facts.cost.currency} a month` : null
  const parts = [
    [facts.region, facts.city].filter(Boolean).join(' '),
    [facts.provider, facts.type, facts.arch].filter(Boolean).join(' '),
    facts.mesh ? `mesh ${facts.mesh}` : null,
    facts.address ? `public ${facts.address}` : null,
    facts.host,
    facts.tags.length > 0 ? facts.tags.map(tag => `@${tag}`).join(' ') : null,
    cost,
  ].filter((part): part is string => part !== null && part !== '')
  const rows: Piece[][] = [[]]
  for (const part of parts) {
    const last = rows.at(-1) ?? []
    const next = piece('dim', `${last.length === 0 ? ' ' : ' · '}${part}`)
    if (last.length > 0 && widthOf([...last, next]) > columns) rows.push([piece('dim', ` ${part}`)])
    else last.push(next)
  }
  return rows
}

/** Why it is not well, and what follows if it stays so. */
function reasonRows({ now, columns }: Snapshot, { known, health }: ShownNode): Row[] {
  if (!known || health === 'up' || known.reason === '') return []
  const lines = wrap(known.reason, columns - 2, 2)
  const rows = lines.map((line): Row => [piece(health === 'down' ? 'down' : 'text', ` ${line}`)])
  const since = [piece('dim', ` since ${clock(known.since, now)}`)]
  if (known.worsensAt !== undefined && known.worsensAt > now) {
    since.push(
      piece('dim', ', SEV1 in '),
      piece('text', exactAge(known.worsensAt, now)),
      piece('dim', ' if it stays so'),
    )
  }
  return [...rows, since]
}

function probeRows({ now, columns }: Snapshot, node: ShownNode, theme: Theme): Row[] {
  const probes = Object.values(node.probes).sort((a, b) => rank(a) - rank(b))
  const wide = columns >= 110
  const widths = { name: 19, last: 8, ms: 10, target: wide ? Math.min(44, Math.floor(columns * 0.26)) : 0 }
  const head: Row = [
    ...fitted([piece('dim', ` probes (${probes.length})`)], widths.name + 3),
    ...fitted([piece('dim', 'last')], widths.last),
    piece('dim', 'ms'.padStart(widths.ms - 2)),
    piece('text', '  '),
    ...(wide ? fitted([piece('dim', 'looks at')], widths.target) : []),
    piece('dim', 'result'),
  ]
  if (probes.length === 0) return [head, [piece('dim', '   nothing has been looked at yet')]]
  const rows = probes.map((probe): Row => {
    const token = tokenOf(probe, node)
    const old = isStale(probe, now)
    const words: Token = probe.ok === true && !probe.warn ? (old ? 'dim' : 'text') : token
    const ms = probe.ok === true && probe.ms !== null ? milliseconds(probe.ms) : ''
    return [
      piece(old ? 'dim' : token, ` ${theme.glyphs.health[glyphOf(probe)]} `),
      ...fitted([piece(old ? 'dim' : 'text', probe.probe)], widths.name),
      ...fitted([piece('dim', age(now, probe.at))], widths.last),
      piece(old ? 'dim' : 'text', ms.padStart(widths.ms - 2)),
      piece('text', '  '),
      ...(wide ? [...fitted([piece('dim', probe.target)], widths.target - 2), piece('text', '  ')] : []),
      piece(words, resultOf(probe)),
    ]
  })
  return [head, ...rows]
}

/** A push counts its age from when it was judged, which is not now: here the row says how old it is. */
function resultOf(probe: LiveProbe): string {
  return probe.kind === 'heartbeat' && probe.ok === true && !probe.warn ? 'a push came in time' : probe.detail
}

function rank(probe: LiveProbe): number {
  if (probe.ok === false) return 0
  if (probe.ok === true && probe.warn) return 1
  return probe.ok === null ? 2 : 3
}

function glyphOf(probe: LiveProbe): 'up' | 'degraded' | 'down' | 'unknown' {
  if (probe.ok === null) return 'unknown'
  if (!probe.ok) return 'down'
  return probe.warn ? 'degraded' : 'up'
}

/** Only what made the node go down is as loud as that. */
function tokenOf(probe: LiveProbe, node: ShownNode): Token {
  const glyph = glyphOf(probe)
  if (glyph !== 'down') return glyph
  return node.health === 'down' && node.known?.causes.includes(probe.probe) ? 'down' : 'degraded'
}

function incidentsOf(snapshot: Snapshot, node: ShownNode, theme: Theme): Row[] {
  const open = openIncidents(snapshot).filter(incident => incident.nodes.includes(node.name))
  const closed = snapshot.state.incidents.closed.filter(incident => incident.nodes.includes(node.name))
  if (open.length + closed.length === 0) return [[], [piece('dim', ' no incidents of this node are known')]]
  const shown = [...open, ...closed.slice(-mostClosed).reverse()]
  const older = closed.length - mostClosed
  return [
    [],
    [piece('dim', ` incidents${older > 0 ? ` (and ${older} older)` : ''}`)],
    ...shown.map(incident => incidentRow(incident, snapshot, theme)),
  ]
}

/** The part that is scrolled to; where more follows, the last line says so. */
function scrolled(rows: readonly Row[], { view, columns }: Snapshot, height: number): Row[] {
  if (rows.length <= height) return [...rows]
  const from = Math.min(view.screens.node.scroll, rows.length - height)
  const more = rows.length - height - from
  const shown = rows.slice(from, from + height)
  if (more <= 0) return shown
  return [...shown.slice(0, -1), spread([], [piece('dim', `${more + 1} more lines below · j `)], columns)]
}
