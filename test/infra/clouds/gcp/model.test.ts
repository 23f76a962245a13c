// Every request that the adapter makes, by the model that Google's client ships: an address, a parameter or a field that
// Compute Engine does not know is a fault. What is judged is what went over the wire.
import { expect, test } from 'vitest'
import { createGcpCloud } from '../../../../infra/clouds/gcp/cloud.ts'
import { judged } from '../../sandbox/clouds/gcp/model.ts'
import { rimOf, scripted, settingsFor } from '../settings.ts'
import { openRoom, region, signal, spec, tags, token, whose } from './room.ts'

test('every request of every method is as the API knows it', async () => {
  await using room = await openRoom()
  const { cloud, emulator } = room
  await cloud.regions(signal)
  await cloud.offers(region, ['e2-micro'], signal)
  await cloud.offers(region, null, signal)
  const debian = 'debian-cloud/family/debian-13'
  for (const image of [null, debian, 'debian-cloud/debian-13-trixie-v20261110']) {
    await cloud.prepare(spec({ image }), tags, null, signal)
  }
  await cloud.prepare(spec({ meshPort: 4_000, sshOpen: false }), { ...tags, node: 'Zürich, upstairs' }, null, signal)
  const { id } = await room.launch()
  room.clock.advance(60_000)
  await cloud.find(region, tags, signal)
  await cloud.get(region, id, signal)
  // A rule that somebody changed is put right.
  const rules = `${room.url}/compute/v1/projects/noc/global/firewalls`
  const change = { method: 'PATCH', headers: { authorization: 'Bearer a' }, body: '{"priority":5}' }
  expect((await fetch(`${rules}/clavitor-web`, change)).status).toBe(200)
  await cloud.prepare(spec(), { ...tags, node: 'ohio' }, null, signal)
  await cloud.list(region, signal)
  await cloud.closeSsh(region, id, whose, signal)
  const kept = emulator.addInstance({ name: 'wiki', autoDelete: false })
  await cloud.adopt(region, kept, { ...tags, node: 'wiki' }, signal)
  await cloud.prices([region], ['e2-micro', 'e2-standard-2'], signal)
  await cloud.destroy(region, [id], whose, signal)
  await cloud.destroy(region, [kept], { ...whose, node: 'wiki' }, signal)
  room.clock.advance(60_000)
  expect(await cloud.tidy(region, tags.fleet, signal)).not.toEqual([])

  const asked = room.requests.filter(({ path }) => path.startsWith('/compute/')).map(judged)
  expect([...new Set(asked.flatMap(({ faults }) => faults))]).toEqual([])
  expect([...new Set(asked.map(({ name }) => name))].sort()).toEqual([
    'addresses.aggregatedList',
    'disks.aggregatedList',
    'disks.setLabels',
    'firewalls.delete',
    'firewalls.get',
    'firewalls.insert',
    'firewalls.list',
    'firewalls.patch',
    'images.get',
    'images.getFromFamily',
    'images.list',
    'instances.aggregatedList',
    'instances.delete',
    'instances.get',
    'instances.getGuestAttributes',
    'instances.insert',
    'instances.setLabels',
    'instances.setTags',
    'machineTypes.aggregatedList',
    'regions.list',
  ])
})

const running = { id: '1', name: 'operation-9', status: 'RUNNING', zone: 'zones/us-central1-a' }
const done = { ...running, status: 'DONE' }
const notFound = { status: 404, body: { error: { code: 404, message: 'no', errors: [{ reason: 'notFound' }] } } }

test.each([
  ['has no wait', (url: string) => (url.includes('/wait') ? notFound : null), ['wait', 'get', 'get']],
  ['has none of its methods', (url: string) => (url.includes('/wait') ? { status: 501, body: '' } : null), null],
  ['has it', () => null, ['wait', 'wait']],
])('an operation is followed where the server %s', async (_, first, how) => {
  let asked = 0
  await using there = await scripted(({ method, url }) => {
    const refused = first(url)
    if (refused) return refused
    if (url.includes('/operations/')) {
      asked += 1
      return { status: 200, body: asked < 2 ? running : done }
    }
    if (method === 'GET') return notFound
    return { status: 200, body: method === 'DELETE' ? done : running }
  })
  const cloud = createGcpCloud(settingsFor(there.url), rimOf())
  const prepared = {
    provider: 'gcp' as const,
    region,
    zone: 'us-central1-a',
    otherZones: [],
    summary: [],
    resources: [],
  }
  const request = {
    name: 'clavitor-iowa',
    zone: 'us-central1-a',
    machineType: 'e2-micro',
    sourceImage: 'projects/debian-cloud/global/images/debian-13',
    diskGb: 10,
    diskType: 'pd-balanced',
    networkTags: [],
    sshKeys: [],
    startupScript: '',
  }
  // It is made, and not shown yet.
  await expect(cloud.launch({ ...prepared, request }, tags, token, signal)).rejects.toMatchObject({ effect: 'unknown' })
  expect(asked).toBe(2)
  const followed = there.asked.filter(({ url }) => url.includes('/operations/'))
  if (how) expect(followed.map(({ url }) => (url.includes('/wait') ? 'wait' : 'get'))).toEqual(how)
  const faults = followed.flatMap(({ method, url, body }) => {
    const { pathname: path, searchParams: query } = new URL(url, there.url)
    return judged({ method, path, query, body }).faults
  })
  expect(faults).toEqual([])
})

test('the judge sees an address, a parameter and a field that are none', () => {
  const zone = '/compute/v1/projects/noc/zones/us-central1-a'
  const sent = { method: 'POST', path: `${zone}/instances`, query: new URLSearchParams(), body: '{"name":"a"}' }
  expect(judged(sent)).toEqual({ name: 'instances.insert', faults: [] })
  expect(judged({ ...sent, body: '{"name":"a","colour":"red"}' }).faults).toHaveLength(1)
  expect(judged({ ...sent, query: new URLSearchParams({ requestID: 'x' }) }).faults).toHaveLength(1)
  expect(judged({ ...sent, path: `${zone}/machines` }).faults).toHaveLength(1)
})
