// The tls and https looks against real servers on loopback, with certificates of each bad sort.
import { once } from 'node:events'
import { createServer as createSecureWeb } from 'node:https'
import { type AddressInfo, createServer as createPlain, type Server } from 'node:net'
import { createServer } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { issueCertificate, type KeyAndCertificate, makeAuthority } from '../../../../infra/sandbox/certificates.ts'
import type { Outcome } from '../../../../src/watch/probe.ts'
import { context, kindOf, node, probe } from './world.ts'

const day = 86_400_000
const now = Date.now()
const authority = makeAuthority(now)
const trustedCas = [authority.certificate]
const paris = node('paris', { host: 'paris.test' })

/** A certificate of 100 days, of which so many are left. */
function leaf(leftDays: number, names: readonly string[] = ['paris.test']): KeyAndCertificate {
  const notAfter = now + leftDays * day
  return issueCertificate(authority, {
    commonName: names[0] ?? '',
    names,
    addresses: ['127.0.0.1'],
    notBefore: notAfter - 100 * day,
    notAfter,
  })
}

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close()
    await once(server, 'close')
  }
})

async function listen(server: Server): Promise<number> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function look(port: number, options: Readonly<Record<string, unknown>> = {}, cas = trustedCas): Promise<Outcome> {
  const kind = kindOf('tls')
  if (kind.from !== 'hq') throw new Error('tls looks from HQ')
  const wanted = { endpoint: `127.0.0.1:${port}`, servername: 'paris.test', ...options }
  return kind.look(probe('tls', wanted, paris), context(paris, { trustedCas: cas }), AbortSignal.timeout(5000))
}

async function serve(shown: KeyAndCertificate): Promise<number> {
  const server = createServer({ key: shown.key, cert: shown.certificate }, socket => socket.end())
  server.on('tlsClientError', () => {})
  return listen(server)
}

describe('a certificate of 100 days', () => {
  test.each([
    [80, {}, { ok: true, values: { tls_left_pct: 80 } }],
    [26, {}, { ok: true }],
    [24, {}, { ok: true, warn: true }],
    [9, {}, { ok: false }],
    [24, { warn: '10%', fail: '5%' }, { ok: true }],
    [24, { warn: '30d' }, { ok: true, warn: true }],
    [24, { fail: '30d' }, { ok: false }],
  ])('with %i days left and %j gives %j', async (left, options, wanted) => {
    const outcome = await look(await serve(leaf(left)), options)
    expect(outcome).toMatchObject(wanted)
    expect(outcome.warn ?? false).toBe('warn' in wanted)
    expect(outcome.values?.tls_days).toBeCloseTo(left, 0)
  })

  test('is described by subject, issuer, chain and end', async () => {
    const { facts, ms } = await look(await serve(leaf(80)))
    expect(facts).toMatchObject({
      subject: 'paris.test',
      issuer: 'Watchfloor Sandbox CA',
      chain: 'paris.test',
      protocol: 'TLSv1.3',
    })
    expect(ms).toBeGreaterThan(0)
  })
})

describe('what is wrong is told apart', () => {
  test('expired', async () => {
    expect((await look(await serve(leaf(-3)))).detail).toBe('the certificate expired 3 days ago')
  })
  test('not valid yet', async () => {
    const outcome = await look(await serve(leaf(103)))
    expect(outcome).toMatchObject({ ok: false })
    expect(outcome.detail).toContain('not valid for another')
  })
  test('another name', async () => {
    const outcome = await look(await serve(leaf(80, ['london.test'])))
    expect(outcome).toMatchObject({ ok: false })
    expect(outcome.detail).toMatch(/^wrong name: .*london\.test/)
  })
  test('self-signed', async () => {
    const outcome = await look(await serve(makeAuthority(now)), {}, [])
    expect(outcome.detail).toContain('the certificate is self-signed')
  })
  test('from an authority that is not trusted', async () => {
    const outcome = await look(await serve(leaf(80)), {}, [])
    expect(outcome).toMatchObject({ ok: false })
    expect(outcome.detail).toContain('authority that is not trusted')
  })
  test('expired and for another name: both', async () => {
    const { detail } = await look(await serve(leaf(-1, ['london.test'])))
    expect(detail).toContain('expired')
    expect(detail).toContain('wrong name')
  })
  test('a server that speaks no TLS', async () => {
    const plain = createPlain(socket =>
      socket
        .on('error', () => {})
        .resume()
        .end('hello\r\n'),
    )
    expect(await look(await listen(plain))).toMatchObject({ ok: false, ms: null })
  })
  test('a server that says nothing', async () => {
    const silent = createPlain(socket => {
      socket.on('error', () => {})
      closing = () => socket.destroy()
    })
    let closing = () => {}
    const port = await listen(silent)
    const kind = kindOf('tls')
    if (kind.from !== 'hq') throw new Error('tls looks from HQ')
    const outcome = await kind.look(
      probe('tls', { endpoint: `127.0.0.1:${port}` }, paris),
      context(paris),
      AbortSignal.timeout(100),
    )
    closing()
    expect(outcome).toMatchObject({ ok: false })
    expect(outcome.detail).toContain('no handshake')
  })
  test('nobody there', async () => {
    const port = await serve(leaf(80))
    for (const server of servers.splice(0)) server.close()
    expect((await look(port)).detail).toBe(`127.0.0.1:${port}: connection refused`)
  })
})

describe('https', () => {
  async function ask(shown: KeyAndCertificate, cas: readonly string[]): Promise<Outcome> {
    const port = await listen(
      createSecureWeb({ key: shown.key, cert: shown.certificate }, (_, reply) => reply.end('fine')),
    )
    const kind = kindOf('http')
    if (kind.from !== 'hq') throw new Error('http looks from HQ')
    return kind.look(
      probe('http', { url: `https://127.0.0.1:${port}/` }, paris),
      context(paris, { trustedCas: cas }),
      AbortSignal.timeout(5000),
    )
  }
  test('is up behind a certificate of a trusted authority, with the handshake timed', async () => {
    const outcome = await ask(leaf(80), trustedCas)
    expect(outcome).toMatchObject({ ok: true, values: { status: 200 } })
    expect(outcome.values?.tls_ms).toBeGreaterThan(0)
  })
  test.each([
    ['an expired certificate', -1, trustedCas, 'the certificate has expired'],
    ['a stranger', 80, [], 'the certificate comes without its intermediate or from an authority that is not trusted'],
  ])('is down behind %s', async (_, left, cas, detail) => {
    expect(await ask(leaf(left), cas)).toMatchObject({ ok: false, detail })
  })
})
