// The upper part of a node's page: its leading latency over time, and below it how its health was. Pure.
import type { Point, SlotState } from '../../state/history/history.ts'
import { isStale, latency } from '../overview/readings.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme, Token } from '../theme/tokens.ts'
import { barRows, joinAlike, niceTop } from '../widgets/chart.ts'
import { clock, milliseconds } from '../widgets/measure.ts'
import { fitted, piece, type Row, spread } from '../widgets/row.ts'
import { axisWidth, type Chart, chartColumns, leadProbe } from './chart.ts'

export function historyRows(snapshot: Snapshot, name: string, height: number, theme: Theme): Row[] {
  const { found, live, columns, now } = snapshot
  const chart = found.node
  const probe = leadProbe(live.probes[name])
  if (!probe) return [[piece('dim', ' no latency is measured on this node')]]
  const label = latency({ ...probe, ok: true, at: now }, now, theme)[0]?.text.trim() ?? probe.kind
  if (!chart || chart.node !== name)
    return [[piece('title', ` ${label} ms`), piece('dim', '   asking for its history')]]
  const width = chartColumns(columns)
  const stretched = stretch(chart.points, width)
  const largest = Math.max(0, ...chart.points.map(point => point.max ?? 0))
  // One look in a thousand must not press the rest flat: what is far beyond p95 is marked at the edge, its value is `max`.
  const top = niceTop(Math.min(largest, (chart.summary?.p95 ?? largest) * 2))
  const bars = stretched.map(point =>
    point === null || point.avg === null ? null : { avg: point.avg, max: point.max ?? point.avg },
  )
  const rows = barRows(bars, height, top, theme).map((row, index): Row => {
    const value = index === 0 ? String(top) : index === height - 1 ? '0' : ''
    const tick = value === '' ? theme.glyphs.axis : theme.glyphs.tick
    return [piece('dim', `${value.padStart(axisWidth - 1)}${tick}`), ...row]
  })
  return [
    spread(
      [piece('title', ` ${label} ms`), piece('dim', `  ${chart.window}`)],
      figures(chart, snapshot, theme),
      columns,
    ),
    ...rows,
    healthStrip(chart, width, theme),
    timeAxis(chart, width, now),
  ]
}

/** `now 9.1   min 8.0   avg 9.2   p95 12   max 31` */
function figures({ summary, node, probe: asked }: Chart, { live, now }: Snapshot, theme: Theme): Row {
  const probe = live.probes[node]?.[asked.probe] ?? asked
  const current = probe.ok === true && !isStale(probe, now) ? milliseconds(probe.ms) : '–'
  const values = [
    ['now', current],
    ['min', milliseconds(summary?.min ?? null)],
    ['avg', milliseconds(summary?.avg ?? null)],
    ['p95', milliseconds(summary?.p95 ?? null)],
    ['max', milliseconds(summary?.max ?? null)],
  ] as const
  void theme
  return [
    ...values.flatMap(([name, value]): Row => [piece('dim', `   ${name} `), piece('text', value.padStart(4))]),
    piece('text', ' '),
  ]
}

/** Buckets spread over the columns; a bucket without looks is a gap. */
function stretch(points: readonly Point[], width: number): (Point | null)[] {
  return Array.from({ length: width }, (_, column) => {
    const point = points[Math.floor((column / width) * points.length)]
    return point && point.count > 0 ? point : null
  })
}

const severityOf: Readonly<Record<SlotState, number>> = {
  none: 0,
  up: 1,
  maintenance: 2,
  unknown: 3,
  degraded: 4,
  down: 5,
}
const tokenOf: Readonly<Record<SlotState, Token>> = {
  none: 'dim',
  up: 'up',
  degraded: 'degraded',
  down: 'down',
  unknown: 'unknown',
  maintenance: 'maintenance',
}

/** The worst of each column's time, and at the left the share of watched time that it was up. */
function healthStrip(chart: Chart, width: number, theme: Theme): Row {
  const { slots } = chart
  const { strip, gap } = theme.glyphs
  const cells = Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column / width) * slots.length)
    const to = Math.max(from + 1, Math.floor(((column + 1) / width) * slots.length))
    const worst = slots.slice(from, to).reduce<SlotState>((a, b) => (severityOf[b] > severityOf[a] ? b : a), 'none')
    return { token: tokenOf[worst], text: worst === 'none' ? gap : strip[worst] }
  })
  return [piece('dim', 'health '.padStart(axisWidth)), ...joinAlike(cells)]
}

function timeAxis({ from, to, uptime }: Chart, width: number, now: number): Row {
  const label = (at: number) => clock(at, now).replace(/:\d\dZ$/, 'Z')
  const middle = label((from + to) / 2)
  const left = label(from)
  const share =
    uptime === null || uptime.ratio === null
      ? 'never watched'
      : `up ${percent(uptime.ratio)} · watched ${percent(uptime.coverage)}`
  const first = fitted(
    [piece('dim', left)],
    Math.max(left.length, Math.floor(width / 2) - Math.floor(middle.length / 2)),
  )
  const axis: Row = [piece('dim', ' '.repeat(axisWidth)), ...first, piece('dim', middle)]
  return spread(axis, [piece('dim', `  ${share} `)], axisWidth + width + 1)
}

/** Never rounded up to 100: a second that was lost is to be seen. */
function percent(ratio: number): string {
  const floored = Math.floor(ratio * 10_000) / 100
  return ratio >= 1 ? '100 %' : `${floored.toFixed(floored > 99 ? 2 : 1)} %`
}
