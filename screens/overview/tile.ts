// One node as a tile: what it is, how it is, how it has been. Three lines carry the most; more room shows more. Pure.
import type { Theme } from '../theme/tokens.ts'
import { age, sparkline } from '../widgets/measure.ts'
import { shortRegion } from '../widgets/region.ts'
import { fitted, type Piece, piece, type Row, widthOf, wrap } from '../widgets/row.ts'
import type { ShownNode } from './nodes.ts'
import { figure, latency, latest } from './readings.ts'

export interface TileSize {
  width: number
  /** Lines with something in them. */
  lines: number
}

export function tile(node: ShownNode, size: TileSize, now: number, isSelected: boolean, theme: Theme): Row[] {
  const { bar, selectedBar } = theme.glyphs
  const edge = piece(node.isLive ? node.health : 'dim', isSelected ? selectedBar : bar)
  // One column stays free between a tile and its neighbour.
  const inner = size.width - 2
  const rows = [title(node, inner, isSelected, theme), ...body(node, inner, size.lines - 1, now, theme)]
  return rows.map(row => [edge, ...fitted(row, inner), piece('text', ' ')])
}

function title(node: ShownNode, width: number, isSelected: boolean, theme: Theme): Row {
  const glyph = piece(node.isLive ? node.health : 'dim', `${theme.glyphs.health[node.health]} `)
  const name = piece(isSelected ? 'selected' : 'title', node.name)
  const room = width - widthOf([glyph, name]) - 1
  const where = piece('dim', shortRegion(node.where, room))
  const gap = Math.max(1, width - widthOf([glyph, name, where]))
  return [glyph, name, piece('text', ' '.repeat(gap)), where]
}

function body(node: ShownNode, width: number, lines: number, now: number, theme: Theme): Row[] {
  const rows = node.isLive ? told(node, width, lines, now, theme) : [[piece('dim', ' not live yet: not watched')]]
  return Array.from({ length: lines }, (_, line) => rows[line] ?? [])
}

function told(node: ShownNode, width: number, lines: number, now: number, theme: Theme): Row[] {
  const latencies = joined([
    latency(latest(node, 'ping'), now, theme),
    latency(latest(node, 'http'), now, theme),
    width >= 32 ? latency(latest(node, 'ssh'), now, theme) : [],
  ])
  const withUnit: Row = latencies.length > 0 ? [...latencies, piece('dim', ' ms')] : []
  const trend = (columns: number): Piece => piece('up', ` ${sparkline(node.spark, columns, theme)}`)
  const loads = (unit: string): Row =>
    joined([
      figure(node, now, 'ram', 'load', 'ram_pct', unit),
      figure(node, now, 'disk', 'load', 'disk_pct', unit),
      width >= 27 || lines > 2 ? figure(node, now, 'cpu', 'load', 'cpu_pct', unit) : [],
    ])
  if (node.health === 'up' || node.health === 'maintenance') {
    if (lines <= 2) return [withUnit, [trend(8), ...loads('')]]
    const service = joined([
      figure(node, now, 'tls', 'tls', 'tls_days', ' d'),
      figure(node, now, 'requests', 'heartbeat', 'req_1h', '/h'),
      figure(node, now, 'errors', 'heartbeat', 'err_1h'),
    ])
    if (lines === 3) return [withUnit, [trend(width - 2)], loads('')]
    return [state(node, now), withUnit, [trend(width - 2)], loads(' %'), service]
  }
  const why = wrap(node.known?.reason ?? 'not looked at yet', width - 1, lines <= 2 ? 1 : 2)
  const rest: Row[] = [withUnit, [trend(Math.min(width - 2, 32))], loads('')]
  return [state(node, now), ...why.map((line): Row => [piece('text', ` ${line}`)]), ...rest]
}

/** ` down 6 m  SEV1` */
function state(node: ShownNode, now: number): Row {
  const { known, health } = node
  if (!known) return [piece('unknown', ' unknown')]
  const row: Piece[] = [piece(health, ` ${health}`), piece('dim', ` for ${age(now, known.since, 'a moment')}`)]
  if (known.severity)
    row.push(piece('text', '  '), piece(known.severity === 'SEV1' ? 'down' : 'degraded', known.severity))
  if (node.city && health === 'up') row.push(piece('dim', `  ${node.city}`))
  return row
}

/** Readings side by side, two blanks between them. */
function joined(readings: readonly (readonly Piece[])[]): Row {
  return readings.filter(pieces => pieces.length > 0).flatMap(pieces => [piece('text', ' '), ...pieces])
}
