// One server for one node, whatever happens between the request and its answer.
import { describe, expect, test } from 'vitest'
import { CloudError } from '../../../../infra/clouds/error.ts'
import { createHetznerCloud } from '../../../../infra/clouds/hetzner/cloud.ts'
import type { FaultKind } from '../../../../infra/sandbox/clouds/faults.ts'
import { openRoom, signal, spec, tags, token } from './room.ts'

describe('a server', () => {
  test('is launched with our labels, on the open ports, and is followed until its actions have ended', async () => {
    await using room = await openRoom()
    const machine = await room.launch()
    expect(machine).toMatchObject({
      provider: 'hetzner',
      region: 'fsn1',
      name: 'clavitor-paris',
      tags,
      token,
      state: 'running',
      type: 'cx23',
      arch: 'x86_64',
      image: 'debian-13',
      checks: 'none',
      hostkeys: [],
    })
    expect(machine.addresses.ipv4).toMatch(/^198\.51\.100\./)
    expect(machine.resources.map(({ kind, sku }) => `${kind} ${sku}`)).toEqual(['instance cx23', 'ipv4 public-ipv4'])
    expect(room.requests.some(({ path }) => path === '/v1/actions')).toBe(true)
    const { firewalls } = room.emulator.state()
    expect(
      firewalls.map(({ name, rules }) => [name, rules.map(({ protocol, port }) => `${port}/${protocol}`)]),
    ).toEqual([
      ['clavitor-web-51820', ['80/tcp', '443/tcp', '51820/udp']],
      ['clavitor-install', ['22/tcp']],
    ])
    expect(firewalls.every(({ servers }) => servers.map(String).includes(machine.id))).toBe(true)
  })

  test('is one, when the same request is sent again', async () => {
    await using room = await openRoom()
    const prepared = await room.cloud.prepare(spec(), tags, null, signal)
    const first = await room.cloud.launch(prepared, tags, token, signal)
    const again = await room.cloud.launch(JSON.parse(JSON.stringify(prepared)), tags, token, signal)
    expect(again.id).toBe(first.id)
    expect(room.created()).toBe(1)
  })

  test.each<[FaultKind, number]>([
    ['reply-lost', 1],
    ['drop', 1],
    ['html-502', 1],
    ['throttle', 2],
    ['error-after-effect', 1],
  ])('is one after %s of its creation', async (kind, times) => {
    await using room = await openRoom()
    const prepared = await room.cloud.prepare(spec(), tags, null, signal)
    room.faults.add({ kind, action: 'POST /servers', times })
    const machine = await room.cloud.launch(prepared, tags, token, signal)
    expect(machine.tags).toEqual(tags)
    expect(room.created()).toBe(1)
  })

  test('is looked for by its name before every try to create it', async () => {
    await using room = await openRoom()
    const prepared = await room.cloud.prepare(spec(), tags, null, signal)
    room.requests.length = 0
    room.faults.add({ kind: 'throttle', action: 'POST /servers', times: 3 })
    await room.cloud.launch(prepared, tags, token, signal)
    const calls = room.requests.map(({ method, path, query }) => `${method} ${path} ${query.get('name') ?? ''}`)
    const looked = 'GET /v1/servers clavitor-paris'
    for (const [at, call] of calls.entries()) if (call === 'POST /v1/servers ') expect(calls[at - 1]).toBe(looked)
    expect(calls.filter(call => call === 'POST /v1/servers ')).toHaveLength(4)
    expect(room.rim.waited.slice(0, 3)).toEqual([750, 1_500, 3_000])
  })

  test('that was made and is not seen yet is in doubt, and is found when it is asked for again', async () => {
    await using room = await openRoom()
    const prepared = await room.cloud.prepare(spec(), tags, null, signal)
    const lost = createHetznerCloud(room.settings, { ...room.rim, pause: async () => {} })
    room.faults.add({ kind: 'lag', ms: 60_000, action: 'POST /servers' })
    room.faults.add({ kind: 'error-after-effect', action: 'GET /actions' })
    await lost.launch(prepared, tags, token, signal).catch(() => null)
    await expect(lost.launch(prepared, tags, token, signal)).rejects.toMatchObject({ failure: 'conflict' })
    room.clock.advance(60_001)
    expect((await lost.launch(prepared, tags, token, signal)).tags).toEqual(tags)
    expect(room.created()).toBe(1)
  })

  test('of the same name that another operation made is a conflict, and stays as it is', async () => {
    await using room = await openRoom()
    const prepared = await room.cloud.prepare(spec(), tags, null, signal)
    room.emulator.addServer({ name: 'clavitor-paris', labels: { fleet: 'clavitor', node: 'paris', op: 'op-0' } })
    const failure = await room.cloud.launch(prepared, tags, token, signal).catch(error => error)
    expect(failure).toMatchObject({ failure: 'conflict', effect: 'none' })
    expect(room.created()).toBe(1)
  })

  test('whose creation is accepted and then fails is in doubt as long as it is there', async () => {
    await using room = await openRoom()
    room.faults.add({ kind: 'fails-later', action: 'POST /servers' })
    const failure = await room.launch().catch(error => error)
    expect(failure).toBeInstanceOf(CloudError)
    expect(failure).toMatchObject({ effect: 'unknown' })
    expect(await room.cloud.find('fsn1', tags, signal)).toHaveLength(1)
  })

  test('has no root password that anybody keeps or shows', async () => {
    await using room = await openRoom()
    await expect(room.cloud.prepare(spec({ sshKeys: [] }), tags, null, signal)).rejects.toMatchObject({
      failure: 'invalid',
    })
  })
})

