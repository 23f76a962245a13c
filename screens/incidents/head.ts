// The incidents' part of the header. Pure.
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { age } from '../widgets/measure.ts'
import { piece, type Row } from '../widgets/row.ts'
import { openIncidents, severityToken } from './open.ts'
import { shownIncident } from './page.ts'

export function incidentsHead(snapshot: Snapshot, theme: Theme): Row {
  const open = openIncidents(snapshot)
  if (open.length === 0) return [piece('up', `   ${theme.glyphs.health.up}`), piece('dim', ' nothing is open')]
  const counts = (['SEV1', 'SEV2', 'SEV3'] as const).flatMap(severity => {
    const count = open.filter(one => one.severity === severity).length
    return count === 0 ? [] : [piece(severityToken(severity), `   ${severity} ${count}`)]
  })
  const unclaimed = open.filter(one => one.acknowledged === null).length
  return unclaimed === 0 ? counts : [...counts, piece('accent', `   ${unclaimed} not acknowledged`)]
}

export function incidentHead(snapshot: Snapshot, theme: Theme): Row {
  const incident = shownIncident(snapshot)
  if (!incident) return []
  const { severity, openedAt, resolved, acknowledged } = incident
  if (resolved) {
    const lasted = age(resolved.at, openedAt, 'a moment')
    return [piece('up', `   ${theme.glyphs.health.up} `), piece('dim', `${severity} closed after ${lasted}`)]
  }
  const glyph = theme.glyphs.health[severity === 'SEV1' ? 'down' : 'degraded']
  return [
    piece(severityToken(severity), `   ${glyph} ${severity}`),
    piece('dim', ` open ${age(snapshot.now, openedAt, 'a moment')}`),
    acknowledged
      ? piece('dim', `   ${acknowledged.by} has it`)
      : piece('accent', `   ${snapshot.columns >= 100 ? 'nobody has acknowledged' : 'not acknowledged'}`),
  ]
}
