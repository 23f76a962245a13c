// Names, labels, prices and keys as providers take them.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nanosOf, nanosOfUnits, nanosTimes } from '../../../infra/clouds/decimals.ts'
import { carries, googleLabels, hetznerLabels, labelsOf, labelValue, tagsOf } from '../../../infra/clouds/labels.ts'
import { fleetThingName, machineName } from '../../../infra/clouds/names.ts'
import { parsePublicKey, publicKeyOf } from '../../../infra/clouds/public-keys.ts'

describe('a machine’s name', () => {
  test('is fleet and node, where both fit', () => {
    expect(machineName('clavitor', 'virginia-2')).toBe('clavitor-virginia-2')
    expect(fleetThingName('clavitor', 'install')).toBe('clavitor-install')
  })

  test.each([
    ['clavitor', 'Paris', 'clavitor', 'paris'],
    ['clavitor', 'a.b', 'clavitor', 'a-b'],
    ['a-b', 'c', 'a', 'b-c'],
    ['clavitor', 'x'.repeat(70), 'clavitor', `${'x'.repeat(70)}y`],
    ['7', '-', '8', '-'],
  ])('of %s/%s is another than of %s/%s', (fleet, node, otherFleet, otherNode) => {
    expect(machineName(fleet, node)).not.toBe(machineName(otherFleet, otherNode))
  })

  test('is a host name of RFC 1123 that begins with a letter, of whatever', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (fleet, node) => {
        expect(machineName(fleet, node)).toMatch(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])$/)
        expect(fleetThingName(fleet, node)).toMatch(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])$/)
      }),
    )
  })
})

describe.each([
  ['Hetzner', hetznerLabels, /^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$/],
  ['Google', googleLabels, /^[a-z0-9_-]{1,63}$/],
] as const)('labels of %s', (_, rules, allowed) => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 90 }),
    fc.constantFrom('a', 'Paris', 'x_61', 'h_61', 'x__', '-', '_', '.', 'a.b', 'x'.repeat(64), 'é'.repeat(40)),
  )

  test('carry any fleet, node and operation, and give them back', () => {
    fc.assert(
      fc.property(text, text, text, (fleet, node, op) => {
        const labels = labelsOf({ fleet, node, op }, rules)
        for (const value of Object.values(labels)) expect(value).toMatch(allowed)
        expect(tagsOf(labels)).toEqual({ fleet, node, op })
        expect(labels.node).toBe(labelValue(node, rules))
        expect(carries(labels, { fleet, node })).toBe(true)
      }),
    )
  })

  test('of two nodes are never the same', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        fc.pre(one !== other)
        expect(labelValue(one, rules)).not.toBe(labelValue(other, rules))
      }),
    )
  })

  test('that others wrote are taken as they stand', () => {
    expect(tagsOf({ fleet: 'x_zz', node: 'h_nonsense', team: 'web' })).toEqual({ fleet: 'x_zz', node: 'h_nonsense' })
    expect(tagsOf(null)).toEqual({})
    expect(carries({}, { fleet: 'a' })).toBe(false)
  })
})

test('readable names stay readable in labels', () => {
  expect(labelsOf({ fleet: 'noc', node: 'paris-1', op: 'op-7' }, googleLabels)).toEqual({
    fleet: 'noc',
    node: 'paris-1',
    op: 'op-7',
  })
})

test.each<[string, number | null]>([
  ['0.0104000000000000', 10_400_000],
  ['6.4900000000000000', 6_490_000_000],
  ['0.00000000049', 0],
  ['0.0000000005', 1],
  ['3', 3_000_000_000],
  ['', null],
  ['-1', null],
  ['1e3', 1_000_000_000_000],
  ['1,5', null],
  ['9999999999', null],
])('the price %j is %j nanos', (text, nanos) => {
  expect(nanosOf(text)).toBe(nanos)
})

test('units and nanos make one figure, and shares of it are rounded once', () => {
  expect(nanosOfUnits('1', 250_000_000)).toBe(1_250_000_000)
  expect(nanosOfUnits(undefined, 21_811_590)).toBe(21_811_590)
  expect(nanosOfUnits('x', 1)).toBeNull()
  expect(nanosOfUnits('0', -1)).toBeNull()
  // e2-micro: a quarter of a core and 1 GiB.
  expect(
    nanosTimes([
      { nanos: 21_811_590, thousandths: 250 },
      { nanos: 2_923_530, thousandths: 1_000 },
    ]),
  ).toBe(8_376_428)
})

describe('a public key', () => {
  const line = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'

  test('has the fingerprints that ssh-keygen and Hetzner show', () => {
    expect(parsePublicKey(`${line} git@github.com`)).toMatchObject({
      type: 'ssh-ed25519',
      line,
      sha256: 'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU',
      md5: '65:96:2d:fc:e8:d5:a9:11:64:0c:0f:ea:00:6e:5b:bd',
    })
  })

  test('of another kind than it says, a private one, or several are none', () => {
    expect(publicKeyOf('ssh-rsa', line.split(' ')[1] ?? '')).toBeNull()
    expect(parsePublicKey('-----BEGIN OPENSSH PRIVATE KEY-----')).toBeNull()
    expect(parsePublicKey(`${line}\n${line}`)).toBeNull()
    expect(parsePublicKey('')).toBeNull()
  })
})