test.each<[FaultKind, string, string]>([
  ['capacity', 'capacity', 'none'],
  ['quota', 'quota', 'none'],
  ['rights', 'rights', 'none'],
  ['account', 'rights', 'none'],
  ['throttle', 'throttled', 'none'],
  ['server-error', 'unreachable', 'unknown'],
  ['html-502', 'unreachable', 'unknown'],
])('%s at the creation is told as %s, with effect %s', async (kind, failure, effect) => {
  await using room = await openRoom()
  const prepared = await room.cloud.prepare(spec(), tags, null, signal)
  room.faults.add({ kind, action: 'POST /servers', times: 9 })
  await expect(room.cloud.launch(prepared, tags, token, signal)).rejects.toMatchObject({ failure, effect })
  expect(room.created()).toBe(0)
})

describe('preparing', () => {
  test('refuses a retired type and names what has the same power', async () => {
    await using room = await openRoom()
    const failure = await room.cloud.prepare(spec({ type: 'cx22' }), tags, null, signal).catch(error => error)
    expect(failure).toMatchObject({ failure: 'invalid', code: 'retired' })
    expect(failure.message).toContain('retired since 2026')
    expect(failure.remedy).toContain('cx23')
  })

  test('says that a type is sold out before anything is created', async () => {
    await using room = await openRoom()
    room.emulator.setSoldOut('cx23', 'fsn1', true)
    await expect(room.cloud.prepare(spec(), tags, null, signal)).rejects.toMatchObject({ failure: 'capacity' })
  })

  test('takes the newest Debian for the architecture, or the snapshot that is named', async () => {
    await using room = await openRoom()
    const id = room.emulator.addSnapshot({ description: 'nixos 26.05', labels: { os: 'nixos' } })
    for (const [image, sent] of [
      [null, 'debian-13'],
      ['debian-12', 'debian-12'],
      [String(id), String(id)],
      ['nixos 26.05', String(id)],
      ['os=nixos', String(id)],
    ] as const) {
      const { request } = await room.cloud.prepare(spec({ image }), tags, null, signal)
      expect(request).toMatchObject({ image: sent, location: 'fsn1', server_type: 'cx23' })
    }
  })

  test('makes keys and firewalls once, and mends rules that somebody changed', async () => {
    await using room = await openRoom()
    await room.cloud.prepare(spec(), tags, null, signal)
    const before = room.emulator.state()
    await room.cloud.prepare(spec(), { ...tags, node: 'oslo' }, null, signal)
    const { keys, firewalls } = room.emulator.state()
    expect([keys.length, firewalls.length]).toEqual([1, 2])
    expect(firewalls).toEqual(before.firewalls)
  })

  test('does not touch a firewall of the name that is somebody else’s', async () => {
    await using room = await openRoom()
    await room.cloud.prepare(spec({ meshPort: null, sshOpen: false }), tags, null, signal)
    const other = { fleet: 'clavitor', node: 'x', op: 'op-2' }
    await expect(room.cloud.prepare(spec(), other, null, signal)).resolves.toBeDefined()
  })
})
