// How each line of a node's list is drawn: a bar at the cursor, a sign, a name, and what there is to say. Pure.
import type { LiveProbe } from '../../src/engine/engine.ts'
import { severityToken } from '../incidents/open.ts'
import type { ShownNode } from '../overview/nodes.ts'
import { isStale } from '../overview/readings.ts'
import type { Theme, Token } from '../theme/tokens.ts'
import { age, clock, exactAge, milliseconds } from '../widgets/measure.ts'
import { fitted, type Piece, piece, type Row, spread } from '../widgets/row.ts'
import {
  type BootEntry,
  type Heading,
  type IncidentEntry,
  type Line,
  type ReadingEntry,
  type RunEntry,
  unitHealth,
  type WordEntry,
} from './entries.ts'
import { figure, wordsOf } from './values.ts'

export interface Drawing {
  node: ShownNode
  now: number
  /** Of the list, without its scrollbar. */
  columns: number
  theme: Theme
}

/** From these widths on a probe's row has room for more. */
const wide = 110
const widest = 150

const nameWidth = 19

export function lineRow(line: Line, isSelected: boolean, drawing: Drawing): Row {
  const { theme, now } = drawing
  const lead = (token: Token, sign: string): Piece[] => [
    piece('accent', isSelected ? theme.glyphs.selectedBar : ' '),
    piece(token, `${sign} `),
  ]
  const name = (token: Token, text: string, width = nameWidth): Row =>
    fitted([piece(isSelected ? 'selected' : token, text), piece('text', ' ')], width)
  switch (line.kind) {
    case 'air':
      return []
    case 'heading':
      return headingRow(line, drawing)
    case 'probe':
      return probeRow(line.probe, lead, name, drawing)
    case 'reading':
      return readingRow(line, lead, name, drawing)
    case 'unit': {
      const health = unitHealth(line.words)
      const token: Token = health === 'up' ? health : 'degraded'
      const words: Token = isStale(line.probe, now) ? 'dim' : health === 'up' ? 'text' : token
      return [...lead(token, theme.glyphs.health[health]), ...name('text', line.name, 30), piece(words, line.words)]
    }
    case 'error':
      return [...lead('degraded', theme.glyphs.bullet), piece(isSelected ? 'selected' : 'text', line.text)]
    case 'boot':
      return bootRow(line, lead, name, drawing)
    case 'incident':
      return incidentRow(line, lead, isSelected, drawing)
    case 'run':
      return runRow(line, lead, name, drawing)
    case 'word':
      return wordRow(line, lead, name, drawing)
  }
}

type Lead = (token: Token, sign: string) => Piece[]
type Name = (token: Token, text: string, width?: number) => Row

function headingRow({ section, title, note, at }: Heading, { now, columns }: Drawing): Row {
  const seen = at === null ? '' : ` · ${ago(now, at)}`
  const left: Row = [piece('dim', ` ${title}`), piece('dim', note === '' ? '' : `  ${note}${seen}`)]
  if (section !== 'probes' || note === '') return left
  const { last, every } = probeColumns(columns)
  return [
    ...fitted(left, 2 + nameWidth + 1),
    ...fitted([piece('dim', 'last')], last),
    piece('dim', 'ms'.padStart(8)),
    ...(every > 0 ? [piece('dim', 'every'.padStart(every))] : []),
    piece('text', '  '),
    ...targetCell('looks at', columns),
    ...countsCell(piece('dim', 'counts as'), columns),
    piece('dim', 'result'),
  ]
}

function probeColumns(columns: number): { last: number; every: number } {
  return { last: 7, every: columns >= widest - 1 ? 8 : 0 }
}

function targetCell(target: string, columns: number): Row {
  if (columns < wide - 1) return []
  const width = Math.min(44, Math.floor(columns * 0.24))
  return [...fitted([piece('dim', target)], width - 2), piece('text', '  ')]
}

function countsCell(words: Piece, columns: number): Row {
  return columns < widest - 1 ? [] : fitted([words], 20)
}

function probeRow(probe: LiveProbe, lead: Lead, name: Name, { node, now, columns, theme }: Drawing): Row {
  const token = tokenOf(probe, node)
  const old = isStale(probe, now)
  const { last, every } = probeColumns(columns)
  const words: Token = probe.ok === true && !probe.warn ? (old ? 'dim' : 'text') : token
  const ms = probe.ok === true && probe.ms !== null ? milliseconds(probe.ms) : ''
  return [
    ...lead(old ? 'dim' : token, theme.glyphs.health[healthOf(probe)]),
    ...name(old ? 'dim' : 'text', probe.probe),
    ...fitted([piece('dim', age(now, probe.at))], last),
    piece(old ? 'dim' : 'text', ms.padStart(8)),
    ...(every > 0 ? [piece('dim', exactAge(probe.everyMs, 0).padStart(every))] : []),
    piece('text', '  '),
    ...targetCell(probe.target, columns),
    ...countsCell(piece(old ? 'dim' : token, countsAs(probe, node, now)), columns),
    piece(words, resultOf(probe)),
  ]
}

/** A push counts its age from when it was judged, which is not now: here the row says how old it is. */
export function resultOf(probe: LiveProbe): string {
  return probe.kind === 'heartbeat' && probe.ok === true && !probe.warn ? 'a push came in time' : probe.detail
}

