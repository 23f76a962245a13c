// Runs the engine of one home: opens what is kept, watches, serves, and ends without losing anything. This file only
// says in which order the parts are put together and taken apart.
import { randomBytes, randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import path from 'node:path'
import { secretPath, secretResolver } from '../../infra/secrets/resolve.ts'
import { createSshPool } from '../../infra/ssh/pool.ts'
import { createNotifier } from '../../infra/systemd/notify.ts'
import { realDisk } from '../../state/disk.ts'
import { openHistory } from '../../state/history/open.ts'
import type { HomeKind } from '../../state/home.ts'
import { currentBootId, takeHomeLock } from '../../state/lock.ts'
import { systemClock } from '../../state/primitives/clock.ts'
import { Bug, type Exit } from '../../state/primitives/errors.ts'
import { openStore } from '../../state/store.ts'
import { createDelivery } from '../alerts/deliver.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { viewFleet } from '../fleet/load.ts'
import { watchFleetFile } from '../fleet/watch-file.ts'
import { createAnswers } from './answers.ts'
import { createClouds } from './clouds.ts'
import type { Actor, Committed } from './committer.ts'
import { createSpendingJudge } from './desk.ts'
import type { EngineInfo } from './engine.ts'
import { createGuard } from './guard.ts'
import { startHousekeeping } from './housekeeping.ts'
import { createLocalEngine } from './local.ts'
import { openLog } from './log.ts'
import { initialState, reduce, reduceAll } from './nouns.ts'
import { createPast } from './past.ts'
import type { Door } from './places.ts'
import { createIdentify } from './proof.ts'
import { closeInterrupted, createRunners, newId } from './runners.ts'
import { openRunningFleet, type RunningFleet } from './running-fleet.ts'
import { type EngineServer, serveEngine } from './server.ts'
import { createTargets } from './targets.ts'
import { openWatching, type Watching } from './watching.ts'

export interface EngineOptions {
  fleetFile: string
  /** Its name; the file itself is judged here, and what was accepted before runs on if it is broken. */
  fleetName: string
  home: string
  kind: HomeKind
  door: Door
  version: string
  readOnly: boolean
  env: Readonly<Record<string, string | undefined>>
}

/** Version of the shape of FleetState; a snapshot of another one is folded anew from the journal. */
const stateSchema = 2
/** A housekeeping round takes milliseconds; one that takes longer than this hangs. */
const longestRoundMs = 30_000
const engineActor: Actor = { by: 'engine', roles: [] }

export async function runEngine(options: EngineOptions): Promise<Exit> {
  const clock = systemClock
  const since = clock.now()
  const { uid, username: login } = userInfo()
  // Whatever a part of the engine makes without naming a mode is nobody else's.
  process.umask(0o077)
  const bootId = currentBootId()
  const store = await openStore({
    disk: realDisk,
    home: options.home,
    kind: options.kind,
    fleet: options.fleetName,
    clock,
    stateSchema,
    process: { pid: process.pid, login, uid, bootId },
    unique: randomUUID,
    takeLock: takeHomeLock,
  })
  const places = { env: options.env, baseDir: path.dirname(options.fleetFile), uid }
  let running: RunningFleet | null = null
  const fleet = () => {
    if (!running) throw new Bug({ name: 'no-fleet-yet', message: 'the fleet was asked for before it was opened' })
    return running.fleet()
  }
  const targets = createTargets({ fleet, resolve: secretResolver(places), env: options.env, homeDir: homedir() })
  const { log, close: closeLog } = openLog({
    home: options.home,
    alsoStderr: Boolean(options.env.JOURNAL_STREAM) || process.stderr.isTTY === true,
    level: options.env.WATCHFLOOR_LOG ?? 'info',
    clean: targets.clean.bytes,
  })
  log.info({ home: options.home, kind: store.stamp.kind, report: store.report }, 'home opened')
  const recovered = await store.recover({ initial: initialState, reduce, reduceAll })
  log.info({ seq: recovered.seq, from: recovered.from, replayed: recovered.replayed }, 'state recovered')
  const history = await openHistory({ dir: path.join(options.home, 'history'), clock, bootId })
  const pool = createSshPool({ clock, random: Math.random, word: () => randomUUID().replaceAll('-', '') })
  const past = createPast({ fleet, history, since, now: clock.now })
  const ending = Promise.withResolvers<Exit>()
  let watching: Watching | null = null
  let server: EngineServer | null = null

  const clouds = createClouds({
    fleet,
    state: () => engine.state(),
    do: command => engine.do(command),
    targets,
    sparks: () => watching?.watcher.live().sparks ?? {},
    env: options.env,
    clock,
    random: Math.random,
    onBug,
  })
  const engine = createLocalEngine({
    journal: store.journal,
    state: recovered.state,
    clock,
    newId,
    actor: engineActor,
    live: {
      fleet: () => viewFleet(fleet()),
      probes: () => watching?.watcher.live().probes ?? {},
      sparks: () => watching?.watcher.live().sparks ?? {},
      info,
    },
    answers: createAnswers({
      history,
      journal: store.journal,
      evidence: store.evidence,
      scheduler: { checkNow: async nodes => (await watching?.checkNow(nodes)) ?? [] },
      fleet,
      state: () => engine.state(),
      past,
      logs: {
        pool,
        clock,
        boundary: () => randomBytes(16).toString('hex'),
        node: name => fleet().nodes.get(name) ?? null,
        target: node => targets.of(node, 'any'),
        clean: targets.clean.text,
      },
      login: {
        pathOf: reference => secretPath(reference, places),
        target: node => targets.of(node, 'any'),
        pool,
        clean: targets.clean.text,
      },
      clouds: clouds.answers,
    }),
    runners: createRunners({
      engine: () => engine,
      pool,
      targets,
      evidence: store.evidence,
      clock,
      fleet,
      onExec: progress => engine.publish({ kind: 'live', samples: [], exec: [progress] }),
      deliverAlerts: createDelivery({
        clock,
        fleetName: () => fleet().name,
        outbox: () => engine.state().alerts.outbox,
        targets: () => fleet().alerts.map(({ to }) => to),
        do: command => engine.do(command),
      }),
      clouds: clouds.runners,
    }),
    guard: createGuard({
      readOnly: options.readOnly,
      judgeSpending: createSpendingJudge({ fleet, now: () => clock.now() }),
    }),
    onCommitted,
    onBroken(error) {
      log.fatal({ error: String(error) }, 'the journal cannot be written: the engine ends')
      ending.resolve(1)
    },
    onBug,
  })

  function info(): EngineInfo {
    const { pid } = process
    const { version, home, fleetFile, readOnly } = options
    const troubles = [...store.troubles(), ...(watching?.troubles() ?? [])]
    return {
      pid,
      since,
      version,
      home,
      fleetFile,
      homeKind: store.stamp.kind,
      readOnly,
      clients: server?.clients() ?? [],
      troubles,
    }
  }

  function onBug(what: string, error: unknown): void {
    log.error({ what, error: error instanceof Error ? error.stack : String(error) }, 'bug')
  }

  function onCommitted(commits: readonly Committed[]): void {
    for (const { seq, by, events } of commits) {
      log.info({ seq, by, events: countTypes(events) }, 'committed')
      for (const event of events) {
        if (event.type === 'fleet.accepted')
          running?.accepted(event.sha256).catch(error => onBug('accepted fleet', error))
      }
    }
  }

  let reloads: Promise<void> = Promise.resolve()
  function runFleet(next: Fleet, before: Fleet | null): void {
    reloads = reloads
      .then(async () => {
        targets.forget()
        clouds.room.forget()
        for (const node of reconnected(before, next)) pool.drop(node)
        await watching?.reload(next)
        engine.publish({ kind: 'fleet', fleet: viewFleet(next) })
      })
      .catch(error => onBug('fleet reload', error))
  }

  running = await openRunningFleet({
    path: options.fleetFile,
    uid,
    evidence: store.evidence,
    slice: () => engine.state().fleet,
    do: command => engine.do(command),
    onFleet: runFleet,
    onTrouble: error =>
      log.error({ error: String(error) }, 'the fleet file could not be taken in; the accepted one runs'),
  })
  await closeInterrupted(engine)
  watching = await openWatching({
    fleet: fleet(),
    clock,
    pool,
    targets,
    history,
    env: options.env,
    state: engine.state,
    do: engine.do,
    onLive(samples) {
      past.note(samples)
      engine.publish({ kind: 'live', samples, exec: [] })
    },
    onBug,
  })
  makeDoor(options.door)
  server = await serveEngine({
    engine,
    version: options.version,
    fleet: options.fleetName,
    socketPath: options.door.socket,
    socketMode: options.door.shared ? 0o660 : 0o600,
    proofDir: options.door.proofs,
    identify: createIdentify({ ownUid: uid, fleet }),
    now: clock.now,
    onClients: () => engine.publish({ kind: 'engine', engine: info() }),
    onStop(by) {
      log.info({ by }, 'asked to end')
      ending.resolve(0)
    },
    log: (message, details) => log.warn(details, message),
  })
  const stopFile = watchFleet(options.fleetFile, running, onBug)
  engine.begin()
  watching.begin()
  const looking = new AbortController()
  clouds.begin(looking.signal)

  const housekeeping = startHousekeeping({
    engine,
    store,
    watching,
    clock,
    info,
    onInfo: () => engine.publish({ kind: 'engine', engine: info() }),
    onLockLost() {
      log.fatal('the lock of the home is lost: the engine ends')
      ending.resolve(1)
    },
    onBug,
  })
  const notifier = createNotifier(options.env, process.pid)
  notifier.ready(`watching ${fleet().nodes.size} nodes`)
  const alive =
    notifier.aliveEveryMs === null
      ? null
      : setInterval(() => {
          // An engine whose rounds hang judges nothing: systemd must see that.
          if (housekeeping.lastRoundMs() < longestRoundMs) notifier.alive(`${fleet().nodes.size} nodes`)
        }, notifier.aliveEveryMs)
  // The terminal that started us may go; the engine stays.
  process.on('SIGHUP', () => log.info('SIGHUP: the terminal that started the engine is gone; it goes on'))
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ending.resolve(0))

  // What nobody caught is our bug; it is named, and the rest is still closed in order.
  const uncaught = (error: unknown) => {
    onBug('uncaught', error)
    ending.resolve(70)
  }
  process.on('uncaughtException', uncaught)
  process.on('unhandledRejection', uncaught)

  const exit = await ending.promise
  log.info({ exit }, 'ending')
  notifier.stopping()
  if (alive) clearInterval(alive)
  stopFile()
  looking.abort()
  const served = server
  const watched = watching
  // In this order; one that fails does not keep the others from closing. Clients see the end when it has come.
  const endings: [string, () => Promise<unknown>][] = [
    ['door', () => served.stopListening()],
    ['fleet reloads', () => reloads],
    ['watching', () => watched.stop()],
    ['engine', () => engine.close()],
    ['housekeeping', () => housekeeping.stop()],
    ['history', () => history.close()],
    ['connections', () => pool.close()],
    ['store', () => store.close()],
    ['clients', () => served.close()],
  ]
  for (const [what, end] of endings) await end().catch(error => onBug(`closing: ${what}`, error))
  log.info({ exit }, 'ended')
  await closeLog()
  return exit
}

