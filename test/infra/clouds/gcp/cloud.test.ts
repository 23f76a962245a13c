// What the adapter shows of a project, ends in it, and changes in it.
import { describe, expect, test } from 'vitest'
import { emptyWorld } from '../../../../infra/sandbox/clouds/world.ts'
import { openRoom, region, signal, spec, tags, token, whose } from './room.ts'

const otherToken = '7d9f1e0a-5a63-4c7e-9f0e-2c1d5a8b9e02'

describe('destroying', () => {
  test('asks for the end of what carries our labels, and not found after that is gone', async () => {
    await using room = await openRoom()
    const { id } = await room.launch()
    expect(await room.cloud.destroy(region, [id], whose, signal)).toEqual([{ id, outcome: 'asked' }])
    const deletion = room.requests.find(({ method }) => method === 'DELETE')
    expect(deletion?.query.get('requestId')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/)
    room.clock.advance(60_000)
    expect(await room.cloud.get(region, id, signal)).toBeNull()
    expect(await room.cloud.destroy(region, [id], whose, signal)).toEqual([{ id, outcome: 'gone' }])
  })

  test('refuses what is not ours or protected, one by one, and does the others', async () => {
    await using room = await openRoom()
    const { id } = await room.launch()
    const other = room.emulator.addInstance({ name: 'wiki', labels: { fleet: 'clavitor' } })
    const kept = room.emulator.addInstance({ name: 'kept', labels: { ...whose, op: 'op-9' } })
    room.emulator.protect(kept, true)
    const outcomes = await room.cloud.destroy(region, [other, kept, id, '../1'], whose, signal)
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'asked', 'gone'])
    expect(outcomes[1]).toMatchObject({ why: expect.stringContaining('protected') })
  })

  test('an end that was begun and failed at Google is asked for anew, not told of again', async () => {
    await using room = await openRoom()
    const { id } = await room.launch()
    room.faults.add({ kind: 'fails-later', action: 'instances.delete' })
    expect(await room.cloud.destroy(region, [id], whose, signal)).toMatchObject([
      { id, outcome: 'failed', error: { failure: 'conflict', effect: 'none', code: 'INTERNAL_ERROR' } },
    ])
    expect(await room.cloud.destroy(region, [id], whose, signal)).toEqual([{ id, outcome: 'asked' }])
    room.clock.advance(60_000)
    expect(await room.cloud.get(region, id, signal)).toBeNull()
  })

  test('that fails for one is told of that one, and the others end all the same', async () => {
    await using room = await openRoom()
    const [one, other] = ['one', 'two'].map(name =>
      room.emulator.addInstance({ name, labels: { ...whose, op: 'op-9' } }),
    )
    if (one === undefined || other === undefined) throw new Error('the emulator made none')
    room.faults.add({ kind: 'rights', action: 'instances.delete', times: 1 })
    expect(await room.cloud.destroy(region, [one, other], whose, signal)).toEqual([
      { id: one, outcome: 'failed', error: expect.objectContaining({ failure: 'rights', effect: 'none' }) },
      { id: other, outcome: 'asked' },
    ])
  })

  test('is not kept up by disks that may not be labelled, only by those that can be a moment later', async () => {
    await using room = await openRoom()
    const { id } = await room.launch()
    room.faults.add({ kind: 'throttle', action: 'disks.aggregatedList', times: 9 })
    expect(await room.cloud.destroy(region, [id], whose, signal)).toMatchObject([{ outcome: 'failed' }])
    room.faults.clear()
    room.faults.add({ kind: 'rights', action: 'disks.aggregatedList' })
    expect(await room.cloud.destroy(region, [id], whose, signal)).toEqual([{ id, outcome: 'asked' }])
  })

  test('leaves a disk that is not deleted with its machine, and it carries the node’s labels', async () => {
    await using room = await openRoom()
    const id = room.emulator.addInstance({ name: 'iowa', labels: { ...whose, op: 'op-1' }, autoDelete: false })
    await room.cloud.destroy(region, [id], whose, signal)
    room.clock.advance(60_000)
    const { loose } = await room.cloud.list(region, signal)
    expect(loose.filter(({ kind }) => kind === 'disk')).toMatchObject([
      { tags: { ...whose, op: 'op-1' }, quantity: 10 },
    ])
  })

  test('and launching anew gives the same name and another id', async () => {
    await using room = await openRoom()
    const first = await room.launch()
    await room.cloud.destroy(region, [first.id], whose, signal)
    room.clock.advance(60_000)
    const second = await room.launch({}, { ...tags, op: 'op-2' }, otherToken)
    expect([second.name, second.id === first.id]).toEqual([first.name, false])
  })
})

