// The http, dns and port-closed looks against real servers on loopback.
import { createSocket, type Socket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Outcome, ProbeContext } from '../../../../src/watch/probe.ts'
import { context, fleet, kindOf, node, probe } from './world.ts'

const paris = node('paris', { host: 'paris.test' })
const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function web(answer: RequestListener): Promise<number> {
  const server: Server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => {
    server.closeAllConnections()
    server.close()
    return once(server, 'close')
  })
  return (server.address() as AddressInfo).port
}

async function look(
  kindName: string,
  options: Readonly<Record<string, unknown>>,
  over: Partial<ProbeContext> = {},
  ms = 5000,
  on = paris,
): Promise<Outcome> {
  const kind = kindOf(kindName)
  if (kind.from !== 'hq') throw new Error(`${kindName} does not look from HQ`)
  return kind.look(probe(kindName, options, on), context(on, over), AbortSignal.timeout(ms))
}

describe('http', () => {
  test.each([
    [200, {}, true, /^200 in /],
    [204, {}, true, /^204 in /],
    [500, {}, false, /^500 in .*: expected 2xx$/],
    [500, { expect: { status: 500 } }, true, /^500 in /],
    [404, { expect: { status: [200, '4xx'] } }, true, /^404 in /],
    [200, { expect: { body: 'all is well' } }, true, /^200/],
    [200, { expect: { body: 'on fire' } }, false, /does not contain "on fire"/],
    [200, { match: 'all .* well' }, true, /^200/],
    [200, { match: '^well' }, false, /does not match/],
  ])('an answer %i with %j is %s', async (status, options, ok, detail) => {
    const port = await web((_, reply) => {
      reply.statusCode = status
      reply.end(status === 204 ? undefined : 'all is well')
    })
    const outcome = await look('http', { url: `http://127.0.0.1:${port}/`, ...options })
    expect(outcome.ok).toBe(ok)
    expect(outcome.detail).toMatch(detail)
    expect(outcome.values?.status).toBe(status)
    expect(outcome.ms).toBeGreaterThan(0)
  })

  test('a body made to keep a pattern busy is unknown within a second, and the engine goes on meanwhile', async () => {
    const port = await web((_, reply) => reply.end(`${'a'.repeat(60)}!`))
    let turns = 0
    const ticking = setInterval(() => turns++, 5)
    const started = performance.now()
    const outcome = await look('http', { url: `http://127.0.0.1:${port}/`, match: '^(\\w+,?)+$' })
    clearInterval(ticking)
    expect(outcome.ok).toBeNull()
    expect(outcome.detail).toContain('takes too long')
    expect(performance.now() - started).toBeLessThan(4000)
    expect(turns).toBeGreaterThan(5)
  })

  test('a redirect is an answer unless following is asked for', async () => {
    const port = await web((request, reply) => {
      if (request.url === '/there') reply.end('arrived')
      else reply.writeHead(302, { location: '/there' }).end()
    })
    const url = `http://127.0.0.1:${port}/`
    const stays = await look('http', { url })
    expect(stays).toMatchObject({ ok: false, values: { status: 302 } })
    expect(stays.detail).toContain('redirects to /there')
    expect(await look('http', { url, follow: 1, expect: { body: 'arrived' } })).toMatchObject({ ok: true })
  })

  test('a circle of redirects ends at the number that was allowed', async () => {
    let asked = 0
    const port = await web((_, reply) => {
      asked++
      reply.writeHead(302, { location: '/' }).end()
    })
    expect(await look('http', { url: `http://127.0.0.1:${port}/`, follow: 3 })).toMatchObject({ ok: false })
    expect(asked).toBe(4)
  })

  test('headers go to the host that was named and not to where it redirects', async () => {
    const seen: (string | undefined)[] = []
    const second = await web((request, reply) => {
      seen.push(request.headers['x-test']?.toString())
      reply.end()
    })
    const first = await web((request, reply) => {
      seen.push(request.headers['x-test']?.toString())
      reply.writeHead(302, { location: `http://127.0.0.1:${second}/` }).end()
    })
    await look('http', { url: `http://127.0.0.1:${first}/`, follow: 1, headers: { 'x-test': 'mine' } })
    expect(seen).toEqual(['mine', undefined])
  })

  test('a server that never stops talking is judged by its first 64 KiB', async () => {
    const port = await web((request, reply) => {
      const talk = (): void => {
        while (!reply.destroyed && reply.write('x'.repeat(16_384)));
      }
      reply.on('drain', talk)
      request.on('close', () => reply.destroy())
      talk()
    })
    expect(await look('http', { url: `http://127.0.0.1:${port}/`, match: '^x{65536}$' })).toMatchObject({ ok: true })
  })

  test('a server that accepts and says nothing is down at the deadline', async () => {
    const port = await web(() => {})
    expect(await look('http', { url: `http://127.0.0.1:${port}/` }, {}, 100)).toMatchObject({
      ok: false,
      detail: 'no answer in 10 s',
    })
  })

  test('an answer that breaks off is a failure', async () => {
    const port = await web((request, reply) => {
      reply.writeHead(200, { 'content-length': '1000' })
      reply.write('half')
      request.socket.end()
    })
    expect(await look('http', { url: `http://127.0.0.1:${port}/` })).toMatchObject({ ok: false })
  })

  test('slowness warns and fails by its limits', async () => {
    const port = await web((_, reply) => reply.end('ok'))
    const url = `http://127.0.0.1:${port}/`
    expect(await look('http', { url, warn: '0.001ms' })).toMatchObject({ ok: true, warn: true })
    expect(await look('http', { url, fail: '0.001ms' })).toMatchObject({ ok: false })
  })

  test("the name is resolved by the context's resolver", async () => {
    const port = await web((request, reply) => reply.end(`you asked for ${request.headers.host}`))
    const resolver = await nameServer({ 'paris.test': '127.0.0.1' })
    const options = { url: `http://paris.test:${port}/`, expect: { body: `paris.test:${port}` } }
    expect(await look('http', options, { resolver })).toMatchObject({ ok: true })
    const fresh = fleet([paris], { engine: { heartbeats: null, canaries: [], programs: {}, dns: ['x'], trust: [] } })
    const missing = await look('http', { url: `http://nowhere.test:${port}/` }, { resolver, fleet: fresh })
    expect(missing).toMatchObject({ ok: false, detail: 'nowhere.test: the name does not exist' })
  })
})

