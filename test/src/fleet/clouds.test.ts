// Accounts at providers, rates of exchange and what new machines are made of, as the fleet file says them.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffFleet } from '../../../src/fleet/diff.ts'
import { formatFleetError, renderFleetErrors } from '../../../src/fleet/errors.ts'
import type { Fleet } from '../../../src/fleet/fleet.ts'
import { fleetJsonSchema } from '../../../src/fleet/json-schema.ts'
import { loadFleet } from '../../../src/fleet/load.ts'
import { checker } from '../../../state/primitives/schema.ts'
import { kinds } from './kinds.ts'

const judge = (text: string) => loadFleet({ path: 'fleet.yaml', text }, { kinds })
function load(text: string): Fleet {
  const loaded = judge(text)
  if (!loaded.ok) throw new Error(loaded.errors.map(formatFleetError).join('\n'))
  return loaded.fleet
}
function told(text: string): string {
  const loaded = judge(text)
  return loaded.ok ? 'fine' : renderFleetErrors(loaded.errors, { colour: false })
}

const whole = `fleet: clavitor
budget: { ceiling: 100, currency: USD, rates: { EUR: { rate: 1.08, date: 2026-11-20 }, JPY: { rate: "0.006412345678", date: 2026-11-20 } } }
clouds:
  aws: { profile: ops, endpoint: "https://ec2.example.com:8443/api", regions: [us-east-1, eu-central-1] }
  gcp: { project: noc-1, credentials: "file:~/gcp.json", endpoint: "http://[::1]:8080" }
  hetzner: { token: "vault:cloud/hetzner#token", endpoint: "http://127.0.0.1:8081/v1" }
defaults: { provider: aws, type: t4g.nano, image: nixos/26.05, disk: 8GB, ipv4: false }
nodes:
  virginia: { region: us-east-1 }
  ohio: { region: us-east-2, disk: 1TB, image: ami-0123456789abcdef0, ipv4: true }
  falkenstein: { provider: hetzner, region: fsn1, type: cx23 }
`

test('accounts are read: profiles, projects, regions and endpoints as they are, credentials as references', () => {
  expect(load(whole).clouds).toEqual({
    aws: { profile: 'ops', endpoint: 'https://ec2.example.com:8443/api', regions: ['us-east-1', 'eu-central-1'] },
    gcp: {
      project: 'noc-1',
      credentials: { scheme: 'file', reference: '~/gcp.json' },
      endpoint: 'http://[::1]:8080',
    },
    hetzner: { token: { scheme: 'vault', reference: 'cloud/hetzner#token' }, endpoint: 'http://127.0.0.1:8081/v1' },
  })
})

test('rates keep their decimals exactly, with their day', () => {
  expect(load(whole).budget?.rates).toEqual([
    { currency: 'EUR', rate: '1.08', date: '2026-11-20' },
    { currency: 'JPY', rate: '0.006412345678', date: '2026-11-20' },
  ])
})

test('image, disk and address reach nodes of the default provider, and no machine of another one', () => {
  const { nodes } = load(whole)
  expect(nodes.get('virginia')).toMatchObject({ image: 'nixos/26.05', diskGb: 8, ipv4: false })
  expect(nodes.get('ohio')).toMatchObject({ image: 'ami-0123456789abcdef0', diskGb: 1000, ipv4: true })
  for (const key of ['image', 'diskGb', 'ipv4']) expect(nodes.get('falkenstein')).not.toHaveProperty(key)
})

test('a file that says nothing of clouds has none, and a node of a cloud needs neither region nor type to load', () => {
  const fleet = load('fleet: a\nbudget: { ceiling: 1, currency: USD }\nnodes: { x: { provider: aws } }')
  expect(fleet).not.toHaveProperty('clouds')
  expect(fleet.budget).not.toHaveProperty('rates')
  expect(fleet.nodes.get('x')).toMatchObject({ region: null, type: null })
})

describe('an endpoint', () => {
  const withEndpoint = (endpoint: string) =>
    told(`fleet: a\nclouds: { aws: { endpoint: ${JSON.stringify(endpoint)} } }`)

  test.each([
    'https://ec2.example.com',
    'https://192.0.2.1:8443/x',
    'http://localhost:4566',
    'http://127.8.8.8:1',
    'http://[::1]/',
  ])('%s is good', endpoint => expect(withEndpoint(endpoint)).toBe('fine'))

  test.each([
    ['http://ec2.example.com', 'in the clear'],
    ['http://192.0.2.1', 'in the clear'],
    ['http://localhost.example.com', 'in the clear'],
    ['http://127.0.0.1.example.com', 'in the clear'],
    ['http://0.0.0.0:80', 'in the clear'],
    ['http://[::ffff:192.0.2.1]', 'in the clear'],
    ['ftp://localhost', 'is not an address of an API'],
    ['file:///etc/passwd', 'is not an address of an API'],
    ['https://', 'is not an address of an API'],
    ['https:example.com', 'is not an address of an API'],
    ['https://a b', 'is not an address of an API'],
    ['https://a\\b', 'is not an address of an API'],
    ['https://example.com/?x=1', 'is not an address of an API'],
    ['https://example.com/#x', 'is not an address of an API'],
    ['https://exa\u0000mple.com', 'is not an address of an API'],
    ['https://exämple.com', 'is not an address of an API'],
    ['http://127.0.0.1@evil.example', 'an address with a login in it'],
  ])('%j is refused', (endpoint, why) => expect(withEndpoint(endpoint)).toContain(why))

  test('whatever it is, only https or loopback gets in', () => {
    const host = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map(six => `[${six}]`),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.constantFrom('http://', 'https://', 'HTTP://', ''), host, (scheme, name) => {
        const loaded = judge(`fleet: a\nclouds: { aws: { endpoint: ${JSON.stringify(scheme + name)} } }`)
        if (!loaded.ok) return
        const url = new URL(loaded.fleet.clouds?.aws?.endpoint ?? '')
        expect([url.username, url.password, url.search, url.hash]).toEqual(['', '', '', ''])
        if (url.protocol !== 'https:') expect(url.hostname).toMatch(/^(localhost|127\..*|\[::1\])$/)
      }),
      { numRuns: 300 },
    )
  })
})

