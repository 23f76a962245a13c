// One instance for one token, and what an operation says at its end.
import { describe, expect, test } from 'vitest'
import type { FaultKind } from '../../../../infra/sandbox/clouds/faults.ts'
import { openRoom, region, signal, spec, tags, token } from './room.ts'

describe('an instance', () => {
  test('is launched with labels, keys, guest attributes and a disk that goes with it', async () => {
    await using room = await openRoom()
    const machine = await room.launch()
    expect(machine).toMatchObject({
      provider: 'gcp',
      region,
      name: 'clavitor-iowa',
      tags,
      token,
      type: 'e2-micro',
      state: 'running',
      checks: 'none',
    })
    expect(machine.zone).toMatch(/^us-central1-[a-f]$/)
    expect(machine.addresses.ipv4).toMatch(/^198\.51\.100\./)
    expect(machine.resources.map(({ kind }) => kind)).toEqual(['instance', 'ipv4', 'disk'])
    const insert = room.requests.find(({ method, path }) => method === 'POST' && path.endsWith('/instances'))
    expect(insert?.query.get('requestId')).toBe(token)
    const body = JSON.parse(insert?.body ?? '')
    expect(body.labels).toEqual({ ...tags, token })
    expect(body.disks[0]).toMatchObject({ boot: true, autoDelete: true, initializeParams: { labels: tags } })
    expect(body.metadata.items).toContainEqual({ key: 'enable-guest-attributes', value: 'TRUE' })
    expect(body.metadata.items[0].value).toMatch(/^root:ssh-ed25519 AAAA\S+ root$/)
    expect(body.tags.items).toEqual(['clavitor-web', 'clavitor-mesh-51820', 'clavitor-shut', 'clavitor-install'])
  })

  test('is followed by the name of its operation, and not by the number that the client calls its name', async () => {
    await using room = await openRoom()
    await room.launch()
    const insert = room.emulator.state().operations.find(({ type, scope }) => type === 'insert' && scope !== 'global')
    expect(insert?.name).toMatch(/^operation-/)
    expect(room.requests.every(({ path }) => !path.includes(`/operations/${insert?.id}`))).toBe(true)
  })

  test('is one, when the same request is sent again', async () => {
    await using room = await openRoom()
    const prepared = await room.cloud.prepare(spec(), tags, null, signal)
    const first = await room.cloud.launch(prepared, tags, token, signal)
    const again = await room.cloud.launch(JSON.parse(JSON.stringify(prepared)), tags, token, signal)
    expect(again.id).toBe(first.id)
    expect(room.created()).toBe(1)
  })

  test.each<FaultKind>(['reply-lost', 'error-after-effect'])('is one after %s of its creation', async kind => {
    await using room = await openRoom()
    const prepared = await room.cloud.prepare(spec(), tags, null, signal)
    room.faults.add({ kind, action: 'instances.insert' })
    const machine = await room.cloud.launch(prepared, tags, token, signal)
    expect(machine.tags).toEqual(tags)
    expect(room.created()).toBe(1)
  })

  test.each<FaultKind>(['drop', 'html-502', 'server-error'])(
    'of which nothing came after %s is in doubt',
    async kind => {
      await using room = await openRoom()
      const prepared = await room.cloud.prepare(spec(), tags, null, signal)
      room.faults.add({ kind, action: 'instances.insert' })
      await expect(room.cloud.launch(prepared, tags, token, signal)).rejects.toMatchObject({
        failure: 'unreachable',
        effect: 'unknown',
      })
      await room.cloud.launch(prepared, tags, token, signal)
      expect(room.created()).toBe(1)
    },
  )

  test('that is not shown yet is in doubt, and is not created a second time', async () => {
    await using room = await openRoom()
    const prepared = await room.cloud.prepare(spec(), tags, null, signal)
    room.faults.add({ kind: 'lag', ms: 600_000, action: 'instances.insert' })
    await expect(room.cloud.launch(prepared, tags, token, signal)).rejects.toMatchObject({
      failure: 'not-found',
      effect: 'unknown',
    })
    room.clock.advance(600_001)
    expect((await room.cloud.launch(prepared, tags, token, signal)).tags).toEqual(tags)
    expect(room.created()).toBe(1)
  })

  test('of the same name that another operation made is a conflict, and stays as it is', async () => {
    await using room = await openRoom()
    const prepared = await room.cloud.prepare(spec(), tags, null, signal)
    room.emulator.addInstance({ name: 'clavitor-iowa', zone: prepared.zone ?? '', labels: { ...tags, op: 'op-0' } })
    await expect(room.cloud.launch(prepared, tags, token, signal)).rejects.toMatchObject({
      failure: 'conflict',
      effect: 'none',
    })
    expect(room.created()).toBe(1)
  })
})

