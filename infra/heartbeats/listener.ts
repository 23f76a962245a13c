// Where nodes say that they live: telemetry as JSON by POST, or Uptime Kuma's push URL with Kuma's own answers, so that
// what pushes to a Kuma today needs a new address and nothing else. Everything that comes in is hostile until its token
// is known, and its content is hostile even then.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { isIPv6, type Socket } from 'node:net'
import type { Clock } from '../../state/primitives/clock.ts'
import { BadInput, Unreachable } from '../../state/primitives/errors.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import type { Secret } from '../../state/primitives/secret.ts'
import { createBuckets } from './buckets.ts'
import { readTelemetry } from './telemetry.ts'
import { tokenBook } from './tokens.ts'

/** As a node said it: validated and capped. Fits `Heartbeat` of the watching part. */
export interface ReceivedHeartbeat {
  at: number
  status: 'up' | 'down'
  values: Readonly<Record<string, number>>
  facts: Readonly<Record<string, string>>
}

export interface HeartbeatListenerOptions {
  /** `host:port`, `[v6]:port`; port 0 picks one. */
  listen: string
  /** Node → its tokens (two while one is being replaced). Only hashes are kept. */
  tokens: ReadonlyMap<string, readonly Secret[]>
  clock: Clock
  onHeartbeat(node: string, heartbeat: ReceivedHeartbeat): void
  limits?: Partial<Limits>
}

interface Limits {
  bodyBytes: number
  /** From the first byte to the end of the headers, and of the request. */
  headersMs: number
  requestMs: number
  connections: number
  connectionsPerAddress: number
  perToken: { burst: number; everyMs: number }
  /** Only calls without a known token count against an address: a stranger behind the same address locks nobody out. */
  perAddress: { burst: number; everyMs: number }
  /** The same push again within this time is answered, not counted (a client that retried). */
  repeatMs: number
}

const defaults: Limits = {
  bodyBytes: 16_384,
  headersMs: 5_000,
  requestMs: 10_000,
  connections: 4_096,
  connectionsPerAddress: 256,
  perToken: { burst: 10, everyMs: 1_000 },
  perAddress: { burst: 30, everyMs: 1_000 },
  repeatMs: 2_000,
}

export interface HeartbeatListener {
  address: { host: string; port: number }
  reload(tokens: ReadonlyMap<string, readonly Secret[]>): void
  /** Never a token, an address or a text of a node. */
  stats(): { accepted: number; repeated: number; refused: number; unknown: number; limited: number }
  close(): Promise<void>
}

type Answer = { status: number; body: Record<string, unknown>; retryAfterMs?: number; close?: boolean }

const unknownToken: Answer = { status: 404, body: { ok: false, msg: 'Monitor not found or not active.' }, close: true }

