// A screen in sentences, with what can be opened from it by a number: the overview, a node, the incidents. Other screens
// are read out as they stand. Pure.
import type { LiveProbe } from '../../src/engine/engine.ts'
import type { Incident } from '../../src/incidents/shapes.ts'
import { entriesOf, incidentOf } from '../incidents/entries.ts'
import { openIncidents } from '../incidents/open.ts'
import { namesOf } from '../overview/arrange.ts'
import { countOf, type ShownNode, shownNode } from '../overview/nodes.ts'
import type { Snapshot } from '../room/room.ts'
import { filterOf, placeOf } from '../room/view.ts'
import { screens } from '../screens.ts'
import { clock } from '../widgets/measure.ts'
import { noticeLines, screenLines } from './words.ts'

/** What a number opens, and the sentence that names it. */
export interface Offer {
  says: string
  screen: 'node' | 'incident'
  subject: string
}

export interface Told {
  lines: readonly string[]
  /** Read out behind the lines, numbered. */
  offers: readonly Offer[]
  /** What may be done now, where that is not plain. */
  hint: string | null
}

export function tell(snapshot: Snapshot): Told {
  const { screen, subject } = placeOf(snapshot.view)
  const notices = noticeLines(snapshot)
  switch (screen) {
    case 'overview':
      return withNotices(notices, tellOverview(snapshot))
    case 'incidents':
      return withNotices(notices, tellIncidents(snapshot))
    case 'incident': {
      const incident = incidentOf(snapshot, subject)
      if (incident) return withNotices(notices, tellIncident(incident, snapshot))
      break
    }
    case 'node':
      if (subject !== null) return withNotices(notices, tellNode(snapshot, subject))
      break
  }
  return { lines: screenLines(snapshot), offers: [], hint: null }
}

function withNotices(notices: readonly string[], told: Told): Told {
  return { ...told, lines: [...notices, ...told.lines] }
}

function tellOverview(now: Snapshot): Told {
  const snapshot = screens.overview.lens?.(now) ?? now
  const { live, order, view } = snapshot
  const { at, marked, selected } = view.screens.overview
  const filter = filterOf(view)
  const names = namesOf(snapshot)
  const incidents = at === null ? openIncidents(snapshot) : []
  const lines = [
    ...(at === null ? [] : [`This is the fleet as it was at ${clock(at, now.now)}. \`later\` comes forth.`]),
    `Fleet ${live.fleet.name}${kindOf(snapshot)}: ${nodesOf(order.length)}, ${countsOf(order, snapshot)}.`,
    ...(filter === '' ? [] : [`Filtered by ${filter}: ${nodesOf(names.length)} of ${order.length}.`]),
    ...targetWords(marked, selected),
  ]
  const nodes = names.flatMap(name => shownNode(snapshot, name) ?? [])
  // Without a filter only what is wrong is worth being read out.
  const told = filter === '' ? nodes.filter(({ health }) => health !== 'up') : nodes
  if (told.length === 0) lines.push(filter === '' ? 'Every node is up.' : 'No node passes the filter.')
  if (incidents.length === 0 && at === null) lines.push('No incident is open.')
  return {
    lines,
    offers: [...told.map(node => nodeOffer(node, now.now)), ...incidents.map(one => incidentOffer(one, now.now))],
    hint: filter === '' ? '`nodes` reads all of them.' : '`back` drops the filter.',
  }
}

/** Nobody sees here what the cursor stands on. */
function targetWords(marked: readonly string[], selected: string | null): string[] {
  if (marked.length > 0) return [`Marked, and hit by what you do: ${marked.join(', ')}.`]
  return selected === null ? [] : [`What you do is done to ${selected}.`]
}

/** All that pass the filter, for `nodes`. */
export function tellNodes(snapshot: Snapshot): Told {
  const nodes = namesOf(snapshot).flatMap(name => shownNode(snapshot, name) ?? [])
  return { lines: [`${nodesOf(nodes.length)}.`], offers: nodes.map(node => nodeOffer(node, snapshot.now)), hint: null }
}

function tellIncidents(snapshot: Snapshot): Told {
  const { open, quiet, closed } = entriesOf(snapshot)
  const offers = [...open, ...closed].flatMap(entry =>
    'incident' in entry ? [incidentOffer(entry.incident, snapshot.now)] : [],
  )
  const quieted = quiet.map(entry => {
    const isSilence = entry.kind === 'silence'
    if (!isSilence && entry.kind !== 'window') return ''
    const { selector, until, by, reason } = isSilence ? entry.silence : entry.window
    const what = isSilence ? 'No alerts are sent about' : 'In maintenance:'
    return `${what} ${selector} until ${clock(until, snapshot.now)}, by ${by}: ${reason}.`
  })
  return {
    lines: [`Incidents: ${open.length} open, ${closed.length} closed.`, ...quieted],
    offers,
    hint: null,
  }
}

