// One HTTP request on a connection of its own, to an address that the caller resolved, with every phase timed.
import { type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http'
import { request as secureRequest } from 'node:https'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import { trust } from '../tls/trust.ts'

export interface HttpRequest {
  url: URL
  /** Where to connect; the URL's host is only named. */
  address: string
  method: 'GET' | 'HEAD'
  headers: Readonly<Record<string, string>>
  /** More of the body is not read. */
  maxBodyBytes: number
  trustedCas: readonly string[]
  signal: AbortSignal
  /** Monotonic milliseconds. */
  mono(): number
}

export interface HttpAnswer {
  status: number
  location: string | null
  body: Uint8Array
  /** Since the request began, ms. `tlsMs` is null for plain HTTP. */
  phases: { connectMs: number; tlsMs: number | null; firstByteMs: number; totalMs: number }
}

/** Rejects with the socket's error, the certificate's, or the signal's reason. */
export function fetchOnce(wanted: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const started = wanted.mono()
    const since = (): number => wanted.mono() - started
    const secure = wanted.url.protocol === 'https:'
    const context = secure ? trust(wanted.trustedCas) : undefined
    const lookup: LookupFunction = (_host, options, found) => {
      const family = isIP(wanted.address)
      if (options.all) found(null, [{ address: wanted.address, family }])
      else found(null, wanted.address, family)
    }
    const options: RequestOptions & { secureContext?: unknown } = {
      method: wanted.method,
      headers: { 'user-agent': 'watchfloor', accept: '*/*', connection: 'close', ...wanted.headers },
      agent: false,
      lookup,
      signal: wanted.signal,
      ...(context ? { secureContext: context } : {}),
    }
    let connectMs = 0
    let tlsMs: number | null = null
    const call = (secure ? secureRequest : plainRequest)(wanted.url, options, response => {
      const firstByteMs = since()
      collect(response, wanted.maxBodyBytes, body =>
        resolve({
          status: response.statusCode ?? 0,
          location: response.headers.location ?? null,
          body,
          phases: { connectMs, tlsMs, firstByteMs, totalMs: since() },
        }),
      )
      response.once('error', reject)
    })
    call.once('socket', (socket: Socket) => {
      socket.once('connect', () => {
        connectMs = since()
      })
      socket.once('secureConnect', () => {
        tlsMs = since()
      })
    })
    call.once('error', reject)
    call.end()
  })
}

/** What came before the connection broke is lost on purpose: a torn answer is an error, told by `error`. */
function collect(response: IncomingMessage, maxBytes: number, done: (body: Uint8Array) => void): void {
  const pieces: Uint8Array[] = []
  let room = maxBytes
  response.on('data', (piece: Buffer) => {
    const kept = piece.subarray(0, room)
    pieces.push(kept)
    room -= kept.length
    if (room > 0) return
    response.removeAllListeners('data')
    done(Buffer.concat(pieces))
    response.destroy()
  })
  response.once('end', () => done(Buffer.concat(pieces)))
}
