import {
  AddressesClient,
  DisksClient,
  FirewallsClient,
  GlobalOperationsClient,
  ImagesClient,
  InstancesClient,
  MachineTypesClient,
  ZoneOperationsClient,
} from '@google-cloud/compute'
import { OAuth2Client } from 'google-auth-library'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type EmulatorServer, serveEmulated } from '../../../../../infra/sandbox/clouds/emulator.ts'
import { createFaults } from '../../../../../infra/sandbox/clouds/faults.ts'
import { createGcpEmulator, type GcpEmulator } from '../../../../../infra/sandbox/clouds/gcp/gcp.ts'
import { type CloudLedger, createCloudLedger } from '../../../../../infra/sandbox/clouds/ledger.ts'
import { type CloudWorld, emptyWorld } from '../../../../../infra/sandbox/clouds/world.ts'
import { systemClock } from '../../../../../state/primitives/clock.ts'

const project = 'watch-1'
const zone = 'europe-west3-a'
const token = (digit: string) => `11111111-2222-4333-8444-00000000000${digit}`

const authClient = new OAuth2Client()
authClient.setCredentials({ access_token: 'a-token', expiry_date: 4_102_444_800_000 })

let server: EmulatorServer
let emulator: GcpEmulator
let ledger: CloudLedger
const faults = createFaults()
const servers: EmulatorServer[] = []
const clients: { close(): Promise<void> }[] = []

