// The list of incidents as it is seen. Pure.
import type { Incident } from '../../src/incidents/shapes.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme, Token } from '../theme/tokens.ts'
import { type Line, lineRows, plainLine } from '../widgets/lines.ts'
import { age, clock } from '../widgets/measure.ts'
import { cut, fitted, piece, type Row } from '../widgets/row.ts'
import { type Entry, entriesOf } from './entries.ts'
import { severityToken } from './open.ts'

export function incidentListRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  return lineRows(listLines(snapshot, theme), snapshot.view.screens.incidents, height)
}

export function listLines(snapshot: Snapshot, theme: Theme): Line[] {
  const { open, quiet, closed } = entriesOf(snapshot)
  const { filter, openOnly } = snapshot.view.screens.incidents
  const lines = (entries: readonly Entry[]) =>
    entries.map((entry): Line => ({ key: entry.key, row: isHere => entryRow(entry, isHere, snapshot, theme) }))
  const none = filter === '' ? 'nothing is wrong that is known' : 'none that the filter lets through'
  const part = (title: string, entries: readonly Entry[]) =>
    entries.length === 0 ? [] : [plainLine([]), plainLine(headRow(`${title} (${entries.length})`, snapshot))]
  return [
    plainLine(headRow(`open (${open.length})`, snapshot)),
    ...(open.length === 0 ? [plainLine([piece('dim', `   ${none}`)])] : lines(open)),
    ...part('silences and maintenance', quiet),
    ...lines(quiet),
    ...part('closed', closed),
    ...lines(closed),
    ...(openOnly ? [plainLine([]), plainLine([piece('dim', ' closed ones are left out · '), piece('key', 'f')])] : []),
  ]
}

interface Columns {
  what: number
  title: number
  nodes: number
  since: number
  whose: number
  notes: number
}

function columnsFor(columns: number): Columns {
  const wide = columns >= 120
  // What is wrong needs the room, and its own words name the node: only the widest screen can name them again.
  const others = wide
    ? { what: 11, nodes: columns >= 160 ? 36 : 0, since: 28, whose: 14, notes: 8 }
    : columns >= 70
      ? { what: 11, nodes: 0, since: 10, whose: 10, notes: 5 }
      : { what: 11, nodes: 0, since: 10, whose: 0, notes: 0 }
  const taken = Object.values(others).reduce((sum, width) => sum + width, 0)
  return { ...others, title: Math.max(8, columns - taken) }
}

function headRow(title: string, { columns }: Snapshot): Row {
  const { what, title: wide, nodes, since, whose, notes } = columnsFor(columns)
  return [
    ...fitted([piece('heading', ` ${title}`)], what + wide),
    ...fitted([piece('dim', nodes > 0 ? 'nodes' : '')], nodes),
    ...fitted([piece('dim', 'since')], since),
    ...fitted([piece('dim', 'whose')], whose),
    ...fitted([piece('dim', 'notes')], notes),
  ]
}

interface Cells {
  what: Row
  title: string
  nodes: string
  since: string
  whose: Row
  notes: number
}

function entryRow(entry: Entry, isHere: boolean, snapshot: Snapshot, theme: Theme): Row {
  const widths = columnsFor(snapshot.columns)
  const { what, title, nodes, since, whose, notes } = cellsOf(entry, snapshot, theme)
  const words: Token = entry.kind === 'closed' ? 'dim' : 'text'
  const said = widths.notes > 5 ? `${notes} ${notes === 1 ? 'note' : 'notes'}` : String(notes)
  return [
    ...fitted([piece('accent', isHere ? theme.glyphs.selectedBar : ' '), ...what], widths.what),
    ...fitted([piece(isHere ? 'selected' : words, cut(title, widths.title - 1))], widths.title),
    ...fitted([piece('dim', cut(nodes, widths.nodes - 1))], widths.nodes),
    ...fitted([piece('dim', cut(since, widths.since - 1))], widths.since),
    ...fitted(whose, widths.whose),
    ...fitted([piece('dim', notes === 0 ? '' : said)], widths.notes),
  ]
}

function cellsOf(entry: Entry, { now, columns }: Snapshot, theme: Theme): Cells {
  const { health } = theme.glyphs
  switch (entry.kind) {
    case 'open': {
      const { severity, nodes, openedAt, acknowledged, notes } = entry.incident
      return {
        what: [piece(severityToken(severity), `${health[severity === 'SEV1' ? 'down' : 'degraded']} ${severity}`)],
        title: titleOf(entry.incident, columns),
        nodes: namesOrCount(nodes, columns),
        since: columns >= 120 ? `${age(now, openedAt)}, ${clock(openedAt, now)}` : age(now, openedAt),
        whose: acknowledged ? [piece('text', acknowledged.by)] : [piece('accent', 'nobody')],
        notes: notes.length,
      }
    }
    case 'closed': {
      const { severity, nodes, openedAt, resolved, notes, acknowledged } = entry.incident
      const ended = resolved?.at ?? now
      const lasted = age(ended, openedAt, 'a moment')
      return {
        what: [piece('up', health.up), piece('dim', ` ${severity}`)],
        title: titleOf(entry.incident, columns),
        nodes: namesOrCount(nodes, columns),
        since: columns >= 120 ? `lasted ${lasted}, ${clock(ended, now)}` : lasted,
        whose: [piece('dim', acknowledged?.by ?? '')],
        notes: notes.length,
      }
    }
    case 'silence': {
      const { selector, until, by, reason } = entry.silence
      return {
        what: [piece('accent', `${health.unknown} silence`)],
        title: named(selector, reason, columns),
        nodes: selector,
        since: span(now, 0, until, columns),
        whose: [piece('dim', by)],
        notes: 0,
      }
    }
    case 'window': {
      const { selector, from, until, by, reason } = entry.window
      return {
        what: [piece('maintenance', `${health.maintenance} window`)],
        title: named(selector, reason, columns),
        nodes: selector,
        since: span(now, from, until, columns),
        whose: [piece('dim', by)],
        notes: 0,
      }
    }
  }
}

/** What is to come says when, what is in force how long it still is. */
function span(now: number, from: number, until: number, columns: number): string {
  if (from > now) {
    const begins = `in ${age(from, now, 'a moment')}`
    return columns >= 120 ? `${begins}, for ${age(until, from)}` : begins
  }
  const left = `${age(until, now, 'a moment')} left`
  return columns >= 120 ? `${left}, to ${clock(until, now).replace(/:\d\dZ$/, 'Z')}` : left
}

/** The words of a group or of a person may not name the nodes: where no column does, their end does. */
function titleOf({ nodes, title }: Incident, columns: number): string {
  if (columnsFor(columns).nodes > 0 || nodes.every(node => title.includes(node))) return title
  return `${title} · ${nodes.length > 2 ? `${nodes.length} nodes` : nodes.join(' ')}`
}

function named(nodes: string, words: string, columns: number): string {
  return columnsFor(columns).nodes > 0 ? words : `${nodes}: ${words}`
}

function namesOrCount(nodes: readonly string[], columns: number): string {
  if (nodes.length === 0) return ''
  const names = nodes.join(' ')
  const room = columnsFor(columns).nodes - 1
  return names.length <= room ? names : `${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}`
}
