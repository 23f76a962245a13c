// The engine as seen from another process: a mirror of its state that folds the same events, and a link that heals.
import { lstat, open } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { userInfo } from 'node:os'
import path from 'node:path'
import type { MessageConnection } from 'vscode-jsonrpc/node'
import { Unreachable } from '../../state/primitives/errors.ts'
import type { Change, Engine, Questions } from './engine.ts'
import { applyLive } from './live.ts'
import { type AnyCommand, reduceAll } from './nouns.ts'
import { proofFolder } from './places.ts'
import { shortPath } from './short-path.ts'
import { type Attached, type Challenge, connectionOver, fromWire, protocol } from './wire.ts'

export interface EngineClient extends Engine {
  /** Asks the engine to end. */
  stopEngine(): Promise<void>
}

const firstRetryMs = 200
const longestRetryMs = 5_000

/**
 * Attaches to a running engine. Rejects with Unreachable when there is none (`no-engine`) or it is of another version.
 * With `heal`, a lost link is made again in the background; until then `do` and `ask` reject with Unreachable.
 */
export async function attachEngine(options: {
  socketPath: string
  version: string
  heal: boolean
  timeoutMs?: number
}): Promise<EngineClient> {
  const listeners = new Set<(change: Change) => void>()
  let session = await openSession(options)
  let { state, live, seq } = session.attached
  let closed = false
  let linked = true

  function publish(change: Change): void {
    for (const listener of listeners) listener(change)
  }

  function take(change: Change): void {
    switch (change.kind) {
      case 'events':
        if (change.seq <= seq) return
        if (change.seq !== seq + 1) {
          // A commit is missing: nothing may be guessed, the whole picture is fetched again.
          session.socket.destroy()
          return
        }
        state = reduceAll(state, change.events, change)
        seq = change.seq
        break
      case 'live':
      case 'fleet':
      case 'engine':
        live = applyLive(live, change)
        break
      case 'link':
        break
    }
    publish(change)
  }

  function listen(): void {
    const { connection, socket, early } = session
    connection.onNotification('change', take)
    for (const change of early.splice(0)) take(change)
    socket.on('close', () => {
      linked = false
      // What was asked and not answered is told so, instead of waiting for ever.
      connection.dispose()
      if (closed) return
      publish({ kind: 'link', up: false, why: 'the engine closed the link' })
      if (options.heal) void heal()
    })
  }

  async function heal(): Promise<void> {
    for (let wait = firstRetryMs; !closed; wait = Math.min(wait * 2, longestRetryMs)) {
      await new Promise<void>(resolve => setTimeout(resolve, wait))
      if (closed) return
      try {
        session = await openSession(options)
      } catch (error) {
        publish({ kind: 'link', up: false, why: error instanceof Error ? error.message : String(error) })
        continue
      }
      ;({ state, live, seq } = session.attached)
      linked = true
      listen()
      publish({ kind: 'link', up: true, why: null })
      publish({ kind: 'fleet', fleet: live.fleet })
      publish({ kind: 'engine', engine: live.engine })
      return
    }
  }

  async function request<Result>(verb: string, params: unknown): Promise<Result> {
    if (!linked) throw noLink()
    try {
      return await session.connection.sendRequest<Result>(verb, params)
    } catch (error) {
      if (!linked) throw noLink()
      throw fromWire(error)
    }
  }

  listen()
  return {
    state: () => state,
    live: () => live,
    by: () => session.attached.by,
    roles: () => session.attached.roles,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    do: (command: AnyCommand) => request('do', command),
    ask: <K extends keyof Questions>(kind: K, question: Questions[K]['question']) =>
      request<Questions[K]['answer']>('ask', { kind, question }),
    async stopEngine() {
      await request('stop', {}).catch(error => {
        // It may be gone before its answer is.
        if (!(error instanceof Unreachable)) throw error
      })
    },
    async close() {
      closed = true
      listeners.clear()
      session.socket.destroy()
    },
  }
}

