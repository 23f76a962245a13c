// Options in the fleet file: what a schema lets through its probe can read, and what it cannot read is refused.

import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { probeKinds } from '../../../../src/watch/probes/index.ts'
import { durationMs, isBeyond, percentOf } from '../../../../src/watch/probes/measures.ts'
import { checker } from '../../../../state/primitives/schema.ts'
import { kindOf } from './world.ts'

test.each([
  ['tls', { endpoint: 'paris.test:443', warn: '25%', fail: '3d' }],
  ['tls', { endpoint: '[2001:db8::1]:443' }],
  [
    'http',
    {
      url: 'https://paris.test/',
      expect: { status: ['2xx', 301], body: 'ok' },
      match: '^ok$',
      follow: 2,
      warn: '500ms',
    },
  ],
  ['units', { units: ['sshd.service', 'getty@tty1.service', 'dev-disk-by\\x2dlabel.device'] }],
  ['port-closed', { port: [22, 2222] }],
  ['journal', { priority: 'crit', ignore: ['^noise'], fail: 20 }],
  ['load', { mounts: ['/', '/var'], warn: { cpu: '90%', load: 2 }, fail: { disk: 95 } }],
  ['wireguard', { interface: 'wg0', stale: '5m', expect: 'all' }],
  ['zerotier', { network: '8056c2e21c000001' }],
  ['heartbeat', { token: 'env:PUSH_PARIS', warn: { disk_pct: 80, cert_days_remaining: '<14' } }],
  ['ssh', { from: 'zurich', via: 'both' }],
  ['mesh', { to: ['zurich', '@eu'] }],
  ['ping', { via: 'mesh', warn: '200ms' }],
  ['boot', { hold: '10m' }],
  ['dns', { name: 'paris.test', expect: ['192.0.2.7'] }],
])('%s accepts %j', (name, options) => {
  expect(checker(kindOf(name).options).errors(options)).toEqual([])
})

test.each([
  ['tls', { endpoint: 'paris.test:443', warn: '25' }],
  ['tls', { endpoint: 'two words' }],
  ['http', { url: 'ftp://paris.test/' }],
  ['http', { url: 'https://paris.test/', expect: { statsu: 200 } }],
  ['http', { url: 'https://paris.test/', match: '(' }],
  ['units', { units: ['--host=elsewhere'] }],
  ['units', { units: [] }],
  ['port-closed', { port: 70_000 }],
  ['journal', { priority: 'loud' }],
  ['load', { warn: { disk: 'much' } }],
  ['load', { mounts: ['--help'] }],
  ['wireguard', { interface: '-x' }],
  ['zerotier', { network: 'home' }],
  ['ping', { via: 'pigeon' }],
])('%s refuses %j', (name, options) => {
  expect(checker(kindOf(name).options).errors(options)).not.toEqual([])
})

test('every option of every kind says what it is for', () => {
  for (const kind of probeKinds.values()) {
    const properties: Readonly<Record<string, unknown>> = Type.IsObject(kind.options) ? kind.options.properties : {}
    for (const [name, schema] of Object.entries(properties)) {
      expect(schema, `${kind.kind}.${name}`).toHaveProperty('description')
    }
  }
})

test('all fourteen kinds are listed under their own names', () => {
  expect([...probeKinds.keys()].sort()).toEqual(
    'boot dns heartbeat http journal load mesh ping port-closed ssh tls units wireguard zerotier'.split(' '),
  )
  for (const [name, kind] of probeKinds) expect(kind.kind).toBe(name)
})

test.each([
  [91, '90%', true],
  [90, '90%', false],
  [6, '<7', true],
  [7, '<=7', true],
  [8, '>=8', true],
  [8, '> 8', false],
  [5, undefined, false],
])('%d beyond %s is %s', (value, limit, beyond) => {
  expect(isBeyond(value, limit)).toBe(beyond)
})

test('durations and percentages are read with their units', () => {
  expect(['500ms', '1.5s', '2m', '3h', '14d', '1w', 'soon', '5'].map(durationMs)).toEqual([
    500,
    1500,
    120_000,
    10_800_000,
    1_209_600_000,
    604_800_000,
    null,
    null,
  ])
  expect(['25%', '0.5%', '25'].map(percentOf)).toEqual([25, 0.5, null])
})
