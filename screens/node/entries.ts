// Everything known about a node as one list that a cursor walks through: probes, telemetry, units, errors, boots, incidents
// and what people did to it. What is in it does not depend on the clock, so it is made once a picture. Pure.
import type { LiveProbe } from '../../src/engine/engine.ts'
import type { ExecRun } from '../../src/engine/exec/shapes.ts'
import type { Incident } from '../../src/incidents/shapes.ts'
import { openIncidents } from '../incidents/open.ts'
import { latest } from '../overview/readings.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { bootsOf } from './boots.ts'
import type { NodeState } from './state.ts'
import { leadProbe } from './values.ts'

const sections = ['probes', 'telemetry', 'units', 'errors', 'boots', 'incidents', 'actions'] as const
type Section = (typeof sections)[number]

interface Common {
  section: Section
  /** Stays the same while the list around it changes. */
  key: string
}

export interface ProbeEntry extends Common {
  kind: 'probe'
  probe: LiveProbe
}

export interface ReadingEntry extends Common {
  kind: 'reading'
  name: string
  value: number | string
  push: LiveProbe
}

export interface UnitEntry extends Common {
  kind: 'unit'
  name: string
  words: string
  probe: LiveProbe
}

export interface ErrorEntry extends Common {
  kind: 'error'
  text: string
  probe: LiveProbe
}

export interface BootEntry extends Common {
  kind: 'boot'
  at: number
  /** What happened then. */
  words: string
  /** More of it: the boot ids. */
  detail: readonly string[]
  isUnexpected: boolean
}

export interface IncidentEntry extends Common {
  kind: 'incident'
  incident: Incident
}

export interface RunEntry extends Common {
  kind: 'run'
  at: number
  run: ExecRun
}

/** What a person said or did about an incident. */
export interface WordEntry extends Common {
  kind: 'word'
  at: number
  by: string
  did: string
  text: string
  incident: Incident
}

export type Entry =
  | ProbeEntry
  | ReadingEntry
  | UnitEntry
  | ErrorEntry
  | BootEntry
  | IncidentEntry
  | RunEntry
  | WordEntry

/** Where the cursor does not stop. */
export interface Heading extends Common {
  kind: 'heading'
  title: string
  note: string
  /** When that was seen; null: it has no one moment. */
  at: number | null
}

interface Air extends Common {
  kind: 'air'
}

export type Line = Entry | Heading | Air

export function isEntry(line: Line | undefined): line is Entry {
  return line !== undefined && line.kind !== 'heading' && line.kind !== 'air'
}

/** From here on there is room for a blank line before each heading. */
const roomyRows = 30

export function linesFor(snapshot: Snapshot, name: string): readonly Line[] {
  const { live, state, memo, rows } = snapshot
  const { open, closed } = state.incidents
  const isRoomy = rows >= roomyRows
  const on = [name, live.probes[name], open, closed, state.exec, state.watch.memory[name], isRoomy]
  return memo('node lines', on, () => {
    const parts = [
      probesOf(snapshot, name),
      telemetryOf(snapshot, name),
      unitsOf(snapshot, name),
      errorsOf(snapshot, name),
      bootLines(snapshot, name),
      ...happenedTo(snapshot, name),
    ].filter(lines => lines.length > 0)
    return parts.flatMap((lines, at): readonly Line[] => {
      const section = lines[0]?.section ?? 'probes'
      return at > 0 && isRoomy ? [{ kind: 'air', section, key: `air ${section}` }, ...lines] : lines
    })
  })
}

/** Where the cursor is in the list; -1 where there is nothing to stand on. What is gone leaves it in its own part. */
export function cursorAt(lines: readonly Line[], selected: string | null): number {
  const first = lines.findIndex(isEntry)
  if (selected === null) return first
  const there = lines.findIndex(line => line.key === selected && isEntry(line))
  if (there >= 0) return there
  const wanted = sections.findIndex(section => selected.startsWith(`${section} `))
  const same = lines.findLastIndex(line => isEntry(line) && sections.indexOf(line.section) === wanted)
  if (same >= 0) return same
  const next = lines.findIndex(line => isEntry(line) && sections.indexOf(line.section) > wanted)
  return next >= 0 ? next : lines.findLastIndex(isEntry)
}

/** The cursor on this node's page; on another node's it begins at the top. */
export function listOf(view: NodeState, name: string): Pick<NodeState, 'selected' | 'scroll' | 'probe'> {
  return view.node === name ? view : { selected: null, scroll: 0, probe: null }
}

/** What is under the cursor on the page that is shown. */
export function entryAt(snapshot: Snapshot): Entry | null {
  const { screen, subject } = placeOf(snapshot.view)
  if (screen !== 'node' || subject === null || !snapshot.live.fleet.nodes[subject]) return null
  const lines = linesFor(snapshot, subject)
  const line = lines[cursorAt(lines, listOf(snapshot.view.screens.node, subject).selected)]
  return isEntry(line) ? line : null
}

function heading(section: Section, title: string, note = '', at: number | null = null): Heading {
  return { kind: 'heading', section, key: `heading ${section}`, title, note, at }
}

function allOf({ live }: Snapshot, name: string, kind?: string): LiveProbe[] {
  const probes = Object.values(live.probes[name] ?? {})
  return kind === undefined ? probes : probes.filter(probe => probe.kind === kind)
}

