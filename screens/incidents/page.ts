// One incident: what is wrong with which nodes and how they are now, what was done about it and when, who was told. Pure.
import type { Incident } from '../../src/incidents/shapes.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import type { Theme, Token } from '../theme/tokens.ts'
import { keyUnder, type Line, lineRows, plainLine } from '../widgets/lines.ts'
import { age, clock, exactAge } from '../widgets/measure.ts'
import { fitted, piece, type Row, wrap } from '../widgets/row.ts'
import { incidentOf } from './entries.ts'
import { severityToken } from './open.ts'

const nodePrefix = 'node '

export function shownIncident(snapshot: Snapshot): Incident | null {
  return incidentOf(snapshot, placeOf(snapshot.view).subject)
}

export function incidentPageRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  return lineRows(pageLines(snapshot, theme), snapshot.view.screens.incident, height)
}

/** The node under the cursor. */
export function pointedNode(snapshot: Snapshot, theme: Theme): string | null {
  const key = keyUnder(pageLines(snapshot, theme), snapshot.view.screens.incident)
  return key?.startsWith(nodePrefix) ? key.slice(nodePrefix.length) : null
}

/** The note under the cursor, whole. */
export function pointedEvent(snapshot: Snapshot, theme: Theme): string | null {
  const incident = shownIncident(snapshot)
  const key = keyUnder(pageLines(snapshot, theme), snapshot.view.screens.incident)
  return incident ? (eventsOf(incident, snapshot).find(one => one.key === key)?.words ?? null) : null
}

export function pageLines(snapshot: Snapshot, theme: Theme): Line[] {
  const incident = shownIncident(snapshot)
  if (!incident) {
    return [plainLine([]), plainLine([piece('dim', ' this incident is not known here: the last 200 closed ones are')])]
  }
  const { columns } = snapshot
  const title = wrap(incident.title, columns - 2, 3).map(line => plainLine([piece('title', ` ${line}`)]))
  const events = eventsOf(incident, snapshot)
  return [
    ...title,
    ...remedyLines(incident, snapshot),
    plainLine([]),
    plainLine([piece('heading', ` nodes (${incident.nodes.length})`)]),
    ...nodeLines(incident, snapshot, theme),
    plainLine([]),
    plainLine([piece('heading', ' what happened')]),
    ...events.map((event): Line => ({ key: event.key, row: isHere => eventRow(event, isHere, snapshot, theme) })),
  ]
}

/** What follows if nothing is done, and what to do: only what the state knows. */
function remedyLines(incident: Incident, { state, now }: Snapshot): Line[] {
  if (incident.resolved !== null) return []
  const lines: Row[] = []
  if (incident.acknowledged === null) {
    lines.push([
      piece('accent', ' nobody has acknowledged'),
      piece('dim', ' · '),
      piece('key', 'K'),
      piece('dim', ' makes it yours'),
    ])
  }
  const worsens = incident.nodes.flatMap(node => state.watch.nodes[node]?.worsensAt ?? []).filter(at => at > now)
  const [soonest] = worsens.sort((a, b) => a - b)
  if (soonest !== undefined && incident.severity !== 'SEV1') {
    lines.push([piece('dim', ' SEV1 in '), piece('text', exactAge(soonest, now)), piece('dim', ' if it stays so')])
  }
  if (incident.scope === 'manual') {
    lines.push([
      piece('dim', ' written down by hand: it stays open until '),
      piece('key', 'C'),
      piece('dim', ' closes it'),
    ])
  }
  return lines.map(plainLine)
}

function nodeLines(incident: Incident, snapshot: Snapshot, theme: Theme): Line[] {
  const { state, live, now, columns } = snapshot
  if (incident.nodes.length === 0) {
    const words = incident.scope === 'hq' ? 'none: HQ itself does not see' : 'none'
    return [plainLine([piece('dim', `   ${words}`)])]
  }
  const wide = Math.min(24, Math.max(12, Math.floor(columns / 5)))
  return incident.nodes.map((name): Line => {
    const known = state.watch.nodes[name]
    const health = known?.health ?? 'unknown'
    const isThere = Object.hasOwn(live.fleet.nodes, name)
    return {
      key: `${nodePrefix}${name}`,
      row: isHere => [
        piece('accent', isHere ? `${theme.glyphs.selectedBar}  ` : '   '),
        piece(isThere ? health : 'dim', `${theme.glyphs.health[health]} `),
        ...fitted([piece(isHere ? 'selected' : 'text', name)], wide),
        ...fitted([piece(isThere ? health : 'dim', isThere ? health : 'not in the fleet')], 13),
        ...fitted([piece('dim', known ? age(now, known.since) : '')], 7),
        piece('dim', known?.reason ?? ''),
      ],
    }
  })
}

interface Happening {
  key: string
  at: number
  by: string
  token: Token
  words: string
}

/** The incident's own story and its alerts, in the order of time; what still waits comes last. */
function eventsOf(incident: Incident, { state, now }: Snapshot): Happening[] {
  const { acknowledged, resolved, notes, severity, openedAt, scope } = incident
  const by = scope === 'manual' ? 'by hand' : 'engine'
  const found: Happening[] = [
    { key: 'opened', at: openedAt, by, token: severityToken(severity), words: `opened: ${severity}` },
    ...notes.map(
      (note, at): Happening => ({ key: `note ${at}`, at: note.at, by: note.by, token: 'text', words: note.text }),
    ),
  ]
  if (acknowledged) {
    found.push({ key: 'acknowledged', at: acknowledged.at, by: acknowledged.by, token: 'text', words: 'acknowledged' })
  }
  if (resolved) {
    found.push({ key: 'resolved', at: resolved.at, by: resolved.by, token: 'up', words: `closed: ${resolved.how}` })
  }
  for (const alert of state.alerts.done) {
    if (alert.incident !== incident.id) continue
    const words = alert.delivered ? `told ${alert.to}: ${alert.what}` : `did not tell ${alert.to}: ${alert.why ?? ''}`
    found.push({
      key: `alert ${alert.id}`,
      at: alert.at,
      by: 'engine',
      token: alert.delivered ? 'dim' : 'degraded',
      words,
    })
  }
  found.sort((a, b) => a.at - b.at)
  for (const alert of Object.values(state.alerts.outbox)) {
    if (alert.incident !== incident.id) continue
    const when = alert.nextAt > now ? `in ${exactAge(alert.nextAt, now)}` : 'now'
    const tried = alert.attempts === 0 ? '' : `, tried ${alert.attempts} ${alert.attempts === 1 ? 'time' : 'times'}`
    const words = `waits to tell ${alert.to}: ${alert.what}, ${when}${tried}`
    found.push({ key: `alert ${alert.id}`, at: alert.queuedAt, by: 'engine', token: 'accent', words })
  }
  return found
}

function eventRow(event: Happening, isHere: boolean, { now }: Snapshot, theme: Theme): Row {
  return [
    piece('accent', isHere ? `${theme.glyphs.selectedBar}  ` : '   '),
    ...fitted([piece('dim', clock(event.at, now))], 16),
    ...fitted([piece('dim', event.by)], 11),
    piece(isHere ? 'selected' : event.token, event.words),
  ]
}