interface Session {
  socket: Socket
  connection: MessageConnection
  attached: Attached
  /** Changes that came before anyone listened. */
  early: Change[]
}

async function openSession(options: { socketPath: string; version: string; timeoutMs?: number }): Promise<Session> {
  await judgeOwner(options.socketPath)
  const socket = await connected(options.socketPath)
  const connection = connectionOver(socket)
  const early: Change[] = []
  connection.onNotification('change', (change: Change) => {
    early.push(change)
  })
  connection.listen()
  const gone = new Promise<never>((_, reject) => {
    socket.once('close', () => reject(noLink()))
    setTimeout(
      () =>
        reject(
          new Unreachable({
            name: 'engine-silent',
            message: 'the engine does not answer',
            remedy: 'See `watchfloor engine status`.',
          }),
        ),
      options.timeoutMs ?? 10_000,
    ).unref()
  })
  gone.catch(() => {})
  try {
    const hello = { protocol, version: options.version, login: userInfo().username }
    const challenge: Challenge = await Promise.race([connection.sendRequest<Challenge>('hello', hello), gone])
    // A name and nothing else is taken from the wire: whoever answers must not choose where we make a file.
    if (!/^[\w-]{24}$/.test(challenge.proof)) throw notOurs('it asks for a proof that no engine asks for')
    const proof = await open(path.join(path.dirname(options.socketPath), proofFolder, challenge.proof), 'wx', 0o600)
    await proof.close()
    const attached = await Promise.race([connection.sendRequest<Attached>('attach', {}), gone])
    return { socket, connection, attached, early }
  } catch (error) {
    socket.destroy()
    throw fromWire(error)
  }
}

/** An engine's socket belongs to its home's owner: to us, to root, or to the login of a shared engine. */
async function judgeOwner(socketPath: string): Promise<void> {
  const [socket, door] = await Promise.all([lstat(socketPath), lstat(path.dirname(socketPath))]).catch(() => [
    null,
    null,
  ])
  if (!socket || !door) return
  const own = process.getuid?.() ?? 0
  if (!socket.isSocket() || socket.uid !== door.uid) throw notOurs('its socket and its folder have different owners')
  if (door.uid === own || door.uid === 0 || !isWritableByOthers(door.mode)) return
  throw notOurs('others could have put it there')
}

function isWritableByOthers(mode: number): boolean {
  return (mode & 0o022) !== 0
}

function notOurs(why: string): Unreachable {
  return new Unreachable({
    name: 'engine-strange',
    message: `what answers here is not trusted: ${why}`,
    remedy: 'Look who owns the socket and its folder.',
  })
}

function connected(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let short: ReturnType<typeof shortPath>
    try {
      short = shortPath(socketPath)
    } catch (cause) {
      reject(
        new Unreachable({
          name: 'no-engine',
          message: `no engine listens at ${socketPath}`,
          remedy: 'Start one: `watchfloor engine start`.',
          cause,
        }),
      )
      return
    }
    const socket = connect(short.path)
    socket.once('close', short.close)
    socket.once('connect', () => {
      socket.off('error', reject)
      socket.on('error', () => socket.destroy())
      resolve(socket)
    })
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      const refused = cause.code === 'EACCES' || cause.code === 'EPERM'
      reject(
        new Unreachable({
          name: refused ? 'engine-forbidden' : 'no-engine',
          message: refused ? `you may not connect to ${socketPath}` : `no engine listens at ${socketPath}`,
          remedy: refused
            ? 'Ask its owner to add you to the group `watchfloor`.'
            : 'Start one: `watchfloor engine start`.',
          cause,
        }),
      )
    })
  })
}

function noLink(): Unreachable {
  return new Unreachable({
    name: 'link-lost',
    message: 'the link to the engine is lost',
    remedy: 'It is being made again; nothing that was acknowledged is lost.',
  })
}
