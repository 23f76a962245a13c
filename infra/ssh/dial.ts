// Opens a connection to one target: a socket (direct, or through the connection to its jump host), then the handshake.
import { isIP, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { nodeText } from '../../state/primitives/node-text.ts'
import type { Connection } from './connection.ts'
import { type Handshaken, shakeHands } from './handshake.ts'
import { type HostKey, offerAlgorithms } from './hostkey.ts'
import type { LoginAttempt } from './login.ts'
import { SshError, type SshTarget } from './ssh.ts'
import type { Trust } from './trust.ts'

type Ssh2 = typeof import('ssh2')

export interface DialRequest {
  ssh2: Ssh2
  target: SshTarget
  trust: Trust
  attempts: readonly LoginAttempt[]
  /** The connection to the jump host; null: straight. */
  through: Connection | null
  keepaliveMs: number
  onlyKey: boolean
}

export async function dial(request: DialRequest, signal: AbortSignal): Promise<Handshaken> {
  const { target, trust } = request
  const tried: string[] = []
  let first: SshError | null = null
  for (;;) {
    let shown: HostKey | null = null
    const socket = await openSocket(target, request.through, signal)
    try {
      return await shakeHands(
        {
          ssh2: request.ssh2,
          node: target.node,
          user: target.user,
          socket,
          algorithms: offerAlgorithms(trust.types, tried),
          judge(key) {
            shown = key
            return trust.judge(key)
          },
          attempts: request.attempts,
          keepaliveMs: request.keepaliveMs,
          onlyKey: request.onlyKey,
        },
        signal,
      )
    } catch (error) {
      if (!(error instanceof SshError)) throw error
      // A pin does not tell its key's type: before a host is called changed, every key it has is looked at.
      const next = another(shown)
      const mayBeAnother = trust.pinned && error.failure === 'hostkey-changed' && next !== null && !tried.includes(next)
      if (!mayBeAnother) throw first ?? error
      first ??= error
      tried.push(next)
      if (offerAlgorithms([], tried).length === 0) throw first
    }
  }
}

function another(shown: HostKey | null): string | null {
  return shown?.type ?? null
}

export function openSocket(target: SshTarget, through: Connection | null, signal: AbortSignal): Promise<Duplex> {
  if (through) return through.forward(target.host, target.port)
  return connectTcp(target, signal)
}

/** A TCP connection, or `unreachable` with the reason in words. */
function connectTcp(target: SshTarget, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = new Socket()
    const settle = () => {
      signal.removeEventListener('abort', abort)
      socket.off('error', fail)
    }
    const fail = (error: NodeJS.ErrnoException) => {
      settle()
      socket.destroy()
      reject(new SshError(target.node, 'unreachable', nodeText(`${target.host}:${target.port}: ${inWords(error)}`)))
    }
    const abort = () => {
      settle()
      socket.on('error', () => undefined)
      socket.destroy()
      reject(new SshError(target.node, 'cancelled', nodeText('nobody waits for this connection any more')))
    }
    if (signal.aborted) {
      abort()
      return
    }
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', fail)
    socket.setNoDelay(true)
    socket.connect(
      { host: target.host, port: target.port, ...(isIP(target.host) ? {} : { autoSelectFamily: true }) },
      () => {
        settle()
        resolve(socket)
      },
    )
  })
}

function inWords(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connection refused: nothing listens on that port'
    case 'ETIMEDOUT':
      return 'no answer'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no route to it'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name does not resolve'
    default:
      return error.message || (error.code ?? 'unknown error')
  }
}
