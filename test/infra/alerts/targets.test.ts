// Alerts against a real HTTP server: what is sent, what is made safe, and what an error may say.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { headerSafe } from '../../../infra/alerts/ntfy.ts'
import { type Delivery, type Message, parseTarget } from '../../../infra/alerts/targets.ts'

let server: Server | null = null
let got: { url: string; headers: IncomingHttpHeaders; body: string }[] = []
afterEach(async () => {
  server?.closeAllConnections()
  await new Promise<void>(resolve => (server ? server.close(() => resolve()) : resolve()))
  server = null
})

async function serve(status: number | null, headers: Record<string, string> = {}): Promise<string> {
  got = []
  const made = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      got.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(pieces).toString() })
      if (status !== null) response.writeHead(status, headers).end('leak of the server')
    })
  })
  server = made
  await new Promise<void>(resolve => made.listen(0, '127.0.0.1', resolve))
  const address = made.address()
  return `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}/secret-topic`
}

const message: Message = {
  id: 'alt-1',
  title: 'SEV2 paris',
  text: 'paris is down: no answer',
  severity: 'SEV2',
  what: 'opened',
  incident: 'inc-1',
  fleet: 'clavitor',
  at: 0,
}

function send(to: string, more: Partial<Message> = {}, deadlineMs = 5_000): Promise<Delivery> {
  const target = parseTarget(to)
  if ('refused' in target) throw new Error(target.refused)
  return target.kind.send(target.address, { ...message, ...more }, { deadlineMs, signal: new AbortController().signal })
}

describe('ntfy', () => {
  test('gets the text as body, title and priority as headers', async () => {
    const url = await serve(200)
    expect(await send(`ntfy:${url}`)).toEqual({ ok: true })
    expect(got[0]).toMatchObject({
      url: '/secret-topic',
      body: 'paris is down: no answer',
      headers: { title: 'clavitor: SEV2 paris', priority: '4' },
    })
  })

  test.each([
    ['SEV1', 'opened', '5'],
    ['SEV2', 'worse', '4'],
    ['SEV3', 'opened', '3'],
    ['SEV1', 'resolved', '3'],
  ] as const)('%s %s has priority %s', async (severity, what, priority) => {
    await send(`ntfy:${await serve(200)}`, { severity, what })
    expect(got[0]?.headers.priority).toBe(priority)
  })

  test('what a node said can add no header and no control character', async () => {
    const url = await serve(200)
    const hostile = 'paris\r\nx-actions: http, reboot, https://evil.example\u001b]0;owned\u0007\u202e'
    expect(await send(`ntfy:${url}`, { title: hostile, text: `bad ${hostile}` })).toEqual({ ok: true })
    expect(got[0]?.headers['x-actions']).toBeUndefined()
    expect(got[0]?.headers.title).toMatch(/^[\x20-\x7e]+$/)
    expect(got[0]?.body).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
  })

  test('a title beyond ASCII is an encoded word', () => {
    expect(headerSafe('Zürich')).toBe(`=?UTF-8?B?${Buffer.from('Zürich').toString('base64')}?=`)
  })

  test('a long text is cut by bytes, at a whole character', async () => {
    await send(`ntfy:${await serve(200)}`, { text: 'ü'.repeat(5_000) })
    expect(Buffer.byteLength(got[0]?.body ?? '')).toBeLessThanOrEqual(3_900)
    expect(got[0]?.body).toMatch(/^ü+…$/)
  })
})

test('a webhook gets one JSON document with an id that a repeated delivery shares', async () => {
  const url = await serve(204)
  expect(await send(`webhook:${url}`)).toEqual({ ok: true })
  expect(got[0]?.headers['idempotency-key']).toBe('alt-1')
  expect(JSON.parse(got[0]?.body ?? '')).toEqual({
    id: 'alt-1',
    fleet: 'clavitor',
    incident: 'inc-1',
    what: 'opened',
    severity: 'SEV2',
    title: 'SEV2 paris',
    text: 'paris is down: no answer',
    at: '1970-01-01T00:00:00.000Z',
  })
})

describe('failures', () => {
  test('say kind, host and status, never the topic or what the server said', async () => {
    const delivery = await send(`ntfy:${await serve(403)}`)
    expect(delivery).toMatchObject({
      ok: false,
      why: expect.stringMatching(/^ntfy at 127\.0\.0\.1:\d+: answered 403$/),
    })
    expect(JSON.stringify(delivery)).not.toMatch(/secret-topic|leak/)
  })

  test('a redirect is not followed', async () => {
    const delivery = await send(`webhook:${await serve(302, { location: 'http://127.0.0.1:1/elsewhere' })}`)
    expect(delivery).toMatchObject({ ok: false, why: expect.stringContaining('redirects are not followed') })
    expect(got).toHaveLength(1)
  })

  test('429 tells when to come back', async () => {
    expect(await send(`ntfy:${await serve(429, { 'retry-after': '17' })}`)).toMatchObject({
      ok: false,
      retryAfterMs: 17_000,
    })
  })

  test('a server that never answers ends at the deadline', async () => {
    expect(await send(`ntfy:${await serve(null)}`, {}, 200)).toMatchObject({
      ok: false,
      why: expect.stringContaining('no answer within'),
    })
  })

  test('nobody there', async () => {
    const url = await serve(200)
    await new Promise<void>(resolve => server?.close(() => resolve()))
    server = null
    expect(await send(`ntfy:${url}`)).toMatchObject({ ok: false, why: expect.stringMatching(/ECONNREFUSED$/) })
  })
})

test.each([
  'mail:me',
  'ntfy:ftp://x/y',
  'ntfy:nonsense',
  'https://ntfy.example/topic',
  'ntfy:https://user:pw@ntfy.example/t',
  'constructor:https://x',
])('%s is no target', to => {
  const refused = parseTarget(to)
  expect('refused' in refused && !refused.refused.includes('pw')).toBe(true)
})
