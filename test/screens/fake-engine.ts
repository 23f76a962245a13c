// An engine in memory: what the screens see is what a test says, at any size of fleet.
import type { Change, Engine, Live, LiveProbe, Questions } from '../../src/engine/engine.ts'
import type { FleetState } from '../../src/engine/fleet-state.ts'
import type { LogLine, LogsAnswer, LogsQuestion } from '../../src/engine/logs-shapes.ts'
import { type AnyCommand, initialState } from '../../src/engine/nouns.ts'
import type { FleetNode } from '../../src/fleet/fleet.ts'
import type { Incident } from '../../src/incidents/shapes.ts'
import type { NodeHealth } from '../../src/watch/shapes.ts'
import type { Point } from '../../state/history/history.ts'
import type { Commit } from '../../state/journal/journal.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import { fakeCost, fakeDrift, fakeOffers, fakePlan, fakeUptime } from './fake-money.ts'

export const start = Date.UTC(2026, 10, 22, 10, 42, 7)

const regions = [
  'eu-west-3',
  'us-east-1',
  'ap-southeast-3',
  'sa-east-1',
  'af-south-1',
  'ap-northeast-2',
  'ca-central-1',
]

export interface FakeEngine extends Engine {
  did: AnyCommand[]
  asked: { kind: string; question: unknown }[]
  setHealth(node: string, health: NodeHealth['health'], more?: Partial<NodeHealth>): void
  sample(node: string, sample: Partial<LiveProbe> & { probe: string }): void
  open(incident: Partial<Incident> & { nodes: string[] }): Incident
  setState(change: (state: FleetState) => FleetState): void
  setLive(change: (live: Live) => Live): void
  /** Tells subscribers, as the engine would. */
  tell(change: Change): void
  /** A line more in the journal of a node; its time is now. */
  log(node: string, line: string | (Partial<Omit<LogLine, 'text'>> & { text: string })): LogLine
  /** Why journals cannot be read from now on; null: they can again. */
  breakLogs(why: string | null): void
  /** The node lets go of all but its last lines. */
  rotate(node: string, kept: number): void
  /** Every command fails so, until it is null again. */
  refuse(error: Error | null): void
  /** The journal in memory, oldest first. */
  commits: Commit[]
  /** Writes a commit and tells of it. */
  commit(draft: Partial<Commit> & Pick<Commit, 'by' | 'events'>): Commit
  /** Evidence → what a command printed. */
  outputs: Record<string, { stdout: string; stderr: string } | null>
  points: (question: Questions['series']['question']) => Point[]
  /** What the clouds hold and cost, as the engine would say; a test puts its own in place. */
  clouds: Clouds
  /** How it was, as the engine would say. */
  past: (question: Questions['past']['question']) => Promise<Questions['past']['answer']>
}

export interface Clouds {
  cost(month: string | null): Questions['cost']['answer']
  drift(fresh: boolean): Promise<Questions['drift']['answer']>
  offers(): Questions['offers']['answer']
  plan(nodes: readonly string[]): Questions['plan']['answer']
}

export function nodeName(index: number): string {
  return `node-${String(index).padStart(5, '0')}`
}

