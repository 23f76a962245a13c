// What goes over the wire to Hetzner, and what comes back when it is not Hetzner that answers.
import { createRequire } from 'node:module'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { CloudError } from '../../../../infra/clouds/error.ts'
import { createHetznerCloud } from '../../../../infra/clouds/hetzner/cloud.ts'
import type { Prepared } from '../../../../infra/clouds/shapes.ts'
import packageJson from '../../../../package.json' with { type: 'json' }
import { plantedToken, rimOf, scripted, settingsFor } from '../settings.ts'
import { signal, spec, tags, token } from './room.ts'

const server = {
  id: 42,
  name: 'clavitor-paris',
  status: 'running',
  created: '2026-11-21T10:00:00+00:00',
  labels: { fleet: 'clavitor', node: 'paris', op: 'op-1' },
  location: { name: 'fsn1' },
  locked: false,
  server_type: { name: 'cx23', architecture: 'x86' },
  image: null,
  public_net: { ipv4: null, ipv6: { id: 7, ip: '2001:db8:1::/64' }, firewalls: [] },
  private_net: [],
  volumes: [],
  something_new: { of: 'next year' },
}
const request = {
  name: 'clavitor-paris',
  server_type: 'cx23',
  image: 'debian-13',
  location: 'fsn1',
  ssh_keys: ['noc'],
  firewalls: [],
  public_net: { enable_ipv4: false, enable_ipv6: true },
}
const prepared: Prepared = {
  provider: 'hetzner',
  region: 'fsn1',
  zone: null,
  otherZones: [],
  request,
  summary: [],
  resources: [],
}

describe('the transport', () => {
  test('is hcloud-js with exactly the axios that package.json overrides it to', () => {
    const wanted = packageJson.overrides['hcloud-js'].axios
    const fromHere = createRequire(import.meta.url)
    const fromHcloud = createRequire(fromHere.resolve('hcloud-js'))
    expect(wanted).toMatch(/^\d+\.\d+\.\d+$/)
    expect(fromHcloud('axios/package.json').version).toBe(wanted)
    expect(fromHcloud('axios').VERSION).toBe(wanted)
  })

  test('is not its models: they throw on a server without datacenter, which we read', async () => {
    const hcloud = createRequire(import.meta.url)('hcloud-js')
    expect(() => new hcloud.Server({}, server)).toThrow(TypeError)
    await using there = await scripted(({ url }) => ({
      status: 200,
      body: url.startsWith('/v1/servers/42') ? { server } : { volumes: [] },
    }))
    const machine = await createHetznerCloud(settingsFor(`${there.url}/v1`)).get('fsn1', '42', signal)
    expect(machine?.addresses).toEqual({ ipv4: null, ipv6: '2001:db8:1::1', private: null })
    expect(machine?.resources.map(({ kind }) => kind)).toEqual(['instance'])
  })

  test('carries the token to the endpoint alone, and follows nobody elsewhere', async () => {
    await using other = await scripted(() => ({ status: 200, body: { server } }))
    await using there = await scripted(() => ({
      status: 302,
      body: '',
      headers: { location: `${other.url}/v1/servers/42` },
    }))
    await expect(createHetznerCloud(settingsFor(`${there.url}/v1`)).get('fsn1', '42', signal)).rejects.toMatchObject({
      failure: 'unreachable',
    })
    expect(there.asked[0]?.headers.authorization).toBe(`Bearer ${plantedToken}`)
    expect(other.asked).toEqual([])
  })

  test('reads endpoint and token from the environment that other tools use', async () => {
    await using there = await scripted(() => ({ status: 200, body: { locations: [{ name: 'fsn1' }] } }))
    const env = { HCLOUD_ENDPOINT: `${there.url}/v1/`, HCLOUD_TOKEN: 'of-the-environment' }
    const settings = settingsFor('', { env, hetzner: { endpoint: null, token: null } })
    expect(await createHetznerCloud(settings).regions(signal)).toEqual([
      { region: 'fsn1', status: 'enabled', why: null },
    ])
    expect(there.asked[0]).toMatchObject({ headers: { authorization: 'Bearer of-the-environment' } })
  })

  test('says that there is no token before it asks anything', async () => {
    await using there = await scripted(() => ({ status: 200, body: {} }))
    const settings = settingsFor(there.url, { hetzner: { endpoint: there.url, token: null } })
    await expect(createHetznerCloud(settings).regions(signal)).rejects.toMatchObject({ failure: 'credentials' })
    expect(there.asked).toEqual([])
  })

  test('takes an id for no path', async () => {
    await using there = await scripted(() => ({ status: 200, body: { server } }))
    expect(await createHetznerCloud(settingsFor(there.url)).get('fsn1', '../pricing', signal)).toBeNull()
    expect(there.asked).toEqual([])
  })
})

