// One SSH handshake on an open socket: key exchange, the host's key judged, login. Ends in a live client or in an
// SshError that says which of these failed.
import type { Duplex } from 'node:stream'
import type { Client } from 'ssh2'
import { nodeText } from '../../state/primitives/node-text.ts'
import { fingerprintOf, type HostKey, type HostKeyAlgorithm, readHostKey } from './hostkey.ts'
import type { LoginAttempt } from './login.ts'
import { SshError, type SshFailure } from './ssh.ts'

type Ssh2 = typeof import('ssh2')

export interface HandshakeRequest {
  ssh2: Ssh2
  node: string
  user: string
  socket: Duplex
  algorithms: readonly HostKeyAlgorithm[]
  judge(key: HostKey): SshError | null
  attempts: readonly LoginAttempt[]
  keepaliveMs: number
  /** Stop once the host has proven its key; nobody logs in. */
  onlyKey: boolean
}

export interface Handshaken {
  client: Client
  method: string
  hostkey: HostKey
}

// Cheapest that are sound: Node's OpenSSL does X25519 and AES-GCM natively, and a GCM cipher needs no MAC of its own.
const ciphers = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes256-ctr'] as const
const macs = [
  'hmac-sha2-256-etm@openssh.com',
  'hmac-sha2-512-etm@openssh.com',
  'hmac-sha2-256',
  'hmac-sha2-512',
] as const
const exchanges = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group14-sha256',
  'diffie-hellman-group16-sha512',
] as const

export function shakeHands(request: HandshakeRequest, signal: AbortSignal): Promise<Handshaken> {
  const { node, socket } = request
  const client = new request.ssh2.Client()
  return new Promise((resolve, reject) => {
    let hostkey: HostKey | null = null
    let refusal: SshError | null = null
    let agentTrouble: string | null = null
    let settled = false
    let next = 0

    const settle = () => {
      settled = true
      signal.removeEventListener('abort', abort)
    }
    const fail = (failure: SshFailure, detail: string) => {
      if (settled) return
      settle()
      socket.destroy()
      reject(refusal ?? new SshError(node, failure, nodeText(detail)))
    }
    const abort = () => fail('cancelled', 'nobody waits for this handshake any more')
    if (signal.aborted) {
      abort()
      return
    }
    signal.addEventListener('abort', abort, { once: true })

    client.on('error', error => {
      const level = 'level' in error && typeof error.level === 'string' ? error.level : ''
      const exhausted = next > request.attempts.length
      // An agent that is away, or one key that cannot sign, is not the end: the next attempt follows.
      if (level === 'agent' || (level === 'client-authentication' && !exhausted)) {
        agentTrouble = error.message
        return
      }
      const tried = request.attempts.map(attempt => attempt.method).join(', ')
      const because = agentTrouble === null ? '' : ` (${agentTrouble})`
      if (level === 'client-authentication') fail('auth', `${request.user} was not let in; tried ${tried}${because}`)
      else if (/too many authentication/i.test(error.message)) fail('auth', `${error.message}; tried ${tried}`)
      else if (level === 'handshake' || level === 'protocol') fail(protocolFailure(error.message), error.message)
      // ssh2's parser throws plain errors at what is no SSH; a socket's errors have a level, a host's farewell a code.
      else if (level === '' && !('code' in error)) fail('refused', `it does not speak SSH: ${error.message}`)
      else fail('closed', `the connection broke during the handshake: ${error.message}`)
    })
    client.on('close', () => {
      const where =
        hostkey === null ? 'before the host showed its key' : next > 0 ? 'during the login' : 'during the key exchange'
      fail('closed', `the host closed the connection ${where}`)
    })
    client.on('handshake', () => {
      if (request.onlyKey && hostkey !== null && !settled) {
        settle()
        resolve({ client, method: 'none', hostkey })
        client.end()
      }
    })
    client.on('ready', () => {
      if (settled || hostkey === null) return
      settle()
      resolve({ client, method: request.attempts[next - 1]?.method ?? 'none', hostkey })
    })
    client.connect({
      sock: socket,
      username: request.user,
      // Ours counts from before the socket on; ssh2's would count again.
      readyTimeout: 0,
      keepaliveInterval: request.keepaliveMs,
      keepaliveCountMax: 3,
      agentForward: false,
      algorithms: {
        kex: [...exchanges],
        cipher: [...ciphers],
        hmac: [...macs],
        compress: ['none'],
        serverHostKey: [...request.algorithms],
      },
      hostVerifier: (blob: Buffer) => {
        const shown = readHostKey(Buffer.from(blob))
        // At a rekey the host shows its key again; it must be the same.
        if (hostkey !== null) return shown?.blob.equals(hostkey.blob) ?? false
        if (shown === null) return false
        hostkey = shown
        refusal = request.judge(shown)
        return refusal === null
      },
      authHandler: (_left, _partial, proceed) => {
        if (request.onlyKey) return
        const attempt = request.attempts[next++]
        if (attempt) proceed(attempt.auth)
        else stopTrying(proceed)
      },
    })
  })
}

/** ssh2 ends the login on `false`, which its typings do not name. */
function stopTrying(proceed: (auth: never) => void): void {
  const stop: (auth: unknown) => void = proceed as (auth: unknown) => void
  stop(false)
}

function protocolFailure(message: string): SshFailure {
  return /before handshake|lost/i.test(message) ? 'closed' : 'refused'
}

export function reportHostKey(key: HostKey): { type: string; fingerprint: string } {
  return { type: key.type, fingerprint: fingerprintOf(key.blob) }
}
