import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { formatFleetError } from '../../../src/fleet/errors.ts'
import type { Fleet } from '../../../src/fleet/fleet.ts'
import { loadFleet } from '../../../src/fleet/load.ts'
import { kinds } from './kinds.ts'

const example = readFileSync(path.join(import.meta.dirname, 'fixtures/clavitor.yaml'))

function load(text: string | Uint8Array): Fleet {
  const loaded = loadFleet({ path: 'fleet.yaml', text }, { kinds })
  if (!loaded.ok) throw new Error(loaded.errors.map(formatFleetError).join('\n'))
  return loaded.fleet
}

const nodeOf = (fleet: Fleet, name: string) => {
  const node = fleet.nodes.get(name)
  if (!node) throw new Error(`no node ${name}`)
  return node
}

describe('the documented example', () => {
  const fleet = load(example)

  test('gives money, durations and shares as numbers', () => {
    expect(fleet.budget).toEqual({ ceilingMicros: 100_000_000, currency: 'USD', warnRatio: 0.8 })
    expect(fleet.severity).toEqual({ SEV2: { missed: 2 }, SEV1: { downMs: 300_000 } })
    expect(fleet.mesh?.keepaliveMs).toBe(25_000)
    expect(nodeOf(fleet, 'zurich').cost).toEqual({ monthlyMicros: 3_900_000, currency: 'EUR' })
  })

  test('makes HQ the first node', () => {
    expect([...fleet.nodes.keys()]).toEqual(['zurich', 'virginia', 'ncalifornia', 'montreal', 'beast'])
    expect(nodeOf(fleet, 'zurich').isHq).toBe(true)
  })

  test('gives defaults to nodes of the default provider, and only the login to the others and to HQ', () => {
    const types = [...fleet.nodes.values()].map(({ name, provider, type }) => [name, provider, type])
    expect(types).toEqual([
      ['zurich', 'static', null],
      ['virginia', 'aws', 't4g.nano'],
      ['ncalifornia', 'aws', 't4g.nano'],
      ['montreal', 'aws', 't4g.nano'],
      ['beast', 'static', null],
    ])
    const identity = [{ scheme: 'file', reference: '~/.ssh/id_ed25519' }]
    for (const node of fleet.nodes.values()) expect(node.ssh.identities).toEqual(identity)
    expect(nodeOf(fleet, 'beast').ssh).toMatchObject({
      port: 2222,
      user: 'root',
      hostkeys: [expect.stringMatching(/^SHA256:/)],
    })
  })

  test('a node with an address, host or mesh address is live, one with none is planned', () => {
    const lives = [...fleet.nodes.values()].map(node => [node.name, node.lifecycle])
    expect(lives).toContainEqual(['virginia', 'live'])
    expect(lives).toContainEqual(['montreal', 'planned'])
  })

  test('probes become one instance for each node and target, with templates filled in', () => {
    const virginia = fleet.probes.filter(probe => probe.node === 'virginia')
    expect(virginia.map(({ id, target, everyMs }) => [id, target, everyMs])).toEqual([
      ['ping:mesh', '10.84.0.11', 30_000],
      ['ping:public', 'virginia.clavitor.com', 30_000],
      ['http', 'https://virginia.clavitor.com/', 60_000],
      ['http#2', 'https://virginia.clavitor.com/health', 300_000],
    ])
    expect(virginia[3]).toMatchObject({ severity: 'SEV1', options: { token: 'env:PUSH_VIRGINIA' }, timeoutMs: 10_000 })
  })

  test('a planned node waits for the address that its probe needs', () => {
    expect(fleet.probes.filter(probe => probe.node === 'montreal')).toEqual([])
  })

  test('knows the bytes it came from', () => {
    expect(fleet.source).toEqual({ path: 'fleet.yaml', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(load(example.toString()).source.sha256).toBe(fleet.source.sha256)
    expect(load(`${example}\n`).source.sha256).not.toBe(fleet.source.sha256)
  })

  test('its view is plain JSON without logins', () => {
    const loaded = loadFleet({ path: 'fleet.yaml', text: example }, { kinds })
    if (!loaded.ok) throw new Error('must load')
    expect(JSON.parse(JSON.stringify(loaded.view))).toEqual(loaded.view)
    expect(JSON.stringify(loaded.view)).not.toMatch(/id_ed25519|"ssh"/)
    expect(Object.keys(loaded.view.nodes)).toHaveLength(5)
  })
})

test.each<[string, string, (fleet: Fleet) => unknown, unknown]>([
  ['a node may have nothing but a name', 'nodes: { paris: }', f => nodeOf(f, 'paris').lifecycle, 'planned'],
  [
    'a node may be called like a number',
    'nodes: { 7: { address: 192.0.2.1 } }',
    f => nodeOf(f, '7').address,
    '192.0.2.1',
  ],
  [
    'a node may be called like a property of every object',
    'nodes: { constructor: }',
    f => nodeOf(f, 'constructor').name,
    'constructor',
  ],
  [
    'a declared lifecycle wins',
    'nodes: { a: { address: 192.0.2.1, lifecycle: retired } }',
    f => nodeOf(f, 'a').lifecycle,
    'retired',
  ],
  [
    'a host is where to connect when there is no address',
    'nodes: { a: { host: a.example } }',
    f => nodeOf(f, 'a').address,
    'a.example',
  ],
  [
    'defaults may name the node',
    'defaults: { host: "{name}.example" }\nnodes: { a: }',
    f => nodeOf(f, 'a').host,
    'a.example',
  ],
  [
    'a name becomes part of a variable in capitals',
    'nodes: { n-california: { ssh: { become: { method: sudo, password: "env:SUDO_{NAME}" } } } }',
    f => nodeOf(f, 'n-california').ssh.become?.password?.reference,
    'SUDO_N_CALIFORNIA',
  ],
  [
    'become: false undoes a default',
    'defaults: { ssh: { become: sudo } }\nnodes: { a: { ssh: { become: false } } }',
    f => nodeOf(f, 'a').ssh.become,
    null,
  ],
  [
    'a default jump does not send the bastion through itself',
    'defaults: { ssh: { jump: b } }\nnodes: { a: , b: { address: 192.0.2.1 } }',
    f => [nodeOf(f, 'a').ssh.jump, nodeOf(f, 'b').ssh.jump],
    ['b', null],
  ],
  [
    'tags of the defaults are added',
    'defaults: { tags: [all] }\nnodes: { a: { tags: [one] } }',
    f => nodeOf(f, 'a').tags,
    ['all', 'one'],
  ],
  [
    'doubled braces stand for themselves',
    'nodes: { a: { address: 192.0.2.1 } }\nprobes: [{ kind: http, on: a, url: "https://x.example/", token: "exec:pass {{name}}" }]',
    f => f.probes[0]?.options.token,
    'exec:pass {name}',
  ],
  [
    'an anchor may be used again',
    'nodes: { a: &a { address: 192.0.2.1 }, b: *a }',
    f => nodeOf(f, 'b').address,
    '192.0.2.1',
  ],
])('%s', (_name, text, pick, expected) => {
  expect(pick(load(`fleet: a\n${text}\n`))).toEqual(expected)
})

test('ids of probes do not change when a probe of another kind is added before them', () => {
  const probes = [
    '{ kind: http, on: "*", url: "https://a.example/" }',
    '{ kind: http, on: "*", url: "https://b.example/" }',
  ]
  const ids = (list: string[]) =>
    load(`fleet: a\nnodes: { a: { address: 192.0.2.1 } }\nprobes: [${list.join(', ')}]\n`)
      .probes.filter(probe => probe.kind === 'http')
      .map(probe => [probe.id, probe.target])
  expect(ids(['{ kind: ping, on: "*" }', ...probes])).toEqual(ids(probes))
})

test('a probe option that names a node is checked', () => {
  const loaded = loadFleet(
    { path: 'fleet.yaml', text: 'fleet: a\nnodes: { paris: }\nprobes: [{ kind: ping, on: "*", peer: pars }]\n' },
    { kinds },
  )
  expect(loaded).toMatchObject({
    ok: false,
    errors: [{ at: 'probes[0].peer', suggestion: 'paris', line: 3, column: 39 }],
  })
})

test('a fleet of 10,000 nodes loads in one go', () => {
  const nodes = Array.from(
    { length: 10_000 },
    (_, i) =>
      `  n${i}: { region: r-${i % 20}, mesh: 10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}, tags: [t${i % 7}] }`,
  )
  const fleet = load(
    `fleet: big\nmesh: { kind: wireguard, cidr: 10.0.0.0/8 }\nnodes:\n${nodes.join('\n')}\nprobes:\n  - { kind: ping, on: "@t3,region=r-1*" }\n`,
  )
  expect(fleet.nodes.size).toBe(10_000)
  expect(fleet.probes.length).toBeGreaterThan(5_000)
})
