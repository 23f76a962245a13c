// Below the tiles, where there is room: what is wrong now and whose it is, and what was wrong lately. Pure.
import type { Incident } from '../../src/incidents/shapes.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme, Token } from '../theme/tokens.ts'
import { age } from '../widgets/measure.ts'
import { fitted, piece, type Row, spread } from '../widgets/row.ts'

/** Fewer lines than this say nothing. */
const fewest = 3

/** Worst and newest first. */
export function openIncidents({ state, memo }: Pick<Snapshot, 'state' | 'memo'>): readonly Incident[] {
  const { open } = state.incidents
  return memo('open incidents', [open], () =>
    Object.values(open).sort(
      (a, b) => a.severity.localeCompare(b.severity) || b.openedAt - a.openedAt || (a.id < b.id ? -1 : 1),
    ),
  )
}

export function severityToken(severity: Incident['severity']): Token {
  return severity === 'SEV1' ? 'down' : 'degraded'
}

/** At most `height` rows, begun by a title; none when there is too little room or nothing to tell. */
export function incidentRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  if (height < fewest) return []
  const open = openIncidents(snapshot)
  const closed = [...snapshot.state.incidents.closed].reverse()
  if (open.length + closed.length === 0) return []
  const air: Row[] = height >= 6 ? [[]] : []
  const room = height - 1 - air.length
  const shownOpen = open.slice(0, open.length > room ? room - 1 : room)
  const hidden = open.length - shownOpen.length
  const more: Row[] = hidden > 0 ? [[piece('dim', ` and ${hidden} more`)]] : []
  const shownClosed = closed.slice(0, Math.max(0, room - open.length))
  return [
    ...air,
    [piece('dim', ' incidents')],
    ...shownOpen.map(incident => incidentRow(incident, snapshot, theme)),
    ...more,
    ...shownClosed.map(incident => incidentRow(incident, snapshot, theme)),
  ]
}

function incidentRow(incident: Incident, snapshot: Pick<Snapshot, 'now' | 'columns'>, theme: Theme): Row {
  const { now, columns } = snapshot
  const { severity, title, openedAt, acknowledged, resolved } = incident
  if (resolved) {
    const left = [piece('up', ` ${theme.glyphs.health.up} `), piece('dim', `${severity}  ${title}`)]
    const lasted = age(resolved.at, openedAt, 'a moment')
    return spread(left, [piece('dim', `  over after ${lasted}, ${ago(now, resolved.at)} `)], columns)
  }
  const left = [piece(severityToken(severity), ` ${theme.glyphs.health.down} ${severity}`), piece('text', `  ${title}`)]
  const whose = acknowledged ? `${acknowledged.by} has it` : 'nobody has acknowledged'
  const right = fitted(
    [piece(acknowledged ? 'dim' : 'accent', `  ${whose}`), piece('dim', `  ${age(now, openedAt)} `)],
    34,
  )
  return columns < 60 ? fitted(left, columns) : spread(left, right, columns)
}

function ago(now: number, then: number): string {
  const said = age(now, then)
  return said === 'now' ? 'just now' : `${said} ago`
}
