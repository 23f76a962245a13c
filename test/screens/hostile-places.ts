// Where text from outside reaches a screen, and the screens it reaches. A new field is one line in `places`, a new screen
// one line in `views`: the test then puts every hostile string there.
import { densities } from '../../screens/overview/state.ts'
import type { Room } from '../../screens/room/room.ts'
import { screenIds } from '../../screens/screens.ts'
import type { FleetNode } from '../../src/fleet/fleet.ts'
import type { Incident } from '../../src/incidents/shapes.ts'
import type { CostLine, CostReport } from '../../src/money/shapes.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'
import { fakeCost, fakeDrift, fakeLaunch, fakeOffers, fakePlan } from './fake-money.ts'

export interface Place {
  name: string
  put(on: { engine: FakeEngine; room: Room }, text: string): void
  /** No screen shows it so far; it is put there all the same. */
  isUnseen?: true
}

/** The node that the fields belong to. */
export const victim = nodeName(1)

export const places: readonly Place[] = [
  { name: 'what a probe says', put: ({ engine }, text) => failed(engine, { detail: nodeText(text, 200_000) }) },
  { name: 'what a probe looks at', put: ({ engine }, text) => failed(engine, { target: text }) },
  { name: 'the name of a probe', put: ({ engine }, text) => engine.sample(victim, { probe: text, kind: 'units' }) },
  { name: 'a fact', put: ({ engine }, text) => pushed(engine, { facts: { nix_gen: nodeText(text, 200_000) } }) },
  { name: 'the name of a fact', put: ({ engine }, text) => pushed(engine, { facts: { [text]: nodeText('a fact') } }) },
  { name: 'the name of a value', put: ({ engine }, text) => pushed(engine, { values: { [text]: 1 } }) },
  { name: 'why a node is down', put: ({ engine }, text) => engine.setHealth(victim, 'down', { reason: text }) },
  { name: 'the title of an incident', put: ({ engine }, text) => opened(engine, { title: text }) },
  { name: 'who has an incident', put: ({ engine }, text) => opened(engine, { acknowledged: { at: start, by: text } }) },
  {
    name: 'a note on an incident',
    put: ({ engine }, text) => opened(engine, { notes: [{ at: start, by: text, text }] }),
    isUnseen: true,
  },
  { name: 'the name of a node', put: ({ engine }, text) => named(engine, text) },
  { name: 'the name of the fleet', put: ({ engine }, text) => inFleet(engine, { name: text }) },
  { name: 'a region', put: ({ engine }, text) => onNode(engine, { region: text }) },
  { name: 'a city', put: ({ engine }, text) => onNode(engine, { city: text }) },
  { name: 'a tag', put: ({ engine }, text) => onNode(engine, { tags: [text, text] }) },
  { name: 'a host name', put: ({ engine }, text) => onNode(engine, { host: text }) },
  { name: 'an address', put: ({ engine }, text) => onNode(engine, { address: text, mesh: text }) },
  { name: 'a type of machine', put: ({ engine }, text) => onNode(engine, { type: text, arch: text }) },
  {
    name: 'the currency of a price',
    put: ({ engine }, text) => onNode(engine, { cost: { monthlyMicros: 1, currency: text } }),
  },
  {
    name: 'trouble of the engine',
    put: ({ engine }, text) => engine.setLive(live => ({ ...live, engine: { ...live.engine, troubles: [text] } })),
  },
  {
    name: 'why HQ is blind',
    put: ({ engine }, text) =>
      engine.setState(state => ({ ...state, watch: { ...state.watch, blind: { since: start, why: text } } })),
  },
  { name: 'why the link is lost', put: ({ engine }, text) => engine.tell({ kind: 'link', up: false, why: text }) },
  {
    name: 'an error of the fleet file',
    put: ({ engine }, text) => fleetFile(engine, { refused: { sha256: '', at: start, errors: [text, text] } }),
  },
  {
    name: 'a proposed change',
    put: ({ engine }, text) =>
      fleetFile(engine, {
        proposed: {
          sha256: '',
          at: start,
          changes: [{ path: text, kind: 'changed', from: text, to: text, guarded: text }],
        },
      }),
  },
  { name: 'a resource that costs', put: ({ room }, text) => costing(room, { resource: text, sku: text }) },
  { name: 'where what costs is', put: ({ room }, text) => costing(room, { region: text, provider: text }) },
  { name: 'the currency of a cost', put: ({ room }, text) => costing(room, { currency: text }) },
  { name: 'the source of a price', put: ({ room }, text) => costing(room, { source: text }) },
  {
    name: 'why a cost is unknown',
    put: ({ room }, text) => reported(room, { unknown: [{ node: text, what: text, why: text }] }),
  },
  {
    name: 'what changed in a week',
    put: ({ room }, text) =>
      reported(room, { changes: [{ what: text, node: text, currency: text, monthlyMicros: 1 }] }),
    isUnseen: true,
  },
  {
    name: 'a hint to save',
    put: ({ room }, text) =>
      reported(room, { hints: [{ what: text, nodes: [text], currency: text, monthlyMicros: 1 }] }),
    isUnseen: true,
  },
  {
    name: 'a rate of exchange',
    put: ({ room }, text) =>
      reported(room, {
        converted: {
          currency: text,
          rates: [{ from: text, rate: text, date: text }],
          accruedMicros: 1,
          projectionMicros: 1,
          monthlyMicros: 1,
        },
      }),
  },
  {
    name: 'why costs cannot be had',
    put: ({ room }, text) => room.find('money', { ...room.snapshot().found.money, failed: text }),
  },
  { name: 'the month of a report', put: ({ room }, text) => reported(room, { month: text }) },
  { name: 'what an operation meets', put: ({ engine }, text) => launching(engine, text) },
  { name: 'a finding of drift', put: ({ room }, text) => drifted(room, text) },
  { name: 'an offer', put: ({ room }, text) => offered(room, text) },
  { name: 'a plan of provisioning', put: ({ room }, text) => planned(room, text) },
  { name: 'a word at the foot', put: ({ room }, text) => room.change({ toast: { words: text, tone: 'plain' } }) },
  { name: 'a filter', put: ({ room }, text) => room.set('overview', { filter: `!${text}` }) },
]

