// The incidents as the room knows them: the list, and the page of one.
import { boolean, record, text } from '../room/restore.ts'
import type { Screen } from '../room/screen.ts'
import { placeOf } from '../room/view.ts'
import { createTheme } from '../theme/tokens.ts'
import { type LinesState, movedOn } from '../widgets/lines.ts'
import { cut } from '../widgets/row.ts'
import { incidentActions, incidentsActions } from './actions.ts'
import { incidentOf, pointedEntry } from './entries.ts'
import { incidentHead, incidentsHead } from './head.ts'
import { incidentListRows, listLines } from './list.ts'
import { incidentPageRows, pageLines, pointedNode } from './page.ts'

/** How many lines there are does not depend on how they look. */
const plain = createTheme('none', 'ascii')

export interface IncidentsState extends LinesState {
  filter: string
  openOnly: boolean
}

const firstIncidents: IncidentsState = { selected: null, scroll: 0, filter: '', openOnly: false }

export const incidentsScreen: Screen<IncidentsState, null> = {
  title: 'incidents',
  key: '6',
  initial: firstIncidents,
  nothing: null,
  restore(kept) {
    const { selected, filter, openOnly } = record(kept)
    return {
      ...firstIncidents,
      selected: text(selected, null),
      filter: text(filter, ''),
      openOnly: boolean(openOnly, false),
    }
  },
  subject: id => id,
  head: incidentsHead,
  quiet: () => null,
  rows: incidentListRows,
  move(room, where, height) {
    const snapshot = room.snapshot()
    room.set('incidents', movedOn(listLines(snapshot, plain), snapshot.view.screens.incidents, where, height))
  },
  nodes(snapshot) {
    const entry = pointedEntry(snapshot)
    return entry && 'incident' in entry ? there(entry.incident.nodes, snapshot) : []
  },
  incident(snapshot) {
    const entry = pointedEntry(snapshot)
    return entry?.kind === 'open' ? entry.incident.id : null
  },
  undo(room) {
    const { filter, openOnly } = room.snapshot().view.screens.incidents
    if (filter === '' && !openOnly) return false
    room.set('incidents', { filter: '', openOnly: false, scroll: 0 })
    return true
  },
  actions: incidentsActions,
}

const firstIncident: LinesState = { selected: null, scroll: 0 }

export const incidentScreen: Screen<LinesState, null> = {
  title: 'incident',
  key: null,
  initial: firstIncident,
  nothing: null,
  restore: () => firstIncident,
  subject(id, snapshot) {
    const incident = incidentOf(snapshot, id)
    return incident ? cut(incident.scope === 'hq' ? 'HQ is blind' : incident.subject, 30) : id
  },
  head: incidentHead,
  quiet: () => null,
  rows: incidentPageRows,
  move(room, where, height) {
    const snapshot = room.snapshot()
    room.set('incident', movedOn(pageLines(snapshot, plain), snapshot.view.screens.incident, where, height))
  },
  nodes(snapshot) {
    const node = pointedNode(snapshot, plain)
    return node === null ? [] : there([node], snapshot)
  },
  incident: ({ view }) => placeOf(view).subject,
  undo: () => false,
  actions: incidentActions,
}

function there(nodes: readonly string[], { live }: Parameters<Screen<object, null>['nodes']>[0]): readonly string[] {
  return nodes.filter(node => Object.hasOwn(live.fleet.nodes, node))
}