test.each<[FaultKind, string, string]>([
  ['capacity', 'capacity', 'none'],
  ['quota', 'quota', 'none'],
  ['rights', 'rights', 'none'],
  ['account', 'account', 'none'],
  ['throttle', 'throttled', 'none'],
])('%s at the creation is told as %s, with effect %s', async (kind, failure, effect) => {
  await using room = await openRoom()
  const prepared = await room.cloud.prepare(spec(), tags, null, signal)
  room.faults.add({ kind, action: 'instances.insert', times: 9 })
  await expect(room.cloud.launch(prepared, tags, token, signal)).rejects.toMatchObject({ failure, effect })
  expect(room.created()).toBe(0)
})

describe('preparing', () => {
  test('names the other zones that have the type, and takes the one that is wanted', async () => {
    await using room = await openRoom()
    const prepared = await room.cloud.prepare(spec(), tags, null, signal)
    const [other = ''] = prepared.otherZones
    expect(prepared.otherZones).not.toContain(prepared.zone)
    expect((await room.cloud.prepare(spec(), tags, other, signal)).zone).toBe(other)
    await expect(room.cloud.prepare(spec(), tags, 'europe-west6-a', signal)).rejects.toMatchObject({
      failure: 'invalid',
    })
  })

  test('shuts what the default network opens, and opens SSH above it while installing', async () => {
    await using room = await openRoom()
    await room.cloud.prepare(spec(), tags, null, signal)
    const rules = room.emulator.state().firewalls.map(({ rule }) => rule)
    expect(rules.map(({ name, priority }) => `${name} ${priority}`)).toEqual([
      'clavitor-web 1000',
      'clavitor-mesh-51820 1000',
      'clavitor-shut 900',
      'clavitor-install 800',
    ])
    expect(rules.every(({ name, targetTags }) => String(targetTags) === name)).toBe(true)
  })

  test('makes each rule once, and refuses one of its name that is somebody else’s', async () => {
    await using room = await openRoom()
    await room.cloud.prepare(spec(), tags, null, signal)
    const before = room.requests.filter(({ method }) => method !== 'GET').length
    await room.cloud.prepare(spec(), { ...tags, node: 'ohio' }, null, signal)
    expect(room.requests.filter(({ method }) => method !== 'GET')).toHaveLength(before)
    await fetch(`${room.url}/compute/v1/projects/noc/global/firewalls/clavitor-web`, {
      method: 'PATCH',
      headers: { authorization: 'Bearer x' },
      body: JSON.stringify({ description: 'mine' }),
    })
    await expect(room.cloud.prepare(spec(), tags, null, signal)).rejects.toMatchObject({ failure: 'conflict' })
  })

  test('mends a rule that somebody changed', async () => {
    await using room = await openRoom()
    await room.cloud.prepare(spec(), tags, null, signal)
    await fetch(`${room.url}/compute/v1/projects/noc/global/firewalls/clavitor-shut`, {
      method: 'PATCH',
      headers: { authorization: 'Bearer x' },
      body: JSON.stringify({ priority: 2_000 }),
    })
    await room.cloud.prepare(spec(), tags, null, signal)
    const shut = room.emulator.state().firewalls.find(({ rule }) => rule.name === 'clavitor-shut')
    expect(shut?.rule.priority).toBe(900)
  })

  test('takes the newest Debian, and the image that is named', async () => {
    await using room = await openRoom()
    const { request } = await room.cloud.prepare(spec(), tags, null, signal)
    expect(request).toMatchObject({ sourceImage: expect.stringMatching(/^projects\/debian-cloud\/.*debian-13/) })
    const named = await room.cloud.prepare(spec({ image: 'debian-cloud/family/debian-12' }), tags, null, signal)
    expect(named.request).toMatchObject({ sourceImage: expect.stringContaining('debian-12') })
    await expect(room.cloud.prepare(spec({ image: 'no/such-image' }), tags, null, signal)).rejects.toMatchObject({
      failure: 'invalid',
    })
  })

  test('refuses what cannot be: no IPv4, an unknown type, what is no key', async () => {
    await using room = await openRoom()
    for (const wrong of [{ ipv4: false }, { type: 'e9-huge' }, { type: 'x OR name=*' }, { sshKeys: ['nonsense'] }]) {
      await expect(room.cloud.prepare(spec(wrong), tags, null, signal)).rejects.toMatchObject({
        failure: 'invalid',
        effect: 'none',
      })
    }
  })
})
