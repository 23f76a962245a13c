// The world's control socket: JSON lines over a Unix socket that only its owner can open. Whoever holds the socket is
// the world of its directory; a socket that nobody answers is left over from a killed one.
import { randomUUID } from 'node:crypto'
import { chmodSync, closeSync, linkSync, openSync, renameSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Static, Type } from 'typebox'
import { Refused, Unreachable, WatchfloorError } from '../../state/primitives/errors.ts'
import { checker } from '../../state/primitives/schema.ts'
import { type FaultKind, faultKinds } from './clouds/faults.ts'

// What a schema of names knows of its own keys is lost in `Object.keys`.
const faultKind = Type.Enum(Object.keys(faultKinds) as FaultKind[])

const Request = Type.Union([
  Type.Object({ do: Type.Literal('status') }),
  Type.Object({ do: Type.Literal('stop') }),
  Type.Object({ do: Type.Literal('ledger') }),
  /** What the clouds' own ledger says. */
  Type.Object({ do: Type.Literal('cloud-ledger') }),
  Type.Object({
    do: Type.Literal('cloud-fault'),
    kind: faultKind,
    provider: Type.String(),
    region: Type.String(),
    action: Type.String(),
    times: Type.Integer({ minimum: 1 }),
    ms: Type.Number({ minimum: 0 }),
  }),
  Type.Object({ do: Type.Literal('cloud-heal') }),
  Type.Object({
    do: Type.Literal('chaos'),
    kind: Type.String(),
    nodes: Type.Array(Type.String()),
    options: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
  }),
  Type.Object({
    do: Type.Literal('heal'),
    kind: Type.Union([Type.String(), Type.Null()]),
    nodes: Type.Array(Type.String()),
  }),
])
export type ControlRequest = Static<typeof Request>
const requestCheck = checker(Request)

const Reply = Type.Union([
  Type.Object({ ok: Type.Literal(true), result: Type.Unknown() }),
  Type.Object({
    ok: Type.Literal(false),
    name: Type.String(),
    message: Type.String(),
    remedy: Type.Union([Type.String(), Type.Null()]),
  }),
])
const replyCheck = checker(Reply)

export interface ControlServer {
  close(): Promise<void>
}

/** Throws `sandbox-running` if a world of this directory lives. */
export async function holdControl(
  dir: string,
  answer: (request: ControlRequest) => Promise<unknown>,
): Promise<ControlServer> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    const lines = createInterface({ input: socket })
    lines.on('error', () => {})
    lines.on('line', line => {
      void respond(line, answer).then(reply => {
        if (!socket.destroyed) socket.write(`${JSON.stringify(reply)}\n`)
      })
    })
  })
  for (let attempt = 0; ; attempt++) {
    if (await listen(server, dir)) break
    if (attempt === 5 || !(await removeDeadSocket(dir))) {
      throw new Refused({
        name: 'sandbox-running',
        message: `A sandbox is already running in ${dir}`,
        remedy: 'Use it, or stop it with `watchfloor sandbox down`.',
      })
    }
  }
  return {
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        // What was just answered (to `stop`) still has to reach its reader.
        for (const socket of sockets) socket.end(() => socket.destroy())
      }),
  }
}

async function respond(
  line: string,
  answer: (request: ControlRequest) => Promise<unknown>,
): Promise<Static<typeof Reply>> {
  try {
    const request: unknown = JSON.parse(line)
    if (!requestCheck.is(request)) throw new Error('not a request that this sandbox knows')
    return { ok: true, result: await answer(request) }
  } catch (error) {
    const known = error instanceof WatchfloorError
    const message = error instanceof Error ? error.message : String(error)
    return { ok: false, name: known ? error.name : 'sandbox-request', message, remedy: known ? error.remedy : null }
  }
}

/** Somebody holds the socket; what it says is not asked, which takes a first start's worth of schemas less. */
export async function isSandboxAwake(dir: string): Promise<boolean> {
  const socket = await reach(dir)
  socket?.destroy()
  return socket !== null
}

/** One question to the world of a directory. Throws `sandbox-away` if none runs. */
export async function askControl(dir: string, request: ControlRequest, timeoutMs = 5000): Promise<unknown> {
  const socket = await reach(dir)
  if (!socket) {
    throw new Unreachable({
      name: 'sandbox-away',
      message: `No sandbox runs in ${dir}`,
      remedy: 'Start one with `watchfloor sandbox up`.',
    })
  }
  try {
    const line = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Unreachable({ name: 'sandbox-silent', message: `The sandbox in ${dir} does not answer` })),
        timeoutMs,
      )
      const lines = createInterface({ input: socket })
      lines.on('error', () => {})
      lines.once('line', text => {
        clearTimeout(timer)
        resolve(text)
      })
      socket.once('close', () => {
        clearTimeout(timer)
        reject(new Unreachable({ name: 'sandbox-away', message: `The sandbox in ${dir} went away` }))
      })
      socket.write(`${JSON.stringify(request)}\n`)
    })
    const reply: unknown = JSON.parse(line)
    if (!replyCheck.is(reply))
      throw new Unreachable({ name: 'sandbox-silent', message: `What answers in ${dir} is no sandbox` })
    if (reply.ok) return reply.result
    throw new Refused({
      name: reply.name,
      message: reply.message,
      ...(reply.remedy === null ? {} : { remedy: reply.remedy }),
    })
  } finally {
    socket.destroy()
  }
}

/** The kernel allows 107 bytes for the path of a Unix socket; through a file descriptor any directory is short. */
function socketPath(dir: string): { path: string; release: () => void } {
  const path = join(dir, 'control.sock')
  if (Buffer.byteLength(path) < 100) return { path, release: () => {} }
  const handle = openSync(dir, 'r')
  return { path: `/proc/self/fd/${handle}/control.sock`, release: () => closeSync(handle) }
}

function listen(server: Server, dir: string): Promise<boolean> {
  const { path, release } = socketPath(dir)
  return new Promise<boolean>((resolve, reject) => {
    const failed = (error: Error) => ('code' in error && error.code === 'EADDRINUSE' ? resolve(false) : reject(error))
    server.once('error', failed)
    server.listen(path, () => {
      server.off('error', failed)
      chmodSync(path, 0o600)
      resolve(true)
    })
  }).finally(release)
}

function reach(dir: string): Promise<Socket | null> {
  const { path, release } = socketPath(dir)
  return new Promise<Socket | null>(resolve => {
    const socket = connect(path)
    // Stays for the socket's life: a world that is killed resets it.
    socket.on('error', () => resolve(null))
    socket.once('connect', () => resolve(socket))
  }).finally(release)
}

/** Takes the socket of a killed world away. False if it lives. Renamed first: another starter may be faster. */
async function removeDeadSocket(dir: string): Promise<boolean> {
  const alive = await reach(dir)
  if (alive) {
    alive.destroy()
    return false
  }
  const path = join(dir, 'control.sock')
  const aside = join(dir, `control.${randomUUID().slice(0, 8)}.sock`)
  try {
    renameSync(path, aside)
  } catch {
    return true
  }
  const stolen = await new Promise<boolean>(resolve => {
    const socket = connect(aside)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
  if (stolen) {
    try {
      linkSync(aside, path)
    } catch {
      // A third one bound the name meanwhile; it will be told the same.
    }
  }
  rmSync(aside, { force: true })
  return !stolen
}
