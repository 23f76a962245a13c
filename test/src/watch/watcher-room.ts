// A small room to watch in: a fleet, a virtual clock, the three nouns that watching writes to, and a world that answers
// or not. No disk and no sockets: those are tested where they are.

import { type AlertsEvent, alertsNoun } from '../../../src/alerts/noun.ts'
import type { LiveProbe } from '../../../src/engine/engine.ts'
import type { FleetState } from '../../../src/engine/fleet-state.ts'
import type { Fleet, FleetNode, ProbeInstance } from '../../../src/fleet/fleet.ts'
import { type IncidentsCommand, type IncidentsEvent, incidentsNoun } from '../../../src/incidents/noun.ts'
import { machinesNoun } from '../../../src/machines/noun.ts'
import { moneyNoun } from '../../../src/money/noun.ts'
import type { CanaryResult } from '../../../src/watch/blindness.ts'
import type { KindRule } from '../../../src/watch/judge-rules.ts'
import { type WatchCommand, type WatchEvent, watchNoun } from '../../../src/watch/noun.ts'
import { createWatcher, type Watcher } from '../../../src/watch/watcher.ts'
import type { SlotState } from '../../../state/history/history.ts'
import { VirtualClock } from '../../../state/primitives/clock.ts'
import { nodeText } from '../../../state/primitives/node-text.ts'
import { checker } from '../../../state/primitives/schema.ts'
import { fleet, node } from '../fleet/sample.ts'

const startOfTime = Date.UTC(2026, 2, 1)
export type AnyEvent = WatchEvent | IncidentsEvent | AlertsEvent

const kinds: ReadonlyMap<string, KindRule> = new Map([
  ['ping', { effect: 'down', from: 'hq' }],
  ['http', { effect: 'down', from: 'hq' }],
  ['units', { effect: 'degraded', from: 'host' }],
  ['heartbeat', { effect: 'down', from: 'push' }],
] as const)

export function nodeNamed(name: string, more: Partial<FleetNode> = {}): FleetNode {
  return node(name, { provider: 'aws', address: '192.0.2.1', ...more })
}

export function probeOf(node: string, kind: string, more: Partial<ProbeInstance> = {}): ProbeInstance {
  const common = {
    target: `${node}:${kind}`,
    everyMs: 30_000,
    timeoutMs: 5_000,
    failures: 1,
    severity: null,
    options: {},
  }
  return { id: kind, node, kind, ...common, ...more }
}

export function fleetOf(
  nodes: readonly FleetNode[],
  probes: readonly ProbeInstance[],
  more: Partial<Fleet> = {},
): Fleet {
  return fleet(nodes, {
    probes: [...probes],
    alerts: [{ to: 'ntfy:https://ntfy.example/clavitor-alerts', from: 'SEV2' }],
    ...more,
  })
}

export const emptyState: FleetState = {
  fleet: { accepted: null, proposed: null, refused: null, lifecycle: {} },
  watch: watchNoun.initial,
  incidents: incidentsNoun.initial,
  alerts: alertsNoun.initial,
  exec: { open: {}, closed: [] },
  machines: machinesNoun.initial,
  money: moneyNoun.initial,
}

export function foldAll(state: FleetState, events: readonly AnyEvent[], at: number, by = 'engine'): FleetState {
  const commit = { seq: 0, at, by }
  let next = state
  for (const event of events) {
    if (event.type.startsWith('watch.'))
      next = { ...next, watch: watchNoun.reduce(next.watch, event as WatchEvent, commit) }
    else if (event.type.startsWith('incidents.')) {
      next = { ...next, incidents: incidentsNoun.reduce(next.incidents, event as IncidentsEvent, commit) }
    } else next = { ...next, alerts: alertsNoun.reduce(next.alerts, event as AlertsEvent, commit) }
  }
  return next
}

const command = checker(watchNoun.commands['watch.observe'])

export class Room {
  readonly clock = new VirtualClock(startOfTime)
  readonly events: AnyEvent[] = []
  readonly slots: { node: string; state: SlotState; at: number }[] = []
  readonly rows: { node: string; ok: boolean | null }[] = []
  readonly live: LiveProbe[][] = []
  fleet: Fleet
  state: FleetState = emptyState
  /** What the canaries see; null: there are none. */
  canaries: (() => CanaryResult[]) | null = null
  /** How the world answers a look: true, false, null; undefined: no look happens. */
  world: (node: string, probe: ProbeInstance) => boolean | null | undefined = () => true
  /** Whether a node's push arrives. */
  pushes: (node: string) => boolean = () => true
  /** The next writes fail. */
  diskIsFull = false
  commits = 0
  trouble: string | null = null
  watcher: Watcher
  private ids = 0
  private second = 0

