// The emulator by way of hcloud-js: its axios carries requests, while its models throw on what the API answers today.
import { createRequire } from 'node:module'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmulatorServer, serveEmulated } from '../../../../../infra/sandbox/clouds/emulator.ts'
import { createFaults } from '../../../../../infra/sandbox/clouds/faults.ts'
import { createHetznerEmulator } from '../../../../../infra/sandbox/clouds/hetzner/hetzner.ts'
import { createCloudLedger } from '../../../../../infra/sandbox/clouds/ledger.ts'
import { emptyWorld } from '../../../../../infra/sandbox/clouds/world.ts'
import { systemClock } from '../../../../../state/primitives/clock.ts'

const { Client } = createRequire(import.meta.url)('hcloud-js')
const faults = createFaults()
const ledger = createCloudLedger({ now: systemClock.now })
const web = { name: 'web-1', server_type: 'cx23', image: 'debian-12', location: 'fsn1' }
let server: EmulatorServer

beforeAll(async () => {
  const emulator = createHetznerEmulator({
    world: emptyWorld(),
    ledger,
    clock: systemClock,
    random: () => 0.3,
    pace: 5,
  })
  server = await serveEmulated(emulator, { address: '127.0.0.1', port: 0, faults, ledger })
})
afterAll(() => server.close())

const client = () => new Client({ token: 'a-token', baseURL: `${server.url}/v1`, timeout: 5_000 })
const ask = (method: string, url: string, data: unknown = undefined) =>
  client().axios.request({ method, url, data, validateStatus: () => true, responseType: 'text', transformResponse: [] })

test('its transport carries requests, answers and refusals', async () => {
  const created = await ask('POST', '/servers', web)
  expect(created.status).toBe(201)
  expect(JSON.parse(created.data).server).toMatchObject({ name: 'web-1', location: { name: 'fsn1' } })
  expect(created.headers['ratelimit-limit']).toBe('3600')
  const refused = await ask('POST', '/servers', web)
  expect([refused.status, JSON.parse(refused.data).error.code]).toEqual([409, 'uniqueness_error'])
})

test('an HTML page is handed on as it is', async () => {
  faults.add({ kind: 'html-502', provider: 'hetzner', action: 'GET /servers' })
  const page = await ask('GET', '/servers')
  expect(page.status).toBe(502)
  expect(page.data).toContain('502 Bad Gateway')
})

test('a reply that is lost has made the server', async () => {
  faults.add({ kind: 'reply-lost', provider: 'hetzner', action: 'POST /servers' })
  await expect(ask('POST', '/servers', { ...web, name: 'web-2' })).rejects.toThrow()
  expect(JSON.parse((await ask('GET', '/servers?name=web-2')).data).servers).toHaveLength(1)
})

test('its models throw, after the server is made', async () => {
  const build = client().servers.build('web-3').serverType('cx23').image('debian-12').location('fsn1')
  await expect(build.create()).rejects.toThrow(TypeError)
  expect(JSON.parse((await ask('GET', '/servers?name=web-3')).data).servers).toHaveLength(1)
})
