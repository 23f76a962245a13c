// The emulator against Google's own model of the API, which its client ships: no field is answered or taken that the
// messages do not have.
import { describe, expect, test } from 'vitest'
import { createGcpEmulator } from '../../../../../infra/sandbox/clouds/gcp/gcp.ts'
import {
  firewallPatch,
  firewallRequest,
  instanceRequest,
  labelsRequest,
  metadataRequest,
  tagsRequest,
  typeRequest,
} from '../../../../../infra/sandbox/clouds/gcp/requests.ts'
import { methods, route } from '../../../../../infra/sandbox/clouds/gcp/routes.ts'
import { createCloudLedger } from '../../../../../infra/sandbox/clouds/ledger.ts'
import { emptyWorld } from '../../../../../infra/sandbox/clouds/world.ts'
import { VirtualClock } from '../../../../../state/primitives/clock.ts'
import { misfits, model, responseOf } from './model.ts'

const project = '/compute/v1/projects/watch-1'
const zone = 'us-central1-a'
const instance = `zones/${zone}/instances/web-1`
const body = {
  name: 'web-1',
  machineType: `zones/${zone}/machineTypes/e2-micro`,
  labels: { fleet: 'edge' },
  metadata: { items: [{ key: 'enable-guest-attributes', value: 'TRUE' }] },
  disks: [{ boot: true, initializeParams: { sourceImage: 'projects/debian-cloud/global/images/family/debian-12' } }],
  networkInterfaces: [{ network: 'global/networks/default', accessConfigs: [{ type: 'ONE_TO_ONE_NAT' }] }],
}