describe('a listing', () => {
  test('shows what is ours and what is not, each in its own region, with what hangs on nothing', async () => {
    await using room = await openRoom()
    await room.launch()
    room.emulator.addInstance({ name: 'wiki', zone: 'europe-west6-a' })
    const disk = room.emulator.addDisk({ name: 'old', sizeGb: 30 })
    const address = room.emulator.addAddress({ name: 'spare' })
    const here = await room.cloud.list(region, signal)
    const there = await room.cloud.list('europe-west6', signal)
    expect(here.machines.map(({ name }) => name)).toEqual(['clavitor-iowa'])
    expect(there.machines).toMatchObject([{ name: 'wiki', tags: {}, zone: 'europe-west6-a' }])
    expect(here.loose).toContainEqual(expect.objectContaining({ id: disk, sku: 'pd-balanced', quantity: 30 }))
    expect(here.loose).toContainEqual(expect.objectContaining({ id: address, sku: 'static-ipv4' }))
    expect(there.loose.filter(({ kind }) => kind !== 'group')).toEqual([])
  })

  test('of a region that does not exist is not clean but an error', async () => {
    await using room = await openRoom()
    await expect(room.cloud.list('mars-east1', signal)).rejects.toMatchObject({ failure: 'invalid' })
  })

  test('shows an instance that is off as stopped, for which only its disk is paid', async () => {
    await using room = await openRoom()
    const id = room.emulator.addInstance({ name: 'wiki' })
    room.emulator.switchInstance(id, false)
    room.clock.advance(60_000)
    const machine = await room.cloud.get(region, id, signal)
    expect(machine).toMatchObject({ state: 'stopped', addresses: { ipv4: null } })
    expect(machine?.resources.map(({ kind }) => kind)).toEqual(['disk'])
  })
})

test('finding is by fleet and node, in every zone of the region, and by operation where it is given', async () => {
  await using room = await openRoom()
  const { id } = await room.launch()
  const twin = room.emulator.addInstance({ name: 'twin', zone: 'us-central1-f', labels: { ...whose, op: 'op-2' } })
  room.emulator.addInstance({ name: 'other', labels: { fleet: 'clavitor', node: 'ohio' } })
  const found = await room.cloud.find(region, whose, signal)
  expect(found.map(machine => machine.id).sort()).toEqual([id, twin].sort())
  expect((await room.cloud.find(region, { ...whose, op: 'op-2' }, signal)).map(machine => machine.id)).toEqual([twin])
  expect(await room.cloud.find('europe-west6', whose, signal)).toEqual([])
})

test('a node whose name is upper case and long is found by it, and its labels say it whole', async () => {
  await using room = await openRoom()
  const node = 'Zürich.HQ with a name that is far too long for one label of sixty-three'
  await room.launch({}, { ...tags, node })
  const found = await room.cloud.find(region, { fleet: 'clavitor', node }, signal)
  expect(found.map(machine => machine.tags.node)).toEqual([node])
})

test('what a machine is billed for has the same ids however one looks', async () => {
  await using room = await openRoom()
  const launched = await room.launch()
  const [found] = await room.cloud.find(region, whose, signal)
  const got = await room.cloud.get(region, launched.id, signal)
  const [listed] = (await room.cloud.list(region, signal)).machines
  expect(launched.resources.map(({ kind, sku }) => `${kind} ${sku}`)).toEqual([
    'instance e2-micro',
    'ipv4 public-ipv4',
    'disk pd-balanced',
  ])
  for (const seen of [found, got, listed]) expect(seen?.resources).toEqual(launched.resources)
})

test('host keys come from what the guest’s agent wrote', async () => {
  const world = emptyWorld()
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'
  await using room = await openRoom({ ...world, begin: born => ({ ...world.begin(born), hostkeys: [key] }) })
  const { id } = await room.launch()
  room.clock.advance(60_000)
  const machine = await room.cloud.get(region, id, signal)
  expect(machine?.hostkeys).toEqual(['SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU'])
})

