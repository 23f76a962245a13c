// A fleet file that is changed by the program keeps everything that people wrote around the change.
import { describe, expect, test } from 'vitest'
import { type NodeKnown, patchFleetText } from '../../../src/fleet/patch.ts'

const known = (more: Partial<NodeKnown> = {}): NodeKnown => ({
  node: 'paris',
  address: '192.0.2.9',
  hostkeys: [],
  made: null,
  isLive: false,
  ...more,
})
const patched = (text: string, more: Partial<NodeKnown> = {}) => patchFleetText(text, [known(more)])

describe('an address', () => {
  test.each([
    [
      'into a flow map',
      'nodes:\n  paris:   { region: x }  # why\n',
      'nodes:\n  paris:   { region: x, address: 192.0.2.9 }  # why\n',
    ],
    ['into an empty map', 'nodes: { paris: {} }\n', 'nodes: { paris: { address: 192.0.2.9 } }\n'],
    [
      'into nothing',
      'nodes:\n  paris: # later\n  oslo:\n',
      'nodes:\n  paris: { address: 192.0.2.9 } # later\n  oslo:\n',
    ],
    [
      'into a block map',
      'nodes:\n  paris:\n    # here\n    region: x\n',
      'nodes:\n  paris:\n    # here\n    address: 192.0.2.9\n    region: x\n',
    ],
    [
      'over another one',
      'nodes: { paris: { address: "a.example" , region: x } }',
      'nodes: { paris: { address: 192.0.2.9 , region: x } }',
    ],
    ['of a new node', 'nodes:\n  oslo:\n', 'nodes:\n  paris: { address: 192.0.2.9 }\n  oslo:\n'],
    ['of the first node', 'fleet: a', 'fleet: a\nnodes: { paris: { address: 192.0.2.9 } }\n'],
    [
      'behind a trailing comma',
      'nodes: { paris: { region: x, } }',
      'nodes: { paris: { region: x, address: 192.0.2.9, } }',
    ],
  ])('%s', (_where, text, wanted) => expect(patched(text)).toBe(wanted))

  test('of IPv6 stands in quotes', () => {
    expect(patched('nodes: { paris: { region: x } }', { address: '2001:db8::1' })).toContain('address: "2001:db8::1"')
  })
})

test('host keys take the place of those of the machine before, also of a list in lines', () => {
  const text = 'nodes:\n  paris:\n    ssh:\n      hostkey:\n        - "SHA256:old"\n      port: 22\n'
  expect(patched(text, { address: null, hostkeys: ['SHA256:new'] })).toBe(
    'nodes:\n  paris:\n    ssh:\n      hostkey:\n        "SHA256:new"\n      port: 22\n',
  )
  expect(patched('nodes: { paris: { ssh: { port: 1 } } }', { address: null, hostkeys: ['SHA256:a', 'SHA256:b'] })).toBe(
    'nodes: { paris: { ssh: { port: 1, hostkey: ["SHA256:a", "SHA256:b"] } } }',
  )
})

test('a name that YAML would read as something else is quoted', () => {
  expect(patched('nodes: { oslo: }', { node: 'no' })).toContain('"no": { address: 192.0.2.9 }')
  expect(patched('nodes: { oslo: }', { node: '123' })).toContain('"123": { address: 192.0.2.9 }')
})

test.each([
  ['an alias', 'nodes: { oslo: &x { region: x }, paris: *x }'],
  ['a list where nodes belong', 'nodes: [paris]'],
  ['a text where a node belongs', 'nodes: { paris: here }'],
  ['what is no YAML', 'nodes: { paris'],
])('%s is not touched', (_what, text) => expect(patched(text)).toBeNull())

test('nothing known, nothing changed', () => {
  expect(patched('nodes: { paris: }', { address: null })).toBe('nodes: { paris: }')
})

describe('what the file says already is left as it is written', () => {
  test.each([
    [
      'without quotes',
      'nodes:\n  paris:\n    address: "192.0.2.9"\n    ssh:\n      hostkey: SHA256:a # first\n',
      ['SHA256:a'],
    ],
    ['as a list of one', 'nodes: { paris: { address: 192.0.2.9, ssh: { hostkey: [ SHA256:a ] } } }', ['SHA256:a']],
    [
      'in another order',
      "nodes: { paris: { address: 192.0.2.9, ssh: { hostkey: ['SHA256:b', SHA256:a] } } }",
      ['SHA256:a', 'SHA256:b'],
    ],
    ['behind an alias', 'nodes: { oslo: { address: &a 192.0.2.9 }, paris: { address: *a } }', []],
  ])('%s', (_how, text, hostkeys) => expect(patched(text, { hostkeys })).toBe(text))
})
