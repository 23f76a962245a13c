// One node as a tile of three lines: what it is, how it is, how it has been. Pure.
import type { LiveProbe } from '../../src/engine/engine.ts'
import type { Theme } from '../theme/tokens.ts'
import { age, milliseconds, sparkline } from '../widgets/measure.ts'
import { fit, type Piece, piece, type Row } from '../widgets/row.ts'
import type { ShownNode } from './nodes.ts'

export const tileLines = 3

export function tile(node: ShownNode, width: number, now: number, isSelected: boolean, theme: Theme): Row[] {
  const { bar, health: glyphs } = theme.glyphs
  const edge = piece(node.health, isSelected ? `${theme.glyphs.arrow}` : bar)
  const inner = width - 1
  const nameWidth = Math.max(6, Math.min(13, inner - 13))
  const title: Row = [
    piece(node.health, `${glyphs[node.health]} `),
    ...fit([piece(isSelected ? 'selected' : 'title', node.name)], nameWidth),
    piece('dim', ` ${node.where}`),
  ]
  return [title, ...lines(node, inner, now, theme)].map(row => [edge, ...fit(row, inner)])
}

function lines(node: ShownNode, width: number, now: number, theme: Theme): [Row, Row] {
  if (!node.isLive) return [[piece('dim', ' not live: not watched')], []]
  if (node.health === 'up') return [latencies(node), figures(node, now, theme)]
  const since = node.known ? ` ${node.known.health} ${age(now, node.known.since)}` : ' not looked at yet'
  const severity: Piece[] = node.known?.severity ? [piece('text', '  '), piece('down', node.known.severity)] : []
  const reason = node.known?.reason ?? ''
  return [[piece(node.health, since), ...severity], fit([piece('text', ` ${reason}`)], width)]
}

function latencies(node: ShownNode): Row {
  const mesh = latest(node, 'ping')
  const http = latest(node, 'http')
  const row: Piece[] = []
  if (mesh) row.push(piece('dim', ' ping '), piece('text', milliseconds(mesh.ms).padStart(4)))
  if (http) row.push(piece('dim', '  http '), piece('text', milliseconds(http.ms).padStart(4)), piece('dim', ' ms'))
  else if (mesh) row.push(piece('dim', ' ms'))
  return row
}

function figures(node: ShownNode, now: number, theme: Theme): Row {
  const row: Piece[] = [piece('up', ` ${sparkline(node.spark, 8, theme)}`)]
  const beat = latest(node, 'heartbeat')
  const load = latest(node, 'load')
  const ram = load?.values?.ram_pct
  if (ram !== undefined) row.push(piece('dim', ' ram '), piece('text', String(Math.round(ram)).padStart(2)))
  const tls = latest(node, 'tls')?.values?.days_left ?? latest(node, 'tls')?.values?.tls_days
  if (tls !== undefined) row.push(piece('dim', ' tls '), piece('text', `${Math.floor(tls)}d`))
  const pushed = beat?.ok === true ? Number(beat.at) : null
  if (pushed !== null && now - pushed > 60_000) row.push(piece('dim', ` ${age(now, pushed)}`))
  return row
}

/** The last sample of a kind that says something: of several probes the one that answered. */
export function latest(node: Pick<ShownNode, 'probes'>, kind: string): LiveProbe | null {
  let found: LiveProbe | null = null
  for (const probe of Object.values(node.probes)) {
    if (probe.kind !== kind) continue
    if (!found || (found.ok !== true && probe.ok === true)) found = probe
  }
  return found
}
