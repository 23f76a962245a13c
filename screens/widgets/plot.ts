// A value over time: the average as an area, p95 as a dot and the maximum as a thin line above it, with axes, unit and
// what happened meanwhile. What was not watched is a gap, which looks other than zero. Pure.
import type { Point } from '../../state/history/history.ts'
import type { Theme, Token } from '../theme/tokens.ts'
import { joinAlike, niceTop } from './chart.ts'
import { clock } from './measure.ts'
import { fitted, piece, type Row } from './row.ts'

export interface PlotMarker {
  at: number
  kind: 'sev1' | 'sev2' | 'boot' | 'person'
}

export interface PlotOptions {
  /** Buckets of equal length; one without looks (`count: 0`) is a gap. */
  points: readonly Point[]
  /** ms since the epoch: what the plot spans. */
  from: number
  to: number
  /** All of it: axes, markers and times included. */
  width: number
  height: number
  /** Behind the largest value: `ms`, `%`. */
  unit: string
  theme: Theme
  markers?: readonly PlotMarker[]
  /** Braille has twice the columns and half the weight of blocks. Where the theme has no braille, always blocks. */
  style?: 'braille' | 'blocks'
}

/** Exactly `height` rows of exactly `width` columns: the plot, one row of markers where there are any, the times. */
export function plotRows(options: PlotOptions): Row[] {
  const { width, height, unit, theme, from, to } = options
  const marked = options.markers?.filter(({ at }) => at >= from && at <= to) ?? []
  const plotHeight = Math.max(1, height - 1 - (marked.length > 0 && height > 2 ? 1 : 0))
  const known = options.points.map(knownOf).filter(point => point !== null)
  const top = topOf(known)
  const labels = labelsOf(top, unit, plotHeight)
  const labelWidth = Math.max(...labels.map(label => label.length))
  // On the narrowest screens the values leave the room to the picture.
  const gutter = labelWidth + 3 <= width / 2 ? labelWidth + 2 : 0
  const across = Math.max(0, width - gutter)
  const braille = options.style === 'blocks' ? null : theme.glyphs.braille
  const cells = { across, height: plotHeight, top, theme }
  const span = { from, to, bucketMs: bucketOf(options) }
  const plot = braille
    ? brailleRows(columnsOf(known, across * 2, span), cells, braille.first)
    : blockRows(columnsOf(known, across, span), cells)
  const rows = plot.map((row, index): Row => {
    const label = labels[index] ?? ''
    const axis = label === '' ? theme.glyphs.axis : theme.glyphs.tick
    return gutter === 0 ? row : [piece('dim', ` ${label.padStart(labelWidth)}${axis}`), ...row]
  })
  const blank = piece('text', ' '.repeat(gutter))
  if (plotHeight + 1 < height) rows.push([blank, ...markerRow(marked, across, span, theme)])
  if (height > 1) rows.push([blank, ...timeRow(across, span)])
  return rows.map(row => fitted(row, width))
}

interface Known {
  at: number
  count: number
  avg: number
  max: number
  p95: number | null
}

/** Null is a gap; what is below zero is drawn as zero. */
function knownOf({ at, count, avg, max, p95 }: Point): Known | null {
  const isKnown = count > 0 && avg !== null && Number.isFinite(avg) && Number.isFinite(at)
  if (!isKnown) return null
  const middle = Math.max(0, avg)
  const isAbove = (value: number | null): value is number => value !== null && Number.isFinite(value) && value >= middle
  return { at, count, avg: middle, max: isAbove(max) ? max : middle, p95: isAbove(p95) ? p95 : null }
}

/** One look in a thousand must not press the rest flat: what is far beyond the usual is marked at the edge instead. */
function topOf(known: readonly Known[]): number {
  const usual = known.map(({ p95, max }) => p95 ?? max).sort((a, b) => a - b)
  const largest = known.reduce((most, { max }) => Math.max(most, max), 0)
  return niceTop(Math.min(largest, (usual[Math.floor(usual.length * 0.95 - 0.5)] ?? largest) * 2 || largest))
}