function healthOf(probe: LiveProbe): 'up' | 'degraded' | 'down' | 'unknown' {
  if (probe.ok === null) return 'unknown'
  if (!probe.ok) return 'down'
  return probe.warn ? 'degraded' : 'up'
}

/** What a sample means for the node's health. */
export function countsAs(probe: LiveProbe, node: Pick<ShownNode, 'known' | 'health'>, now: number): string {
  if (isStale(probe, now)) return 'too old to count'
  if (probe.ok === null) return 'could not look'
  if (probe.ok) return probe.warn ? 'warning' : 'well'
  return node.known?.causes.includes(probe.probe) ? `makes it ${node.health}` : 'failed'
}

/** Only what made the node go down is as loud as that. */
function tokenOf(probe: LiveProbe, node: ShownNode): Token {
  const health = healthOf(probe)
  if (health !== 'down') return health
  return node.health === 'down' && node.known?.causes.includes(probe.probe) ? 'down' : 'degraded'
}

function readingRow({ name, value, push }: ReadingEntry, lead: Lead, nameCell: Name, { now }: Drawing): Row {
  const { label, unit } = wordsOf(name)
  const token: Token = isStale(push, now) || push.ok !== true ? 'dim' : 'text'
  const said = typeof value === 'number' ? figure(name, value).padStart(9) : value
  return [
    ...lead('dim', ' '),
    ...nameCell('dim', label === '' ? name : label),
    piece(token, said),
    piece('dim', ` ${unit}`),
  ]
}

function bootRow({ at, words, isUnexpected }: BootEntry, lead: Lead, name: Name, { now, theme }: Drawing): Row {
  const token: Token = isUnexpected ? 'degraded' : 'dim'
  return [
    ...lead(token, theme.glyphs.event.boot),
    ...name('text', clock(at, now), 18),
    ...fitted([piece('dim', ago(now, at))], 13),
    piece(isUnexpected ? 'degraded' : 'text', words),
  ]
}

function incidentRow(
  { incident }: IncidentEntry,
  lead: Lead,
  isSelected: boolean,
  { now, columns, theme }: Drawing,
): Row {
  const { severity, title, openedAt, acknowledged, resolved } = incident
  const sign = resolved ? theme.glyphs.health.up : theme.glyphs.health.down
  const left = [
    ...lead(resolved ? 'up' : severityToken(severity), sign),
    piece(resolved ? 'dim' : severityToken(severity), `${severity}  `),
    piece(isSelected ? 'selected' : resolved ? 'dim' : 'text', title),
  ]
  if (columns < 60) return left
  if (resolved) {
    const lasted = age(resolved.at, openedAt, 'a moment')
    return spread(left, [piece('dim', `  over after ${lasted}, ${ago(now, resolved.at)} `)], columns)
  }
  const whose = acknowledged ? `${acknowledged.by} has it` : 'nobody has acknowledged'
  return spread(
    left,
    [piece(acknowledged ? 'dim' : 'accent', `  ${whose}`), piece('dim', `  ${age(now, openedAt)} `)],
    columns,
  )
}

function runRow({ run }: RunEntry, lead: Lead, name: Name, { node, now, columns, theme }: Drawing): Row {
  const { words, health } = endOf(run, node.name)
  const token: Token = health === 'up' || health === 'unknown' ? health : 'degraded'
  return spread(
    [
      ...lead(token, theme.glyphs.event.person),
      ...fitted([piece('dim', age(now, run.at))], 7),
      ...name('text', run.by, 12),
      piece('dim', 'ran '),
      piece('text', run.argv.join(' ')),
    ],
    [piece(token, `  ${words} `)],
    columns,
  )
}

/** How a run ended on this node. */
export function endOf(
  { outcomes, endedAt }: RunEntry['run'],
  node: string,
): { words: string; health: 'up' | 'down' | 'unknown' } {
  const outcome = Object.hasOwn(outcomes, node) ? outcomes[node] : undefined
  if (!outcome) return { words: endedAt === null ? 'is running' : 'no outcome is known', health: 'unknown' }
  switch (outcome.outcome) {
    case 'ok':
      return { words: `ok in ${figure('ms', outcome.ms)} ms`, health: 'up' }
    case 'failed':
      return { words: outcome.exit === null ? 'failed' : `failed with exit ${outcome.exit}`, health: 'down' }
    case 'unreachable':
      return { words: 'could not be reached', health: 'down' }
    case 'timeout':
      return { words: 'did not end in time', health: 'down' }
  }
}

function wordRow({ at, by, did, text, incident }: WordEntry, lead: Lead, name: Name, { now, theme }: Drawing): Row {
  const about = `${incident.severity} ${incident.title}`
  return [
    ...lead('dim', theme.glyphs.event.person),
    ...fitted([piece('dim', age(now, at))], 7),
    ...name('text', by, 12),
    piece('dim', `${did} `),
    ...(text === '' ? [piece('text', about)] : [piece('text', text), piece('dim', ` · ${about}`)]),
  ]
}

export function ago(now: number, at: number): string {
  const said = age(now, at)
  return said === 'now' ? 'just now' : `${said} ago`
}
