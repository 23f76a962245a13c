// Finding machines: one filtered question a region, also those that are just ending, with their disks, checks and keys.
import type { Listing } from '../cloud.ts'
import { CloudError } from '../error.ts'
import type { Machine, Resource } from '../shapes.ts'
import { allPages, type Region } from './ask.ts'
import { hostkeysIn } from './console.ts'
import { codeOf, isSilent, isUnsupported } from './errors.ts'
import { diskOf, machineOf, toMachine } from './machine.ts'
import { ownPrefix } from './names.ts'
import {
  addresses,
  clean,
  groups,
  type Instance,
  keyPairs,
  ownerOf,
  reservations,
  statuses,
  tagOf,
  type Volume,
  volumes,
} from './replies.ts'

export interface Filter {
  Name: string
  Values: string[]
}

/** What the API takes of values in one filter. */
const filterSize = 200

function tagFilters(tags: { fleet: string; node?: string; op?: string }): Filter[] {
  const { fleet, node, op } = tags
  return [
    { Name: 'tag:fleet', Values: [literal(fleet)] },
    ...(node === undefined ? [] : [{ Name: 'tag:node', Values: [literal(node)] }]),
    ...(op === undefined ? [] : [{ Name: 'tag:op', Values: [literal(op)] }]),
  ]
}

/** In a filter, `*` and `?` stand for anything. */
function literal(value: string): string {
  return value.replace(/[\\*?]/g, '\\$&')
}

export async function findMachines(
  region: Region,
  tags: { fleet: string; node: string; op?: string },
): Promise<Machine[]> {
  const keys = ['fleet', 'node', 'op'] as const
  // The filter is the server's: one that does not know it shows everybody's machines.
  const found = (await instancesBy(region, tagFilters(tags))).filter(({ Tags }) =>
    keys.every(key => tags[key] === undefined || tagOf(Tags, key) === tags[key]),
  )
  const [disks, checks] = await Promise.all([disksOf(region, found), checksOf(region, found)])
  return found.map(instance =>
    toMachine(instance, { region: region.name, volumes: disks, checks: checks(instance), hostkeys: [] }),
  )
}

/** `known`: host keys by instance, since the console is slow and may be asked only so often. */
export async function getMachine(region: Region, id: string, known: Map<string, string[]>): Promise<Machine | null> {
  const instance = await instanceOf(region, id)
  if (!instance) return null
  const [disks, checks] = await Promise.all([disksOf(region, [instance]), checksOf(region, [instance])])
  const kept = known.get(id)
  const isUp = instance.State?.Name === 'running'
  const hostkeys = kept ?? (isUp ? await consoleKeys(region, id) : [])
  if (hostkeys.length > 0) known.set(id, hostkeys)
  return toMachine(instance, { region: region.name, volumes: disks, checks: checks(instance), hostkeys })
}

export async function instanceOf(region: Region, id: string): Promise<Instance | null> {
  try {
    const { Reservations: told }: { Reservations?: unknown } = await region.ask(
      'DescribeInstances',
      ({ sdk, client, options }) => client.send(new sdk.DescribeInstancesCommand({ InstanceIds: [id] }), options),
    )
    if (!reservations.is(told)) throw region.unreadable('DescribeInstances', 'it is no list of machines')
    return told.flatMap(({ Instances }) => Instances).find(({ InstanceId }) => InstanceId === id) ?? null
  } catch (error) {
    if (codeOf(error)?.startsWith('InvalidInstanceID.')) return null
    throw error
  }
}

export async function instancesBy(region: Region, filters: Filter[]): Promise<Instance[]> {
  return allPages(region, 'DescribeInstances', async token => {
    const { Reservations: told, NextToken: next }: { Reservations?: unknown; NextToken?: string | undefined } =
      await region.ask('DescribeInstances', ({ sdk, client, options }) =>
        client.send(
          new sdk.DescribeInstancesCommand({
            ...(filters.length > 0 ? { Filters: filters } : {}),
            MaxResults: 1000,
            ...(token ? { NextToken: token } : {}),
          }),
          options,
        ),
      )
    // A page of a proxy reads as an answer without a list: that is not "none".
    if (!reservations.is(told)) throw region.unreadable('DescribeInstances', 'it is no list of machines')
    return { items: told.flatMap(({ Instances }) => Instances), next }
  })
}