describe('retries', () => {
  const codes = ['conflict', 'rate_limit_exceeded', 'bad_gateway', 'timeout']
  test.each(codes)('%s is tried five times, longer apart each time', async code => {
    await using there = await scripted(() => ({
      status: code === 'timeout' ? 504 : 409,
      body: { error: { code, message: '' } },
    }))
    const rim = rimOf()
    await expect(createHetznerCloud(settingsFor(there.url), rim).regions(signal)).rejects.toBeInstanceOf(CloudError)
    expect(there.asked).toHaveLength(5)
    expect(rim.waited).toEqual([750, 1_500, 3_000, 6_000])
  })

  test.each([502, 504])('an HTML page with %d is tried again, and is no TypeError', async status => {
    await using there = await scripted(({ url }, count) =>
      count < 3 && url.startsWith('/locations')
        ? { status, body: '<html>gateway</html>', headers: { 'content-type': 'text/html' } }
        : { status: 200, body: { locations: [{ name: 'hel1' }] } },
    )
    expect(await createHetznerCloud(settingsFor(there.url), rimOf()).regions(signal)).toHaveLength(1)
  })

  test.each([
    [500, 'server_error', 1],
    [503, 'unavailable', 1],
    [422, 'invalid_input', 1],
    [403, 'forbidden', 1],
    [423, 'locked', 1],
  ])('%d %s is asked once', async (status, code, times) => {
    await using there = await scripted(() => ({ status, body: { error: { code, message: 'no' } } }))
    await createHetznerCloud(settingsFor(there.url), rimOf())
      .regions(signal)
      .catch(() => null)
    expect(there.asked).toHaveLength(times)
  })

  test('a connection that ends without an answer is tried again', async () => {
    await using there = await scripted((_, count) =>
      count === 1 ? null : { status: 200, body: { locations: [{ name: 'hel1' }] } },
    )
    expect(await createHetznerCloud(settingsFor(there.url), rimOf()).regions(signal)).toHaveLength(1)
  })

  test('the time that a throttle names is waited', async () => {
    await using there = await scripted((_, count) =>
      count === 1
        ? {
            status: 429,
            body: { error: { code: 'rate_limit_exceeded', message: '' } },
            headers: { 'retry-after': '7' },
          }
        : { status: 200, body: { locations: [] } },
    )
    const rim = rimOf()
    await createHetznerCloud(settingsFor(there.url), rim).regions(signal)
    expect(rim.waited).toEqual([7_000])
  })
})

test.each([
  [403, 'resource_limit_exceeded', 'quota'],
  [412, 'resource_unavailable', 'capacity'],
  [412, 'placement_error', 'capacity'],
  [423, 'locked', 'locked'],
  [423, 'protected', 'conflict'],
  [409, 'uniqueness_error', 'conflict'],
  [409, 'conflict', 'locked'],
  [401, 'unauthorized', 'credentials'],
  [403, 'token_readonly', 'rights'],
  [404, 'not_found', 'not-found'],
  [410, 'deprecated_api_endpoint', 'invalid'],
  [429, 'rate_limit_exceeded', 'throttled'],
  [503, 'maintenance', 'unreachable'],
  [418, 'of_next_year', 'invalid'],
  [599, 'of_next_year', 'unreachable'],
])('%d %s is a failure of the class %s', async (status, code, failure) => {
  await using there = await scripted(() => ({ status, body: { error: { code, message: 'no' } } }))
  await expect(createHetznerCloud(settingsFor(there.url), rimOf()).regions(signal)).rejects.toMatchObject({
    failure,
    code,
  })
})

