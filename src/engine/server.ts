// The engine's door: a Unix socket. A client proves its uid by creating a file that only it can own, since Node cannot
// ask the kernel for peer credentials. A client that stops reading is dropped; nobody else waits for it.
import { randomBytes } from 'node:crypto'
import { chmod, lstat, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import path from 'node:path'
import { BadInput, Refused, Unreachable } from '../../state/primitives/errors.ts'
import type { Actor } from './committer.ts'
import type { Change, Engine } from './engine.ts'
import { mayAct, mayOnlyLook } from './guard.ts'
import type { LocalEngine } from './local.ts'
import { asked } from './questions.ts'
import { shortPath } from './short-path.ts'
import {
  type Attached,
  type Challenge,
  connectionOver,
  greeting,
  type Limit,
  largestMessageBytes,
  protocol,
  type Queue,
  strangerBytes,
  toWire,
  type Verbs,
} from './wire.ts'

/** More than this queued for one client and it is dropped; it attaches again and catches up by `seq`. */
const mostQueuedBytes = 1024 * 1024
/** Connections at once that have not said who they are. */
const mostStrangers = 32
/** How long a client may take to say hello and prove itself. */
const introductionMs = 10_000

export interface EngineServer {
  socketPath: string
  clients(): { login: string; since: number }[]
  /** Nobody new comes in; who is in stays and sees the end. */
  stopListening(): Promise<void>
  close(): Promise<void>
}

export async function serveEngine(options: {
  engine: LocalEngine
  version: string
  fleet: string
  socketPath: string
  /** Who may connect. Default 0600. */
  socketMode?: number
  /** Directory in which clients create their proof: sticky, writable for those who may connect. */
  proofDir: string
  /** Name and roles of a uid, or null when it may not in. */
  identify(uid: number): Promise<Actor | null>
  now(): number
  onClients(): void
  onStop(by: string): void
  log(message: string, details: Record<string, unknown>): void
}): Promise<EngineServer> {
  const sessions = new Map<Socket, { login: string; since: number }>()
  let closed: Promise<void> | null = null
  /** Connections whose client has not proven itself yet. */
  let strangers = 0

  const server = createServer(socket => {
    socket.on('error', () => socket.destroy())
    strangers += 1
    // Those who are in are never locked out by those who knock.
    if (strangers > mostStrangers) socket.destroy()
    else welcome(socket)
    socket.on('close', () => {
      if (!sessions.has(socket)) strangers -= 1
    })
  })

  function welcome(socket: Socket): void {
    const limit: Limit = { bytes: strangerBytes }
    const queue: Queue = { noticeBytes: 0 }
    const connection = connectionOver(socket, limit, queue)
    const proof = randomBytes(18).toString('base64url')
    let mine: Engine | null = null
    let who: Actor | null = null
    let greeted = false
    let unsubscribe = () => {}
    const late = setTimeout(() => {
      if (!mine) socket.destroy()
    }, introductionMs)

    function on<V extends keyof Verbs>(
      verb: V,
      handle: (params: Verbs[V]['params']) => Promise<Verbs[V]['result']>,
    ): void {
      connection.onRequest(verb, async (params: unknown): Promise<unknown> => {
        if (mine) limit.bytes = largestMessageBytes
        try {
          // Commands are validated where they are decided, questions by `asked`; hello by `greeting`.
          return await handle(params as Verbs[V]['params'])
        } catch (error) {
          throw toWire(error)
        }
      })
    }

    function known(): Engine {
      if (!mine) throw new Refused({ name: 'not-introduced', message: 'say hello and prove who you are first' })
      return mine
    }

    on('hello', async (hello): Promise<Challenge> => {
      if (!greeting.is(hello)) throw new BadInput({ name: 'bad-hello', message: 'that is no greeting' })
      if (hello.protocol !== protocol) {
        throw new Unreachable({
          name: 'other-version',
          message: `the engine is watchfloor ${options.version} (protocol ${protocol}), this client is ${hello.version} (protocol ${hello.protocol})`,
          remedy: 'Use the same version on both sides: `watchfloor engine stop`, then start it again with the new one.',
        })
      }
      greeted = true
      return { version: options.version, fleet: options.fleet, proof }
    })

    on('attach', async (): Promise<Attached> => {
      if (!greeted) throw new Refused({ name: 'not-introduced', message: 'say hello first' })
      const uid = await ownerOf(path.join(options.proofDir, proof))
      who = uid === null ? null : await options.identify(uid)
      if (!who)
        throw new Refused({
          name: 'not-proven',
          message: 'the engine does not know you',
          remedy: 'Ask the owner to add your login to `people` in the fleet file.',
        })
      clearTimeout(late)
      const actor = who
      mine = options.engine.as(actor)
      limit.bytes = largestMessageBytes
      unsubscribe()
      if (!sessions.has(socket)) strangers -= 1
      sessions.set(socket, { login: actor.by, since: options.now() })
      options.onClients()
      // Subscribing and reading the state happen in one turn: no change falls between them.
      unsubscribe = options.engine.subscribe(change => tell(change))
      const attached: Attached = {
        seq: options.engine.seq(),
        state: options.engine.state(),
        live: options.engine.live(),
        by: actor.by,
        roles: actor.roles,
      }
      return attached
    })

    on('do', async command => known().do(command))
    on('ask', async ({ kind, question }) => known().ask(kind, asked(kind, question)))
    on('stop', async () => {
      known()
      if (!who || !mayAct(who)) throw new Refused({ name: 'refused', message: mayOnlyLook(who) })
      options.onStop(who.by)
      return null
    })

    function tell(change: Change): void {
      if (queue.noticeBytes > mostQueuedBytes) {
        options.log('client dropped: it does not read', { login: who?.by, queued: queue.noticeBytes })
        socket.destroy()
        return
      }
      connection.sendNotification('change', change).catch(() => socket.destroy())
    }

    socket.on('close', () => {
      clearTimeout(late)
      unsubscribe()
      connection.dispose()
      if (sessions.delete(socket)) options.onClients()
    })
    connection.listen()
  }

  const stopListening = (): Promise<void> => {
    closed ??= new Promise<void>(resolve => server.close(() => resolve()))
    return rm(options.socketPath, { force: true })
  }
  const short = shortPath(options.socketPath)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(short.path, resolve)
  })
  await chmod(options.socketPath, options.socketMode ?? 0o600)
  return {
    socketPath: options.socketPath,
    clients: () => [...sessions.values()],
    stopListening,
    async close() {
      await stopListening()
      for (const socket of sessions.keys()) socket.destroy()
      await closed
      short.close()
    },
  }
}

/** The uid that made the proof, or null when it is not a fresh plain file of one link. */
async function ownerOf(file: string): Promise<number | null> {
  try {
    const found = await lstat(file)
    if (!found.isFile() || found.nlink !== 1 || found.size !== 0) return null
    return found.uid
  } catch {
    return null
  } finally {
    await rm(file, { force: true }).catch(() => {})
  }
}