/** Each is shown with every string; a screen of the registry is there by itself. */
export const views: readonly { name: string; show(room: Room): void }[] = [
  ...densities.map(density => ({
    name: `overview, ${density}`,
    show: (room: Room) => {
      room.open('overview')
      room.set('overview', { density })
    },
  })),
  ...screenIds()
    .filter(id => id !== 'overview' && id !== 'provisioning')
    .map(id => ({ name: id, show: (room: Room) => room.open(id, victim) })),
  { name: 'provisioning', show: room => room.open('provisioning', victim) },
  {
    name: 'node, further down',
    show: room => {
      room.open('node', victim)
      room.set('node', { scroll: 9 })
    },
  },
  { name: 'help', show: room => room.change({ prompt: { kind: 'help', query: '', at: 0 } }) },
  { name: 'palette', show: room => room.change({ prompt: { kind: 'palette', query: 'open n', at: 0 } }) },
]

/** A small fleet in which the victim is in trouble, so that what is said of it is shown. */
export function smallFleet(): FakeEngine {
  const engine = fakeEngine(3)
  engine.setHealth(victim, 'down', { severity: 'SEV1', reason: nodeText('no answer') })
  return engine
}

function failed(engine: FakeEngine, sample: { detail?: ReturnType<typeof nodeText>; target?: string }): void {
  engine.sample(victim, { probe: 'http', ok: false, ...sample })
}

function pushed(
  engine: FakeEngine,
  said: { facts?: Record<string, ReturnType<typeof nodeText>>; values?: Record<string, number> },
): void {
  engine.sample(victim, { probe: 'heartbeat', kind: 'heartbeat', ok: true, ...said })
}