  constructor(fleet: Fleet, more: { canaries?: () => CanaryResult[] } = {}) {
    this.fleet = fleet
    this.canaries = more.canaries ?? null
    this.watcher = this.start()
  }

  /** A new engine over the same durable state; the old one is gone without a word. */
  start(): Watcher {
    this.watcher = createWatcher({
      clock: this.clock,
      fleet: this.fleet,
      state: () => this.state,
      do: async one => this.do(one),
      history: {
        append: rows => this.rows.push(...rows.map(row => ({ node: row.node, ok: row.ok }))),
        health: (node, state, at) => this.slots.push({ node, state, at }),
      },
      kinds,
      onLive: samples => this.live.push([...samples]),
      onTrouble: trouble => {
        this.trouble = trouble
      },
      ...(this.canaries === null ? {} : { canaries: { look: async () => this.canaries?.() ?? [] } }),
    })
    return this.watcher
  }

  do(one: WatchCommand): void {
    if (this.diskIsFull) throw new Error('no space left')
    const wrong = command.errors(one)
    if (wrong.length > 0) throw new Error(JSON.stringify(wrong))
    const context = {
      now: this.clock.now(),
      by: 'engine',
      roles: [],
      id: (prefix: string) => `${prefix}-${++this.ids}`,
    }
    this.fold(watchNoun.decide(this.state, one, context))
  }

  person(one: IncidentsCommand, by = 'noc'): void {
    const context = {
      now: this.clock.now(),
      by,
      roles: ['operator'],
      id: (prefix: string) => `${prefix}-${++this.ids}`,
    }
    this.fold(incidentsNoun.decide(this.state, one, context), by)
  }

  private fold(events: readonly AnyEvent[], by = 'engine'): void {
    if (events.length === 0) return
    this.commits += 1
    this.events.push(...events)
    this.state = foldAll(this.state, events, this.clock.now(), by)
  }

  /** Seconds pass: probes look and nodes push, each node at its own place in the interval; the engine ticks. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i += 1) {
      this.second += 1
      this.clock.advance(1_000)
      let place = 0
      for (const probe of this.fleet.probes) {
        place += 7
        const every = probe.everyMs / 1_000
        if (this.second % every !== place % every) continue
        if (kinds.get(probe.kind)?.from === 'push') {
          if (this.pushes(probe.node)) {
            this.watcher.heartbeat(probe.node, {
              at: this.clock.now(),
              status: 'up',
              values: { ram_mb: 41 },
              facts: {},
            })
          }
          continue
        }
        const ok = this.world(probe.node, probe)
        if (ok === undefined) continue
        const detail = nodeText(ok === true ? 'answers' : 'no answer')
        this.watcher.sample({
          node: probe.node,
          probe: probe.id,
          kind: probe.kind,
          at: this.clock.now(),
          ok,
          ms: ok ? 12 : null,
          detail,
        })
      }
      await this.watcher.tick()
      // What a canary round found is written by itself: let it.
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  health(node: string): string | undefined {
    return this.state.watch.nodes[node]?.health
  }

  healths(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const one of Object.values(this.state.watch.nodes)) counts[one.health] = (counts[one.health] ?? 0) + 1
    return counts
  }

  open() {
    return Object.values(this.state.incidents.open)
  }

  queued() {
    return this.events.filter(event => event.type === 'alerts.queued').map(event => event.alert)
  }

  /** Alerts whose moment has come and that nobody withdrew. */
  due() {
    return Object.values(this.state.alerts.outbox).filter(alert => alert.nextAt <= this.clock.now())
  }
}

export const names = Array.from({ length: 20 }, (_, index) => `node${String(index + 1).padStart(2, '0')}`)
const hq = nodeNamed('zurich', { isHq: true, provider: 'static' })

/** The 21-node fleet: HQ and 20 nodes of one provider in five regions. */
export function bigFleet() {
  const nodes = [hq, ...names.map((name, index) => nodeNamed(name, { region: `region-${index % 5}` }))]
  const probes = nodes.flatMap(node => [
    probeOf(node.name, 'ping'),
    ...(node.isHq ? [] : [probeOf(node.name, 'heartbeat'), probeOf(node.name, 'units')]),
  ])
  return fleetOf(nodes, probes)
}

export function smallFleet(...probes: string[]) {
  return fleetOf(
    [nodeNamed('paris')],
    probes.map(kind => probeOf('paris', kind)),
  )
}

export const seeing = (): CanaryResult[] => [{ name: 'gateway', ok: true, detail: 'answers' }]
export const cut = (): CanaryResult[] => [
  { name: 'gateway', ok: false, detail: 'no answer to ping' },
  { name: '192.0.2.1:53', ok: false, detail: 'no answer' },
]
