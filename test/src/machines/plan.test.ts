// What a node's machine is to be comes from the fleet file.
import { expect, test } from 'vitest'
import { loadFleet } from '../../../src/fleet/load.ts'
import { specOf } from '../../../src/machines/plan.ts'
import { probeKinds } from '../../../src/watch/probes/index.ts'

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