/** Worst first, and of equals the one that people look at first. */
function probesOf(snapshot: Snapshot, name: string): Line[] {
  const probes = allOf(snapshot, name)
  if (probes.length === 0) return [heading('probes', 'probes', 'nothing has been looked at yet')]
  const lead = leadProbe(snapshot.live.probes[name])
  const rank = (probe: LiveProbe) => rankOf(probe) * 2 - Number(probe === lead)
  const entries = probes
    .sort((a, b) => rank(a) - rank(b))
    .map((probe): ProbeEntry => ({ kind: 'probe', section: 'probes', key: `probes ${probe.probe}`, probe }))
  return [heading('probes', 'probes', String(probes.length)), ...entries]
}

function rankOf(probe: LiveProbe): number {
  if (probe.ok === false) return 0
  if (probe.ok === true && probe.warn) return 1
  return probe.ok === null ? 2 : 3
}

/** Said elsewhere on the page. */
const saidElsewhere = new Set(['missed', 'uptime_s'])

function telemetryOf({ live }: Snapshot, name: string): Line[] {
  const push = latest({ probes: live.probes[name] ?? {} }, 'heartbeat')
  if (!push) return []
  const readings = [...Object.entries(push.values ?? {}), ...Object.entries(push.facts ?? {})].filter(
    ([reading]) => !saidElsewhere.has(reading),
  )
  if (readings.length === 0) return [heading('telemetry', 'telemetry', 'nothing is pushed beside the sign of life')]
  return [
    heading('telemetry', 'telemetry', 'judged', push.at),
    ...readings.map(([reading, value]): ReadingEntry => {
      return { kind: 'reading', section: 'telemetry', key: `telemetry ${reading}`, name: reading, value, push }
    }),
  ]
}

function unitsOf(snapshot: Snapshot, name: string): Line[] {
  return allOf(snapshot, name, 'units').flatMap((probe, at): Line[] => {
    const units = Object.entries(probe.facts ?? {}).map(
      ([unit, words]): UnitEntry => ({
        kind: 'unit',
        section: 'units',
        key: `units ${probe.probe} ${unit}`,
        name: unit,
        words,
        probe,
      }),
    )
    const note = units.length > 0 ? 'seen' : probe.detail
    return [...(at === 0 ? [heading('units', 'units', note, probe.at)] : []), ...units.sort(worstUnitFirst)]
  })
}

function worstUnitFirst(a: UnitEntry, b: UnitEntry): number {
  const rank = { down: 0, degraded: 1, up: 2 }
  return rank[unitHealth(a.words)] - rank[unitHealth(b.words)]
}

/** As the units probe words it. */
export function unitHealth(words: string): 'up' | 'degraded' | 'down' {
  if (/^(active|refreshing)\b|^done$/.test(words)) return 'up'
  return /^(activating|reloading|deactivating|maintenance) /.test(words) ? 'degraded' : 'down'
}

function errorsOf(snapshot: Snapshot, name: string): Line[] {
  return allOf(snapshot, name, 'journal').flatMap((probe, at): Line[] => {
    const seen = new Map<string, number>()
    const errors = linesOf(probe.facts?.lines ?? '').map((text): ErrorEntry => {
      const again = (seen.get(text) ?? 0) + 1
      seen.set(text, again)
      const key = `errors ${probe.probe} ${again} ${text.slice(0, 200)}`
      return { kind: 'error', section: 'errors', key, text, probe }
    })
    const first =
      at === 0 ? [heading('errors', 'recent errors', errors.length > 0 ? 'seen' : probe.detail, probe.at)] : []
    return [...first, ...errors]
  })
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/).filter(line => line.trim() !== '')
}

function bootLines(snapshot: Snapshot, name: string): Line[] {
  const boots = bootsOf(snapshot, name)
  if (boots.length === 0) return []
  return [
    heading('boots', 'boots'),
    ...boots.map((boot): BootEntry => ({ kind: 'boot', section: 'boots', key: `boots ${boot.key}`, ...boot.said })),
  ]
}

/** Its incidents, and what people did to it and said about them; newest first, what is open before what is over. */
function happenedTo(snapshot: Snapshot, name: string): [Line[], Line[]] {
  const open = openIncidents(snapshot).filter(incident => incident.nodes.includes(name))
  const closed = snapshot.state.incidents.closed.filter(incident => incident.nodes.includes(name)).reverse()
  const all = [...open, ...closed]
  const incidents = all.map(
    (incident): IncidentEntry => ({
      kind: 'incident',
      section: 'incidents',
      key: `incidents ${incident.id}`,
      incident,
    }),
  )
  const acts = [...runsOf(snapshot, name), ...all.flatMap(wordsAbout)].sort((a, b) => b.at - a.at)
  return [
    [
      heading('incidents', 'incidents', all.length === 0 ? 'none of this node is known' : `${open.length} open`),
      ...incidents,
    ],
    [heading('actions', 'done by people', acts.length === 0 ? 'nothing is known' : ''), ...acts],
  ]
}

export function runsOf({ state }: Pick<Snapshot, 'state'>, name: string): RunEntry[] {
  return [...Object.values(state.exec.open), ...state.exec.closed]
    .filter(run => run.nodes.includes(name))
    .map(run => ({ kind: 'run', section: 'actions', key: `actions ${run.id}`, at: run.at, run }))
}

function wordsAbout(incident: Incident): WordEntry[] {
  const { id, acknowledged, notes, resolved } = incident
  const entry = (did: string, { at, by }: { at: number; by: string }, text: string, nth = 0): WordEntry => {
    return { kind: 'word', section: 'actions', key: `actions ${id} ${did} ${nth}`, at, by, did, text, incident }
  }
  return [
    ...(acknowledged ? [entry('acknowledged', acknowledged, '')] : []),
    ...notes.map((note, nth) => entry('noted', note, note.text, nth)),
    // What was over by itself nobody did.
    ...(resolved && resolved.by !== 'engine' ? [entry('resolved', resolved, resolved.how)] : []),
  ]
}