export function fakeEngine(count: number, options: { names?: readonly string[]; now?: () => number } = {}): FakeEngine {
  const now = options.now ?? (() => start)
  const names = options.names ?? Array.from({ length: count }, (_, index) => nodeName(index))
  let state: FleetState = {
    ...initialState,
    watch: {
      ...initialState.watch,
      nodes: Object.fromEntries(
        names.map(name => [name, { health: 'up', since: start - 3_600_000, severity: null, reason: '', causes: [] }]),
      ),
    },
  }
  let live: Live = {
    fleet: {
      name: 'clavitor',
      environment: 'sandbox',
      timezone: 'UTC',
      nodes: Object.fromEntries(names.map((name, index) => [name, fakeNode(name, index)])),
      batches: {},
      budget: null,
    },
    probes: Object.fromEntries(names.map((name, index) => [name, fakeProbes(name, index, now())])),
    sparks: Object.fromEntries(
      names.map((name, index) => [name, Array.from({ length: 20 }, (_, at) => 20 + ((index + at) % 7))]),
    ),
    engine: {
      pid: 4242,
      since: start - 86_400_000,
      version: '0.1.0',
      home: '/var/lib/watchfloor/clavitor',
      homeKind: 'sandbox',
      fleetFile: '/etc/watchfloor/fleet.yaml',
      readOnly: false,
      clients: [],
      troubles: [],
    },
  }
  const listeners = new Set<(change: Change) => void>()
  let seq = 0
  let refusal: Error | null = null
  const journals = new Map<string, LogLine[]>()
  /** Node → newest line that was let go. */
  const gone = new Map<string, number>()
  let written = 0
  let broken: string | null = null
  const did: AnyCommand[] = []
  const commits: Commit[] = []
  const outputs: FakeEngine['outputs'] = {}
  const asked: FakeEngine['asked'] = []

  function tell(change: Change): void {
    for (const listener of listeners) listener(change)
  }
  function committed(): void {
    seq += 1
    tell({ kind: 'events', seq, at: now(), by: 'engine', events: [{ type: 'watch.sighted' }] })
  }

  function logsAnswer({ node, after, before, since, until, priority, unit, limit }: LogsQuestion): LogsAnswer {
    if (broken !== null) return { lines: [], after, truncated: false, failed: broken }
    const wanted = (journals.get(node) ?? []).filter(
      line =>
        (after === null || numberOf(line.cursor) > numberOf(after)) &&
        (before === null || numberOf(line.cursor) < numberOf(before)) &&
        (after !== null || before !== null || since === null || line.at >= since) &&
        (until === null || line.at <= until) &&
        (priority === null || (line.priority !== null && line.priority <= priority)) &&
        (unit === null || line.unit === unit),
    )
    const lines = after === null ? wanted.slice(-limit) : wanted.slice(0, limit)
    const isGap = after !== null && numberOf(after) < (gone.get(node) ?? 0)
    const truncated = lines.length < wanted.length || isGap
    return { lines, after: lines.at(-1)?.cursor ?? after, truncated, failed: null }
  }

  const engine: FakeEngine = {
    did,
    asked,
    commits,
    outputs,
    commit(draft) {
      const commit: Commit = {
        seq: commits.length + 1,
        epoch: 1,
        v: 1,
        at: now(),
        cmd: { id: `c-${commits.length + 1}`, type: draft.events[0]?.type ?? 'none' },
        prev: '0'.repeat(64),
        ...draft,
      }
      commits.push(commit)
      tell({ kind: 'events', seq: commit.seq, at: commit.at, by: commit.by, events: [{ type: 'watch.sighted' }] })
      return commit
    },
    points: ({ from, to, buckets }) =>
      Array.from({ length: buckets }, (_, index) => ({
        at: from + ((to - from) / buckets) * index,
        count: index < buckets / 2 && buckets > 1 ? 0 : 3,
        min: 8,
        avg: 9,
        p95: 12,
        max: 31,
      })),
    clouds: {
      cost: month => fakeCost(live.fleet, now(), month),
      drift: async fresh => fakeDrift(live.fleet, now(), fresh ? now() : undefined),
      offers: () => fakeOffers(now()),
      plan: nodes => fakePlan(live.fleet, nodes, now()),
    },
    by: () => 'noc',
    roles: () => ['operator'],
    past: async ({ at, nodes }) => ({
      at,
      health: Object.fromEntries(names.map(name => [name, 'up' as const])),
      readings: Object.fromEntries(nodes.map(name => [name, { ms: 33, spark: [30, 33] }])),
      oldest: start - 7 * 86_400_000,
    }),
    state: () => state,
    live: () => live,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async do(command) {
      did.push(command)
      if (refusal) throw refusal
      if (command.type === 'incidents.ack') {
        const incident = state.incidents.open[command.id]
        if (incident) {
          const open = {
            ...state.incidents.open,
            [command.id]: { ...incident, acknowledged: { at: now(), by: 'noc' } },
          }
          state = { ...state, incidents: { ...state.incidents, open } }
        }
      }
      if (command.type === 'exec.start') {
        const { id, nodes, argv, deadlineMs } = command
        const run = { id, by: 'noc', at: now(), argv, nodes, deadlineMs, outcomes: {}, endedAt: null }
        state = { ...state, exec: { ...state.exec, open: { ...state.exec.open, [id]: run } } }
      }
      committed()
      return { seq, ids: [] }
    },
    async ask<K extends keyof Questions>(kind: K, question: Questions[K]['question']): Promise<Questions[K]['answer']> {
      asked.push({ kind, question })
      if (kind === 'past')
        return (await engine.past(question as Questions['past']['question'])) as Questions[K]['answer']
      if (kind === 'drift') {
        return (await engine.clouds.drift((question as { fresh: boolean }).fresh)) as Questions[K]['answer']
      }
      const answers: Partial<Record<keyof Questions, unknown>> = {
        series: engine.points(question as Questions['series']['question']),
        slots: Object.fromEntries(
          ((question as { nodes?: string[] }).nodes ?? []).map(node => [node, ['none', 'up', 'down', 'up']]),
        ),
        check: [],
        login: { argv: ['ssh', '-o', 'ForwardAgent=no', '--', '192.0.2.1'], knownHosts: [], where: '192.0.2.1' },
        logs: kind === 'logs' ? logsAnswer(question as LogsQuestion) : null,
        journalBack: kind === 'journalBack' ? pageOf(commits, question as Questions['journalBack']['question']) : null,
        journal:
          kind === 'journal' ? commits.filter(({ seq: one }) => one > (question as { after: number }).after) : [],
        output: outputs[(question as { evidence?: string }).evidence ?? ''] ?? null,
        uptime:
          kind === 'uptime' && (question as { nodes?: string[] }).nodes === undefined
            ? fakeUptime(names, spanOf(question as Questions['uptime']['question']))
            : [
                {
                  name: '',
                  upS: 999,
                  degradedS: 0,
                  downS: 1,
                  unknownS: 0,
                  maintenanceS: 0,
                  ratio: 0.999,
                  coverage: 0.5,
                },
              ],
        cost: kind === 'cost' ? engine.clouds.cost((question as { month: string | null }).month) : null,
        offers: kind === 'offers' ? engine.clouds.offers() : null,
        plan: kind === 'plan' ? engine.clouds.plan((question as { nodes: string[] }).nodes) : null,
      }
      return answers[kind] as Questions[K]['answer']
    },
    async close() {
      listeners.clear()
    },
    setHealth(node, health, more = {}) {
      const known: NodeHealth = { health, since: now(), severity: null, reason: '', causes: [], ...more }
      state = { ...state, watch: { ...state.watch, nodes: { ...state.watch.nodes, [node]: known } } }
      committed()
    },
    sample(node, sample) {
      const before = live.probes[node]?.[sample.probe]
      const next: LiveProbe = {
        ...(before ?? fakeProbe(node, sample.probe, now())),
        ...sample,
        node,
        at: sample.at ?? now(),
      }
      live = { ...live, probes: { ...live.probes, [node]: { ...live.probes[node], [sample.probe]: next } } }
      tell({ kind: 'live', samples: [next], exec: [] })
    },
    open(given) {
      const incident: Incident = {
        id: `inc-${Object.keys(state.incidents.open).length + 1}`,
        scope: 'node',
        subject: given.nodes[0] ?? '',
        severity: 'SEV2',
        title: `${given.nodes[0] ?? 'HQ'} is down`,
        openedAt: now(),
        acknowledged: null,
        resolved: null,
        notes: [],
        ...given,
      }
      state = {
        ...state,
        incidents: { ...state.incidents, open: { ...state.incidents.open, [incident.id]: incident } },
      }
      committed()
      return incident
    },
    setState(change) {
      state = change(state)
      committed()
    },
    setLive(change) {
      live = change(live)
      tell({ kind: 'engine', engine: live.engine })
    },
    log(node, line) {
      written += 1
      const { text, ...more } = typeof line === 'string' ? { text: line } : line
      const made: LogLine = {
        cursor: `s=1;i=${String(written).padStart(8, '0')}`,
        at: now(),
        priority: 6,
        unit: 'nginx.service',
        source: 'nginx',
        boot: 'a'.repeat(32),
        text: nodeText(text),
        ...more,
      }
      const journal = journals.get(node)
      if (journal) journal.push(made)
      else journals.set(node, [made])
      return made
    },
    breakLogs(why) {
      broken = why
    },
    rotate(node, kept) {
      const lines = journals.get(node) ?? []
      const left = lines.slice(lines.length - kept)
      gone.set(node, numberOf(lines[lines.length - kept - 1]?.cursor ?? ''))
      journals.set(node, left)
    },
    tell,
    refuse(error) {
      refusal = error
    },
  }
  return engine
}

