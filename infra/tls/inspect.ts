// Looks at the certificate that a server shows, whether or not it deserves trust: judging is the caller's.
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { checkServerIdentity, connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { trust } from './trust.ts'

interface ShownCertificate {
  subject: string
  issuer: string
  /** ms since the epoch */
  from: number
  until: number
}

export interface Inspection {
  leaf: ShownCertificate
  /** Leaf first, as sent and completed by what we trust; a root that signs itself is left out: its age harms nobody. */
  chain: readonly ShownCertificate[]
  fingerprint: string
  /** Signed by its own key: nobody vouches for it. */
  selfSigned: boolean
  /** OpenSSL's reason not to trust the chain, such as `SELF_SIGNED_CERT_IN_CHAIN`; null when it is trusted. */
  distrust: string | null
  /** Why the name does not fit; null when it does. */
  misnamed: string | null
  protocol: string | null
  ms: number
}

export interface InspectRequest {
  address: string
  port: number
  servername: string
  trustedCas: readonly string[]
  signal: AbortSignal
  /** Monotonic milliseconds. */
  mono(): number
}

/** Rejects with the socket's or OpenSSL's error when no certificate was shown. */
export function inspectTls(request: InspectRequest): Promise<Inspection> {
  return new Promise((resolve, reject) => {
    const started = request.mono()
    const context = trust(request.trustedCas)
    const socket = connect({
      host: request.address,
      port: request.port,
      // SNI carries names only.
      ...(isIP(request.servername) ? {} : { servername: request.servername }),
      rejectUnauthorized: false,
      ...(context ? { secureContext: context } : {}),
    })
    const stop = (): void => end(() => reject(request.signal.reason))
    const end = (settle: () => void): void => {
      request.signal.removeEventListener('abort', stop)
      socket.destroy()
      settle()
    }
    request.signal.addEventListener('abort', stop, { once: true })
    if (request.signal.aborted) stop()
    socket.once('error', error => end(() => reject(error)))
    socket.once('close', () =>
      end(() => reject(Object.assign(new Error('closed during the handshake'), { code: 'ECONNRESET' }))),
    )
    socket.once('secureConnect', () => {
      const seen = read(socket, request, request.mono() - started)
      end(() => (seen ? resolve(seen) : reject(new Error('the server showed no certificate'))))
    })
  })
}

function read(socket: TLSSocket, request: InspectRequest, ms: number): Inspection | null {
  const peer = socket.getPeerCertificate(true)
  if (!peer.raw) return null
  const certificates: { shown: ShownCertificate; selfSigned: boolean }[] = []
  const seen = new Set<string>()
  for (
    let at: DetailedPeerCertificate | undefined = peer;
    at?.raw && !seen.has(at.fingerprint256);
    at = at.issuerCertificate
  ) {
    seen.add(at.fingerprint256)
    const parsed = new X509Certificate(at.raw)
    certificates.push({
      shown: {
        subject: commonName(parsed.subject),
        issuer: commonName(parsed.issuer),
        from: Date.parse(parsed.validFrom),
        until: Date.parse(parsed.validTo),
      },
      selfSigned: parsed.subject === parsed.issuer && parsed.verify(parsed.publicKey),
    })
  }
  const leaf = certificates[0]?.shown
  if (!leaf) return null
  const misnamed = checkServerIdentity(request.servername, peer)
  const distrust = socket.authorizationError as unknown as string | { code?: string } | null
  const reason = typeof distrust === 'string' ? distrust : (distrust?.code ?? null)
  return {
    leaf,
    chain: certificates.filter((one, at) => at === 0 || !one.selfSigned).map(one => one.shown),
    fingerprint: peer.fingerprint256,
    selfSigned: certificates[0]?.selfSigned === true,
    distrust: reason === 'ERR_TLS_CERT_ALTNAME_INVALID' ? null : reason,
    misnamed: misnamed ? misnamed.message : null,
    protocol: socket.getProtocol(),
    ms,
  }
}

function commonName(distinguished: string): string {
  return /(?:^|\n)CN=(.*)/.exec(distinguished)?.[1] ?? distinguished.replaceAll('\n', ', ')
}
