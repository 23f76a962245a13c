// What the adapter shows of a project, ends in it, and changes in it.
import { describe, expect, test } from 'vitest'
import { createHetznerCloud } from '../../../../infra/clouds/hetzner/cloud.ts'
import { plantedToken, rimOf, scripted, settingsFor } from '../settings.ts'
import { openRoom, signal, tags } from './room.ts'

const whose = { fleet: 'clavitor', node: 'paris' }

describe('destroying', () => {
  test('asks for the end of what carries our labels, and what is gone is gone', async () => {
    await using room = await openRoom()
    const { id } = await room.launch()
    room.clock.advance(10_000)
    expect(await room.cloud.destroy('fsn1', [id], whose, signal)).toEqual([{ id, outcome: 'asked' }])
    room.clock.advance(10_000)
    expect(await room.cloud.get('fsn1', id, signal)).toBeNull()
    expect(await room.cloud.destroy('fsn1', [id], whose, signal)).toEqual([{ id, outcome: 'gone' }])
  })

  test('refuses what is not ours or protected, one by one, and does the others', async () => {
    await using room = await openRoom()
    const { id } = await room.launch()
    room.clock.advance(10_000)
    const other = String(room.emulator.addServer({ name: 'wiki', labels: { fleet: 'clavitor' } }))
    const kept = room.emulator.addServer({ name: 'kept', labels: { fleet: 'clavitor', node: 'paris', op: 'op-9' } })
    room.emulator.protect(kept, true)
    const outcomes = await room.cloud.destroy('fsn1', [other, String(kept), id, '../1'], whose, signal)
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'asked', 'gone'])
    expect(outcomes[1]).toMatchObject({ why: expect.stringContaining('protected') })
    expect(room.emulator.state().servers.find(({ name }) => name === 'wiki')?.goneAt).toBeNull()
  })

  test('of a server that is busy is for later, and the others end now', async () => {
    await using room = await openRoom()
    const { id: other } = await room.launch()
    room.clock.advance(10_000)
    const id = String(
      room.emulator.addServer({ name: 'busy', labels: { fleet: 'clavitor', node: 'paris', op: 'op-1' } }),
    )
    room.emulator.switchServer(Number(id), false)
    await room.cloud.destroy('fsn1', [id], whose, signal)
    expect(await room.cloud.destroy('fsn1', [id, other], whose, signal)).toEqual([
      { id, outcome: 'failed', error: expect.objectContaining({ failure: 'locked', effect: 'none' }) },
      { id: other, outcome: 'asked' },
    ])
  })

  test('labels the volume that hung on the server before it ends, so that it is found when it is loose', async () => {
    const server = {
      id: 42,
      name: 'clavitor-paris',
      status: 'running',
      created: '2026-11-21T10:00:00Z',
      labels: whose,
      location: { name: 'fsn1' },
      server_type: { name: 'cx23' },
      public_net: { ipv4: null, ipv6: null },
      volumes: [9],
    }
    const volume = { id: 9, name: 'files', size: 20, server: 42, labels: { team: 'web' }, location: { name: 'fsn1' } }
    await using there = await scripted(({ method, url }) => {
      if (method !== 'GET') return { status: 200, body: {} }
      return { status: 200, body: url.startsWith('/servers/42') ? { server } : { volumes: [volume] } }
    })
    await createHetznerCloud(settingsFor(there.url), rimOf()).destroy('fsn1', ['42'], whose, signal)
    const changes = there.asked.filter(({ method }) => method !== 'GET')
    expect(changes.map(({ method, url }) => `${method} ${url}`)).toEqual(['PUT /volumes/9', 'DELETE /servers/42'])
    expect(JSON.parse(changes[0]?.body ?? '')).toEqual({ labels: { team: 'web', ...whose } })
  })

  test('is not kept up by a server of the API that has no list of addresses', async () => {
    const server = {
      id: 42,
      name: 'clavitor-paris',
      status: 'running',
      created: '2026-11-21T10:00:00Z',
      labels: whose,
      server_type: { name: 'cx23' },
      public_net: { ipv4: { id: 7, ip: '192.0.2.1' }, ipv6: null },
    }
    await using there = await scripted(({ method, url }) => {
      if (method === 'DELETE') return { status: 200, body: {} }
      if (url.startsWith('/servers/42')) return { status: 200, body: { server } }
      return { status: 404, body: { error: { code: 'not_found', message: 'no such route' } } }
    })
    const cloud = createHetznerCloud(settingsFor(there.url), rimOf())
    expect(await cloud.destroy('fsn1', ['42'], whose, signal)).toEqual([{ id: '42', outcome: 'asked' }])
  })

  test('leaves an address that is not deleted with its server, and it carries the node’s labels and costs', async () => {
    await using room = await openRoom()
    const { id } = await room.launch()
    const ip = room.emulator.state().addresses.find(one => String(one.server) === id && one.family === 'ipv4')
    const changed = await fetch(`${room.settings.hetzner.endpoint}/primary_ips/${ip?.id}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${plantedToken}` },
      body: JSON.stringify({ auto_delete: false }),
    })
    expect(changed.status).toBe(200)
    room.clock.advance(10_000)
    await room.cloud.destroy('fsn1', [id], whose, signal)
    room.clock.advance(10_000)
    const { loose } = await room.cloud.list('fsn1', signal)
    expect(loose.filter(({ kind }) => kind === 'address')).toMatchObject([
      { id: String(ip?.id), sku: 'public-ipv4', machine: null, tags: { ...whose, op: 'op-1' } },
    ])
  })

  test('leaves a loose volume in the listing, by its size', async () => {
    await using room = await openRoom()
    const id = String(room.emulator.addVolume({ name: 'files', sizeGb: 20, labels: whose }))
    const { loose } = await room.cloud.list('fsn1', signal)
    expect(loose).toContainEqual(expect.objectContaining({ id, sku: 'volume', quantity: 20, tags: whose }))
  })
})

