// What a person does in the console, or another tool, behind the product's back: for tests and chaos.
import { type Account, accountId } from './account.ts'
import { imagesOf, subnetsOf, vpcOf } from './regions.ts'
import type { KeptInstance, KeptLife, KeptVolume } from './state.ts'

interface MadeByHand {
  region: string
  type?: string
  tags?: Readonly<Record<string, string>>
  token?: string
  groups?: readonly string[]
  diskGb?: number
  publicIpv4?: boolean
}

export interface ByHand {
  /** With a root volume; without tags unless told. Its id. */
  makeInstance(wanted: MadeByHand): string
  /** A volume that hangs on nothing. Its id. */
  makeVolume(wanted: { region: string; sizeGb: number; tags?: Readonly<Record<string, string>> }): string
  /** An Elastic IP that hangs on nothing. Its id. */
  makeAddress(wanted: { region: string; tags?: Readonly<Record<string, string>> }): string
  makeSnapshot(wanted: { region: string; sizeGb: number; tags?: Readonly<Record<string, string>> }): string
  stopInstance(id: string): void
  startInstance(id: string): void
  /** It ends outside of the product, protected or not. */
  terminateInstance(id: string): void
  /** As if it had been stopped, changed and started. */
  changeType(id: string, type: string): void
  protectInstance(id: string, held: boolean): void
  /** Takes all its tags, or puts others on. */
  tagInstance(id: string, tags: Readonly<Record<string, string>>): void
  /** Something that was billed before: Cost Explorer counts it. */
  addLife(life: KeptLife): void
  instances(): readonly KeptInstance[]
  volumes(): readonly KeptVolume[]
}

export function createByHand(account: Account): ByHand {
  const { state, clock } = account
  const changed = <Result>(change: () => Result): Result => {
    const result = change()
    account.touch()
    return result
  }
  const instanceOf = (id: string): KeptInstance => {
    const found = state.instances.find(instance => instance.id === id)
    if (!found) throw new Error(`There is no instance ${id}`)
    return found
  }
  return {
    makeInstance: wanted => changed(() => makeInstance(account, wanted)),
    makeVolume: ({ region, sizeGb, tags = {} }) =>
      changed(() => {
        const volume = looseVolume(account, region, sizeGb, tags)
        account.addVolume(volume, null)
        return volume.id
      }),
    makeAddress: ({ region, tags = {} }) =>
      changed(() => {
        const id = account.newId('eipalloc')
        // TEST-NET-3 of RFC 5737: nothing answers there.
        state.addresses.push({ id, region, ipv4: `203.0.113.${state.next % 250}`, tags: { ...tags }, instance: null })
        account.startLife({ id, kind: 'address', sku: 'public-ipv4', region, quantity: 1, tags: { ...tags } }, null)
        return id
      }),
    makeSnapshot: ({ region, sizeGb, tags = {} }) =>
      changed(() => {
        const id = account.newId('snap')
        state.snapshots.push({ id, region, sizeGb, volume: 'vol-ffffffff', tags: { ...tags }, createdAt: clock.now() })
        account.startLife({ id, kind: 'snapshot', sku: 'snapshot', region, quantity: sizeGb, tags: { ...tags } }, null)
        return id
      }),
    stopInstance: id => changed(() => account.stopInstance(instanceOf(id))),
    startInstance: id => changed(() => account.startInstance(instanceOf(id))),
    terminateInstance: id => changed(() => account.endInstance(instanceOf(id))),
    changeType: (id, type) =>
      changed(() => {
        const instance = instanceOf(id)
        if (instance.stoppedAt === null) account.stopInstance(instance)
        instance.type = type
        account.startInstance(instance)
      }),
    protectInstance: (id, held) =>
      changed(() => {
        instanceOf(id).protected = held
      }),
    tagInstance: (id, tags) =>
      changed(() => {
        instanceOf(id).tags = { ...tags }
      }),
    addLife: life => changed(() => void state.lives.push(life)),
    instances: () => state.instances,
    volumes: () => state.volumes,
  }
}

function makeInstance(account: Account, wanted: MadeByHand): string {
  const { state, clock } = account
  const { type = 't4g.nano', tags = {}, token = null, groups = [], diskGb = 8, publicIpv4 = true } = wanted
  const region = account.regions.find(({ name }) => name === wanted.region)
  const subnet = region && subnetsOf(region)[0]
  if (!region || !subnet) throw new Error(`There is no network in ${wanted.region} of ${accountId}`)
  const arch = type.startsWith('t4g') ? 'arm64' : 'x86_64'
  const now = clock.now()
  const instance: KeptInstance = {
    id: account.newId('i'),
    region: region.name,
    zone: subnet.zone,
    subnet: subnet.id,
    vpc: vpcOf(region),
    type,
    arch,
    image: imagesOf(region).findLast(image => image.arch === arch)?.id ?? 'ami-ffffffff',
    key: null,
    groups: [...groups],
    tags: { ...tags },
    token,
    asked: 'by hand',
    sshKeys: [],
    credits: 'standard',
    protected: false,
    onShutdown: 'stop',
    interface: { id: account.newId('eni'), tags: {}, mac: '06:00:00:00:00:00', public: publicIpv4 },
    ipv4: null,
    ipv6: null,
    private: null,
    hostkeys: [],
    createdAt: now,
    startedAt: now,
    stoppedAt: null,
    endedAt: null,
    failsAt: null,
    seenFrom: now,
  }
  state.instances.push(instance)
  account.startInstance(instance)
  const volume = looseVolume(account, region.name, diskGb, tags)
  account.addVolume({ ...volume, zone: subnet.zone, instance: instance.id, endsWithInstance: true }, token)
  return instance.id
}

function looseVolume(
  account: Account,
  region: string,
  sizeGb: number,
  tags: Readonly<Record<string, string>>,
): KeptVolume {
  return {
    id: account.newId('vol'),
    region,
    zone: `${region}a`,
    type: 'gp3',
    sizeGb,
    tags: { ...tags },
    createdAt: account.clock.now(),
    instance: null,
    device: '/dev/xvda',
    endsWithInstance: false,
  }
}
