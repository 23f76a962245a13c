// Every request that the adapter makes, by the published description of the API: bodies by their schemas (closed, so that a
// field too many is a fault), query parameters by theirs (query-parameters.json is what it says of the lists we ask for).
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import type { CloudRequest } from '../../../../infra/sandbox/clouds/emulator.ts'
import { createJudge } from '../../sandbox/clouds/hetzner/spec.ts'
import described from './query-parameters.json' with { type: 'json' }
import { openRoom, signal, spec, tags } from './room.ts'

const ajv = new Ajv({ strict: false })
const parameters: Readonly<Record<string, Readonly<Record<string, { type: string }>>>> = described

function queryFaults({ method, path, query }: CloudRequest): string[] {
  const route = path.replace('/v1', '')
  return [...new Set(query.keys())].flatMap(name => {
    const schema = parameters[route]?.[name]
    if (method !== 'GET' || !schema) return [`${method} ${route} has no parameter ${name}`]
    const texts = query.getAll(name)
    const read = (text: string) => (/^\d+$/.test(text) && name !== 'name' ? Number(text) : text)
    const value = schema.type === 'array' ? texts.map(read) : texts.length === 1 ? read(texts[0] ?? '') : texts
    return ajv.validate(schema, value) ? [] : [`${method} ${route}?${name}=${texts}: ${ajv.errorsText()}`]
  })
}

test('every request of every method is as the API is described', async () => {
  await using room = await openRoom()
  const { cloud, emulator } = room
  const whose = { fleet: tags.fleet, node: tags.node }
  const snapshot = emulator.addSnapshot({ description: 'nixos', labels: { os: 'nixos' } })
  await cloud.regions(signal)
  await cloud.offers('fsn1', null, signal)
  for (const image of [String(snapshot), 'nixos', 'os=nixos', 'debian-12', null]) {
    await cloud.prepare(spec({ image }), tags, null, signal)
  }
  // Another node's port, and rules that somebody changed.
  const odd = { ...tags, node: 'Zürich, upstairs' }
  await cloud.prepare(spec({ meshPort: null, sshOpen: false, ipv4: false }), odd, null, signal)
  const [firewall] = emulator.state().firewalls
  const changed = await fetch(`${room.settings.hetzner.endpoint}/firewalls/${firewall?.id}/actions/set_rules`, {
    method: 'POST',
    headers: { authorization: `Bearer ${(await room.settings.hetzner.token?.())?.reveal()}` },
    body: JSON.stringify({ rules: [] }),
  })
  expect(changed.status).toBe(201)
  const { id } = await room.launch()
  await room.launch({ ipv4: false }, odd)
  room.clock.advance(10_000)
  await cloud.find('fsn1', odd, signal)
  await cloud.get('fsn1', id, signal)
  await cloud.closeSsh('fsn1', id, whose, signal)
  await cloud.adopt('fsn1', String(emulator.addServer({ name: 'wiki' })), { ...tags, node: 'wiki' }, signal)
  for (const region of ['fsn1', 'hel1', 'ash']) await cloud.list(region, signal)
  await cloud.prices(['fsn1'], ['cx23'], signal)
  room.clock.advance(10_000)
  for (const machine of (await cloud.list('fsn1', signal)).machines) {
    const { fleet = '', node = '' } = machine.tags
    await cloud.destroy('fsn1', [machine.id], { fleet, node }, signal)
  }
  room.clock.advance(10_000)
  expect(await cloud.tidy('fsn1', tags.fleet, signal)).not.toEqual([])

  const judge = createJudge()
  const seen = new Set<string>()
  const faults = room.requests.flatMap(request => {
    const operation = `${request.method} ${request.path.replace('/v1', '').replace(/\/\d+/g, '/{id}')}`
    seen.add(operation)
    const body = request.body === '' ? [] : judge.request(operation, JSON.parse(request.body))
    return [...body.map(fault => `${operation}: ${fault}`), ...queryFaults(request)]
  })
  expect(faults).toEqual([])
  expect([...seen].sort()).toEqual([
    'DELETE /firewalls/{id}',
    'DELETE /servers/{id}',
    'DELETE /ssh_keys/{id}',
    'GET /actions',
    'GET /firewalls',
    'GET /floating_ips',
    'GET /images',
    'GET /images/{id}',
    'GET /locations',
    'GET /pricing',
    'GET /primary_ips',
    'GET /server_types',
    'GET /servers',
    'GET /servers/{id}',
    'GET /ssh_keys',
    'GET /volumes',
    'POST /firewalls',
    'POST /firewalls/{id}/actions/remove_from_resources',
    'POST /firewalls/{id}/actions/set_rules',
    'POST /servers',
    'POST /ssh_keys',
    'PUT /primary_ips/{id}',
    'PUT /servers/{id}',
  ])
})

test('the judge sees a field too many, a label that is none, and a parameter that is none', () => {
  const judge = createJudge()
  const request = { name: 'a', server_type: 'cx23', image: 'debian-13', location: 'fsn1' }
  expect(judge.request('POST /servers', request)).toEqual([])
  expect(judge.request('POST /servers', { ...request, locations: 'fsn1' })).not.toEqual([])
  expect(judge.request('POST /servers', { ...request, labels: { node: 'Zürich' } })).not.toEqual([])
  const asked = { method: 'GET', path: '/v1/servers', headers: {}, body: '' }
  expect(queryFaults({ ...asked, query: new URLSearchParams({ region: 'fsn1' }) })).not.toEqual([])
  expect(queryFaults({ ...asked, query: new URLSearchParams({ page: 'x' }) })).not.toEqual([])
})
