// Looks at everything in time: spread over the interval, joined where one trip serves many, never twice at once.
import { createMatcher } from '../../infra/local/match.ts'
import type { Clock } from '../../state/primitives/clock.ts'
import type { Fleet, FleetNode, ProbeInstance } from '../fleet/fleet.ts'
import { createDueWheel, placeOf } from './due-wheel.ts'
import { batchDeadlineMs, type HostLook, lookAtHost } from './host-batch.ts'
import type { DirectProbe, Outcome, ProbeContext, ProbeKind, Sample } from './probe.ts'
import { couldNotLook } from './probes/network.ts'

export type ScheduledContext = Omit<ProbeContext, 'scratch' | 'periodic' | 'match'>

export interface SchedulerOptions {
  fleet: Fleet
  kinds: ReadonlyMap<string, ProbeKind>
  /** Everything but what the scheduler itself knows. Called for each look: cheap, please. */
  context(probe: ProbeInstance, node: FleetNode): ScheduledContext
  clock: Clock
  /** 32 hex digits from a cryptographic source. */
  random(): string
  onSample(sample: Sample): void
  /** A probe threw or did not end: our bug, named for the log. */
  onBug(message: string, error: unknown): void
  /** As it really is; default: as declared. */
  isLive?(node: FleetNode): boolean
  /** Looks under way at once; a node's joined host probes count as one. Default 512, so that the dead cannot starve the living. */
  atOnce?: number
}

export interface Scheduler {
  start(): void
  /** Looks now at these nodes (default: all live ones) without moving the schedule; joins looks that are under way. */
  checkNow(nodes?: readonly string[]): Promise<Sample[]>
  /** What is the same in the new fleet keeps its place and its memory; the rest is looked at soon. */
  reload(fleet: Fleet): void
  stats(): { probes: number; running: number; waiting: number }
  /** Ends what is under way; its samples are dropped. */
  stop(): Promise<void>
}

interface Entry {
  node: FleetNode
  probe: ProbeInstance
  kind: ProbeKind
  scratch: Map<string, number>
  dueMs: number
  /** Whether `dueMs` stands on the node's own place in the interval yet. */
  placed: boolean
  busy: boolean
  /** Its look did not end at its deadline and is still somewhere. */
  stuck: boolean
  /** Taken out by a reload: its samples no longer count. */
  gone: boolean
  waiters: ((sample: Sample) => void)[]
}

interface Job {
  entries: readonly Entry[]
  timeoutMs: number
  run(signal: AbortSignal): Promise<readonly Outcome[]>
}

interface Running {
  job: Job
  controller: AbortController
  deadlineMs: number
  givenUpMs: number
  settled: Promise<void>
}