/** A name server for A records on loopback: known names are answered, `servfail.test` fails, `silent.test` is ignored. */
async function nameServer(names: Readonly<Record<string, string>>): Promise<Resolver> {
  const socket: Socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const labels: string[] = []
    let at = 12
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length))
      at += length + 1
    }
    const name = labels.join('.')
    if (name === 'silent.test') return
    const question = query.subarray(12, at + 5)
    const isA = query.readUInt16BE(at + 1) === 1
    const address = names[name]
    const header = Buffer.alloc(12)
    query.copy(header, 0, 0, 2)
    header.writeUInt16BE(0x8180 | (name === 'servfail.test' ? 2 : address === undefined ? 3 : 0), 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(address !== undefined && isA ? 1 : 0, 6)
    const record =
      address !== undefined && isA
        ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split('.').map(Number)])
        : Buffer.alloc(0)
    socket.send(Buffer.concat([header, question, record]), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const resolver = new Resolver({ timeout: 2000, tries: 1 })
  resolver.setServers([`127.0.0.1:${socket.address().port}`])
  ends.push(() => {
    resolver.cancel()
    socket.close()
    return once(socket, 'close')
  })
  return resolver
}

describe('dns', () => {
  const here = node('paris', { host: 'paris.test', address: '192.0.2.7' })

  test.each([
    ['the right address', '192.0.2.7', {}, true, 'paris.test leads to 192.0.2.7'],
    ['another address', '192.0.2.8', {}, false, 'paris.test leads to 192.0.2.8, not to 192.0.2.7'],
    ['the expected address', '192.0.2.8', { expect: '192.0.2.8' }, true, 'paris.test leads to 192.0.2.8'],
  ])('a name that leads to %s', async (_, address, options, ok, detail) => {
    const resolver = await nameServer({ 'paris.test': address })
    expect(await look('dns', options, { resolver }, 5000, here)).toMatchObject({ ok, detail })
  })

  test.each([
    ['does not exist', 'nowhere.test', false],
    ['has failing servers', 'servfail.test', false],
    ['nobody answers for', 'silent.test', null],
  ])('a name that %s', async (_, name, ok) => {
    const resolver = await nameServer({})
    expect((await look('dns', { name }, { resolver }, 300, here)).ok).toBe(ok)
  })

  test('a node without a name has no dns probe', () => {
    expect(kindOf('dns').targets({}, node('bare'), fleet([]))).toEqual([])
  })
})

describe('port-closed', () => {
  test('an open port is a finding, a closed one is good', async () => {
    const port = await web(() => {})
    expect(await look('port-closed', { port })).toMatchObject({
      ok: false,
      detail: `127.0.0.1:${port} answers in public`,
    })
    for (const end of ends.splice(0)) await end()
    expect(await look('port-closed', { port })).toMatchObject({ ok: true })
  })

  test('a port that swallows everything until the deadline is filtered: good', async () => {
    const kind = kindOf('port-closed')
    if (kind.from !== 'hq') throw new Error('looks from HQ')
    const gone = AbortSignal.abort(new Error('deadline'))
    expect(await kind.look(probe('port-closed', { port: 9 }, paris), context(paris), gone)).toMatchObject({ ok: true })
  })

  test('several ports are several targets', () => {
    const made = kindOf('port-closed').targets({ port: [22, 25] }, paris, fleet([paris]))
    expect(made.map(({ id }) => id)).toEqual(['port-closed:22', 'port-closed:25'])
  })
})