export async function createHeartbeatListener(options: HeartbeatListenerOptions): Promise<HeartbeatListener> {
  const { clock } = options
  const limits: Limits = { ...defaults, ...options.limits }
  const counts = { accepted: 0, repeated: 0, refused: 0, unknown: 0, limited: 0 }
  let book = tokenBook(options.tokens)
  const tokenBuckets = createBuckets(clock, { ...limits.perToken, most: 20_000 })
  const addressBuckets = createBuckets(clock, { ...limits.perAddress, most: 20_000 })
  const lastPush = new Map<string, { hash: string; mono: number }>()
  const perAddress = new Map<string, number>()

  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      // A push every 30 s opens its own connection; an idle one is nobody's.
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
      maxHeaderSize: 8_192,
    },
    (request, response) => {
      answer(request).then(
        one => respond(request, response, one),
        () => response.destroy(),
      )
    },
  )
  server.maxConnections = limits.connections
  server.maxHeadersCount = 64
  server.on('connection', socket => countConnection(socket))
  // Half-open garbage, oversized headers: closed without a word.
  server.on('clientError', (_error, socket) => socket.destroy())

  function countConnection(socket: Socket): void {
    const key = addressKey(socket.remoteAddress)
    const open = (perAddress.get(key) ?? 0) + 1
    if (open > limits.connectionsPerAddress) {
      socket.destroy()
      return
    }
    perAddress.set(key, open)
    socket.once('close', () => {
      const left = (perAddress.get(key) ?? 1) - 1
      if (left <= 0) perAddress.delete(key)
      else perAddress.set(key, left)
    })
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const url = URL.parse(request.url ?? '/', 'http://listener')
    const known = url ? book.nodeOf(tokenOf(request, url)) : null
    if (!url || !known) {
      counts.unknown += 1
      const waitMs = addressBuckets.take(addressKey(request.socket.remoteAddress))
      return waitMs > 0 ? limited(waitMs) : unknownToken
    }
    const method = request.method ?? ''
    if (!['GET', 'POST', 'HEAD'].includes(method)) return refused(405, 'GET, POST or HEAD')
    const waitMs = tokenBuckets.take(known.key)
    if (waitMs > 0) return limited(waitMs)

    let body = ''
    if (method === 'POST') {
      const read = await readBody(request)
      if (read === null) return refused(413, `the body is larger than ${limits.bodyBytes} bytes`, true)
      body = read
    }
    const heartbeat = heartbeatOf(url, body)
    if ('errors' in heartbeat)
      return {
        ...refused(400, heartbeat.errors.join('; ')),
        body: { ok: false, msg: heartbeat.errors.join('; '), errors: heartbeat.errors },
      }
    pass(known.node, heartbeat, `${url.search}\n${body}`)
    return { status: 200, body: { ok: true } }
  }

  function pass(node: string, heartbeat: ReceivedHeartbeat, text: string): void {
    const hash = createHash('sha256').update(text).digest('base64')
    const mono = clock.mono()
    const last = lastPush.get(node)
    if (last && last.hash === hash && mono - last.mono < limits.repeatMs) {
      counts.repeated += 1
      return
    }
    lastPush.set(node, { hash, mono })
    counts.accepted += 1
    options.onHeartbeat(node, heartbeat)
  }

  function heartbeatOf(url: URL, body: string): ReceivedHeartbeat | { errors: string[] } {
    const values: Record<string, number> = {}
    const facts: Record<string, string> = {}
    // As Kuma reads it: anything but `up` is down, nothing is up.
    const status = (url.searchParams.get('status') ?? 'up') === 'up' ? 'up' : 'down'
    const message = url.searchParams.get('msg')
    if (message) facts.msg = nodeText(message, 250)
    const ping = url.searchParams.get('ping')
    if (ping !== null && ping !== '' && Number(ping) >= 0 && Number(ping) <= 1e11) values.ping_ms = Number(ping)
    if (body.trim() !== '') {
      let json: unknown
      try {
        json = JSON.parse(body)
      } catch {
        return { errors: ['body is not JSON'] }
      }
      const read = readTelemetry(json)
      if (!read.ok) return { errors: read.errors }
      Object.assign(values, read.values)
      Object.assign(facts, read.facts)
    }
    return { at: clock.now(), status, values, facts }
  }

  function readBody(request: IncomingMessage): Promise<string | null> {
    return new Promise((resolve, reject) => {
      if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytes) {
        resolve(null)
        return
      }
      const pieces: Buffer[] = []
      let bytes = 0
      request.on('data', (piece: Buffer) => {
        bytes += piece.length
        if (bytes > limits.bodyBytes) {
          request.removeAllListeners('data')
          request.pause()
          resolve(null)
        } else pieces.push(piece)
      })
      request.once('end', () => resolve(Buffer.concat(pieces).toString('utf8')))
      request.once('error', reject)
      request.once('close', () => reject(new Error('closed')))
    })
  }

  function refused(status: number, why: string, close = false): Answer {
    counts.refused += 1
    return { status, body: { ok: false, msg: why }, close }
  }

  function limited(waitMs: number): Answer {
    counts.limited += 1
    return {
      status: 429,
      body: { ok: false, msg: 'Too many requests, try again later.' },
      retryAfterMs: waitMs,
      close: true,
    }
  }

  function respond(request: IncomingMessage, response: ServerResponse, one: Answer): void {
    const text = JSON.stringify(one.body)
    response.writeHead(one.status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(text)),
      'cache-control': 'no-store',
      ...(one.retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(one.retryAfterMs / 1000)) }),
      ...(one.close === true ? { connection: 'close' } : {}),
    })
    response.end(request.method === 'HEAD' ? undefined : text, () => {
      // What was not read is not waited for.
      if (one.close === true) request.socket.destroySoon()
    })
  }

  await listen()
  // Refused later (descriptors): the listener lives on.
  server.on('error', () => {})
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the listener has no address')

  return {
    address: { host: bound.address, port: bound.port },
    reload(tokens) {
      book = tokenBook(tokens)
      for (const node of lastPush.keys()) if (!tokens.has(node)) lastPush.delete(node)
    },
    stats: () => ({ ...counts }),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  function listen(): Promise<void> {
    const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(options.listen)
    const host = match?.[1] ?? match?.[2]
    if (!match || host === undefined || Number(match[3]) > 65_535) {
      throw new BadInput({
        name: 'bad-listen',
        message: `${options.listen} is not host:port`,
        remedy: 'e.g. 10.84.0.1:8484',
      })
    }
    return new Promise((resolve, reject) => {
      server.once('error', error => {
        reject(
          new Unreachable({
            name: 'heartbeats-not-listening',
            message: `no heartbeats can be heard on ${options.listen}: ${'code' in error ? String(error.code) : 'failed'}`,
            remedy: 'free the port, bring the address up, or change engine.listen.heartbeats',
            cause: error,
          }),
        )
      })
      server.listen({ port: Number(match[3]), ...(host === '' ? {} : { host }) }, () => {
        server.removeAllListeners('error')
        resolve()
      })
    })
  }
}

/** From `/api/push/<token>`, or a bearer header on any path. */
function tokenOf(request: IncomingMessage, url: URL): string {
  const match = /^\/api\/push\/([^/]{1,256})\/?$/.exec(url.pathname)
  if (match?.[1] !== undefined) {
    try {
      return decodeURIComponent(match[1])
    } catch {
      return ''
    }
  }
  return /^Bearer ([\x21-\x7e]{1,256})$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
}

/** One subscriber of IPv6 has a /64: limits count that, not its 2^64 addresses. */
function addressKey(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  const v4 = /^::ffff:([0-9.]+)$/i.exec(address)
  if (v4?.[1] !== undefined) return v4[1]
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const start = head === '' ? [] : head.split(':')
  const end = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - start.length - end.length) }, () => '0')
  return [...start, ...zeros, ...end].slice(0, 4).join(':')
}