/** After its deadline a look gets this long to end by itself. */
const graceMs = 2000
/** Kinds that look in bulk share starting points this far apart: one process for many targets. */
const bulkStepMs = 5000
/** Looks begin at this rate after a start. */
const startMsPerNode = 10

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { clock, kinds } = options
  const atOnce = options.atOnce ?? 512
  const isLive = options.isLive ?? ((node: FleetNode) => node.lifecycle === 'live')
  const wheel = createDueWheel<Entry>(clock.mono())
  const running = new Set<Running>()
  const matcher = createMatcher(clock)
  let entries = new Map<string, Entry>()
  let waiting: Job[] = []
  let started = false
  let stopped = false
  let cancelTimer: (() => void) | null = null

  function contextOf(entry: Entry): ProbeContext {
    // Somebody waits for this look: it is an operator's own.
    const periodic = entry.waiters.length === 0
    const about = `${entry.probe.node} ${entry.probe.id}`
    return {
      ...options.context(entry.probe, entry.node),
      scratch: entry.scratch,
      periodic,
      match: (patterns, texts) => matcher.match({ about, patterns, texts }),
    }
  }

  function bug(probe: ProbeInstance, error: unknown): Outcome {
    options.onBug(`the ${probe.kind} probe ${probe.id} of ${probe.node} threw`, error)
    return couldNotLook(
      `could not look: a bug in the ${probe.kind} probe (${error instanceof Error ? error.message : String(error)})`,
    )
  }

  function tell(entry: Entry, outcome: Outcome): void {
    if (stopped) return
    const { probe } = entry
    const sample: Sample = { ...outcome, node: probe.node, probe: probe.id, kind: probe.kind, at: clock.now() }
    const waiters = entry.waiters
    if (waiters.length > 0) {
      entry.waiters = []
      for (const waiter of waiters) waiter(sample)
    }
    if (!entry.gone) options.onSample(sample)
  }

  /** Sorts due looks into as few trips as possible and queues them; push kinds are judged on the spot. */
  function begin(due: readonly Entry[], first: boolean): void {
    const byHost = new Map<string, Entry[]>()
    const byBulk = new Map<DirectProbe, Entry[]>()
    const jobs: Job[] = []
    for (const entry of due) {
      if (entry.busy) {
        if (entry.stuck) tell(entry, couldNotLook('could not look: the look before has not ended'))
        continue
      }
      const { kind, probe } = entry
      switch (kind.from) {
        case 'push':
          tell(entry, judged(entry))
          break
        case 'host':
          entry.busy = true
          gather(byHost, probe.node, entry)
          break
        case 'hq':
          entry.busy = true
          if (kind.lookMany) gather(byBulk, kind, entry)
          else jobs.push(single(entry, kind))
          break
      }
    }
    for (const group of byHost.values()) jobs.push(hostJob(group))
    for (const [kind, group] of byBulk) jobs.push(bulkJob(group, kind))
    waiting = first ? [...jobs, ...waiting] : waiting.concat(jobs)
    startWaiting()
  }

  function judged(entry: Entry): Outcome {
    try {
      return entry.kind.from === 'push'
        ? entry.kind.judge(entry.probe, contextOf(entry))
        : couldNotLook('could not look: not a push probe')
    } catch (error) {
      return bug(entry.probe, error)
    }
  }

  function single(entry: Entry, kind: DirectProbe): Job {
    return {
      entries: [entry],
      timeoutMs: entry.probe.timeoutMs,
      run: async signal => [await kind.look(entry.probe, contextOf(entry), signal)],
    }
  }

  function hostJob(group: readonly Entry[]): Job {
    const looks = (): HostLook[] =>
      group.flatMap(entry =>
        entry.kind.from === 'host' ? [{ kind: entry.kind, probe: entry.probe, context: contextOf(entry) }] : [],
      )
    return {
      entries: group,
      timeoutMs: batchDeadlineMs(group),
      run: signal => lookAtHost(looks(), { random: options.random, bug }, signal),
    }
  }

  function bulkJob(group: readonly Entry[], kind: DirectProbe): Job {
    return {
      entries: group,
      timeoutMs: Math.max(...group.map(entry => entry.probe.timeoutMs)) + group.length * 2,
      async run(signal) {
        const looks = group.map(entry => ({ probe: entry.probe, context: contextOf(entry) }))
        const together = await kind.lookMany?.(looks, signal)
        if (together) return together
        // No program for many: each by itself, and one that throws harms no other.
        return Promise.all(
          looks.map(({ probe, context }) => kind.look(probe, context, signal).catch(error => bug(probe, error))),
        )
      },
    }
  }

  function startWaiting(): void {
    if (stopped) return
    const room = atOnce - running.size
    if (room <= 0 || waiting.length === 0) return
    const jobs = waiting.slice(0, room)
    waiting = waiting.slice(room)
    for (const job of jobs) launch(job)
  }

  function launch(job: Job): void {
    const controller = new AbortController()
    const deadlineMs = clock.mono() + job.timeoutMs
    let look: Promise<readonly Outcome[]>
    try {
      look = job.run(controller.signal)
    } catch (error) {
      look = Promise.reject(error)
    }
    const mine: Running = {
      job,
      controller,
      deadlineMs,
      givenUpMs: deadlineMs + graceMs,
      settled: look.then(
        outcomes => settle(mine, entry => outcomes[job.entries.indexOf(entry)] ?? null),
        error => settle(mine, entry => bug(entry.probe, error)),
      ),
    }
    running.add(mine)
  }

  function settle(mine: Running, outcomeOf: (entry: Entry) => Outcome | null): void {
    const inTime = running.delete(mine)
    for (const entry of mine.job.entries) {
      entry.busy = false
      entry.stuck = false
      // Given up before: its sample has been told, and an answer that late describes another time.
      if (inTime && !stopped) tell(entry, outcomeOf(entry) ?? bug(entry.probe, new Error('no outcome')))
    }
    startWaiting()
  }

  /** Deadlines of all that runs, in one pass: no timer a look. */
  function enforceDeadlines(now: number): void {
    for (const mine of running) {
      if (now < mine.deadlineMs) continue
      if (!mine.controller.signal.aborted) mine.controller.abort(new Error('deadline'))
      if (now < mine.givenUpMs) continue
      running.delete(mine)
      for (const entry of mine.job.entries) {
        entry.stuck = true
        options.onBug(`the ${entry.probe.kind} probe ${entry.probe.id} of ${entry.probe.node} does not end`, null)
        tell(entry, couldNotLook('could not look: the probe did not end at its deadline'))
      }
    }
    startWaiting()
  }

  function tick(): void {
    cancelTimer = null
    if (stopped) return
    const now = clock.mono()
    enforceDeadlines(now)
    const due: Entry[] = []
    // A `check` alone needs the deadlines, not the schedule.
    if (!started) {
      plan()
      return
    }
    for (const entry of wheel.take(now)) {
      if (entry.gone) continue
      const { everyMs } = entry.probe
      entry.dueMs = entry.placed ? entry.dueMs + everyMs : onGrid(entry)
      entry.placed = true
      // Intervals that were slept through are skipped, not made up for.
      if (entry.dueMs <= now) entry.dueMs += everyMs * Math.ceil((now - entry.dueMs + 1) / everyMs)
      wheel.add(entry)
      if (isLive(entry.node)) due.push(entry)
    }
    if (due.length > 0) begin(due, false)
    plan()
  }

  function plan(): void {
    if (stopped || (!started && running.size === 0 && waiting.length === 0)) return
    cancelTimer?.()
    cancelTimer = clock.after(wheel.waitMs(clock.mono(), running.size > 0 ? 500 : 1000), tick)
  }

  /** The first look comes soon, the second falls on the node's own place in the interval and stays there. */
  function firstDue(entry: Entry, now: number, nodes: number): number {
    const place = placeOf(entry.node.name)
    const soon = place % Math.max(1, Math.min(entry.probe.everyMs, Math.max(1000, nodes * startMsPerNode)))
    const isBulk = entry.kind.from === 'hq' && entry.kind.lookMany !== undefined
    return now + (isBulk ? soon - (soon % bulkStepMs) : soon)
  }

  /** Moves the due point so that after the first look (in `begin`) the entry stands on its place of the grid. */
  function onGrid(entry: Entry): number {
    const { everyMs } = entry.probe
    const place = placeOf(entry.node.name) % everyMs
    const isBulk = entry.kind.from === 'hq' && entry.kind.lookMany !== undefined
    const wanted = isBulk ? place - (place % bulkStepMs) : place
    const ahead = (((wanted - entry.dueMs) % everyMs) + everyMs) % everyMs
    // At least a quarter of an interval apart from the first look, at most one and a quarter.
    return entry.dueMs + (ahead < everyMs / 4 ? ahead + everyMs : ahead)
  }

  function load(fleet: Fleet): void {
    const now = clock.mono()
    const next = new Map<string, Entry>()
    for (const probe of fleet.probes) {
      const node = fleet.nodes.get(probe.node)
      const kind = kinds.get(probe.kind)
      if (!node || !kind) continue
      const key = `${probe.node}\n${probe.id}`
      const known = entries.get(key)
      if (known && known.probe.everyMs === probe.everyMs && isSame(known.probe, probe) && isSame(known.node, node)) {
        known.probe = probe
        known.node = node
        next.set(key, known)
        continue
      }
      const entry: Entry = {
        node,
        probe,
        kind,
        scratch: known?.scratch ?? new Map(),
        dueMs: 0,
        placed: false,
        busy: false,
        stuck: false,
        gone: false,
        waiters: [],
      }
      entry.dueMs = firstDue(entry, now, fleet.nodes.size)
      next.set(key, entry)
      wheel.add(entry)
    }
    for (const [key, entry] of entries) if (next.get(key) !== entry) entry.gone = true
    entries = next
  }

  load(options.fleet)

  return {
    start() {
      if (started) return
      started = true
      plan()
    },
    async checkNow(nodes) {
      if (stopped) return []
      const wanted = nodes === undefined ? null : new Set(nodes)
      const chosen = [...entries.values()].filter(
        entry => isLive(entry.node) && (wanted === null || wanted.has(entry.node.name)),
      )
      const samples = chosen.map(entry => new Promise<Sample>(resolve => entry.waiters.push(resolve)))
      begin(chosen, true)
      plan()
      return Promise.all(samples)
    },
    reload(fleet) {
      load(fleet)
      plan()
    },
    stats: () => ({ probes: entries.size, running: running.size, waiting: waiting.length }),
    async stop() {
      const under = [...running]
      for (const entry of entries.values()) {
        for (const waiter of entry.waiters) {
          const { probe } = entry
          const outcome = couldNotLook('could not look: the engine is stopping')
          waiter({ ...outcome, node: probe.node, probe: probe.id, kind: probe.kind, at: clock.now() })
        }
        entry.waiters = []
      }
      stopped = true
      cancelTimer?.()
      waiting = []
      wheel.clear()
      for (const mine of under) mine.controller.abort(new Error('stopped'))
      // One that ignores its signal does not keep the engine from ending.
      await Promise.race([
        Promise.all(under.map(mine => mine.settled)),
        new Promise<void>(resolve => clock.after(graceMs, resolve)),
      ])
      await matcher.close()
    },
  }

  function gather<K>(groups: Map<K, Entry[]>, key: K, entry: Entry): void {
    const group = groups.get(key)
    if (group) group.push(entry)
    else groups.set(key, [entry])
  }
}

/** Plain data from a file: equal when written equal. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}
