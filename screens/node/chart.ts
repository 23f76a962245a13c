// The history of one node as its page shows it: which latency leads, over which span, what came back. Pure.
import type { LiveProbe } from '../../src/engine/engine.ts'
import type { Point, SlotState, UptimeRow } from '../../state/history/history.ts'
import type { Snapshot } from '../room/room.ts'
import { type ChartWindow, chartWindows } from './state.ts'

export interface Chart {
  node: string
  probe: LiveProbe
  window: ChartWindow
  from: number
  to: number
  points: readonly Point[]
  /** The same span as one bucket: true minimum, average and p95. */
  summary: Point | null
  slots: readonly SlotState[]
  uptime: UptimeRow | null
}

export const windowMs: Readonly<Record<ChartWindow, number>> = {
  '10 m': 600_000,
  '1 h': 3_600_000,
  '24 h': 86_400_000,
  '7 d': 604_800_000,
}

/** Room for the axis at the left and a blank at the right. */
export const axisWidth = 7

export function chartColumns(columns: number): number {
  return Math.max(10, columns - axisWidth - 2)
}

/** The latency that people look at first: the mesh, else ping, else the service, else the login. */
export function leadProbe(probes: Snapshot['live']['probes'][string] | undefined): LiveProbe | null {
  const list = Object.values(probes ?? {})
  return (
    list.find(probe => probe.probe === 'ping:mesh') ??
    ['ping', 'http', 'ssh', 'dns'].flatMap(kind => list.filter(probe => probe.kind === kind))[0] ??
    null
  )
}

/** No more buckets than looks: else every other one would be a gap that never was. */
export function bucketsFor(window: ChartWindow, columns: number, everyMs: number): number {
  return Math.max(1, Math.min(chartColumns(columns), Math.floor(windowMs[window] / (everyMs * 1.5))))
}

/** A fleet that has only begun to be watched is shown closer: the shortest span that holds all there is. */
export function windowOf(points: readonly Point[], to: number): ChartWindow {
  const first = points.find(point => point.count > 0)
  const span = first === undefined ? 0 : to - first.at
  return chartWindows.find(window => span <= windowMs[window] * 1.5) ?? '24 h'
}