test('closing SSH takes the installing tag off that instance alone, once and again', async () => {
  await using room = await openRoom()
  const iowa = await room.launch()
  const ohio = await room.launch({}, { ...tags, node: 'ohio' }, otherToken)
  await room.cloud.closeSsh(region, iowa.id, whose, signal)
  await room.cloud.closeSsh(region, iowa.id, whose, signal)
  const tagsAt = (id: string) => room.emulator.state().instances.find(one => one.id === id)?.tags
  expect(tagsAt(iowa.id)).toEqual(['clavitor-web', 'clavitor-mesh-51820', 'clavitor-shut'])
  expect(tagsAt(ohio.id)).toContain('clavitor-install')
  await expect(room.cloud.closeSsh(region, ohio.id, whose, signal)).rejects.toMatchObject({ failure: 'conflict' })
})

test('adopting labels the instance and its disk, and keeps the labels that are there', async () => {
  await using room = await openRoom()
  const id = room.emulator.addInstance({ name: 'wiki', labels: { team: 'web' } })
  await room.cloud.adopt(region, id, { ...tags, node: 'wiki' }, signal)
  const { instances, disks } = room.emulator.state()
  expect(instances[0]?.labels).toEqual({ team: 'web', fleet: 'clavitor', node: 'wiki', op: 'op-1' })
  expect(disks[0]?.labels).toMatchObject({ node: 'wiki' })
})

test('tidying waits for the last machine of the fleet, then removes its rules', async () => {
  await using room = await openRoom()
  const { id } = await room.launch()
  expect(await room.cloud.tidy(region, 'clavitor', signal)).toEqual([])
  await room.cloud.destroy(region, [id], whose, signal)
  room.clock.advance(60_000)
  expect(await room.cloud.tidy(region, 'clavitor', signal)).toHaveLength(4)
  expect(room.emulator.state().firewalls).toEqual([])
})

describe('offers and prices', () => {
  test('an e2-micro shows two cores, and is billed for a quarter of one', async () => {
    await using room = await openRoom()
    const [offer] = await room.cloud.offers(region, ['e2-micro'], signal)
    expect(offer).toMatchObject({ vcpus: 2, memoryMib: 1024, diskGb: null, available: null })
    const prices = await room.cloud.prices([region], ['e2-micro', 'e2-small', 'e2-medium'], signal)
    const hourly = (sku: string) => prices.find(price => price.sku === sku)?.hourlyNanos
    // 21,811,590 a core and 2,923,530 a GiB.
    expect(hourly('e2-micro')).toBe(8_376_428)
    expect(hourly('e2-small')).toBe(16_752_855)
    expect(hourly('e2-medium')).toBe(33_505_710)
    expect(hourly('public-ipv4')).toBe(5_000_000)
    expect(hourly('static-ipv4')).toBe(10_000_000)
  })

  test('a disk has a price by the month, and what is free for the account once is not its price', async () => {
    await using room = await openRoom()
    const prices = await room.cloud.prices([region], [], signal)
    const of = (sku: string) => prices.find(price => price.sku === sku)
    expect(of('pd-balanced')).toMatchObject({ kind: 'disk', hourlyNanos: null, monthlyNanos: 100_000_000 })
    expect(of('pd-standard')).toMatchObject({ monthlyNanos: 40_000_000 })
    expect(prices.every(({ currency, at }) => currency === 'USD' && at === room.clock.now())).toBe(true)
  })

  test('a type that nobody knows has no price, and not the price 0', async () => {
    await using room = await openRoom()
    const prices = await room.cloud.prices([region], ['e9-huge', 'f1-micro'], signal)
    expect(prices.filter(({ kind }) => kind === 'instance')).toEqual([])
  })
})

test('preparing twice gives the same request, which the journal can keep', async () => {
  await using room = await openRoom()
  const first = await room.cloud.prepare(spec(), tags, null, signal)
  expect(await room.cloud.prepare(spec(), tags, null, signal)).toEqual(JSON.parse(JSON.stringify(first)))
  expect(token).not.toBe('')
})
