// The upper part of a node's page: the value under the cursor over time with what happened meanwhile, and below it how the
// node's health was. Pure.
import type { SlotState } from '../../state/history/history.ts'
import { isStale } from '../overview/readings.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme, Token } from '../theme/tokens.ts'
import { joinAlike } from '../widgets/chart.ts'
import { clock } from '../widgets/measure.ts'
import { type PlotMarker, plotRows } from '../widgets/plot.ts'
import { fitted, piece, type Row, spread, widthOf } from '../widgets/row.ts'
import { type Chart, markersOf, targetOf } from './chart.ts'
import { figure, readingOf, wordsOf } from './values.ts'

/** Rows around the plot: its title above, health and times below. */
const around = 3
/** A plot lower than this shows nothing. */
const lowest = 2

/** Exactly `height` rows; one alone is the figures without a picture. */
export function historyRows(snapshot: Snapshot, name: string, height: number, theme: Theme): Row[] {
  if (height <= 0) return []
  const rows = drawn(snapshot, name, height, theme)
  return Array.from({ length: height }, (_, row) => rows[row] ?? [])
}

function drawn(snapshot: Snapshot, name: string, height: number, theme: Theme): Row[] {
  const { found, columns, now, link } = snapshot
  const chart = found.node
  if (!chart || chart.node !== name) {
    const target = targetOf(snapshot)
    if (!target) return [[piece('dim', ' nothing is measured on this node yet')]]
    const words = link.up ? 'asking for its history' : 'its history cannot be asked for now'
    return [[piece('title', ` ${titleOf(target.probe.probe, target.value)}`), piece('dim', `   ${words}`)]]
  }
  const title = [piece('title', ` ${titleOf(chart.probe.probe, chart.value)}`), piece('dim', `  ${chart.window}`)]
  const top = spread(title, figures(chart, snapshot), columns)
  const plotHeight = height - around
  if (plotHeight < lowest) return [top]
  const markers = markersOf(snapshot, name)
  // The largest part of the page, and no key but few changes it.
  const { rows, gutter, width } = snapshot.memo('node plot', [chart, markers, columns, plotHeight, theme], () =>
    picture(chart, markers, columns - 1, plotHeight, theme),
  )
  return [top, ...rows, timeAxis(chart, gutter, width, now)]
}

interface Picture {
  rows: readonly Row[]
  /** Columns of the values at the left, and of what is beside them. */
  gutter: number
  width: number
}

/** The plot, what happened below its axis, and how the node's health was in the same columns. */
function picture(chart: Chart, markers: readonly PlotMarker[], across: number, height: number, theme: Theme): Picture {
  const { points, from, to, value } = chart
  const { unit } = wordsOf(value)
  // Its own row of times is left out: they stand below the health, beside the uptime.
  const plot = plotRows({ points, from, to, width: across, height: height + 1, unit, theme, markers })
  // The row of times begins with a blank below the values.
  const gutter = widthOf(plot.at(-1)?.slice(0, 1) ?? [])
  const width = across - gutter
  return { rows: [...plot.slice(0, -1), healthStrip(chart, gutter, width, theme)], gutter, width }
}

/** `mesh ms`, `load ram %`, `journal errors`. */
export function titleOf(probe: string, value: string): string {
  const { label, unit } = wordsOf(value)
  const name = probe === 'ping:mesh' ? 'mesh' : probe === 'ping:public' ? 'ping' : probe
  return [name, label, unit].filter(word => word !== '').join(' ')
}

/** `now 9.1   min 8.0   avg 9.2   p95 12   max 31` */
function figures({ summary, node, probe: asked, value }: Chart, { live, now }: Snapshot): Row {
  const probe = live.probes[node]?.[asked.probe] ?? asked
  // A latency of a look that failed is how long it waited.
  const isTold = value === 'ms' ? probe.ok === true : probe.ok !== null
  const values = [
    ['now', isTold && !isStale(probe, now) ? readingOf(probe, value) : null],
    ['min', summary?.min ?? null],
    ['avg', summary?.avg ?? null],
    ['p95', summary?.p95 ?? null],
    ['max', summary?.max ?? null],
  ] as const
  return [
    ...values.flatMap(([name, number]): Row => {
      return [piece('dim', `   ${name} `), piece('text', figure(value, number).padStart(4))]
    }),
    piece('text', ' '),
  ]
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

/** The worst of each column's time, in the plot's own columns. */
function healthStrip({ slots }: Chart, gutter: number, width: number, theme: Theme): Row {
  const { strip, gap } = theme.glyphs
  const cells = Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column / width) * slots.length)
    const to = Math.max(from + 1, Math.floor(((column + 1) / width) * slots.length))
    const worst = slots.slice(from, to).reduce<SlotState>((a, b) => (severityOf[b] > severityOf[a] ? b : a), 'none')
    return { token: tokenOf[worst], text: worst === 'none' ? gap : strip[worst] }
  })
  // The line below says what it is too: `up 99.9 %`.
  const label = gutter > ' health'.length ? ' health' : gutter > 'health'.length ? 'health' : ''
  return [piece('dim', label.padEnd(gutter)), ...joinAlike(cells)]
}

/** First and middle moment, and at the right the share of watched time that it was up. */
function timeAxis({ from, to, uptime }: Chart, gutter: number, width: number, now: number): Row {
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
  const axis: Row = [piece('dim', ' '.repeat(gutter)), ...first, piece('dim', middle)]
  return spread(axis, [piece('dim', `  ${share} `)], gutter + width + 1)
}

/** Never rounded up to 100: a second that was lost is to be seen. */
function percent(ratio: number): string {
  const floored = Math.floor(ratio * 10_000) / 100
  return ratio >= 1 ? '100 %' : `${floored.toFixed(floored > 99 ? 2 : 1)} %`
}