async function volumesBy(region: Region, filters: Filter[]): Promise<Volume[]> {
  return allPages(region, 'DescribeVolumes', async token => {
    const { Volumes: told, NextToken: next }: { Volumes?: unknown; NextToken?: string | undefined } = await region.ask(
      'DescribeVolumes',
      ({ sdk, client, options }) =>
        client.send(
          new sdk.DescribeVolumesCommand({
            ...(filters.length > 0 ? { Filters: filters } : {}),
            MaxResults: 500,
            ...(token ? { NextToken: token } : {}),
          }),
          options,
        ),
    )
    if (!volumes.is(told)) throw region.unreadable('DescribeVolumes', 'it is no list of disks')
    return { items: told, next }
  })
}

async function disksOf(region: Region, instances: readonly Instance[]): Promise<Volume[]> {
  const ids = instances.filter(({ State }) => State?.Name !== 'terminated').map(({ InstanceId }) => InstanceId)
  const all: Volume[] = []
  for (let from = 0; from < ids.length; from += filterSize) {
    const Values = ids.slice(from, from + filterSize)
    all.push(...(await unlessUnsupported(volumesBy(region, [{ Name: 'attachment.instance-id', Values }]))))
  }
  return all
}

type Checks = (instance: Instance) => Machine['checks']

/** EC2's two status checks. Good to know, no more: where they cannot be had, the machine is found all the same. */
async function checksOf(region: Region, instances: readonly Instance[]): Promise<Checks> {
  const ids = instances.filter(({ State }) => State?.Name === 'running').map(({ InstanceId }) => InstanceId)
  const told = new Map<string, Machine['checks']>()
  let otherwise: Machine['checks'] = 'pending'
  for (let from = 0; from < ids.length; from += 100) {
    try {
      const { InstanceStatuses: list }: { InstanceStatuses?: unknown } = await region.ask(
        'DescribeInstanceStatus',
        ({ sdk, client, options }) =>
          client.send(new sdk.DescribeInstanceStatusCommand({ InstanceIds: ids.slice(from, from + 100) }), options),
      )
      if (!statuses.is(list)) continue
      for (const { InstanceId, InstanceStatus, SystemStatus } of list) {
        told.set(InstanceId, verdict(InstanceStatus?.Status, SystemStatus?.Status))
      }
    } catch (error) {
      if (region.signal.aborted) throw error
      // Who may not see them goes by what the machine itself answers; else every launch would wait in vain.
      const isHidden = error instanceof CloudError && error.failure === 'rights'
      if (isUnsupported(error) || isHidden) otherwise = 'none'
    }
  }
  return ({ InstanceId, State }) => (State?.Name === 'running' ? (told.get(InstanceId) ?? otherwise) : 'pending')
}

function verdict(ofInstance: string | undefined, ofSystem: string | undefined): Machine['checks'] {
  if (ofInstance === 'ok' && ofSystem === 'ok') return 'ok'
  return ofInstance === 'impaired' || ofSystem === 'impaired' ? 'failing' : 'pending'
}

async function consoleKeys(region: Region, id: string): Promise<string[]> {
  // `Latest` is for machines on Nitro; others refuse it and give what they have.
  for (const Latest of [true, false]) {
    try {
      const { Output: output } = await region.ask('GetConsoleOutput', ({ sdk, client, options }) =>
        client.send(new sdk.GetConsoleOutputCommand({ InstanceId: id, ...(Latest ? { Latest } : {}) }), options),
      )
      return typeof output === 'string' ? hostkeysIn(Buffer.from(output, 'base64').toString('utf8')) : []
    } catch (error) {
      if (region.signal.aborted) throw error
      // No console, no keys: the machine is there all the same.
      if (isSilent(error) && !isUnsupported(error)) return []
    }
  }
  return []
}

/** Everything in the region: machines with what hangs on them, and what hangs on none. */
export async function listRegion(region: Region): Promise<Listing> {
  const [found, disks, loose] = await Promise.all([
    instancesBy(region, []),
    unlessUnsupported(volumesBy(region, [])),
    unlessUnsupported(looseAddresses(region)),
  ])
  const checks = await checksOf(region, found)
  const live = found.filter(({ State }) => State?.Name !== 'terminated')
  const [unusedGroups, unusedKeys] = await Promise.all([
    unlessUnsupported(ourGroups(region, null, live)),
    unlessUnsupported(ourKeys(region, null, live)),
  ])
  return {
    machines: found.map(instance =>
      toMachine(instance, { region: region.name, volumes: disks, checks: checks(instance), hostkeys: [] }),
    ),
    loose: [
      ...disks.filter(disk => machineOf(disk) === null).flatMap(diskOf),
      ...loose,
      ...unusedGroups,
      ...unusedKeys,
    ],
  }
}

