// The live part of watching: samples and pushes come in, health comes out as commands. Everything that judges is pure
// and lies beside this file; here are only the maps, the clock and the order of things:
// first HQ's own sight, then each node, then whether many nodes are one trouble.
import type { History } from '../../state/history/history.ts'
import type { Clock } from '../../state/primitives/clock.ts'
import type { Live, LiveProbe } from '../engine/engine.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { Fleet, FleetNode, ProbeInstance } from '../fleet/fleet.ts'
import { directoryOf } from '../fleet/selector.ts'
import { isUneasy, type Moment, rounded, type Sight, startSight, ticked } from './blindness.ts'
import type { Canaries } from './canaries.ts'
import { createCanaryRounds } from './canary-rounds.ts'
import { judge, look, resumeTrack, startTrack, type Track, validityMs } from './health.ts'
import { fallenNodes, isSameHealth, openGroups } from './judge-change.ts'
import { createDeadlines } from './judge-deadlines.ts'
import { type Group, judgeGroups } from './judge-group.ts'
import { groupsOf, type KindRule, type WatchedNode, watchedNodes } from './judge-rules.ts'
import { createLastLooks } from './last-looks.ts'
import { createMaintenance } from './maintenance.ts'
import { createMemories } from './memories.ts'
import type { WatchCommand } from './noun.ts'
import { createOneWriter } from './one-writer.ts'
import type { Heartbeat, Outcome, Sample } from './probe.ts'
import { createPushes } from './pushes.ts'
import type { NodeHealth } from './shapes.ts'

export interface WatcherOptions {
  clock: Clock
  fleet: Fleet
  state(): FleetState
  /** Decides and journals as `engine`; resolves when durable. */
  do(command: WatchCommand): Promise<unknown>
  history: Pick<History, 'append' | 'health'>
  kinds: ReadonlyMap<string, KindRule>
  onLive(samples: readonly LiveProbe[]): void
  /** HQ's own; without them only standstills and clock jumps blind HQ. */
  canaries?: Canaries
  /** What a push says by its content (the `heartbeat` kind's `judge`); lateness is judged here. */
  judgePush?(probe: ProbeInstance, last: Heartbeat): Outcome
  /** Until when somebody watched, if better known than from the journal (ms since the epoch). */
  watchedUntil?: number
  /** A node's alert waits so long for a group that explains it. Default 30 s. */
  holdMs?: number
  /** Trouble of the watcher itself, or null when it is over. */
  onTrouble?(trouble: string | null): void
}

export interface Watcher {
  /** From the scheduler. Samples of pushed kinds are ignored: this file judges pushes as they come or fail to come. */
  sample(samples: Sample | readonly Sample[]): void
  heartbeat(node: string, heartbeat: Heartbeat): void
  lastHeartbeat(node: string): Heartbeat | null
  /** What a probe wants to know at its next look, even after a restart. */
  remember(node: string, probe: string, memory: Readonly<Record<string, string>>): void
  /** What it remembered last, durable or not yet. */
  memory(node: string, probe: string): Readonly<Record<string, string>>
  /** Once a second. Resolves when what it found is durable. */
  tick(): Promise<void>
  live(): Pick<Live, 'probes' | 'sparks'>
  /** A changed fleet file; what is the same keeps its health. `canaries` replaces HQ's own. */
  reload(fleet: Fleet, canaries?: Canaries): void
  isBlind(): boolean
  /** Writes what waits; nothing is judged afterwards. */
  stop(): Promise<void>
}

const markMs = 15_000
/** After a start or a blindness nodes are unknown for a moment anyway: no event a node says so. */
const settlingMs = 60_000