describe('a listing', () => {
  test('shows what is ours and what is not, each in its own region, with what hangs on nothing', async () => {
    await using room = await openRoom()
    await room.launch()
    room.emulator.addServer({ name: 'wiki', location: 'hel1', ipv4: false })
    const address = room.emulator.addPrimaryIp({ name: 'spare' })
    const here = await room.cloud.list('fsn1', signal)
    const there = await room.cloud.list('hel1', signal)
    expect(here.machines.map(({ name }) => name)).toEqual(['clavitor-paris'])
    expect(there.machines).toMatchObject([{ name: 'wiki', tags: {}, addresses: { ipv4: null } }])
    expect(here.loose).toContainEqual(expect.objectContaining({ kind: 'address', id: String(address), machine: null }))
    expect(there.loose.some(({ kind }) => kind === 'address')).toBe(false)
  })

  test('of a region that does not exist is not clean but an error', async () => {
    await using room = await openRoom()
    await expect(room.cloud.list('fsn9', signal)).rejects.toMatchObject({ failure: 'invalid' })
  })

  test('goes through all pages', async () => {
    await using room = await openRoom()
    for (let number = 0; number < 95; number++) room.emulator.addServer({ name: `s${number}` })
    expect((await room.cloud.list('fsn1', signal)).machines).toHaveLength(95)
  })

  test('shows a server that is off as stopped, and it still has its price', async () => {
    await using room = await openRoom()
    const id = room.emulator.addServer({ name: 'wiki' })
    room.emulator.switchServer(id, false)
    const machine = await room.cloud.get('fsn1', String(id), signal)
    expect(machine).toMatchObject({ state: 'stopped' })
    expect(machine?.resources.map(({ kind }) => kind)).toEqual(['instance', 'ipv4'])
  })
})

test('finding is by fleet and node, and by operation where it is given', async () => {
  await using room = await openRoom()
  const { id } = await room.launch()
  room.emulator.addServer({ name: 'other', labels: { fleet: 'clavitor', node: 'oslo', op: 'op-1' } })
  expect((await room.cloud.find('fsn1', whose, signal)).map(machine => machine.id)).toEqual([id])
  expect(await room.cloud.find('fsn1', { ...whose, op: 'op-2' }, signal)).toEqual([])
  expect(await room.cloud.find('hel1', whose, signal)).toEqual([])
})