async function looseAddresses(region: Region): Promise<Resource[]> {
  const { Addresses: told }: { Addresses?: unknown } = await region.ask(
    'DescribeAddresses',
    ({ sdk, client, options }) => client.send(new sdk.DescribeAddressesCommand({}), options),
  )
  if (!addresses.is(told)) throw region.unreadable('DescribeAddresses', 'it is no list of addresses')
  return told
    .filter(({ AssociationId, InstanceId }) => !AssociationId && !InstanceId)
    .flatMap(({ AllocationId, PublicIp, Tags }) => {
      const id = clean(AllocationId ?? PublicIp, 200)
      return id ? [unbilled(id, 'address', 'public-ipv4', Tags)] : []
    })
}

/** Groups with our tags (of `fleet`, or any) that none of these machines is in. */
export async function ourGroups(region: Region, fleet: string | null, live: readonly Instance[]): Promise<Resource[]> {
  const used = new Set(
    live.flatMap(({ SecurityGroups = [], NetworkInterfaces = [] }) =>
      [...SecurityGroups, ...NetworkInterfaces.flatMap(({ Groups = [] }) => Groups)].map(({ GroupId }) => GroupId),
    ),
  )
  const all = await allPages(region, 'DescribeSecurityGroups', async token => {
    const { SecurityGroups: told, NextToken: next }: { SecurityGroups?: unknown; NextToken?: string | undefined } =
      await region.ask('DescribeSecurityGroups', ({ sdk, client, options }) =>
        client.send(
          new sdk.DescribeSecurityGroupsCommand({
            Filters: ofFleet(fleet),
            MaxResults: 1000,
            ...(token ? { NextToken: token } : {}),
          }),
          options,
        ),
      )
    if (!groups.is(told)) throw region.unreadable('DescribeSecurityGroups', 'it is no list of groups')
    return { items: told, next }
  })
  return all
    .filter(({ GroupId, GroupName, Tags }) => isOurs(GroupName, Tags, fleet) && !used.has(GroupId))
    .map(({ GroupId, Tags }) => unbilled(GroupId, 'group', 'security-group', Tags))
}

/** As `ourGroups`, of key pairs, by their name. */
export async function ourKeys(region: Region, fleet: string | null, live: readonly Instance[]): Promise<Resource[]> {
  const used = new Set(live.map(({ KeyName }) => KeyName))
  const { KeyPairs: told }: { KeyPairs?: unknown } = await region.ask('DescribeKeyPairs', ({ sdk, client, options }) =>
    client.send(new sdk.DescribeKeyPairsCommand({ Filters: ofFleet(fleet) }), options),
  )
  if (!keyPairs.is(told)) throw region.unreadable('DescribeKeyPairs', 'it is no list of key pairs')
  return told
    .filter(({ KeyName, Tags }) => isOurs(KeyName, Tags, fleet) && !used.has(KeyName))
    .map(({ KeyName, Tags }) => unbilled(KeyName, 'key', 'key-pair', Tags))
}

function ofFleet(fleet: string | null): Filter[] {
  return fleet === null ? [{ Name: 'tag-key', Values: ['fleet'] }] : tagFilters({ fleet })
}

/** The tag is there as asked, and it is a name that only we give: servers exist that do not know the filter. */
function isOurs(name: string | undefined, tags: Parameters<typeof tagOf>[0], fleet: string | null): boolean {
  const tagged = tagOf(tags, 'fleet')
  return tagged !== null && (fleet === null || tagged === fleet) && name?.startsWith(ownPrefix) === true
}

function unbilled(
  id: string,
  kind: 'address' | 'group' | 'key',
  sku: string,
  tags: Parameters<typeof tagOf>[0],
): Resource {
  return { id, kind, sku, quantity: 1, createdAt: null, tags: ownerOf(tags), machine: null }
}

/** A part that the server does not have is none of it; any other failure is one. */
async function unlessUnsupported<Item>(looked: Promise<Item[]>): Promise<Item[]> {
  try {
    return await looked
  } catch (error) {
    if (error instanceof CloudError && isUnsupported(error)) return []
    throw error
  }
}
