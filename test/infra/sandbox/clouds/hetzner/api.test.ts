import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type EmulatorServer, serveEmulated } from '../../../../../infra/sandbox/clouds/emulator.ts'
import { createFaults, type FaultKind } from '../../../../../infra/sandbox/clouds/faults.ts'
import {
  createHetznerEmulator,
  type HetznerEmulator,
  type KeptHetzner,
} from '../../../../../infra/sandbox/clouds/hetzner/hetzner.ts'
import { operations, route } from '../../../../../infra/sandbox/clouds/hetzner/routes.ts'
import { type CloudLedger, createCloudLedger } from '../../../../../infra/sandbox/clouds/ledger.ts'
import { emptyWorld } from '../../../../../infra/sandbox/clouds/world.ts'
import { VirtualClock } from '../../../../../state/primitives/clock.ts'
import { createJudge } from './spec.ts'

const judge = createJudge()
const seen = new Set<string>()
const faults = createFaults()
const servers: EmulatorServer[] = []
let clock: VirtualClock
let ledger: CloudLedger
let emulator: HetznerEmulator
let server: EmulatorServer

beforeEach(async () => {
  faults.clear()
  clock = new VirtualClock(Date.UTC(2026, 10, 24, 12))
  ledger = createCloudLedger({ now: () => clock.now() })
  await start(null)
})
afterAll(async () => {
  await Promise.all(servers.map(one => one.close()))
})

async function start(kept: KeptHetzner | null, requestLimit = 3_600) {
  emulator = createHetznerEmulator({
    world: emptyWorld(),
    ledger,
    clock,
    random: () => 0.3,
    kept,
    pace: 1_000,
    requestLimit,
  })
  server = await serveEmulated(emulator, { address: '127.0.0.1', port: 0, faults, ledger })
  servers.push(server)
}