const worldWithKeys: CloudWorld = {
  ...emptyWorld(),
  begin: machine => ({ ...shown.begin(machine), hostkeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKey'] }),
  isUp: () => true,
}
const shown = emptyWorld()

beforeEach(async () => {
  faults.clear()
  ledger = createCloudLedger({ now: systemClock.now })
  emulator = createGcpEmulator({ world: worldWithKeys, ledger, clock: systemClock, random: () => 0.6, pace: 20 })
  server = await serveEmulated(emulator, { address: '127.0.0.1', port: 0, faults, ledger })
  servers.push(server)
})
afterAll(async () => {
  await Promise.all([...clients.map(client => client.close()), ...servers.map(one => one.close())])
})

type Options = ConstructorParameters<typeof InstancesClient>[0]
function client<T extends { close(): Promise<void> }>(kind: new (options: Options) => T): T {
  const made = new kind({
    projectId: project,
    apiEndpoint: '127.0.0.1',
    port: server.port,
    protocol: 'http',
    fallback: true,
    authClient,
  })
  clients.push(made)
  return made
}

const asked = (name: string, requestId: string | null = null) => ({
  project,
  zone,
  ...(requestId === null ? {} : { requestId }),
  instanceResource: {
    name,
    machineType: `zones/${zone}/machineTypes/e2-micro`,
    labels: { fleet: 'edge', node: name, op: 'op-1' },
    tags: { items: ['edge'] },
    metadata: { items: [{ key: 'enable-guest-attributes', value: 'TRUE' }] },
    disks: [
      {
        boot: true,
        autoDelete: true,
        initializeParams: {
          sourceImage: 'projects/debian-cloud/global/images/family/debian-12',
          diskSizeGb: 12,
          diskType: `zones/${zone}/diskTypes/pd-balanced`,
        },
      },
    ],
    networkInterfaces: [{ network: 'global/networks/default', accessConfigs: [{ type: 'ONE_TO_ONE_NAT' }] }],
  },
})

async function insert(name: string, requestId: string | null = null) {
  const [begun] = await client(InstancesClient).insert(asked(name, requestId))
  const operation = String(Reflect.get(begun, 'latestResponse').name)
  const [done] = await client(ZoneOperationsClient).wait({ project, zone, operation })
  return { operation, done }
}
const get = async (name: string) => (await client(InstancesClient).get({ project, zone, instance: name }))[0]
const made = (what: 'created' | 'deleted') => ledger.lines().flatMap(line => (line.what === what ? [line.kind] : []))

describe('driven by the client of Google', () => {
  test('an instance is made, seen with its addresses and ended with its disk', async () => {
    const { done } = await insert('web-1', token('1'))
    expect(done).toMatchObject({ status: 'DONE', operationType: 'insert' })
    expect(done.error ?? null).toBeNull()
    const instance = await get('web-1')
    expect(instance).toMatchObject({ name: 'web-1', status: 'RUNNING', labels: { fleet: 'edge', op: 'op-1' } })
    expect(instance.networkInterfaces?.[0]?.accessConfigs?.[0]?.natIP).toMatch(/^198\.51\.100\./)
    expect(made('created')).toEqual(['instance', 'disk', 'ipv4'])
    const [begun] = await client(InstancesClient).delete({ project, zone, instance: 'web-1', requestId: token('2') })
    await client(ZoneOperationsClient).wait({ project, zone, operation: Reflect.get(begun, 'latestResponse').name })
    await expect(get('web-1')).rejects.toMatchObject({ httpStatusCode: 404 })
    expect(made('deleted')).toEqual(['instance', 'ipv4', 'disk'])
  })

  test('the same request id gives the same operation and no second instance', async () => {
    const first = await insert('web-1', token('1'))
    const second = await insert('web-1', token('1'))
    expect(second.operation).toBe(first.operation)
    expect(made('created').filter(kind => kind === 'instance')).toHaveLength(1)
    await expect(client(InstancesClient).insert(asked('web-1', token('2')))).rejects.toMatchObject({
      httpStatusCode: 409,
    })
    const zero = asked('web-2', '00000000-0000-0000-0000-000000000000')
    await expect(client(InstancesClient).insert(zero)).rejects.toMatchObject({ httpStatusCode: 400 })
  })

  test.each([
    ['capacity', 'ZONE_RESOURCE_POOL_EXHAUSTED'],
    ['quota', 'QUOTA_EXCEEDED'],
  ] as const)('when there is no %s, the operation is done and has an error in it', async (kind, code) => {
    faults.add({ kind, action: 'instances.insert', region: 'europe-west3' })
    const { done } = await insert('web-1', token('1'))
    expect(done).toMatchObject({ status: 'DONE', error: { errors: [{ code }] } })
    await expect(get('web-1')).rejects.toMatchObject({ httpStatusCode: 404 })
    expect(made('created')).toEqual([])
  })

  test('the aggregated list finds by label in all zones, a page at a time', async () => {
    await insert('web-1')
    emulator.addInstance({ name: 'orphan', zone: 'us-central1-a', labels: { fleet: 'edge' } })
    emulator.addInstance({ name: 'stranger', zone: 'us-central1-b' })
    const names: string[] = []
    for await (const [, scoped] of client(InstancesClient).aggregatedListAsync({
      project,
      filter: 'labels.fleet=edge',
      maxResults: 1,
    })) {
      names.push(...(scoped.instances ?? []).map(({ name }) => String(name)))
    }
    expect(names.sort()).toEqual(['orphan', 'web-1'])
  })

  test('host keys are among the guest attributes and on the serial port', async () => {
    await insert('web-1')
    const where = { project, zone, instance: 'web-1' }
    const [attributes] = await client(InstancesClient).getGuestAttributes({ ...where, queryPath: 'hostkeys/' })
    expect(attributes.queryValue?.items).toMatchObject([
      { namespace: 'hostkeys', key: 'ssh-ed25519', value: 'AAAAC3NzaC1lZDI1NTE5AAAAIKey' },
    ])
    const [serial] = await client(InstancesClient).getSerialPortOutput(where)
    expect(serial.contents).toMatch(/BEGIN SSH HOST KEY FINGERPRINTS-+\r\n256 SHA256:[A-Za-z0-9+/]{43} root@web-1 /)
  })

  test('a stopped instance gives its address back, and its type may be changed', async () => {
    await insert('web-1')
    const { id } = await get('web-1')
    const machineType = `zones/${zone}/machineTypes/e2-small`
    const change = () =>
      client(InstancesClient).setMachineType({
        project,
        zone,
        instance: 'web-1',
        instancesSetMachineTypeRequestResource: { machineType },
      })
    await expect(change()).rejects.toMatchObject({ httpStatusCode: 400 })
    emulator.switchInstance(String(id), false)
    await change()
    const instance = await get('web-1')
    expect(instance).toMatchObject({ status: 'TERMINATED' })
    expect(instance.machineType).toMatch(/e2-small$/)
    expect(instance.networkInterfaces?.[0]?.accessConfigs?.[0]?.natIP ?? '').toBe('')
  })

  test('labels are only replaced by whom has read them', async () => {
    await insert('web-1')
    const { labelFingerprint } = await get('web-1')
    const set = (fingerprint: string) =>
      client(InstancesClient).setLabels({
        project,
        zone,
        instance: 'web-1',
        instancesSetLabelsRequestResource: { labels: { fleet: 'other' }, labelFingerprint: fingerprint },
      })
    await expect(set('b2xk')).rejects.toMatchObject({ httpStatusCode: 412 })
    await set(String(labelFingerprint))
    expect((await get('web-1')).labels).toEqual({ fleet: 'other' })
  })

  test('a protected instance is not deleted', async () => {
    await insert('web-1')
    emulator.protect(String((await get('web-1')).id), true)
    await expect(client(InstancesClient).delete({ project, zone, instance: 'web-1' })).rejects.toMatchObject({
      httpStatusCode: 400,
    })
    expect((await get('web-1')).status).toBe('RUNNING')
  })

  test('a firewall rule is made, patched and removed', async () => {
    const firewalls = client(FirewallsClient)
    const allowed = [{ IPProtocol: 'tcp', ports: ['22', '80', '443'] }]
    const firewallResource = { name: 'edge', allowed, sourceRanges: ['0.0.0.0/0'], targetTags: ['edge'] }
    const [begun] = await firewalls.insert({ project, firewallResource })
    const operation = Reflect.get(begun, 'latestResponse').name
    expect((await client(GlobalOperationsClient).wait({ project, operation }))[0].status).toBe('DONE')
    await expect(firewalls.insert({ project, firewallResource })).rejects.toMatchObject({ httpStatusCode: 409 })
    const fewer = [{ IPProtocol: 'tcp', ports: ['80', '443'] }]
    await firewalls.patch({ project, firewall: 'edge', firewallResource: { allowed: fewer } })
    const [rule] = await firewalls.get({ project, firewall: 'edge' })
    expect(rule).toMatchObject({ allowed: fewer, targetTags: ['edge'], direction: 'INGRESS' })
    await firewalls.delete({ project, firewall: 'edge' })
    expect(made('deleted')).toEqual(['group'])
  })

  test('loose disks and addresses are listed, and can be deleted', async () => {
    emulator.addDisk({ name: 'left', zone, labels: { fleet: 'edge' } })
    emulator.addAddress({ name: 'idle', region: 'europe-west3' })
    const disks: unknown[] = []
    for await (const [, scoped] of client(DisksClient).aggregatedListAsync({ project }))
      disks.push(...(scoped.disks ?? []))
    expect(disks).toMatchObject([{ name: 'left', sizeGb: '10', users: [] }])
    const addresses: unknown[] = []
    for await (const [, scoped] of client(AddressesClient).aggregatedListAsync({ project })) {
      addresses.push(...(scoped.addresses ?? []))
    }
    expect(addresses).toMatchObject([{ name: 'idle', status: 'RESERVED' }])
    await client(DisksClient).delete({ project, zone, disk: 'left' })
    await client(AddressesClient).delete({ project, region: 'europe-west3', address: 'idle' })
    expect(made('deleted')).toEqual(['disk', 'address'])
  })

  test('types and images are found', async () => {
    const [type] = await client(MachineTypesClient).get({ project, zone, machineType: 'e2-micro' })
    expect(type).toMatchObject({ guestCpus: 2, memoryMb: 1024, isSharedCpu: true })
    const [image] = await client(ImagesClient).getFromFamily({ project: 'debian-cloud', family: 'debian-12' })
    expect(image).toMatchObject({ family: 'debian-12', architecture: 'X86_64' })
    await expect(client(ImagesClient).getFromFamily({ project: 'nixos-cloud', family: 'nixos' })).rejects.toMatchObject(
      { httpStatusCode: 404 },
    )
  })
})