function countTypes(events: readonly { type: string }[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { type } of events) counts[type] = (counts[type] ?? 0) + 1
  return counts
}

/** Nodes that are gone or reached otherwise than before: their connections must not live on. */
function reconnected(before: Fleet | null, next: Fleet): string[] {
  const ways = (fleet: Fleet, name: string) => {
    const node = fleet.nodes.get(name)
    return node && JSON.stringify([node.address, node.mesh, node.host, node.ssh])
  }
  return [...(before?.nodes.keys() ?? [])].filter(name => before && ways(before, name) !== ways(next, name))
}

/** The socket's directory: ours alone, or open to the group of a shared engine (systemd made it). */
function makeDoor(door: Door): void {
  if (!door.shared) mkdirSync(door.dir, { recursive: true, mode: 0o700 })
  mkdirSync(door.proofs, { recursive: true, mode: 0o700 })
  // Sticky: whoever may enter can make a proof, but nobody can touch another's.
  chmodSync(door.proofs, door.shared ? 0o1730 : 0o700)
  rmSync(door.socket, { force: true })
}

function watchFleet(file: string, running: RunningFleet, onBug: (what: string, error: unknown) => void): () => void {
  return watchFleetFile({ path: file, clock: systemClock, uid: userInfo().uid }, seen => {
    if (seen.kind === 'text') running.offer(seen.bytes).catch(error => onBug('fleet file', error))
    else running.refuse(seen.why).catch(error => onBug('fleet file', error))
  })
}
