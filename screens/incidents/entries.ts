// What the list of incidents holds: open ones (worst, newest first), silences and windows in force or to come, closed ones. Pure.

import type { FleetState } from '../../src/engine/fleet-state.ts'
import type { Incident, MaintenanceWindow } from '../../src/incidents/shapes.ts'
import type { Snapshot } from '../room/room.ts'
import { filterBy } from '../widgets/filter.ts'
import { openIncidents } from './open.ts'

type Silence = FleetState['incidents']['silences'][number]

export type Entry =
  | { kind: 'open' | 'closed'; key: string; incident: Incident }
  | { kind: 'silence'; key: string; silence: Silence }
  | { kind: 'window'; key: string; window: MaintenanceWindow }

export interface Entries {
  open: readonly Entry[]
  quiet: readonly Entry[]
  closed: readonly Entry[]
}

export function entriesOf(snapshot: Snapshot): Entries {
  const { state, live, now, memo } = snapshot
  const { filter, openOnly } = snapshot.view.screens.incidents
  return memo('incident entries', [state.incidents, live.fleet, now, filter, openOnly], () => {
    const { closed, silences, maintenance } = state.incidents
    const fits = filterBy(filter)
    const isShown = (entry: Entry) => filter === '' || fits(filterable(entry, snapshot))
    const begins = (entry: Entry) => (entry.kind === 'window' ? entry.window.from : 0)
    const quiet: Entry[] = [
      ...silences.map((silence): Entry => ({ kind: 'silence', key: silence.id, silence })),
      ...maintenance.map((window): Entry => ({ kind: 'window', key: window.id, window })),
    ].filter(entry => untilOf(entry) > now)
    return {
      open: openIncidents(snapshot)
        .map((incident): Entry => ({ kind: 'open', key: incident.id, incident }))
        .filter(isShown),
      quiet: quiet.sort((a, b) => begins(a) - begins(b) || untilOf(a) - untilOf(b)).filter(isShown),
      closed: openOnly
        ? []
        : [...closed]
            .reverse()
            .map((incident): Entry => ({ kind: 'closed', key: incident.id, incident }))
            .filter(isShown),
    }
  })
}

function untilOf(entry: Entry): number {
  if (entry.kind === 'silence') return entry.silence.until
  return entry.kind === 'window' ? entry.window.until : 0
}

/** The entry under the cursor; the first where there is none. */
export function pointedEntry(snapshot: Snapshot): Entry | null {
  const { open, quiet, closed } = entriesOf(snapshot)
  const all = [...open, ...quiet, ...closed]
  const { selected } = snapshot.view.screens.incidents
  return all.find(({ key }) => key === selected) ?? all[0] ?? null
}

/** By its id, open or closed. */
export function incidentOf({ state }: Pick<Snapshot, 'state'>, id: string | null): Incident | null {
  if (id === null) return null
  const { open, closed } = state.incidents
  return (Object.hasOwn(open, id) ? open[id] : closed.find(one => one.id === id)) ?? null
}

function filterable(entry: Entry, { live }: Snapshot): { text: string; tags: readonly string[] } {
  switch (entry.kind) {
    case 'silence':
    case 'window': {
      const { selector, by, reason } = entry.kind === 'silence' ? entry.silence : entry.window
      const kind = entry.kind === 'silence' ? 'silence' : 'maintenance window'
      return { text: `${kind} ${selector} ${by} ${reason}`.toLowerCase(), tags: tagsIn(selector) }
    }
    case 'open':
    case 'closed': {
      const { severity, title, nodes, acknowledged, subject } = entry.incident
      const tags = new Set(nodes.flatMap(node => live.fleet.nodes[node]?.tags ?? []))
      const text = `${severity} ${entry.kind} ${title} ${subject} ${nodes.join(' ')} ${acknowledged?.by ?? ''}`
      return { text: text.toLowerCase(), tags: [...tags] }
    }
  }
}

function tagsIn(selector: string): string[] {
  return selector.split(',').flatMap(term => (term.trim().startsWith('@') ? [term.trim().slice(1)] : []))
}