test('no credential that stands in the file is in what is told of it', () => {
  const file = readFileSync(path.join(import.meta.dirname, 'fixtures/clouds-impossible.yaml'), 'utf8')
  expect(file.match(/hunter2/g)).toHaveLength(4)
  expect(told(file)).not.toContain('hunter2')
  expect(JSON.stringify(judge(file))).not.toContain('hunter2')
})

test.each([
  ['a rate of the budget itself', 'USD: { rate: 1, date: 2026-11-20 }', "the budget's own currency"],
  ['a rate of nothing', 'EUR: { rate: 0.0, date: 2026-11-20 }', 'is not a rate of exchange'],
  ['a negative rate', 'EUR: { rate: -1, date: 2026-11-20 }', 'is not a rate of exchange'],
  ['a rate that a float cannot carry', 'EUR: { rate: 1.0812345678901234, date: 2026-11-20 }', 'in quotes'],
  ['a rate too fine', 'EUR: { rate: 1e-9, date: 2026-11-20 }', 'is not a rate of exchange'],
  ['a rate without a day', 'EUR: { rate: 1.08 }', '"date" is missing'],
  ['a day that is none', 'EUR: { rate: 1.08, date: 2026-02-30 }', 'is not a day'],
  ['a rate alone', 'EUR: 1.08', '{ rate: 1.08, date: 2026-11-20 }'],
  ['a currency that is none', 'EUX: { rate: 1, date: 2026-11-20 }', '"EUX" is not a currency'],
])('%s is refused', (_what, rate, why) => {
  expect(told(`fleet: a\nbudget: { ceiling: 1, currency: USD, rates: { ${rate} } }`)).toContain(why)
})

test.each<[string, string, string, string, string | null]>([
  ['an endpoint', 'ec2.example.com', 'other.example', 'clouds.aws.endpoint', 'changes where HQ connects to'],
  [
    'no endpoint any more',
    ', endpoint: "http://[::1]:8080"',
    '',
    'clouds.gcp.endpoint',
    'changes where HQ connects to',
  ],
  ['a profile', 'profile: ops', 'profile: eve', 'clouds.aws.profile', 'changes which account at a provider is used'],
  ['a project', 'noc-1', 'noc-2', 'clouds.gcp.project', 'changes which account at a provider is used'],
  ['credentials', '~/gcp', '~/evil', 'clouds.gcp.credentials', 'changes which account at a provider is used'],
  ['a token', '#token', '#other', 'clouds.hetzner.token', 'changes which account at a provider is used'],
  [
    'a token of a program',
    '"vault:cloud/hetzner#token"',
    '"exec:evil"',
    'clouds.hetzner.token',
    'runs a program on HQ',
  ],
  ['regions', ', eu-central-1]', ']', 'clouds.aws.regions', null],
  ['a rate', '1.08', '1.09', 'budget.rates.EUR', null],
  ['a disk', 'disk: 1TB', 'disk: 20', 'nodes.ohio.disk', null],
  ['an image', 'ami-0123456789abcdef0', 'ami-2', 'nodes.ohio.image', null],
  ['an address', 'ipv4: true', 'ipv4: false', 'nodes.ohio.ipv4', null],
])('%s that changes is told, and guarded as it should be', (_what, from, to, where, guarded) => {
  const after = whole.replace(from, to)
  expect(after).not.toBe(whole)
  expect(diffFleet(load(whole), load(after))).toEqual([expect.objectContaining({ path: where, guarded })])
})

test('editors accept what the loader accepts, and refuse an unknown cloud', () => {
  const schema = checker(fleetJsonSchema(kinds))
  const file = {
    fleet: 'a',
    budget: { ceiling: 1, currency: 'USD', rates: { EUR: { rate: 1.08, date: '2026-11-20' } } },
    clouds: { aws: { endpoint: 'https://x.example' }, hetzner: { token: 'env:HCLOUD_TOKEN' } },
    nodes: { x: { provider: 'aws', disk: '8GB', image: 'nixos/26.05', ipv4: false }, y: { disk: 8 } },
  }
  expect(schema.errors(file)).toEqual([])
  expect(schema.errors({ ...file, clouds: { azure: {} } })).not.toEqual([])
  expect(schema.errors({ ...file, nodes: { x: { disk: '8GiB' } } })).not.toEqual([])
})

test('one AWS key without the other is refused, and a changed one waits for a yes', () => {
  expect(told('fleet: a\nclouds: { aws: { accessKey: "env:A" } }\n')).toContain('accessKey stands without secretKey')
  const keys = (name: string) => load(`fleet: a\nclouds: { aws: { accessKey: "env:A", secretKey: "env:${name}" } }\n`)
  const [change] = diffFleet(keys('B'), keys('C'))
  expect(change).toMatchObject({ path: 'clouds.aws.secretKey', from: 'env:B', to: 'env:C' })
  expect(change?.guarded).toContain('account')
})
