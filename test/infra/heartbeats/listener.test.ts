// The listener on a real socket: what nodes may say, Kuma's answers, and what strangers may do to it.
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { createBuckets } from '../../../infra/heartbeats/buckets.ts'
import {
  createHeartbeatListener,
  type HeartbeatListener,
  type HeartbeatListenerOptions,
  type ReceivedHeartbeat,
} from '../../../infra/heartbeats/listener.ts'
import { systemClock, VirtualClock } from '../../../state/primitives/clock.ts'
import { Secret } from '../../../state/primitives/secret.ts'

const token = 'aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY'
const full = {
  ram_mb: 212.5,
  disk_pct: 41,
  cpu_pct: 3.2,
  db_size_mb: 18,
  db_integrity: 'ok',
  active_sessions: 4,
  req_1h: 1200,
  err_1h: 2,
  cert_days_remaining: 58,
  nix_gen: 17,
  uptime_s: 86_400,
}

let listener: HeartbeatListener | null = null
let heard: { node: string; heartbeat: ReceivedHeartbeat }[] = []
const sockets: Socket[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await listener?.close()
  listener = null
})

async function listen(more: Partial<HeartbeatListenerOptions> = {}): Promise<HeartbeatListener> {
  heard = []
  listener = await createHeartbeatListener({
    listen: '127.0.0.1:0',
    tokens: new Map([
      ['paris', [new Secret(token)]],
      ['tokyo', [new Secret('tokyo-token')]],
    ]),
    clock: systemClock,
    onHeartbeat: (node, heartbeat) => heard.push({ node, heartbeat }),
    ...more,
  })
  return listener
}

interface Reply {
  status: number
  body: string
  retryAfter: string | undefined
}

function call(
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const port = listener?.address.port ?? 0
    const out = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, answer => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          body: Buffer.concat(pieces).toString(),
          retryAfter: answer.headers['retry-after'],
        }),
      )
      answer.on('error', reject)
    })
    out.on('error', reject)
    out.end(body)
  })
}

const push = (body: unknown, to = token) =>
  call('POST', `/api/push/${to}`, typeof body === 'string' ? body : JSON.stringify(body), {
    'content-type': 'application/json',
  })

/** Opens a raw connection, writes, and resolves with all that came when the other side closed. */
function raw(text: string): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(listener?.address.port ?? 0, '127.0.0.1', () => socket.write(text))
    sockets.push(socket)
    let got = ''
    socket.on('data', piece => {
      got += piece.toString()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(got))
  })
}

describe('telemetry', () => {
  test('all fields arrive, numbers as values and words as facts', async () => {
    await listen()
    expect(await push(full)).toMatchObject({ status: 200, body: '{"ok":true}' })
    const { db_integrity, nix_gen, ...values } = full
    expect(heard).toMatchObject([
      { node: 'paris', heartbeat: { status: 'up', values, facts: { db_integrity, nix_gen: String(nix_gen) } } },
    ])
  })

  test('fields that are not known are left out; a missing field is not 0', async () => {
    await listen()
    await push({ ram_mb: 1, shell: '$(reboot)', __proto__: { disk_pct: 99 } })
    expect(heard[0]?.heartbeat).toMatchObject({ values: { ram_mb: 1 }, facts: {} })
    expect(Object.keys(heard[0]?.heartbeat.values ?? {})).toEqual(['ram_mb'])
  })

  test('wrong types refuse the whole push, all of them named, none of their values', async () => {
    await listen()
    const reply = await push({ ...full, ram_mb: 'secret-thing', disk_pct: 140, uptime_s: null })
    expect(reply.status).toBe(400)
    for (const name of ['ram_mb', 'disk_pct', 'uptime_s']) expect(reply.body).toContain(name)
    expect(reply.body).not.toContain('secret-thing')
    expect(heard).toEqual([])
  })

  test.each(['{', '[]', '"x"', 'null', '12', '{"ram_mb":1e999}'])('%s is refused', async body => {
    await listen()
    expect((await push(body)).status).toBe(400)
    expect(heard).toEqual([])
  })

  test('a bearer token does as well as one in the path', async () => {
    await listen()
    const reply = await call('POST', '/', JSON.stringify({ ram_mb: 3 }), { authorization: `Bearer ${token}` })
    expect([reply.status, heard[0]?.node]).toEqual([200, 'paris'])
  })

  test('the same push again at once is answered, and counted once', async () => {
    await listen()
    await push(full)
    expect((await push(full)).status).toBe(200)
    expect(heard).toHaveLength(1)
    expect(listener?.stats()).toMatchObject({ accepted: 1, repeated: 1 })
  })
})

describe("Uptime Kuma's push URL", () => {
  test.each(['GET', 'POST', 'HEAD'])('%s is heard', async method => {
    await listen()
    const reply = await call(method, `/api/push/${token}?status=up&msg=OK&ping=12.5`)
    expect([reply.status, reply.body]).toEqual([200, method === 'HEAD' ? '' : '{"ok":true}'])
    expect(heard[0]).toMatchObject({
      node: 'paris',
      heartbeat: { status: 'up', values: { ping_ms: 12.5 }, facts: { msg: 'OK' } },
    })
  })

  test.each([
    ['', 'up'],
    ['?status=up', 'up'],
    ['?status=down', 'down'],
    ['?status=UP', 'down'],
    ['?status=', 'down'],
  ])('%s means %s', async (query, status) => {
    await listen()
    await call('GET', `/api/push/${token}${query}`)
    expect(heard[0]?.heartbeat.status).toBe(status)
  })

  test.each(['-1', '1e12', 'NaN', 'abc', ''])('a ping of %s is no ping', async ping => {
    await listen()
    await call('GET', `/api/push/${token}?ping=${ping}`)
    expect(heard[0]?.heartbeat.values).toEqual({})
  })

  test('a message is capped', async () => {
    await listen()
    await call('GET', `/api/push/${token}?msg=${'x'.repeat(4_000)}`)
    expect(heard[0]?.heartbeat.facts.msg).toHaveLength(250)
  })
})

