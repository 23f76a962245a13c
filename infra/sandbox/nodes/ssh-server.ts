// sshd of a node: a real SSH server that accepts the sandbox's own key and gives its users the nodes' shell.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'
import type { AuthContext, Connection, PseudoTtyInfo, ServerChannel, Session } from 'ssh2'
import ssh2 from 'ssh2'
import type { WorldView } from '../shell/program.ts'
import { Shell } from '../shell/shell.ts'
import { pipe, type Sink } from '../shell/streams.ts'
import { interact } from './interactive.ts'
import type { Link } from './link.ts'
import type { Machine } from './machine.ts'

export interface SshDaemon {
  accept(link: Link): void
  /** The host key was replaced: new connections see the new one. */
  rekey(): void
}

export interface SshDaemonOptions {
  machine: Machine
  world: WorldView
  /** The only accepted client key, as OpenSSH writes public keys. */
  authorizedKey: string
  /** Names sessions in the ledger. */
  sessionId: () => string
}

export function createSshDaemon(options: SshDaemonOptions): SshDaemon {
  const { machine, authorizedKey } = options
  const allowed = ssh2.utils.parseKey(authorizedKey)
  if (allowed instanceof Error) throw allowed
  const makeServer = () =>
    new ssh2.Server({ hostKeys: [machine.kept.hostKey], ident: 'OpenSSH_10.2' }, client =>
      serve(client, options, allowed),
    )
  let server = makeServer()
  return {
    // A Link is no net.Socket, but it is everything that ssh2 uses of one.
    accept: link => server.injectSocket(link as unknown as Socket),
    rekey() {
      server = makeServer()
    },
  }
}

function serve(client: Connection, options: SshDaemonOptions, allowed: ssh2.ParsedKey): void {
  const { machine } = options
  let user = 'root'
  client.on('authentication', context => {
    const accepted = accepts(context, allowed)
    // A key is offered first and signed with afterwards: only the second counts as a login.
    const offered = context.method === 'publickey' && context.signature === undefined
    if (!offered && context.method !== 'none') {
      machine.ledger.add(machine.name, {
        what: 'authentication',
        user: context.username.slice(0, 64),
        method: context.method,
        accepted,
      })
    }
    if (!accepted) return context.reject(['publickey'])
    user = context.username
    context.accept()
  })
  client.on('error', () => {})
  const ended = new AbortController()
  client.on('close', () => ended.abort())
  client.on('session', accept => session(accept(), user, options, ended.signal))
  client.on('tcpip', (_accept, reject) => reject())
  client.on('request', (_accept: unknown, reject: (() => void) | undefined) => reject?.())
}

function accepts(context: AuthContext, allowed: ssh2.ParsedKey): boolean {
  if (context.method !== 'publickey') return false
  const wanted = allowed.getPublicSSH()
  const { data } = context.key
  if (data.length !== wanted.length || !timingSafeEqual(data, wanted)) return false
  if (context.signature === undefined || context.blob === undefined) return true
  return allowed.verify(context.blob, context.signature, context.hashAlgo) === true
}

function session(opened: Session, user: string, options: SshDaemonOptions, ended: AbortSignal): void {
  const environment = new Map<string, string>()
  let terminal: PseudoTtyInfo | null = null
  let size = { columns: 80, rows: 24 }
  opened.on('env', (accept, _reject, info) => {
    if (environment.size < 32) environment.set(info.key, info.val)
    accept?.()
  })
  opened.on('pty', (accept, _reject, info) => {
    terminal = info
    size = { columns: info.cols, rows: info.rows }
    accept?.()
  })
  opened.on('window-change', (accept, _reject, info) => {
    size = { columns: info.cols, rows: info.rows }
    accept?.()
  })
  opened.on('exec', (accept, _reject, info) => {
    const channel = accept()
    run(channel, info.command, user, options, ended, environment)
  })
  opened.on('shell', accept => {
    const channel = accept()
    const id = note(options, '(shell)')
    const started = options.machine.clock.mono()
    const signal = lifeOf(channel, ended)
    const shell = new Shell({ machine: options.machine, world: options.world, user, signal })
    const streams = { channel, shell, signal, terminal: terminal !== null, columns: () => size.columns }
    interact(streams).then(
      status => finish(channel, status, id, started, options),
      () => channel.close(),
    )
  })
  opened.on('sftp', (_accept, reject) => reject())
  opened.on('subsystem', (_accept, reject) => reject?.())
}

function run(
  channel: ServerChannel,
  command: string,
  user: string,
  options: SshDaemonOptions,
  ended: AbortSignal,
  environment: ReadonlyMap<string, string>,
): void {
  const { machine, world } = options
  const id = note(options, command)
  const started = machine.clock.mono()
  const signal = lifeOf(channel, ended)
  const input = pipe()
  channel.on('data', (piece: Buffer) => input.write(piece))
  channel.on('end', () => input.close())
  channel.on('close', () => input.close())
  const shell = new Shell({ machine, world, user, signal })
  for (const [name, value] of environment) shell.variables.set(name, value)
  const streams = { in: input, out: sinkOf(channel), err: sinkOf(channel.stderr) }
  shell.script(command, streams).then(
    status => finish(channel, status, id, started, options),
    () => channel.close(),
  )
}

function note({ machine, sessionId }: SshDaemonOptions, command: string): string {
  const session = sessionId()
  const sha256 = createHash('sha256').update(command).digest('hex')
  // Probes send long scripts every few seconds: the hash tells them apart, the start says what they are.
  const start = command.slice(0, 400)
  machine.ledger.add(machine.name, {
    what: 'command',
    session,
    command: start,
    bytes: Buffer.byteLength(command),
    sha256,
  })
  return session
}

function finish(
  channel: ServerChannel,
  status: number,
  session: string,
  started: number,
  options: SshDaemonOptions,
): void {
  const { machine } = options
  const gone = channel.destroyed || channel.writableEnded
  const ms = Math.round(machine.clock.mono() - started)
  machine.ledger.add(machine.name, { what: 'exit', session, exit: gone ? null : status, ms })
  if (gone) return
  channel.exit(status)
  channel.end()
}

/** Fires when the channel or its connection is gone, or the client sends a signal. */
function lifeOf(channel: ServerChannel, ended: AbortSignal): AbortSignal {
  const own = new AbortController()
  channel.on('close', () => own.abort())
  channel.on('signal', () => own.abort())
  channel.on('error', () => own.abort())
  return AbortSignal.any([own.signal, ended])
}

function sinkOf(stream: NodeJS.WritableStream & { destroyed?: boolean; writableEnded?: boolean }): Sink {
  return {
    write(piece) {
      if (stream.destroyed || stream.writableEnded) return false
      stream.write(piece)
      return true
    },
    close() {},
  }
}