export function createWatcher(options: WatcherOptions): Watcher {
  const { clock, history } = options
  const moment = (): Moment => ({ wall: clock.now(), mono: clock.mono() })
  const looks = createLastLooks(clock, options.onLive)
  const tracks = new Map<string, Track>()
  const nodeDeadlines = createDeadlines()
  /** Nodes whose durable health may not be what is judged. */
  const dirty = new Set<string>()
  /** When the trouble that is not durable yet was found. */
  const troubleAt = new Map<string, number>()
  const worsensAt = new Map<string, { downSince: number; wall: number }>()
  const memories = createMemories(clock.mono())

  let fleet = options.fleet
  let watched: Map<string, WatchedNode> = watchedNodes(fleet, options.kinds)
  let directory = directoryOf(fleet.nodes.values(), fleet.batches)
  let lifecycle = options.state().fleet.lifecycle
  let groups: Group[] = groupsOf(fleet, isLive)
  let sight: Sight = startSight(moment())
  let lastTick = moment()
  let answeredAt = Number.NEGATIVE_INFINITY
  let settlingUntil = clock.mono() + settlingMs
  let lastMark = clock.mono()
  let isStopped = false

  const pushes = createPushes({
    clock,
    watched: name => watched.get(name),
    isLive: one => isLive(one.node),
    missed: () => fleet.severity.SEV2.missed,
    listeningSince: () => sight.listeningSince,
    judge: options.judgePush,
    onSample: takeSample,
    onStanding: fold,
  })
  const rounds = createCanaryRounds({
    canaries: options.canaries,
    onDone(results, started) {
      if (isStopped) return
      const fastestMs = fleet.probes.reduce((least, probe) => Math.min(least, validityMs(probe)), 60_000)
      const patienceMs = Math.max(5_000, fastestMs)
      see(rounded(sight, results, { started, answeredAt, patienceMs }, moment()))
    },
    // What waited for this round goes out now, not a second later.
    onHeeded: () => void writer.write(),
  })
  const maintenance = createMaintenance(selected)
  const writer = createOneWriter<WatchCommand>({
    next: nextCommand,
    do: command => options.do(command),
    onWritten(command) {
      // History follows what is durable.
      const { watch } = options.state()
      const at = clock.now()
      if (command.blind !== undefined && command.blind !== false) {
        for (const name of watched.keys()) history.health(name, watch.nodes[name]?.health ?? 'unknown', at)
      }
      for (const change of command.changes) history.health(change.node, change.health, at)
      for (const name of command.gone ?? []) history.health(name, 'none', at)
      options.onTrouble?.(null)
    },
    onFailed(command, error) {
      // It stays dirty and goes out with the next tick.
      for (const change of command.changes) dirty.add(change.node)
      memories.putBack(command.memory ?? [])
      options.onTrouble?.(`what was seen cannot be written: ${error instanceof Error ? error.message : String(error)}`)
    },
  })

  resume()

  function isLive(node: FleetNode): boolean {
    return (lifecycle[node.name] ?? node.lifecycle) === 'live'
  }

  /** Goes on where durable state stands: see `resumeTrack`. */
  function resume(): void {
    const { watch } = options.state()
    const now = moment()
    const until = options.watchedUntil ?? watch.watchedUntil ?? Number.NEGATIVE_INFINITY
    const gapMs = Math.max(0, now.wall - until)
    if (watch.blind !== null) sight = { ...sight, blind: watch.blind, provenFrom: now.mono }
    for (const [name, one] of watched) {
      const durable = watch.nodes[name]
      const left = durable?.worsensAt === undefined ? null : Math.max(0, durable.worsensAt - until)
      const track = durable && isLive(one.node) ? resumeTrack(durable, one.rules, gapMs, left, now.mono) : startTrack()
      tracks.set(name, track)
      watchNode(name, now.mono)
      history.health(name, durable && track.shown.health !== 'unknown' ? durable.health : 'unknown', now.wall)
      // What was cut short by the end of the last engine is judged now: a timer moved, or a look is too old.
      reassess(name)
    }
  }

  function watchNode(name: string, now: number): void {
    nodeDeadlines.set(name, now + settlingMs)
    pushes.expect(name, now)
  }

  function takeSample(sample: Sample): void {
    const one = watched.get(sample.node)
    const probe = one?.probes.get(sample.probe)
    const rule = one?.rules.probes.get(sample.probe)
    if (!one || !probe || !rule || isStopped) return
    // What a blind HQ could not reach was not seen to fail.
    const ok = sight.blind !== null && sample.ok === false ? null : sample.ok
    looks.add({ ...sample, ok, target: probe.target, everyMs: probe.everyMs })
    history.append([
      {
        node: sample.node,
        probe: sample.probe,
        at: sample.at,
        ok,
        ms: sample.ms,
        ...(sample.values === undefined ? {} : { values: sample.values }),
      },
    ])
    // A closed port may be a silent machine: that is no answer.
    const isAnswer = sample.ok === true && rule.provesLife !== false
    if (isAnswer && !one.node.isHq && isLive(one.node)) answeredAt = clock.mono()
    fold(one, sample.probe, sample)
  }

  function fold(one: WatchedNode, probe: string, outcome: Outcome): void {
    const name = one.node.name
    const rule = one.rules.probes.get(probe)
    const now = clock.mono()
    if (!rule || !isLive(one.node)) return
    // Nodes are judged afresh when HQ sees again.
    if (sight.blind !== null) return
    tracks.set(name, look(tracks.get(name) ?? startTrack(), rule, outcome, now))
    reassess(name)
  }

  function reassess(name: string): void {
    const one = watched.get(name)
    const track = tracks.get(name)
    if (!one || !track || sight.blind !== null) return
    const now = moment()
    const found = judge(track, one.rules, now.mono)
    tracks.set(name, found.track)
    if (found.nextAt !== null) nodeDeadlines.set(name, found.nextAt)
    const { downSince, shown } = found.track
    if (found.worsensInMs === null || downSince === null) worsensAt.delete(name)
    else if (worsensAt.get(name)?.downSince !== downSince) {
      worsensAt.set(name, { downSince, wall: Math.round(now.wall + found.worsensInMs) })
    }
    if (shown.health === 'down' || shown.health === 'degraded') {
      if (shown.health !== track.shown.health) troubleAt.set(name, now.mono)
    } else troubleAt.delete(name)
    if (!isSame(wanted(name), options.state().watch.nodes[name])) dirty.add(name)
    else dirty.delete(name)
  }

  /** What durable state should say about a node. */
  function wanted(name: string): Omit<NodeHealth, 'since'> | null {
    const one = watched.get(name)
    const shown = tracks.get(name)?.shown
    if (!one || !shown) return null
    const reason = maintenance.reason(name)
    if (reason !== undefined) return { health: 'maintenance', severity: null, reason, causes: [] }
    if (!isLive(one.node)) return null
    const worse = worsensAt.get(name)
    const { health, severity, causes } = shown
    return {
      health,
      severity,
      reason: shown.reason,
      causes: [...causes],
      ...(worse === undefined ? {} : { worsensAt: worse.wall }),
    }
  }

  function isSame(next: Omit<NodeHealth, 'since'> | null, durable: NodeHealth | undefined): boolean {
    if (next === null) return durable === undefined
    if (
      next.health === 'unknown' &&
      (durable === undefined || durable.health === 'unknown') &&
      clock.mono() < settlingUntil
    ) {
      return true
    }
    return isSameHealth(next, durable)
  }

  async function tick(): Promise<void> {
    if (isStopped) return
    const now = moment()
    see(ticked(sight, lastTick, now))
    lastTick = now
    noticeLifecycle()
    for (const name of maintenance.notice(options.state().incidents.maintenance, now.wall)) dirty.add(name)
    rounds.start(now.mono, isUneasy(sight))
    pushes.look(now.mono)
    for (const name of nodeDeadlines.due(now.mono)) reassess(name)
    await writer.write()
  }

  function see(next: Sight): void {
    const wasBlind = sight.blind !== null
    sight = next
    const isBlind = sight.blind !== null
    if (isBlind === wasBlind) return
    const now = clock.mono()
    settlingUntil = now + settlingMs
    if (isBlind) rounds.want()
    for (const [name, track] of tracks) {
      tracks.set(name, { ...startTrack(), falls: track.falls })
      worsensAt.delete(name)
      troubleAt.delete(name)
      if (!isBlind) watchNode(name, now)
    }
    dirty.clear()
    if (!isBlind) for (const name of tracks.keys()) reassess(name)
  }

  function noticeLifecycle(): void {
    const next = options.state().fleet.lifecycle
    if (next === lifecycle) return
    lifecycle = next
    groups = groupsOf(fleet, isLive)
    for (const [name, one] of watched) {
      if (!isLive(one.node)) tracks.set(name, startTrack())
      else watchNode(name, clock.mono())
      reassess(name)
    }
  }

  function selected(selector: string): string[] {
    const chosen = directory.select(selector)
    return chosen.ok ? chosen.nodes : []
  }

  function nextCommand(): WatchCommand | null {
    const { watch, incidents } = options.state()
    const now = moment()
    const changes: WatchCommand['changes'] = []
    const gone: string[] = []
    for (const name of dirty) {
      const next = wanted(name)
      if (next === null) {
        dirty.delete(name)
        if (watch.nodes[name] !== undefined) gone.push(name)
        continue
      }
      if (isSame(next, watch.nodes[name])) {
        dirty.delete(name)
        continue
      }
      if (sight.blind !== null && next.health !== 'maintenance') continue
      const isTrouble = next.health === 'down' || next.health === 'degraded'
      if (isTrouble && sight.sawAt < (troubleAt.get(name) ?? Number.NEGATIVE_INFINITY)) {
        // Nobody is called down before HQ has proven, after the trouble was found, that it can see.
        rounds.want()
        continue
      }
      dirty.delete(name)
      changes.push({ node: name, ...next })
    }
    for (const name of Object.keys(watch.nodes)) if (!watched.has(name)) gone.push(name)

    const isBlindNews = (watch.blind === null) !== (sight.blind === null)
    const isOver = [...incidents.silences, ...incidents.maintenance].some(one => one.until <= now.wall)
    const memory = memories.takeDue(now.mono)
    const isMarkDue = worsensAt.size > 0 && now.mono - lastMark >= markMs
    if (changes.length === 0 && gone.length === 0 && memory.length === 0 && !isBlindNews && !isOver && !isMarkDue)
      return null
    lastMark = now.mono
    return {
      type: 'watch.observe',
      changes,
      gone,
      memory,
      mark: isMarkDue,
      ...(isBlindNews ? { blind: sight.blind ?? (false as const) } : {}),
      groups: changes.some(change => change.health === 'down')
        ? judgeGroups(groups, fallenNodes(watch.nodes, changes, now.wall), openGroups(incidents), now.wall)
        : [],
      targets: fleet.alerts,
      muted: incidents.silences.filter(one => one.until > now.wall).flatMap(one => selected(one.selector)),
      holdMs: options.holdMs ?? 30_000,
    }
  }

  return {
    sample(samples) {
      const all: readonly Sample[] = 'node' in samples ? [samples] : samples
      for (const one of all) if (options.kinds.get(one.kind)?.from !== 'push') takeSample(one)
    },
    heartbeat(node, heartbeat) {
      if (!isStopped) pushes.take(node, heartbeat)
    },
    lastHeartbeat: pushes.last,
    remember(node, probe, memory) {
      memories.keep({ node, probe, memory: { ...memory } })
    },
    memory: (node, probe) => memories.get(node, probe) ?? options.state().watch.memory[node]?.[probe] ?? {},
    tick,
    live: looks.live,
    reload(next, nextCanaries) {
      if (nextCanaries) rounds.replace(nextCanaries)
      const before = watched
      fleet = next
      watched = watchedNodes(fleet, options.kinds)
      directory = directoryOf(fleet.nodes.values(), fleet.batches)
      groups = groupsOf(fleet, isLive)
      for (const name of before.keys()) {
        looks.forget(name, new Set(watched.get(name)?.probes.keys()))
        if (watched.has(name)) continue
        tracks.delete(name)
        pushes.forget(name)
        worsensAt.delete(name)
        dirty.add(name)
      }
      for (const name of watched.keys()) {
        if (!before.has(name)) tracks.set(name, startTrack())
        watchNode(name, clock.mono())
        reassess(name)
      }
    },
    isBlind: () => sight.blind !== null,
    async stop() {
      if (isStopped) return
      isStopped = true
      looks.stop()
      await writer.settled()
      await options.do({ type: 'watch.observe', changes: [], memory: memories.takeAll(), mark: true })
    },
  }
}