/** Over the wire; the reply, and a request that was accepted, are as the API describes them. */
async function ask(method: string, path: string, body: unknown = null) {
  const response = await fetch(`${server.url}/v1${path}`, {
    method,
    headers: { authorization: 'Bearer a-token', 'content-type': 'application/json' },
    ...(body === null ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const answered = text === '' ? null : JSON.parse(text)
  const { name, handler } = route(method, `/v1${path.replace(/\?.*/, '')}`)
  seen.add(name)
  if (handler && !name.includes('/datacenters')) {
    expect(judge.reply(name, response.status, answered), `${name} ${text.slice(0, 500)}`).toEqual([])
    if (response.ok && body !== null) expect(judge.request(name, body)).toEqual([])
  }
  return { status: response.status, body: answered, code: answered?.error?.code ?? null, headers: response.headers }
}

const web = {
  name: 'web-1',
  server_type: 'cx23',
  image: 'debian-12',
  location: 'fsn1',
  labels: { fleet: 'edge', op: 'op-1' },
}
const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ operator@example'
const lines = (what: 'created' | 'deleted') => ledger.lines().flatMap(line => (line.what === what ? [line.kind] : []))

async function running(more: object = {}): Promise<number> {
  const { body } = await ask('POST', '/servers', { ...web, ...more })
  clock.advance(2_000)
  return body.server.id
}

describe('servers', () => {
  test('one is created, starts with its actions, and is gone after its deletion', async () => {
    const { status, body } = await ask('POST', '/servers', web)
    expect(status).toBe(201)
    expect(body.server).toMatchObject({ status: 'initializing', locked: true, location: { name: 'fsn1' } })
    expect(body.server).not.toHaveProperty('datacenter')
    expect(body.root_password).toHaveLength(20)
    const ids = [body.action, ...body.next_actions].map(action => `id=${action.id}`).join('&')
    const statuses = async () =>
      (await ask('GET', `/actions?${ids}`)).body.actions.map(({ status: is }: { status: string }) => is)
    expect(await statuses()).toEqual(['running', 'running'])
    clock.advance(1_000)
    expect(await statuses()).toEqual(['success', 'running'])
    clock.advance(1_000)
    expect(await statuses()).toEqual(['success', 'success'])
    const path = `/servers/${body.server.id}`
    expect((await ask('GET', path)).body.server).toMatchObject({ status: 'running', locked: false })
    expect((await ask('DELETE', path)).body.action).toMatchObject({ command: 'delete_server', status: 'running' })
    expect((await ask('GET', path)).body.server.status).toBe('deleting')
    clock.advance(1_000)
    expect(await ask('GET', path)).toMatchObject({ status: 404, code: 'not_found' })
    expect(lines('created')).toEqual(['instance', 'ipv4'])
    expect(lines('deleted')).toEqual(['instance', 'ipv4'])
    expect(ledger.lines().filter(line => line.what !== 'request' && line.tags.op === 'op-1')).toHaveLength(4)
  })

  test('a name is one server’s only, also while that is ending', async () => {
    const id = await running()
    expect(await ask('POST', '/servers', web)).toMatchObject({ status: 409, code: 'uniqueness_error' })
    await ask('DELETE', `/servers/${id}`)
    expect((await ask('POST', '/servers', web)).code).toBe('uniqueness_error')
    clock.advance(1_000)
    expect((await ask('POST', '/servers', web)).status).toBe(201)
  })

  test.each([
    ['a datacenter', { datacenter: 'fsn1-dc14' }],
    ['a retired type', { server_type: 'cx22' }],
    ['a type that is not sold there', { location: 'ash' }],
    ['an image of another architecture', { server_type: 'cax11', image: '114690387' }],
    ['an unknown key', { ssh_keys: ['nobody'] }],
    ['an impossible label', { labels: { fleet: 'a b' } }],
    ['an impossible name', { name: 'a_b' }],
  ])('%s is invalid input', async (_what, change) => {
    expect(await ask('POST', '/servers', { ...web, ...change })).toMatchObject({ status: 422, code: 'invalid_input' })
    expect(lines('created')).toEqual([])
  })

  test('lists are narrowed by name and labels, and come in pages', async () => {
    for (const name of ['a', 'b', 'c']) emulator.addServer({ name, labels: { fleet: name === 'c' ? 'other' : 'edge' } })
    const names = async (query: string) =>
      (await ask('GET', `/servers?${query}`)).body.servers.map(({ name }: { name: string }) => name)
    expect(await names('name=b')).toEqual(['b'])
    expect(await names('label_selector=fleet%3D%3Dedge')).toEqual(['a', 'b'])
    expect(await names('label_selector=fleet!%3Dedge')).toEqual(['c'])
    expect(await names('label_selector=fleet%20in%20(edge,third),!op')).toEqual(['a', 'b'])
    expect(await names('per_page=2&page=2')).toEqual(['c'])
    expect((await ask('GET', '/servers?per_page=2')).body.meta.pagination).toEqual({
      page: 1,
      per_page: 2,
      previous_page: null,
      next_page: 2,
      last_page: 2,
      total_entries: 3,
    })
    expect((await ask('GET', '/servers?per_page=51')).code).toBe('invalid_input')
  })

  test('one may have no public IPv4 address', async () => {
    const id = await running({ public_net: { enable_ipv4: false, enable_ipv6: true } })
    const { public_net } = (await ask('GET', `/servers/${id}`)).body.server
    expect(public_net.ipv4).toBeNull()
    expect(public_net.ipv6.ip).toMatch(/^2001:db8:/)
    expect(lines('created')).toEqual(['instance'])
  })

  test('what is being worked on is locked, and what is protected stays', async () => {
    const { body } = await ask('POST', '/servers', web)
    const path = `/servers/${body.server.id}`
    expect(await ask('DELETE', path)).toMatchObject({ status: 423, code: 'locked' })
    clock.advance(2_000)
    expect((await ask('POST', `${path}/actions/change_protection`, { delete: true, rebuild: true })).status).toBe(201)
    clock.advance(1_000)
    expect((await ask('DELETE', path)).code).toBe('protected')
    expect(lines('deleted')).toEqual([])
  })

  test('only a stopped server changes its type', async () => {
    const path = `/servers/${await running()}`
    const change = { server_type: 'cx33', upgrade_disk: false }
    expect((await ask('POST', `${path}/actions/change_type`, change)).code).toBe('server_not_stopped')
    await ask('POST', `${path}/actions/poweroff`)
    clock.advance(1_000)
    expect((await ask('GET', path)).body.server.status).toBe('off')
    expect((await ask('POST', `${path}/actions/change_type`, change)).status).toBe(201)
    clock.advance(1_000)
    await ask('POST', `${path}/actions/poweron`)
    clock.advance(1_000)
    await ask('POST', `${path}/actions/shutdown`)
    expect((await ask('GET', path)).body.server).toMatchObject({ server_type: { name: 'cx33' }, primary_disk_size: 40 })
    expect((await ask('GET', `${path}/actions`)).body.actions).toHaveLength(6)
  })

  test('labels and the name are changed at once', async () => {
    const id = await running()
    const changed = await ask('PUT', `/servers/${id}`, { name: 'web-2', labels: { fleet: 'third' } })
    expect(changed.body.server).toMatchObject({ name: 'web-2', labels: { fleet: 'third' } })
  })

  test('volumes and addresses of one’s own outlive the server', async () => {
    const { body } = await ask('POST', '/primary_ips', {
      name: 'own',
      type: 'ipv4',
      assignee_type: 'server',
      location: 'fsn1',
    })
    const volume = await ask('POST', '/volumes', { name: 'data', size: 20, location: 'fsn1' })
    const id = await running({ public_net: { ipv4: body.primary_ip.id }, volumes: [volume.body.volume.id] })
    expect((await ask('GET', `/servers/${id}`)).body.server.public_net.ipv4.id).toBe(body.primary_ip.id)
    expect((await ask('DELETE', `/primary_ips/${body.primary_ip.id}`)).code).toBe('must_be_unassigned')
    expect((await ask('DELETE', `/volumes/${volume.body.volume.id}`)).code).toBe('resource_in_use')
    await ask('DELETE', `/servers/${id}`)
    expect((await ask('GET', `/primary_ips/${body.primary_ip.id}`)).body.primary_ip.assignee_id).toBeNull()
    expect((await ask('GET', `/volumes/${volume.body.volume.id}`)).body.volume.server).toBeNull()
    expect((await ask('GET', '/primary_ips')).body.primary_ips).toHaveLength(1)
    expect((await ask('GET', '/volumes')).body.volumes).toHaveLength(1)
    await ask('DELETE', `/primary_ips/${body.primary_ip.id}`)
    await ask('DELETE', `/volumes/${volume.body.volume.id}`)
    expect(lines('deleted')).toEqual(['instance', 'address', 'disk'])
  })
})

describe('what servers need', () => {
  test('a key is one of a name and one of its kind', async () => {
    const { body } = await ask('POST', '/ssh_keys', { name: 'operator', public_key: publicKey })
    expect(body.ssh_key.fingerprint).toMatch(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/)
    const path = `/ssh_keys/${body.ssh_key.id}`
    expect((await ask('POST', '/ssh_keys', { name: 'again', public_key: publicKey })).code).toBe('uniqueness_error')
    expect((await ask('POST', '/ssh_keys', { name: 'x', public_key: 'nonsense' })).code).toBe('invalid_input')
    expect((await ask('POST', '/servers', { ...web, ssh_keys: ['operator'] })).body.root_password).toBeNull()
    await ask('PUT', path, { labels: { fleet: 'edge' } })
    expect((await ask('GET', '/ssh_keys?label_selector=fleet')).body.ssh_keys).toHaveLength(1)
    expect((await ask('GET', path)).body.ssh_key.name).toBe('operator')
    expect((await ask('DELETE', path)).status).toBe(204)
  })

  test('a firewall stays while it is in use', async () => {
    const rule = { direction: 'in', protocol: 'tcp', port: '22', source_ips: ['0.0.0.0/0', '::/0'] }
    const { body } = await ask('POST', '/firewalls', { name: 'edge', rules: [rule], labels: { fleet: 'edge' } })
    const path = `/firewalls/${body.firewall.id}`
    expect((await ask('POST', '/firewalls', { name: 'edge' })).code).toBe('uniqueness_error')
    const id = await running({ firewalls: [{ firewall: body.firewall.id }] })
    expect((await ask('GET', path)).body.firewall.applied_to).toEqual([{ type: 'server', server: { id } }])
    expect(await ask('DELETE', path)).toMatchObject({ status: 422, code: 'resource_in_use' })
    await ask('POST', `${path}/actions/set_rules`, { rules: [{ ...rule, port: '443' }] })
    const on = [{ type: 'server', server: { id } }]
    await ask('POST', `${path}/actions/remove_from_resources`, { remove_from: on })
    await ask('POST', `${path}/actions/apply_to_resources`, { apply_to: on })
    expect((await ask('PUT', path, { name: 'edge-2' })).body.firewall.rules[0].port).toBe('443')
    expect((await ask('GET', '/firewalls?name=edge-2')).body.firewalls).toHaveLength(1)
    await ask('DELETE', `/servers/${id}`)
    expect((await ask('DELETE', path)).status).toBe(204)
  })

  test('addresses and volumes are changed, let go and found', async () => {
    const id = await running()
    const [ip] = (await ask('GET', '/primary_ips')).body.primary_ips
    await ask('PUT', `/primary_ips/${ip.id}`, { auto_delete: false, labels: { fleet: 'edge' } })
    await ask('POST', `/primary_ips/${ip.id}/actions/unassign`)
    const { body } = await ask('POST', '/volumes', { name: 'data', size: 10, server: id })
    await ask('PUT', `/volumes/${body.volume.id}`, { labels: { fleet: 'edge' } })
    await ask('POST', `/volumes/${body.volume.id}/actions/detach`)
    expect((await ask('GET', `/servers/${id}`)).body.server).toMatchObject({ public_net: { ipv4: null }, volumes: [] })
  })
})

describe('the catalogue', () => {
  test('retired types say so, and stock is told per location', async () => {
    emulator.setSoldOut('cx33', 'nbg1', true)
    const { server_types: types } = (await ask('GET', '/server_types?per_page=50')).body
    const named = (name: string) => types.find((type: { name: string }) => type.name === name)
    expect(named('cx22').locations[0].deprecation.unavailable_after).toBe('2026-01-01T00:00:00+00:00')
    const stock = named('cx33').locations.map((at: { name: string; available: boolean }) => [at.name, at.available])
    expect(stock).toEqual([
      ['fsn1', true],
      ['nbg1', false],
      ['hel1', true],
    ])
    const refused = await ask('POST', '/servers', { ...web, server_type: 'cx33', location: 'nbg1' })
    expect(refused).toMatchObject({ status: 412, code: 'resource_unavailable' })
    expect((await ask('GET', `/server_types/${named('cx23').id}`)).body.server_type.architecture).toBe('x86')
  })

  test('prices are text with ten decimals, net and gross', async () => {
    const { pricing } = (await ask('GET', '/pricing')).body
    const cx33 = pricing.server_types.find(({ name }: { name: string }) => name === 'cx33').prices[0]
    expect(cx33.price_monthly).toEqual({ net: '8.9900000000', gross: '10.6981000000' })
    expect(cx33.price_hourly.net).toBe('0.0144000000')
    expect(pricing.volume.price_per_gb_month.net).toBe('0.0572000000')
  })

  test('locations, images and what there is none of are listed', async () => {
    const snapshot = emulator.addSnapshot({ description: 'nixos-26.05', labels: { os: 'nixos' } })
    const images = (await ask('GET', '/images?type=snapshot&label_selector=os%3Dnixos')).body.images
    expect(images).toMatchObject([{ id: snapshot, name: null, description: 'nixos-26.05' }])
    expect((await ask('GET', '/images?name=debian-12&architecture=arm')).body.images).toHaveLength(1)
    expect((await ask('GET', `/images/${snapshot}`)).status).toBe(200)
    expect((await ask('GET', '/locations?name=hel1')).body.locations).toMatchObject([{ country: 'FI' }])
    expect((await ask('GET', '/locations/1')).body.location.name).toBe('fsn1')
    expect((await ask('GET', '/floating_ips')).body.floating_ips).toEqual([])
    expect((await ask('GET', '/isos')).body.isos).toEqual([])
  })

  test('datacenters are gone, and what never was is not found', async () => {
    expect((await ask('GET', '/datacenters')).status).toBe(410)
    expect(await ask('GET', '/unicorns')).toMatchObject({ status: 404, code: 'not_found' })
  })
})

describe('limits and faults', () => {
  test('requests are counted, and come back with time', async () => {
    await start(null, 2)
    expect((await ask('GET', '/locations')).headers.get('ratelimit-remaining')).toBe('1')
    await ask('GET', '/locations')
    const refused = await ask('GET', '/locations')
    expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
    expect(Number(refused.headers.get('ratelimit-reset')) * 1_000).toBeGreaterThan(clock.now())
    clock.advance(1_800_000)
    expect((await ask('GET', '/locations')).status).toBe(200)
  })

  test('actions are asked for by 25 at most', async () => {
    const many = Array.from({ length: 26 }, (_, index) => `id=${index + 1}`).join('&')
    expect((await ask('GET', `/actions?${many}`)).code).toBe('invalid_input')
    expect((await ask('GET', '/actions')).code).toBe('invalid_input')
    const { body } = await ask('POST', '/servers', web)
    expect((await ask('GET', `/actions/${body.action.id}`)).body.action.progress).toBe(0)
  })

  test.each<[FaultKind, number, string]>([
    ['throttle', 429, 'rate_limit_exceeded'],
    ['capacity', 412, 'resource_unavailable'],
    ['quota', 403, 'resource_limit_exceeded'],
    ['rights', 403, 'token_readonly'],
    ['account', 403, 'forbidden'],
    ['server-error', 503, 'unavailable'],
  ])('the fault %s makes nothing', async (kind, status, code) => {
    faults.add({ kind, action: 'POST /servers', region: 'fsn1' })
    expect(await ask('POST', '/servers', web)).toMatchObject({ status, code })
    expect(lines('created')).toEqual([])
    expect((await ask('POST', '/servers', web)).status).toBe(201)
  })

  test('an error after the effect leaves a server', async () => {
    faults.add({ kind: 'error-after-effect', action: 'POST /servers' })
    expect((await ask('POST', '/servers', web)).status).toBe(503)
    expect((await ask('GET', '/servers?name=web-1')).body.servers).toHaveLength(1)
  })

  test('what lags is not seen yet, and has its name all the same', async () => {
    faults.add({ kind: 'lag', action: 'POST /servers', ms: 5_000 })
    const { body } = await ask('POST', '/servers', web)
    expect((await ask('GET', `/servers/${body.server.id}`)).code).toBe('not_found')
    expect((await ask('POST', '/servers', web)).code).toBe('uniqueness_error')
    clock.advance(5_000)
    expect((await ask('GET', '/servers?name=web-1')).body.servers).toHaveLength(1)
  })

  test('a creation that fails later ends with an error, and the server is there', async () => {
    faults.add({ kind: 'fails-later', action: 'POST /servers' })
    const { body } = await ask('POST', '/servers', web)
    clock.advance(2_000)
    const ids = [body.action, ...body.next_actions].map(({ id }) => `id=${id}`).join('&')
    expect((await ask('GET', `/actions?${ids}`)).body.actions).toMatchObject([{ status: 'error' }, { status: 'error' }])
    expect((await ask('GET', `/servers/${body.server.id}`)).body.server.status).toBe('off')
  })

  test('no token, no answer', async () => {
    expect((await fetch(`${server.url}/v1/servers`)).status).toBe(401)
  })

  test('a restart goes on with what was kept', async () => {
    const id = await running()
    await start(JSON.parse(JSON.stringify(emulator.state())))
    expect((await ask('GET', `/servers/${id}`)).body.server).toMatchObject({ name: 'web-1', status: 'running' })
    expect((await ask('POST', '/servers', web)).code).toBe('uniqueness_error')
  })
})

test('the judge refuses what the API does not know', () => {
  expect(judge.reply('GET /locations', 200, { locations: [] })).not.toEqual([])
  expect(judge.request('POST /servers', { ...web, datacenter: 'fsn1-dc14' })).not.toEqual([])
  expect(judge.request('POST /servers', { ...web, labels: { fleet: 'a b' } })).not.toEqual([])
  expect(judge.request('POST /servers', web)).toEqual([])
})

test('every operation that is described was judged above, and no other is answered', () => {
  const wanted = operations.filter(name => !name.includes('/datacenters')).sort()
  expect([...judge.operations].sort()).toEqual(wanted)
  expect(wanted.filter(name => !seen.has(name))).toEqual([])
})
