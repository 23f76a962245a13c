// The history of one node as its page shows it: which value of which probe, over which span, what came back. Pure.
import type { LiveProbe } from '../../src/engine/engine.ts'
import type { Point, SlotState, UptimeRow } from '../../state/history/history.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import type { PlotMarker } from '../widgets/plot.ts'
import { bootsOf } from './boots.ts'
import { cursorAt, isEntry, linesFor, listOf, runsOf } from './entries.ts'
import { type ChartWindow, chartWindows } from './state.ts'
import { leadProbe, valuesOf } from './values.ts'

export interface Chart {
  node: string
  probe: LiveProbe
  /** `ms`, or a name in the probe's values. */
  value: string
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
  '30 d': 2_592_000_000,
}

/** What a chart is wanted of. */
export interface Target {
  node: string
  probe: LiveProbe
  value: string
}

/** The probe under the cursor, else the one that was there last, else the leading one; of it the value that is wished. */
export function targetOf(snapshot: Snapshot): Target | null {
  const { screen, subject } = placeOf(snapshot.view)
  if (screen !== 'node' || subject === null) return null
  const probes = snapshot.live.probes[subject] ?? {}
  const state = snapshot.view.screens.node
  const list = listOf(state, subject)
  const lines = linesFor(snapshot, subject)
  const under = lines[cursorAt(lines, list.selected)]
  const last = list.probe !== null && Object.hasOwn(probes, list.probe) ? probes[list.probe] : undefined
  const probe = isEntry(under) && under.kind === 'probe' ? under.probe : (last ?? leadProbe(probes))
  if (!probe) return null
  const [first = 'ms', ...others] = valuesOf(probe)
  return { node: subject, probe, value: others.find(name => name === state.value) ?? first }
}

/** Two a column, as braille draws them, and no more than looks: else every other one would be a gap that never was. */
export function bucketsFor(window: ChartWindow, columns: number, everyMs: number): number {
  return Math.max(1, Math.min(Math.max(10, columns) * 2, Math.floor(windowMs[window] / (everyMs * 1.5))))
}

/** A fleet that has only begun to be watched is shown closer: the shortest span that holds all there is. */
export function windowOf(points: readonly Point[], to: number): ChartWindow {
  const first = points.find(point => point.count > 0)
  const span = first === undefined ? 0 : to - first.at
  return chartWindows.find(window => span <= windowMs[window] * 1.5) ?? '24 h'
}

/** What happened to the node and by whom, for the line below the axis. */
export function markersOf(snapshot: Snapshot, name: string): readonly PlotMarker[] {
  const { state, live, memo } = snapshot
  const { open, closed } = state.incidents
  const on = [name, open, closed, state.exec, state.watch.memory[name], live.probes[name]]
  return memo('node markers', on, () => [
    ...[...Object.values(open), ...closed]
      .filter(({ nodes }) => nodes.includes(name))
      .map(({ openedAt, severity }): PlotMarker => ({ at: openedAt, kind: severity === 'SEV1' ? 'sev1' : 'sev2' })),
    ...bootsOf(snapshot, name).map(({ said }): PlotMarker => ({ at: said.at, kind: 'boot' })),
    ...runsOf(snapshot, name).map(({ at }): PlotMarker => ({ at, kind: 'person' })),
  ])
}