test('a node whose name fits no label is found by it, and its labels say it whole', async () => {
  await using room = await openRoom()
  const node = 'Büro—Zürich 7 with a name that is far too long for one label of sixty-three'
  await room.launch({}, { ...tags, node })
  const found = await room.cloud.find('fsn1', { fleet: 'clavitor', node }, signal)
  expect(found.map(machine => machine.tags.node)).toEqual([node])
})

test('closing SSH takes the installing firewall off that server alone, once and again', async () => {
  await using room = await openRoom()
  const paris = await room.launch()
  const oslo = await room.launch({}, { ...tags, node: 'oslo' })
  room.clock.advance(10_000)
  await room.cloud.closeSsh('fsn1', paris.id, whose, signal)
  await room.cloud.closeSsh('fsn1', paris.id, whose, signal)
  const install = room.emulator.state().firewalls.find(({ name }) => name === 'clavitor-install')
  expect(install?.servers.map(String)).toEqual([oslo.id])
  await expect(room.cloud.closeSsh('fsn1', oslo.id, whose, signal)).rejects.toMatchObject({ failure: 'conflict' })
})

test('adopting labels the server and its address, and keeps the labels that are there', async () => {
  await using room = await openRoom()
  const id = room.emulator.addServer({ name: 'wiki', labels: { team: 'web' } })
  await room.cloud.adopt('fsn1', String(id), { ...tags, node: 'wiki' }, signal)
  const { servers, addresses } = room.emulator.state()
  expect(servers[0]?.labels).toEqual({ team: 'web', fleet: 'clavitor', node: 'wiki', op: 'op-1' })
  expect(addresses.filter(({ server }) => server === id).every(({ labels }) => labels.node === 'wiki')).toBe(true)
})

test('tidying waits for the last server of the fleet, then removes its firewalls and keys', async () => {
  await using room = await openRoom()
  const { id } = await room.launch()
  room.clock.advance(10_000)
  expect(await room.cloud.tidy('fsn1', 'clavitor', signal)).toEqual([])
  await room.cloud.destroy('fsn1', [id], whose, signal)
  room.clock.advance(10_000)
  expect(await room.cloud.tidy('fsn1', 'clavitor', signal)).toHaveLength(3)
  const { firewalls, keys } = room.emulator.state()
  expect([firewalls.length, keys.length]).toEqual([0, 0])
})

describe('offers and prices', () => {
  test('a retired type is not available, and says since when', async () => {
    await using room = await openRoom()
    room.emulator.setSoldOut('cax11', 'fsn1', true)
    const offers = await room.cloud.offers('fsn1', null, signal)
    const noteOf = (type: string) => offers.find(offer => offer.type === type)
    expect(noteOf('cx22')).toMatchObject({ available: false, note: expect.stringMatching(/^retired since 2026-/) })
    expect(noteOf('cax11')).toMatchObject({ available: false, note: 'out of stock', arch: 'arm64' })
    expect(noteOf('cx23')).toMatchObject({ available: true, note: null, vcpus: 2, memoryMib: 4096, diskGb: 40 })
    expect(await room.cloud.offers('ash', ['cx23'], signal)).toEqual([])
  })

  test('are net and exact, hourly with the monthly cap, and dated', async () => {
    await using room = await openRoom()
    const prices = await room.cloud.prices(['fsn1'], ['cx23'], signal)
    const of = (kind: string) => prices.find(price => price.kind === kind)
    expect(of('instance')).toMatchObject({
      sku: 'cx23',
      currency: 'EUR',
      monthlyNanos: 5_990_000_000,
      at: room.clock.now(),
    })
    expect(of('instance')?.hourlyNanos).toBeGreaterThan(0)
    expect(of('ipv4')).toMatchObject({ sku: 'public-ipv4', monthlyNanos: 500_000_000 })
    expect(of('disk')).toMatchObject({ sku: 'volume', hourlyNanos: null, monthlyNanos: 57_200_000 })
    expect(new Set(prices.map(({ region }) => region))).toEqual(new Set(['fsn1']))
  })
})