function spanOf({ from, to }: Questions['uptime']['question']): number {
  return to - from
}

/** Where a line of the journal in memory stands, by its cursor. */
function numberOf(cursor: string): number {
  return Number(cursor.split('i=')[1] ?? 0)
}

/** As the engine answers: newest first, and where to go on. */
function pageOf(
  commits: readonly Commit[],
  { before, limit, who, text }: Questions['journalBack']['question'],
): Questions['journalBack']['answer'] {
  const fitting = commits.filter(
    one =>
      (before === null || one.seq < before) &&
      (who === 'everyone' || one.by !== 'engine') &&
      (text === undefined || JSON.stringify(one).toLowerCase().includes(text.toLowerCase())),
  )
  const page = fitting.slice(-limit).reverse()
  return { commits: page, before: fitting.length > limit ? (page.at(-1)?.seq ?? null) : null }
}

function fakeNode(name: string, index: number): Omit<FleetNode, 'ssh'> {
  return {
    name,
    provider: index === 0 ? 'static' : 'aws',
    region: index === 0 ? null : (regions[index % regions.length] ?? null),
    city: null,
    type: 't4g.nano',
    arch: 'arm64',
    tags: index % 5 === 0 ? ['pilot'] : ['rest'],
    address: `192.0.2.${index % 250}`,
    host: `${name}.example`,
    mesh: `10.84.0.${index % 250}`,
    isHq: index === 0,
    lifecycle: 'live',
    cost: null,
  }
}

function fakeProbe(node: string, probe: string, at: number): LiveProbe {
  const [kind = probe] = probe.split(':')
  return {
    node,
    probe,
    kind,
    ok: true,
    ms: 24,
    detail: nodeText('answers in 24 ms'),
    at,
    target: `${node}.example`,
    everyMs: 30_000,
  }
}

function fakeProbes(node: string, index: number, at: number): Record<string, LiveProbe> {
  const probes = ['ping:mesh', 'http', 'ssh:public', 'tls', 'units', 'load', 'heartbeat', 'journal']
  const values: Readonly<Record<string, Record<string, number>>> = {
    load: { ram_pct: 30 + (index % 40), disk_pct: 41, cpu_pct: 7 },
    tls: { tls_days: 58 },
    heartbeat: { ram_mb: 171, disk_pct: 38.3, req_1h: 330, err_1h: 0 },
  }
  return Object.fromEntries(
    probes.map(probe => {
      const [kind = ''] = probe.split(':')
      const made = fakeProbe(node, probe, at)
      const found = values[kind]
      return [probe, { ...made, ms: 20 + (index % 200), ...(found ? { values: found } : {}) }]
    }),
  )
}