describe('strangers', () => {
  test.each([
    '/api/push/nope',
    '/api/push/',
    '/',
    '/api/push/%E0%A4%A',
    `/api/push/${token}x`,
    `/x/api/push/${token}`,
    '/metrics',
  ])('%s gets what Kuma says to an unknown token', async path => {
    await listen()
    const reply = await call('GET', path)
    expect([reply.status, reply.body]).toEqual([404, '{"ok":false,"msg":"Monitor not found or not active."}'])
    expect(heard).toEqual([])
  })

  test('a flood of wrong tokens is slowed down and locks nobody out', async () => {
    await listen({ clock: new VirtualClock(0) })
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, index) => call('GET', `/api/push/guess-${index}`)),
    )
    expect(replies.filter(reply => reply.status === 404)).toHaveLength(30)
    expect(replies.filter(reply => reply.status === 429)).toHaveLength(170)
    expect((await push(full)).status).toBe(200)
    expect(heard).toHaveLength(1)
  })

  test('one token that floods is slowed down, the others are not', async () => {
    const clock = new VirtualClock(0)
    await listen({ clock })
    const statuses: number[] = []
    for (let index = 0; index < 15; index += 1) statuses.push((await push({ uptime_s: index })).status)
    expect(statuses.filter(status => status === 429)).toHaveLength(5)
    expect((await push({ uptime_s: 1 }, 'tokyo-token')).status).toBe(200)
    clock.advance(1_000)
    expect((await push({ uptime_s: 99 })).status).toBe(200)
  })

  test('a body of more than 16 KB is refused by its announced length', async () => {
    await listen()
    const reply = await raw(`POST /api/push/${token} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n`)
    expect(reply).toContain(' 413 ')
    expect(heard).toEqual([])
  })

  test('and by what really came, when no length was announced', async () => {
    await listen()
    const piece = `1000\r\n${' '.repeat(4_096)}\r\n`
    const reply = await raw(
      `POST /api/push/${token} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${piece.repeat(5)}`,
    )
    expect(reply).toContain(' 413 ')
    expect(heard).toEqual([])
  })

  test('headers that come a byte at a time end the connection', async () => {
    await listen({ limits: { headersMs: 200, requestMs: 400 } })
    expect(await raw('GET /api/push/x HTTP/1.1\r\nhost')).not.toContain(' 200 ')
    expect(heard).toEqual([])
  })

  test('so does a body that never ends', async () => {
    await listen({ limits: { headersMs: 200, requestMs: 400 } })
    const reply = await raw(`POST /api/push/${token} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{`)
    expect(reply).not.toContain(' 200 ')
    expect(heard).toEqual([])
    expect((await push(full)).status).toBe(200)
  })

  test.each(['\u0000\u0001\u0002\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n\r\n`])(
    'garbage is closed, and the listener lives on',
    async text => {
      await listen()
      expect(await raw(text)).not.toContain(' 200 ')
      expect((await push(full)).status).toBe(200)
    },
  )

  test('one address holds only so many connections, and gets them back', async () => {
    await listen({ limits: { connectionsPerAddress: 3, headersMs: 60_000, requestMs: 60_000 } })
    const held = Array.from({ length: 3 }, () => raw('GET /'))
    expect(await raw(`GET /api/push/${token} HTTP/1.1\r\nhost: x\r\n\r\n`)).toBe('')
    for (const socket of sockets.splice(0)) socket.destroy()
    await Promise.all(held)
    await expect.poll(async () => (await push(full).catch(() => null))?.status).toBe(200)
  })

  test('a token is found neither in the listener nor in what it throws', async () => {
    const made = await listen()
    await push('{')
    expect(inspect(made, { depth: 10, showHidden: true })).not.toContain(token)
    const error = await createHeartbeatListener({
      listen: `127.0.0.1:${made.address.port}`,
      tokens: new Map([['paris', [new Secret(token)]]]),
      clock: systemClock,
      onHeartbeat: () => {},
    }).catch((one: unknown) => one)
    expect(error).toMatchObject({ name: 'heartbeats-not-listening', exit: 4 })
    expect(inspect(error, { depth: 10 })).not.toContain(token)
  })

  test('an empty secret lets nobody in', async () => {
    await listen({ tokens: new Map([['paris', [new Secret('')]]]) })
    expect((await call('GET', '/api/push/')).status).toBe(404)
  })
})

test('new tokens count from the reload on, old ones no more; two may hold at once', async () => {
  await listen()
  listener?.reload(new Map([['paris', [new Secret('new-one'), new Secret('newer-one')]]]))
  const statuses = []
  for (const one of ['new-one', 'newer-one', token])
    statuses.push((await push({ uptime_s: 5, req_1h: statuses.length }, one)).status)
  expect(statuses).toEqual([200, 200, 404])
})

test('the buckets of a flood of addresses stay bounded', () => {
  const buckets = createBuckets(new VirtualClock(0), { burst: 5, everyMs: 1_000, most: 100 })
  for (let index = 0; index < 10_000; index += 1) buckets.take(`2001:db8:${index}`)
  expect(buckets.size()).toBe(100)
})

test('a bad address to listen on is the operator’s mistake', async () => {
  await expect(listen({ listen: 'nonsense' })).rejects.toMatchObject({ name: 'bad-listen', exit: 2 })
})
