// A real SSH server on loopback that misbehaves on request: what the pool's tests connect to.
import { createHash, randomBytes } from 'node:crypto'
import { connect as connectTcp, createServer, type Socket, type Server as TcpServer } from 'node:net'
import ssh2, { type ServerChannel, type Connection as ServerConnection, type Session } from 'ssh2'
import { createSshPool, type SshPoolOptions } from '../../../infra/ssh/pool.ts'
import type { SshPool, SshTarget } from '../../../infra/ssh/ssh.ts'
import { systemClock } from '../../../state/primitives/clock.ts'
import { Secret } from '../../../state/primitives/secret.ts'

export interface KeyPair {
  /** OpenSSH or PEM text. */
  privateText: string
  publicText: string
  fingerprint: string
}

export function newKey(type: 'ed25519' | 'ecdsa' | 'rsa' = 'ed25519'): KeyPair {
  const made =
    type === 'rsa'
      ? ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 })
      : type === 'ecdsa'
        ? ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 })
        : ssh2.utils.generateKeyPairSync('ed25519')
  const parsed = ssh2.utils.parseKey(made.public)
  // ssh2's generator writes a key that its own parser refuses about once in a few hundred.
  if (parsed instanceof Error || ssh2.utils.parseKey(made.private) instanceof Error) return newKey(type)
  return { privateText: made.private, publicText: made.public, fingerprint: fingerprint(parsed.getPublicSSH()) }
}

function fingerprint(blob: Buffer): string {
  return `SHA256:${hash(blob)}`
}

function hash(blob: Buffer): string {
  return createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')
}

export interface Behaviour {
  hostKeys?: readonly KeyPair[]
  /** Sessions at once on one connection; more are refused as OpenSSH refuses them. */
  maxSessions?: number
  /** Refuses a session for a reason of its own. */
  refuseSession?(connection: ServerConnection): boolean
  /** Answers a command. Default: `echo …` echoes, `cat` copies, everything else exits with 0. */
  run?(command: string, channel: ServerChannel, connection: ServerConnection): void
  /** Lets nobody in. */
  refuseLogin?: boolean
  /** Called with each connection when it is made. */
  onConnection?(connection: ServerConnection): void
  /** May a connection jump to this address? Default yes. */
  forward?: boolean
}

export interface TestServer {
  port: number
  key: KeyPair
  clientKey: KeyPair
  /** Connections accepted so far. */
  accepted(): number
  /** Most sessions that were open at once. */
  peakSessions(): number
  /** Cuts every connection at once. */
  cut(): void
  close(): Promise<void>
}

const clientKey = newKey()

export async function startServer(behaviour: Behaviour = {}): Promise<TestServer> {
  const keys = behaviour.hostKeys ?? [newKey()]
  const sockets = new Set<Socket>()
  let accepted = 0
  let sessions = 0
  let peak = 0
  const server = new ssh2.Server({ hostKeys: keys.map(key => key.privateText) }, connection => {
    behaviour.onConnection?.(connection)
    connection.on('error', () => undefined)
    connection.on('authentication', context => {
      if (behaviour.refuseLogin) context.reject(['publickey'])
      else if (context.method === 'publickey') context.accept()
      else context.reject(['publickey'])
    })
    let open = 0
    connection.on('session', (accept, reject) => {
      if (open >= (behaviour.maxSessions ?? Number.POSITIVE_INFINITY) || behaviour.refuseSession?.(connection)) {
        reject()
        return
      }
      open++
      sessions++
      peak = Math.max(peak, sessions)
      const session: Session = accept()
      session.on('close', () => {
        open--
        sessions--
      })
      session.on('exec', (acceptExec, _reject, info) => {
        const channel = acceptExec()
        channel.on('error', () => undefined)
        ;(behaviour.run ?? answer)(info.command, channel, connection)
      })
    })
    connection.on('tcpip', (accept, reject, info) => {
      if (behaviour.forward === false) {
        reject()
        return
      }
      const onward = connectTcp(info.destPort, info.destIP)
      onward.on('error', () => reject())
      onward.on('connect', () => {
        const channel = accept()
        channel.on('error', () => undefined)
        onward.pipe(channel).pipe(onward)
        onward.on('error', () => channel.destroy())
      })
    })
  })
  const listener = createServer(socket => {
    accepted++
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    server.injectSocket(socket)
  })
  const port = await listen(listener)
  const [key] = keys
  if (!key) throw new Error('a server needs a host key')
  return {
    port,
    key,
    clientKey,
    accepted: () => accepted,
    peakSessions: () => peak,
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    close: () => closeListener(listener, sockets),
  }
}

/** What a shell would say to the few commands that tests send. */
export function answer(command: string, channel: ServerChannel): void {
  if (command.startsWith('echo ')) channel.write(`${command.slice(5)}\n`)
  if (command === 'cat') {
    channel.on('data', (piece: Buffer) => channel.write(piece))
    channel.on('end', () => finish(channel, 0))
    return
  }
  finish(channel, 0)
}

export function finish(channel: ServerChannel, exit: number): void {
  channel.exit(exit)
  channel.end()
}

/** A TCP server that speaks whatever the test says. */
export async function startTcp(onSocket: (socket: Socket) => void): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const listener = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    onSocket(socket)
  })
  const port = await listen(listener)
  return { port, close: () => closeListener(listener, sockets) }
}

function listen(listener: TcpServer): Promise<number> {
  return new Promise((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(0, '127.0.0.1', () => {
      const address = listener.address()
      if (typeof address === 'object' && address) resolve(address.port)
      else reject(new Error('no port'))
    })
  })
}

function closeListener(listener: TcpServer, sockets: Set<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy()
  return new Promise(resolve => listener.close(() => resolve()))
}

export function newPool(options: Partial<SshPoolOptions> = {}): SshPool {
  return createSshPool({
    clock: systemClock,
    random: () => 0.5,
    word: () => randomBytes(12).toString('hex'),
    ...options,
  })
}

export function targetAt(
  server: Pick<TestServer, 'port' | 'key' | 'clientKey'>,
  change: Partial<SshTarget> = {},
): SshTarget {
  return {
    node: 'paris',
    host: '127.0.0.1',
    port: server.port,
    user: 'operator',
    identities: [{ label: 'id', key: new Secret(server.clientKey.privateText), passphrase: null }],
    agent: null,
    hostkeys: [server.key.fingerprint],
    knownHosts: [],
    jump: null,
    become: null,
    ...change,
  }
}
