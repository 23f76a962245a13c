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
import { type Attached, type Challenge, connectionOver, greeting, protocol, toWire, type Verbs } from './wire.ts'

/** More than this queued for one client and it is dropped; it attaches again and catches up by `seq`. */
const mostQueuedBytes = 1024 * 1024
/** How long a client may take to say hello and prove itself. */
const introductionMs = 10_000

export interface EngineServer {
  socketPath: string
  clients(): { login: string; since: number }[]
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

  const server = createServer(socket => {
    socket.on('error', () => socket.destroy())
    welcome(socket)
  })

  function welcome(socket: Socket): void {
    const connection = connectionOver(socket)
    const proof = path.join(options.proofDir, randomBytes(18).toString('base64url'))
    let mine: Engine | null = null
    let who: Actor | null = null
    let greeted = false
    let unsubscribe = () => {}
    let allowance = 0
    const late = setTimeout(() => {
      if (!mine) socket.destroy()
    }, introductionMs)

    function on<V extends keyof Verbs>(
      verb: V,
      handle: (params: Verbs[V]['params']) => Promise<Verbs[V]['result']>,
    ): void {
      connection.onRequest(verb, async (params: unknown): Promise<unknown> => {
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
      const uid = await ownerOf(proof)
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
      unsubscribe()
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
      // A large fleet's first picture may be more than the limit by itself; it counts only once it had time to leave.
      allowance = 64 * 1024 * 1024
      socket.once('drain', () => {
        allowance = 0
      })
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
      if (socket.writableLength > mostQueuedBytes + allowance) {
        options.log('client dropped: it does not read', { login: who?.by, queued: socket.writableLength })
        socket.destroy()
        return
      }
      if (socket.writableLength === 0) allowance = 0
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

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.socketPath, resolve)
  })
  await chmod(options.socketPath, options.socketMode ?? 0o600)
  return {
    socketPath: options.socketPath,
    clients: () => [...sessions.values()],
    async close() {
      for (const socket of sessions.keys()) socket.destroySoon()
      await new Promise<void>(resolve => {
        server.close(() => resolve())
        for (const socket of sessions.keys()) socket.destroy()
      })
      await rm(options.socketPath, { force: true })
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