function tellIncident(incident: Incident, snapshot: Snapshot): Told {
  const { now } = snapshot
  const { notes, nodes } = incident
  return {
    lines: [
      incidentOffer(incident, now).says,
      ...notes.map(({ at, by, text }) => `At ${clock(at, now)} ${by} noted: ${text}.`),
      notes.length === 0 ? 'There is no note.' : `${notes.length} ${notes.length === 1 ? 'note' : 'notes'}.`,
    ],
    offers: nodes.flatMap(name => shownNode(snapshot, name) ?? []).map(node => nodeOffer(node, now)),
    hint: '`acknowledge` makes it yours, `note` adds a note, `resolve` closes it, `back` goes back.',
  }
}

function tellNode(snapshot: Snapshot, name: string): Told {
  const node = shownNode(snapshot, name)
  if (!node) return { lines: [`The fleet has no node ${name} any more.`], offers: [], hint: '`back` goes back.' }
  const { now } = snapshot
  const probes = Object.values(node.probes)
  const bad = probes.filter(({ ok, warn }) => ok !== true || warn === true)
  const well = probes.filter(probe => !bad.includes(probe))
  const facts = [
    node.where,
    node.city,
    `provider ${node.provider}`,
    node.type,
    node.address && `address ${node.address}`,
  ]
  const about = facts.filter(fact => fact !== null && fact !== '')
  const tags = node.tags.length === 0 ? '' : `, tagged ${node.tags.join(', ')}`
  const incidents = openIncidents(snapshot).filter(({ nodes }) => nodes.includes(name))
  return {
    lines: [
      `${stateOf(node, now)}.`,
      `It is in ${about.join(', ')}${tags}.`,
      `${probes.length} probes: ${well.length} well, ${bad.length} not.`,
      ...[...bad, ...well].map(probe => probeWords(probe, now)),
    ],
    offers: incidents.map(one => incidentOffer(one, now)),
    hint: '`logs` reads its journal, `back` goes back.',
  }
}

function probeWords({ probe, ok, warn, detail, at }: LiveProbe, now: number): string {
  const how = ok === null ? 'could not look' : !ok ? 'fails' : warn === true ? 'warns' : 'well'
  return `${probe}: ${how}, ${detail}${how === 'well' ? '' : `, seen at ${clock(at, now)}`}.`
}

function nodeOffer(node: ShownNode, now: number): Offer {
  return { says: `${stateOf(node, now)}.`, screen: 'node', subject: node.name }
}

function stateOf({ name, health, since, known }: ShownNode, now: number): string {
  const from = since === null ? '' : ` since ${clock(since, now)}`
  return `${name} is ${health === 'maintenance' ? 'in maintenance' : health}${from}${known?.reason ? `: ${known.reason}` : ''}`
}

function incidentOffer({ id, severity, title, nodes, openedAt, acknowledged, resolved }: Incident, now: number): Offer {
  const whose = acknowledged ? `${acknowledged.by} has it` : 'nobody has acknowledged it'
  const how = resolved ? `closed at ${clock(resolved.at, now)} by ${resolved.by}: ${resolved.how}` : whose
  const on =
    nodes.length === 0
      ? ''
      : ` on ${nodes.slice(0, 3).join(', ')}${nodes.length > 3 ? ` and ${nodes.length - 3} more` : ''},`
  return {
    says: `Incident, ${severity}: ${title},${on} since ${clock(openedAt, now)}, ${how}.`,
    screen: 'incident',
    subject: id,
  }
}

function countsOf(names: readonly string[], snapshot: Snapshot): string {
  const counts = countOf(names, snapshot)
  const told = (['down', 'degraded', 'unknown', 'maintenance', 'up'] as const).filter(health => counts[health] > 0)
  return told.map(health => `${counts[health]} ${health === 'maintenance' ? 'in maintenance' : health}`).join(', ')
}

function kindOf({ live }: Snapshot): string {
  const { homeKind, readOnly } = live.engine
  return `${homeKind === 'real' ? '' : `, a ${homeKind}`}${readOnly ? ', read-only' : ''}`
}

function nodesOf(count: number): string {
  return `${count} ${count === 1 ? 'node' : 'nodes'}`
}