/** Top, bottom and, where there is room, the middle. */
function labelsOf(top: number, unit: string, height: number): string[] {
  const middle = height >= 7 && height % 2 === 1 ? (height - 1) / 2 : -1
  return Array.from({ length: height }, (_, index) => {
    if (index === 0) return `${figure(top)}${unit === '' ? '' : ` ${unit}`}`
    if (index === height - 1) return '0'
    return index === middle ? figure(top / 2) : ''
  })
}

function figure(value: number): string {
  for (const [size, sign] of [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e4, 'k'],
  ] as const)
    if (value >= size)
      return value >= size * 1e4 ? value.toExponential(0) : `${short(value / (sign === 'k' ? 1e3 : size))}${sign}`
  return value > 0 && value < 0.001 ? value.toExponential(0) : short(value)
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}

interface Span {
  from: number
  to: number
  bucketMs: number
}

function bucketOf({ points, from, to }: PlotOptions): number {
  const [first, second] = points
  const length = first && second ? second.at - first.at : to - from
  return length > 0 && Number.isFinite(length) ? length : Math.max(1, to - from)
}

interface Column {
  avg: number
  max: number
  p95: number | null
}

/** What each column of time saw; a bucket longer than a column fills all that it spans. */
function columnsOf(known: readonly Known[], count: number, { from, to, bucketMs }: Span): (Column | null)[] {
  const columns = Array.from({ length: count }, (): (Column & { count: number }) | null => null)
  const each = (to - from) / count
  if (!(each > 0) || !Number.isFinite(each)) return columns
  for (const { at, count: looks, avg, max, p95 } of known) {
    const first = Math.max(0, Math.round((at - from) / each))
    const last = Math.min(
      count - 1,
      Math.max(Math.round((at - from) / each), Math.round((at + bucketMs - from) / each) - 1),
    )
    for (let index = first; index <= last; index++) {
      const there = columns[index]
      if (!there) columns[index] = { avg, max, p95, count: looks }
      else {
        const total = there.count + looks
        there.avg += (avg - there.avg) * (looks / total)
        there.max = Math.max(there.max, max)
        there.p95 = there.p95 === null ? p95 : Math.max(there.p95, p95 ?? 0)
        there.count = total
      }
    }
  }
  return columns
}

interface Cells {
  across: number
  height: number
  top: number
  theme: Theme
}

interface Drawn {
  token: Token
  text: string
}

/** Bits of the dots of a cell, from the lowest up, left and right. */
const dots = [
  [0x40, 0x04, 0x02, 0x01],
  [0x80, 0x20, 0x10, 0x08],
] as const

function brailleRows(columns: readonly (Column | null)[], { across, height, top, theme }: Cells, first: number): Row[] {
  return rowsOf(height, row =>
    Array.from({ length: across }, (_, cell): Drawn => {
      const pair = [columns[cell * 2] ?? null, columns[cell * 2 + 1] ?? null] as const
      const edge = edgeOf(pair, row, height, top, theme)
      if (edge) return edge
      let area = 0
      let above = 0
      for (const [side, column] of pair.entries()) {
        if (!column) continue
        const bits = dots[side] ?? dots[0]
        const full = levelOf(column.avg, top, height * 4) - row * 4
        for (const [at, bit] of bits.entries()) if (at < full) area |= bit
        if (column.p95 !== null) above |= bits[levelOf(column.p95, top, height * 4) - 1 - row * 4] ?? 0
      }
      if (area !== 0) return { token: 'accent', text: String.fromCharCode(first + area) }
      if (above !== 0) return { token: 'trend', text: String.fromCharCode(first + above) }
      return whiskerOf(pair, row, height, top, theme)
    }),
  )
}