test('whatever is answered is of the message that the method answers', async () => {
  const clock = new VirtualClock(1_795_000_000_000)
  const world = {
    ...emptyWorld(),
    begin: () => ({ ipv4: '198.51.100.1', private: '192.0.2.1', hostkeys: ['ssh-ed25519 AAAAC3Nz'] }),
    isUp: () => true,
  }
  const ledger = createCloudLedger({ now: () => clock.now() })
  const emulator = createGcpEmulator({ world, ledger, clock, random: () => 0, pace: 10 })
  const seen = new Set<string>()
  async function ask(method: string, path: string, sent: unknown = null, query = ''): Promise<Record<string, unknown>> {
    const request = {
      method,
      path: path.startsWith('/') ? path : `${project}${path === '' ? '' : `/${path}`}`,
      query: new URLSearchParams(query),
      headers: { authorization: 'Bearer a' },
      body: sent === null ? '' : JSON.stringify(sent),
    }
    const { name = 'nothing' } = route(request.method, request.path) ?? {}
    const reply = await emulator.answer(request, null)
    const answered = JSON.parse(reply.body)
    expect(reply.status, `${name}: ${reply.body}`).toBe(200)
    seen.add(name)
    if (name !== 'skus.list') expect(misfits(responseOf(name), answered, name, '')).toEqual([])
    return answered
  }
  /** Done, and told by both ways of asking. */
  async function done(scope: string, operation: Record<string, unknown>) {
    await ask('GET', `${scope}/operations/${operation.name}`)
    clock.advance(10)
    const waited = await ask('POST', `${scope}/operations/${operation.name}/wait`)
    expect(waited.status).toBe('DONE')
  }
  const inZone = `zones/${zone}`

  await done(inZone, await ask('POST', `${inZone}/instances`, body))
  await done(
    'global',
    await ask('POST', 'global/firewalls', { name: 'edge', allowed: [{ IPProtocol: 'udp', ports: ['1'] }] }),
  )
  emulator.addDisk({ name: 'loose', zone })
  emulator.addAddress({ name: 'idle', region: 'us-central1' })
  const shown = await ask('GET', instance)
  for (const kind of ['instances', 'disks', 'machineTypes']) {
    await ask('GET', `aggregated/${kind}`)
    await ask('GET', `${inZone}/${kind}`)
  }
  await ask('GET', 'aggregated/addresses', null, 'filter=labels.fleet%3Dnobody')
  await ask('GET', 'regions/us-central1/addresses')
  await ask('GET', 'regions/us-central1/addresses/idle')
  await ask('GET', `${inZone}/disks/loose`)
  await ask('GET', `${inZone}/machineTypes/e2-micro`)
  for (const path of [
    '',
    'regions',
    'regions/us-central1',
    'zones',
    inZone,
    'global/networks',
    'global/networks/default',
  ]) {
    await ask('GET', path)
  }
  await ask('GET', '/compute/v1/projects/debian-cloud/global/images')
  await ask('GET', '/compute/v1/projects/debian-cloud/global/images/family/debian-13')
  await ask('GET', '/compute/v1/projects/debian-cloud/global/images/debian-13-trixie-v20261110')
  await ask('GET', `${instance}/getGuestAttributes`, null, 'queryPath=hostkeys/')
  await ask('GET', `${instance}/serialPort`)
  const tags = shown.tags
  const metadata = shown.metadata
  const fingerprint = (of: unknown) => (typeof of === 'object' && of ? Reflect.get(of, 'fingerprint') : '')
  await ask('POST', `${instance}/setLabels`, { labels: { a: 'b' }, labelFingerprint: shown.labelFingerprint })
  await ask('POST', `${instance}/setTags`, { items: ['edge'], fingerprint: fingerprint(tags) })
  await ask('POST', `${instance}/setMetadata`, { items: [], fingerprint: fingerprint(metadata) })
  await ask('POST', `${instance}/setDeletionProtection`, null, 'deletionProtection=false')
  await done(inZone, await ask('POST', `${instance}/stop`))
  await ask('GET', instance)
  await ask('POST', `${instance}/setMachineType`, { machineType: `zones/${zone}/machineTypes/e2-small` })
  await done(inZone, await ask('POST', `${instance}/start`))
  await done(inZone, await ask('DELETE', instance))
  const { labelFingerprint } = await ask('GET', `${inZone}/disks/web-1`)
  await ask('POST', `${inZone}/disks/web-1/setLabels`, { labels: { a: 'b' }, labelFingerprint })
  await ask('DELETE', `${inZone}/disks/web-1`)
  await done('regions/us-central1', await ask('DELETE', 'regions/us-central1/addresses/idle'))
  await ask('GET', 'global/firewalls')
  await ask('PATCH', 'global/firewalls/edge', { disabled: true })
  await ask('GET', 'global/firewalls/edge')
  await ask('DELETE', 'global/firewalls/edge')
  expect([...seen].sort()).toEqual([...methods].sort())
})

test('a misfit is told', () => {
  expect(misfits('Instance', { id: 1, colour: 'red', disks: [{ boot: 'yes' }] }, 'i', '')).toEqual([
    'i.id is no uint64',
    'i.colour is not of Instance',
    'i.disks.0.boot is no bool',
  ])
})

describe('whatever is taken is of the message that the method takes', () => {
  function unknown(type: string, schema: unknown, path: string): string[] {
    if (typeof schema !== 'object' || schema === null) return []
    const items = Reflect.get(schema, 'items')
    if (items) return unknown(type, items, path)
    const properties: unknown = Reflect.get(schema, 'properties')
    if (typeof properties !== 'object' || properties === null) return []
    return Object.entries(properties).flatMap(([name, inner]) => {
      const field = model[type]?.fields?.[name]
      return field ? unknown(field.type, inner, `${path}.${name}`) : [`${path}.${name} is not of ${type}`]
    })
  }

  test.each([
    ['Instance', instanceRequest],
    ['InstancesSetLabelsRequest', labelsRequest],
    ['InstancesSetMachineTypeRequest', typeRequest],
    ['Tags', tagsRequest],
    ['Metadata', metadataRequest],
    ['Firewall', firewallRequest],
    ['Firewall', firewallPatch],
  ] as const)('%s', (type, request) => {
    expect(unknown(type, request.schema, type)).toEqual([])
  })
})
