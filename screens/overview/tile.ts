// One node as a tile: what it is, how it is, how it has been. Three lines carry the most; more room shows more. Pure.
import type { Theme } from '../theme/tokens.ts'
import { barRows } from '../widgets/chart.ts'
import { age, sparkline, usualTop } from '../widgets/measure.ts'
import { shortRegion } from '../widgets/region.ts'
import { fitted, type Piece, piece, type Row, widthOf, wrap } from '../widgets/row.ts'
import type { ShownNode } from './nodes.ts'
import { figure, generationOf, heartbeatOf, latency, latest, meshOf, shortReason } from './readings.ts'

export interface TileSize {
  width: number
  /** Lines with something in them. */
  lines: number
}

export function tile(
  node: ShownNode,
  size: TileSize,
  now: number,
  isSelected: boolean,
  theme: Theme,
  isMarked = false,
): Row[] {
  const { bar, selectedBar, mark } = theme.glyphs
  const quiet = node.health === 'up' && !isSelected ? 'edge' : node.health
  const edge = piece(node.isLive ? quiet : 'dim', isSelected ? selectedBar : bar)
  // One column stays free between a tile and its neighbour.
  const inner = size.width - 2
  const rows = [title(node, inner, isSelected, theme), ...body(node, inner, size.lines - 1, now, theme)]
  return rows.map((row, line) => [
    isMarked && line === 0 ? piece('mark', mark) : edge,
    ...fitted(row, inner),
    piece('text', ' '),
  ])
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
  const rows = node.isLive ? told(node, width, lines, now, theme) : notLive(node)
  return Array.from({ length: lines }, (_, line) => rows[line] ?? [])
}

/** Whoever waits for a machine sees here how far it is. */
function notLive({ doing }: ShownNode): Row[] {
  return doing === null ? [[piece('dim', ' not live yet: not watched')]] : [[piece('accent', ` ${doing}`)]]
}

function told(node: ShownNode, width: number, lines: number, now: number, theme: Theme): Row[] {
  const withUnit = latencies(node, width, now, theme)
  const trend = (columns: number): Piece => piece('trend', ` ${sparkline(node.spark, columns, theme)}`)
  const loads = (unit: string): Row =>
    joined(
      [
        figure(node, now, 'ram', unit),
        figure(node, now, 'disk', unit),
        figure(node, now, 'cpu', unit),
        // Where lines are few these stand here, else they have one of their own.
        ...(lines <= 3 ? [figure(node, now, 'tls', ' d'), pushed(node, now)] : []),
      ],
      width,
    )
  const machine = [figure(node, now, 'tls', ' d'), pushed(node, now), generation(node)]
  const load = [figure(node, now, 'requests', '/h'), figure(node, now, 'errors')]
  const service = joined([...machine, ...load], width)
  if (node.health !== 'up' && node.health !== 'maintenance') {
    const room = lines <= 2 ? 1 : lines <= 5 ? 2 : 3
    const why = wrap(shortReason(node), width - 1, room).map((line): Row => [piece('text', ` ${line}`)])
    return [state(node, width, now), ...why, withUnit, [trend(width - 2)], loads(''), service]
  }
  if (lines <= 2) return [withUnit, [trend(8), ...figures(node, width - 9, now)]]
  if (lines === 3) return [withUnit, [trend(width - 2)], loads(width >= 32 ? ' %' : '')]
  if (lines < 7) return [state(node, width, now), withUnit, [trend(width - 2)], loads(' %'), service]
  const chart = tallTrend(node.spark, width - 2, lines - 5, theme)
  return [state(node, width, now), withUnit, ...chart, loads(' %'), joined(machine, width), joined(load, width)]
}

function latencies(node: ShownNode, width: number, now: number, theme: Theme): Row {
  const readings = [
    latency(meshOf(node), now, theme),
    latency(latest(node, 'http'), now, theme),
    width >= 32 ? latency(latest(node, 'ssh'), now, theme) : [],
  ].filter(reading => reading.length > 0)
  const unit = piece('dim', ' ms')
  return readings.length === 0 ? [] : [...joined(readings, width - 3), unit]
}

/** Beside the sparkline of the smallest tile. */
function figures(node: ShownNode, width: number, now: number): Row {
  return joined([figure(node, now, 'ram'), figure(node, now, 'disk'), pushed(node, now)], width)
}

/** The sparkline with room to rise in, against the same usual value. */
function tallTrend(values: readonly (number | null)[], width: number, height: number, theme: Theme): Row[] {
  const last = values.slice(-width)
  const bars = last.map(value => (value === null ? null : { avg: value, max: value }))
  return barRows(bars, height, usualTop(last), theme, 'trend').map(row => [piece('text', ' '), ...row])
}

/** ` down 6 m  SEV1` */
function state(node: ShownNode, width: number, now: number): Row {
  const { known, health } = node
  if (!known) return [piece('unknown', ' unknown')]
  const row: Piece[] = [piece(health, ` ${health}`)]
  if (node.since !== null) row.push(piece('dim', ` ${age(now, node.since, 'just now')}`))
  if (known.severity)
    row.push(piece('text', '  '), piece(known.severity === 'SEV1' ? 'down' : 'degraded', known.severity))
  const city = piece('dim', `  ${node.city ?? ''}`)
  return node.city !== null && widthOf([...row, city]) <= width ? [...row, city] : row
}

/** `push 8 s`, or how many pushes are missing. */
function pushed(node: ShownNode, now: number): Piece[] {
  const found = heartbeatOf(node, now)
  if (!found) return []
  return [piece('dim', 'push '), piece(found.isLate ? 'degraded' : 'text', found.words)]
}

function generation(node: ShownNode): Piece[] {
  const found = generationOf(node)
  return found === null ? [] : [piece('dim', 'gen '), piece('text', found)]
}

/** Readings side by side, as far apart as the width allows; those that do not fit are left out whole. */
function joined(readings: readonly (readonly Piece[])[], width: number): Row {
  const known = readings.filter(pieces => pieces.length > 0)
  let left = width
  const there = known.filter(pieces => {
    const needs = widthOf(pieces) + 1
    // What is long gives way to what is short and less important.
    if (needs > left) return false
    left -= needs
    return true
  })
  const wide = there.reduce((sum, pieces) => sum + widthOf(pieces), 0)
  const gap = wide + there.length * 2 - 1 <= width ? '  ' : ' '
  return there.flatMap((pieces, index) => [piece('text', index === 0 ? ' ' : gap), ...pieces])
}