test('actions are asked for by 25 at a time', async () => {
  const begun = Array.from({ length: 30 }, (_, at) => ({ id: at + 1, command: 'x', status: 'running', error: null }))
  await using there = await scripted(({ method, url }) => {
    if (url.startsWith('/actions')) {
      const ids = new URL(url, 'http://there').searchParams.getAll('id')
      return { status: 200, body: { actions: ids.map(id => ({ id: Number(id), command: 'x', status: 'success' })) } }
    }
    if (method === 'POST')
      return { status: 201, body: { server, action: null, next_actions: begun, root_password: 'x' } }
    if (url.startsWith('/servers/42')) return { status: 200, body: { server } }
    return { status: 200, body: { servers: [], primary_ips: [], volumes: [] } }
  })
  await createHetznerCloud(settingsFor(there.url), rimOf()).launch(prepared, tags, token, signal)
  const sizes = there.asked
    .filter(({ url }) => url.startsWith('/actions'))
    .map(({ url }) => new URL(url, 'http://there').searchParams.getAll('id').length)
  expect(sizes).toEqual([25, 5])
})

test('a root password is nowhere in what a launch gives', async () => {
  await using there = await scripted(({ method, url }) => {
    if (method === 'POST') {
      return { status: 201, body: { server, action: null, next_actions: [], root_password: 'r00t-p4ss' } }
    }
    return { status: 200, body: url.startsWith('/servers/42') ? { server } : { servers: [], primary_ips: [] } }
  })
  const machine = await createHetznerCloud(settingsFor(there.url), rimOf()).launch(prepared, tags, token, signal)
  expect(machine.id).toBe('42')
  expect(inspect(machine, { depth: 9 })).not.toContain('r00t-p4ss')
})

describe('a hostile answer', () => {
  const long = 'x'.repeat(200_000)
  test.each<[string, number, unknown]>([
    ['HTML', 200, '<html></html>'],
    ['nothing', 200, ''],
    ['null', 200, 'null'],
    ['a list', 200, '[]'],
    ['other types', 200, { servers: [{ ...server, id: '42', status: 7 }] }],
    ['a prototype', 200, '{"__proto__":{"servers":[]},"servers":{"__proto__":[]}}'],
    ['an error of another form', 500, { error: ['constructor'] }],
    ['an error that is a prototype', 400, { error: { code: 'constructor', message: '__proto__' } }],
    ['endless text', 400, { error: { code: long, message: long } }],
    [
      'the token, wrapped in escapes',
      401,
      { error: { code: 'unauthorized', message: `bad \u001b[31m${plantedToken}\u0007` } },
    ],
    ['the token in its code', 403, { error: { code: plantedToken, message: plantedToken } }],
  ])('%s is an error that says so, without token, escapes or length', async (_, status, body) => {
    await using there = await scripted(() => ({ status, body }))
    const cloud = createHetznerCloud(settingsFor(there.url), rimOf())
    const failure = await cloud.find('fsn1', tags, signal).catch(error => error)
    expect(failure).toBeInstanceOf(CloudError)
    const shown = inspect(failure, { depth: 9, showHidden: true })
    expect(shown).not.toContain(plantedToken)
    expect(failure.message.length).toBeLessThan(600)
    expect(failure.message).not.toMatch(/[\u0000-\u001f]/)
  })

  test('to a creation leaves it in doubt', async () => {
    await using there = await scripted(({ method }) =>
      method === 'POST' ? { status: 201, body: { server: 'yes' } } : { status: 200, body: { servers: [] } },
    )
    const cloud = createHetznerCloud(settingsFor(there.url), rimOf())
    await expect(cloud.launch(prepared, tags, token, signal)).rejects.toMatchObject({ effect: 'unknown' })
  })

  test('whose pages do not end is given up', async () => {
    await using there = await scripted(() => ({
      status: 200,
      body: { servers: [], meta: { pagination: { next_page: 1 } } },
    }))
    await expect(createHetznerCloud(settingsFor(there.url), rimOf()).find('fsn1', tags, signal)).rejects.toMatchObject({
      failure: 'unreachable',
    })
  })

  test('that shows other people’s servers for our labels is looked at all the same', async () => {
    await using there = await scripted(() => ({ status: 200, body: { servers: [{ ...server, labels: {} }] } }))
    expect(await createHetznerCloud(settingsFor(there.url), rimOf()).find('fsn1', tags, signal)).toEqual([])
  })
})

test('what is no public key goes to nobody', async () => {
  await using there = await scripted(() => ({ status: 200, body: {} }))
  const cloud = createHetznerCloud(settingsFor(there.url), rimOf())
  for (const key of ['-----BEGIN OPENSSH PRIVATE KEY-----', 'ssh-ed25519 AAAA', 'ssh-rsa x\nssh-rsa y']) {
    await expect(cloud.prepare(spec({ sshKeys: [key] }), tags, null, signal)).rejects.toMatchObject({
      failure: 'invalid',
    })
  }
  expect(there.asked).toEqual([])
})
