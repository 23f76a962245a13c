import { EventEmitter } from 'node:events'
import { format, inspect } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import pino from 'pino'
import { expect, test } from 'vitest'
import { formatSecretRef, parseSecretRef, Secret } from '../../../state/primitives/secret.ts'

const planted = 'hunter2'
const secret = new Secret(planted)
const around = { login: { password: secret }, list: [secret] }

test('only reveal gives the value', () => {
  expect(secret.reveal()).toBe(planted)
})

test.each<[string, () => unknown]>([
  ['JSON', () => JSON.stringify(around)],
  ['inspect', () => inspect(around, { depth: 9 })],
  ['inspect with hidden properties', () => inspect(around, { depth: 9, showHidden: true, getters: true })],
  ['inspect without custom functions', () => inspect(around, { depth: 9, customInspect: false, showHidden: true })],
  ['printf', () => format('%s %o %O %j %d', secret, secret, secret, secret, secret)],
  ['a template string', () => `${secret}`],
  ['joining strings', () => `password: ${[secret, secret].join()}`],
  ['an error', () => inspect(new Error(`login with ${secret} failed`, { cause: around }))],
  ['its keys', () => [...Object.entries(secret), ...Reflect.ownKeys(secret)].map(String).join()],
  ['a copy by spreading', () => JSON.stringify({ ...secret })],
  ['structuredClone', () => inspect(structuredClone(around), { depth: 9, showHidden: true })],
  ['v8 serialisation', () => serialize(around).toString('latin1')],
  ['v8 serialisation and back', () => inspect(deserialize(serialize(around)), { depth: 9 })],
  ['an event', () => inspect(new EventEmitter().listeners(String(secret)))],
  ['a URL', () => new URL(`https://host/?p=${secret}`).href],
])('%s does not', (_name, print) => {
  expect(String(print())).not.toContain(planted)
  // The same way of printing shows a plain value: the search can fail.
  expect(inspect({ ...around, planted }, { depth: 9 })).toContain(planted)
})

test('a log does not', () => {
  const lines: string[] = []
  const log = pino({ serializers: { err: pino.stdSerializers.err } }, { write: line => lines.push(line) })
  log.info({ secret, around, err: Object.assign(new Error('no'), { secret }) }, 'with %s and %j', secret, around)
  expect(lines.join()).toContain('with [secret]')
  expect(lines.join()).not.toContain(planted)
})

test('nobody can hang a property on it that says more', () => {
  expect(() => Object.assign(secret, { note: 'x' })).toThrow(TypeError)
})

test.each([
  ['env:SUDO', { scheme: 'env', reference: 'SUDO' }],
  ['file:~/.ssh/id_ed25519', { scheme: 'file', reference: '~/.ssh/id_ed25519' }],
  ['vault:secret/data/fleet#sudo', { scheme: 'vault', reference: 'secret/data/fleet#sudo' }],
  ['exec:pass show "a b"', { scheme: 'exec', reference: 'pass show "a b"' }],
])('%s is a reference', (text, ref) => {
  expect(parseSecretRef(text)).toEqual(ref)
  expect(formatSecretRef(parseSecretRef(text) ?? { scheme: 'env', reference: '' })).toBe(text)
})

test.each(['hunter2', 'env:', 'env:A B', 'vault:secret/data/fleet', 'https://x', 'ENV:A', ' env:A'])(
  '%j is none',
  text => {
    expect(parseSecretRef(text)).toBeNull()
  },
)