function opened(engine: FakeEngine, incident: Partial<Incident>): void {
  engine.open({ nodes: [victim], ...incident })
}

function inFleet(engine: FakeEngine, fleet: { name: string }): void {
  engine.setLive(live => ({ ...live, fleet: { ...live.fleet, ...fleet } }))
}

function onNode(engine: FakeEngine, facts: Partial<FleetNode>): void {
  engine.setLive(live => {
    const before = live.fleet.nodes[victim]
    if (!before) return live
    return { ...live, fleet: { ...live.fleet, nodes: { ...live.fleet.nodes, [victim]: { ...before, ...facts } } } }
  })
}

/** One more node, named so, in trouble like the victim. */
function named(engine: FakeEngine, name: string): void {
  engine.setLive(live => {
    const node = live.fleet.nodes[victim]
    const probes = live.probes[victim]
    if (!node || !probes) return live
    const nodes = { ...live.fleet.nodes, [name]: { ...node, name } }
    return { ...live, fleet: { ...live.fleet, nodes }, probes: { ...live.probes, [name]: probes } }
  })
  engine.setHealth(name, 'down', { severity: 'SEV1', reason: nodeText('no answer') })
}

function fleetFile(engine: FakeEngine, slice: Partial<ReturnType<FakeEngine['state']>['fleet']>): void {
  engine.setState(state => ({ ...state, fleet: { ...state.fleet, ...slice } }))
}

/** As the engine would have answered, but for what is hostile in it; what was put there before stays. */
function reported(room: Room, more: Partial<CostReport>): void {
  const { found, live } = room.snapshot()
  room.find('money', { ...found.money, current: { ...(found.money.current ?? fakeCost(live.fleet, start)), ...more } })
}

function costing(room: Room, line: Partial<CostLine>): void {
  const { found, live } = room.snapshot()
  const { lines } = found.money.current ?? fakeCost(live.fleet, start)
  room.set('money', {
    expanded: [...room.snapshot().view.screens.money.expanded, `${victim}|${line.currency ?? 'USD'}`],
  })
  reported(room, { lines: lines.map(one => (one.node === victim ? { ...one, ...line } : one)) })
}

function launching(engine: FakeEngine, text: string): void {
  const trouble = { failure: text, code: text, message: text, at: start }
  const open = { 'op-1': { ...fakeLaunch(victim, start), by: text, trouble } }
  engine.setState(state => ({ ...state, machines: { ...state.machines, open } }))
}

function drifted(room: Room, text: string): void {
  const report = fakeDrift(room.snapshot().live.fleet, start)
  const findings = report.findings.map(one => ({
    ...one,
    id: text,
    node: text,
    provider: text,
    region: text,
    what: text,
    remedy: text,
    monthly: { currency: text, micros: 1 },
  }))
  const regions = [{ provider: text, region: text, listed: false, why: text, at: null }]
  room.find('drift', { report: { ...report, regions, findings }, lookingSince: null, failed: text })
}

function offered(room: Room, text: string): void {
  const [first] = fakeOffers(start).rows
  if (!first) return
  const row = { ...first, provider: text, region: text, type: text, arch: text, note: text, currency: text }
  room.find('offers', { report: { rows: [row], unknown: [{ provider: text, region: text, why: text }] }, failed: text })
}

function planned(room: Room, text: string): void {
  const plan = fakePlan(room.snapshot().live.fleet, [victim], start)
  const nodes = plan.nodes.map(({ spec, lines }) => ({
    node: text,
    spec: { ...spec, region: text, type: text, arch: text, image: text },
    lines: lines.map(line => ({ ...line, resource: text, sku: text, currency: text, source: text })),
  }))
  const hostile = {
    ...plan,
    nodes,
    refused: [{ node: text, why: text, remedy: text }],
    monthly: [{ currency: text, micros: 1 }],
    projection: { currency: text, beforeMicros: 1, afterMicros: 2 },
    warnings: [text],
  }
  room.find('provisioning', { id: 'plan-1', subject: victim, plan: hostile, failed: null, at: start })
}