function blockRows(columns: readonly (Column | null)[], { across, height, top, theme }: Cells): Row[] {
  const { spark } = theme.glyphs
  const steps = spark.length
  return rowsOf(height, row =>
    Array.from({ length: across }, (_, cell): Drawn => {
      const column = columns[cell] ?? null
      const edge = edgeOf([column], row, height, top, theme)
      if (edge) return edge
      const filled = column ? levelOf(column.avg, top, height * steps) - row * steps : 0
      if (filled > 0) return { token: 'accent', text: spark[Math.min(steps, filled) - 1] ?? ' ' }
      return whiskerOf([column], row, height, top, theme)
    }),
  )
}

/** Top first; `row` counts from the bottom. */
function rowsOf(height: number, draw: (row: number) => Drawn[]): Row[] {
  return Array.from({ length: height }, (_, index) => joinAlike(draw(height - 1 - index)))
}

/** A gap at the bottom, and what goes beyond the top at the top. */
function edgeOf(
  columns: readonly (Column | null)[],
  row: number,
  height: number,
  top: number,
  { glyphs }: Theme,
): Drawn | null {
  if (columns.every(column => column === null)) return { token: 'dim', text: row === 0 ? glyphs.gap : ' ' }
  if (row !== height - 1 || !columns.some(column => column !== null && column.max > top)) return null
  return { token: 'degraded', text: glyphs.beyond }
}

function whiskerOf(columns: readonly (Column | null)[], row: number, height: number, top: number, theme: Theme): Drawn {
  const reaches = columns.some(
    column => column !== null && column.max > column.avg && (column.max / top) * height - row >= 0.5,
  )
  return reaches ? { token: 'dim', text: theme.glyphs.whisker } : { token: 'text', text: ' ' }
}

/** Of `steps`; at least one, so that zero is seen and told from a gap. */
function levelOf(value: number, top: number, steps: number): number {
  return Math.max(1, Math.min(steps, Math.round((value / top) * steps)))
}

const gravest = ['sev1', 'sev2', 'boot', 'person'] as const
const markerTokens: Readonly<Record<PlotMarker['kind'], Token>> = {
  sev1: 'down',
  sev2: 'degraded',
  boot: 'accent',
  person: 'mark',
}

/** Of several in one column the gravest. */
function markerRow(markers: readonly PlotMarker[], across: number, { from, to }: Span, theme: Theme): Row {
  const cells = Array.from({ length: across }, (): Drawn => ({ token: 'text', text: ' ' }))
  for (const kind of gravest.toReversed()) {
    for (const marker of markers) {
      if (marker.kind !== kind) continue
      const column = Math.min(across - 1, Math.floor(((marker.at - from) / Math.max(1, to - from)) * across))
      if (column >= 0) cells[column] = { token: markerTokens[kind], text: theme.glyphs.event[kind] }
    }
  }
  return joinAlike(cells)
}

/** First, middle and last moment, as many as there is room for. */
function timeRow(across: number, { from, to }: Span): Row {
  const [left, middle, right] = [from, (from + to) / 2, to].map(at => timeOf(at, to))
  if (left === undefined || middle === undefined || right === undefined) return []
  const gap = across - left.length - right.length
  if (gap < 1) return fitted([piece('dim', left.length <= across ? left : '')], across)
  const before = Math.floor((across - middle.length) / 2) - left.length
  const after = gap - before - middle.length
  const between = before < 2 || after < 2 ? ' '.repeat(gap) : `${' '.repeat(before)}${middle}${' '.repeat(after)}`
  return [piece('dim', `${left}${between}${right}`)]
}

/** To the minute. */
function timeOf(at: number, to: number): string {
  const isMoment = Math.abs(at) <= 8.64e15 && Math.abs(to) <= 8.64e15
  return isMoment ? clock(at, to).replace(/:\d\dZ$/, 'Z') : ''
}
