// Proposed changes of the fleet file keep what a person wrote, and what a node's machine is to be comes from that file.
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadFleet } from '../../../src/fleet/load.ts'
import { fleetPatch } from '../../../src/machines/patch.ts'
import { specOf } from '../../../src/machines/plan.ts'
import { unifiedDiff } from '../../../src/machines/unified-diff.ts'
import { probeKinds } from '../../../src/watch/probes/index.ts'

const file = `# The harbour, by hand.
fleet: harbour

nodes:
  # The oldest one.
  oslo: { provider: aws, region: eu-north-1 } # in the cellar
  paris:
    region: eu-west-3   # near the river
    tags: [pilot]

  lyon:
`

test('an address is added, and every comment and line stays where it was', () => {
  const text = fleetPatch(file, [{ node: 'paris', set: { address: '192.0.2.7' } }])
  expect(unifiedDiff(file, text, 'fleet.yaml')).toBe(`--- fleet.yaml
+++ fleet.yaml
@@ -7,6 +7,7 @@
   paris:
     region: eu-west-3   # near the river
     tags: [pilot]
+    address: 192.0.2.7
 
   lyon:
 
`)
})

test('a node in one line, and one without a body, are changed in their place', () => {
  const text = fleetPatch(file, [
    { node: 'oslo', set: { type: 't4g.nano', region: 'eu-south-2' } },
    { node: 'lyon', set: { provider: 'hetzner', region: 'fsn1' } },
  ])
  expect(unifiedDiff(file, text, 'f', 0).match(/^[-+][^-+].*$/gm)).toEqual([
    '-  oslo: { provider: aws, region: eu-north-1 } # in the cellar',
    '+  oslo: { provider: aws, region: eu-south-2, type: t4g.nano } # in the cellar',
    '-  lyon:',
    '+  lyon: { provider: hetzner, region: fsn1 }',
  ])
})

test('nodes without a body, in one line, and new ones are changed as well; host keys go under ssh', () => {
  const key = `SHA256:${'a'.repeat(43)}`
  const text = fleetPatch(file, [
    { node: 'lyon', set: { provider: 'hetzner', region: 'fsn1', hostkey: [key] } },
    { node: 'oslo', set: { type: 't4g.nano', region: null } },
    { node: 'rome', set: { address: '2001:db8::1' } },
  ])
  expect(parse(text)).toEqual({
    fleet: 'harbour',
    nodes: {
      oslo: { provider: 'aws', type: 't4g.nano' },
      paris: { region: 'eu-west-3', tags: ['pilot'] },
      lyon: { provider: 'hetzner', region: 'fsn1', ssh: { hostkey: [key] } },
      rome: { address: '2001:db8::1' },
    },
  })
  expect(text).toContain('# in the cellar')
})

test('what is so already changes nothing at all', () => {
  expect(fleetPatch(file, [{ node: 'paris', set: { region: 'eu-west-3', tags: ['pilot'], type: null } }])).toBe(file)
})

test.each([
  'a: b # c',
  '!!js/function >',
  '*alias',
  'x\ny: z',
  '"}{',
  'no',
  '0x10',
  '1e3',
  '2026-11-24',
  '~',
  '\u001b[2J',
  "it's",
  '- a',
  '&a b',
  '%TAG',
])('a hostile value %j stays one text', value => {
  const text = fleetPatch(file, [
    { node: 'paris', set: { type: value } },
    { node: 'oslo', set: { region: value } },
  ])
  expect(parse(text).nodes).toEqual({
    paris: { region: 'eu-west-3', tags: ['pilot'], type: value },
    oslo: { provider: 'aws', region: value },
    lyon: null,
  })
  expect(text).toContain('region: eu-west-3   # near the river')
})

test('a hostile name of a node is a key and nothing else', () => {
  const text = fleetPatch(file, [{ node: '__proto__: {a: 1}\n- x', set: { type: 'a' } }])
  expect(Object.keys(parse(text).nodes)).toEqual(['oslo', 'paris', 'lyon', '__proto__: {a: 1}\n- x'])
})

test('what is not YAML is not touched', () => {
  expect(() => fleetPatch('a: [', [{ node: 'a', set: { type: 'b' } }])).toThrow(
    expect.objectContaining({ name: 'patch-not-yaml', exit: 2 }),
  )
})

test('lines that end as on Windows still do', () => {
  const text = fleetPatch(file.replaceAll('\n', '\r\n'), [{ node: 'paris', set: { type: 'a' } }])
  expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
})

test('two changes far apart are two hunks', () => {
  const before = Array.from({ length: 40 }, (_, index) => `line ${index}`)
  const after = before.with(2, 'two').toSpliced(30, 1)
  const shown = unifiedDiff(before.join('\n'), after.join('\n'), 'f')
  expect(shown.match(/^@@ .*@@$/gm)).toEqual(['@@ -1,6 +1,6 @@', '@@ -28,7 +28,6 @@'])
  expect(shown.match(/^[-+][^-+].*$/gm)).toEqual(['-line 2', '+two', '-line 30'])
})

function specFrom(node: string, more = '') {
  const text = `fleet: harbour\n${more}nodes:\n  paris: ${node}\n`
  const loaded = loadFleet({ path: 'fleet.yaml', text }, { kinds: probeKinds })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded))
  return specOf(loaded.fleet, 'paris', ['ssh-ed25519 AAAA'])
}

test('a machine is what the fleet file says of its node', () => {
  expect(specFrom('{ provider: aws, region: eu-west-3, type: t4g.nano, arch: arm64 }')).toEqual({
    provider: 'aws',
    region: 'eu-west-3',
    type: 't4g.nano',
    arch: 'arm64',
    image: null,
    diskGb: null,
    ipv4: true,
    sshKeys: ['ssh-ed25519 AAAA'],
    meshPort: null,
    sshOpen: true,
  })
})

test.each([
  ['{ provider: static }', 'static host'],
  ['{ provider: aws, type: t4g.nano }', 'no region'],
  ['{ provider: aws, region: eu-west-3 }', 'no type'],
  ['{ provider: aws }', 'no region and no type'],
])('%s cannot be provisioned, and it is said why', (node, why) => {
  expect(specFrom(node)).toMatchObject({ refused: expect.stringContaining(why), remedy: expect.any(String) })
})
