// What hangs on instances, or on nothing: volumes, addresses, interfaces, snapshots, and the tags of all of them.
import { type Account, accountId, stateOf } from '../account.ts'
import { AwsProblem } from '../problem.ts'
import { applyFilters, filterParameters, pageOf, pageParameters } from '../query.ts'
import type { KeptInstance } from '../state.ts'
import { tagSet, xmlTime } from '../xml.ts'
import { type Ec2Actions, notFound, refuseDryRun } from './action.ts'
import { describeGroups, publicIpv4Of } from './instance-xml.ts'

const limits = { least: 5, most: 1_000 }
const orNone = (value: string | null) => (value === null ? [] : [value])

export const things: Ec2Actions = {
  DescribeVolumes: {
    parameters: [...filterParameters, ...pageParameters, 'VolumeId.#'],
    answer({ account, region, parameters }) {
      const all = account.state.volumes.filter(volume => volume.region === region.name)
      const asked = named(all, parameters.list('VolumeId'), id => volumeMissing(id))
      const found = applyFilters(asked, parameters, {
        'volume-id': ({ id }) => [id],
        status: ({ instance }) => [instance === null ? 'available' : 'in-use'],
        'attachment.instance-id': ({ instance }) => orNone(instance),
        'attachment.delete-on-termination': ({ endsWithInstance }) => [String(endsWithInstance)],
        'availability-zone': ({ zone }) => [zone],
        'volume-type': ({ type }) => [type],
        size: ({ sizeGb }) => [String(sizeGb)],
      })
      const { page, next } = pageOf(found, parameters, limits)
      return {
        volumeSet: page.map(volume => ({
          volumeId: volume.id,
          size: volume.sizeGb,
          snapshotId: '',
          availabilityZone: volume.zone,
          status: volume.instance === null ? 'available' : 'in-use',
          createTime: xmlTime(volume.createdAt),
          attachmentSet:
            volume.instance === null
              ? []
              : [
                  {
                    volumeId: volume.id,
                    instanceId: volume.instance,
                    device: volume.device,
                    status: 'attached',
                    attachTime: xmlTime(volume.createdAt),
                    deleteOnTermination: volume.endsWithInstance,
                  },
                ],
          tagSet: tagSet(volume.tags),
          volumeType: volume.type,
          iops: 3_000,
          throughput: 125,
          encrypted: false,
          multiAttachEnabled: false,
        })),
        nextToken: next,
      }
    },
  },
  DeleteVolume: {
    parameters: ['VolumeId'],
    answer(call) {
      const { account, region, parameters } = call
      const id = parameters.must('VolumeId')
      const volume = account.state.volumes.find(other => other.region === region.name && other.id === id)
      if (!volume) throw volumeMissing(id)
      if (volume.instance !== null) {
        throw new AwsProblem('VolumeInUse', `Volume ${id} is currently attached to ${volume.instance}`)
      }
      refuseDryRun(call)
      account.deleteVolume(volume)
      return { return: true }
    },
  },
  DescribeAddresses: {
    parameters: [...filterParameters, 'AllocationId.#', 'PublicIp.#'],
    answer({ account, region, parameters }) {
      const ips = parameters.list('PublicIp')
      const all = account.state.addresses.filter(address => address.region === region.name)
      const absent = ips.find(ip => !all.some(address => address.ipv4 === ip))
      if (absent) throw notFound('InvalidAddress.NotFound', `Address '${absent}' not found.`)
      const asked = named(all, parameters.list('AllocationId'), id => addressMissing(id))
      const found = applyFilters(
        asked.filter(({ ipv4 }) => ips.length === 0 || ips.includes(ipv4)),
        parameters,
        {
          'allocation-id': ({ id }) => [id],
          'public-ip': ({ ipv4 }) => [ipv4],
          'instance-id': ({ instance }) => orNone(instance),
          domain: () => ['vpc'],
        },
      )
      return {
        addressesSet: found.map(address => ({
          publicIp: address.ipv4,
          allocationId: address.id,
          associationId: address.instance === null ? null : address.id.replace(/^eipalloc-/, 'eipassoc-'),
          domain: 'vpc',
          instanceId: address.instance,
          networkBorderGroup: region.name,
          publicIpv4Pool: 'amazon',
          tagSet: tagSet(address.tags),
        })),
      }
    },
  },
  ReleaseAddress: {
    parameters: ['AllocationId', 'NetworkBorderGroup'],
    answer(call) {
      const { account, region, parameters } = call
      const id = parameters.must('AllocationId')
      const address = account.state.addresses.find(other => other.region === region.name && other.id === id)
      if (!address) throw addressMissing(id)
      if (address.instance !== null) {
        throw new AwsProblem('InvalidIPAddress.InUse', `Address ${address.ipv4} is in use.`)
      }
      refuseDryRun(call)
      account.state.addresses = account.state.addresses.filter(other => other !== address)
      account.endLife(id, null)
      return { return: true }
    },
  },
  DescribeNetworkInterfaces: {
    parameters: [...filterParameters, ...pageParameters, 'NetworkInterfaceId.#'],
    answer({ account, region, parameters, now }) {
      const all = interfacesIn(account, region.name, now)
      const asked = named(all, parameters.list('NetworkInterfaceId'), id => {
        return notFound('InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${id}' does not exist`)
      })
      const found = applyFilters(asked, parameters, {
        'network-interface-id': ({ id }) => [id],
        'attachment.instance-id': ({ instance }) => [instance.id],
        'group-id': ({ instance }) => instance.groups,
        'subnet-id': ({ instance }) => [instance.subnet],
        'vpc-id': ({ instance }) => [instance.vpc],
        'availability-zone': ({ instance }) => [instance.zone],
        status: () => ['in-use'],
      })
      const { page, next } = pageOf(found, parameters, limits)
      return {
        networkInterfaceSet: page.map(({ id, instance, tags }) => {
          const publicIp = publicIpv4Of(instance, account, true)
          return {
            networkInterfaceId: id,
            subnetId: instance.subnet,
            vpcId: instance.vpc,
            availabilityZone: instance.zone,
            description: '',
            ownerId: accountId,
            requesterManaged: false,
            status: 'in-use',
            macAddress: instance.interface.mac,
            privateIpAddress: instance.private,
            sourceDestCheck: true,
            interfaceType: 'interface',
            groupSet: describeGroups(instance, account),
            attachment: {
              attachmentId: id.replace(/^eni-/, 'eni-attach-'),
              instanceId: instance.id,
              instanceOwnerId: accountId,
              deviceIndex: 0,
              status: 'attached',
              attachTime: xmlTime(instance.createdAt),
              deleteOnTermination: true,
            },
            association: publicIp === null ? null : { publicIp, publicDnsName: '', ipOwnerId: 'amazon' },
            tagSet: tagSet(tags),
          }
        }),
        nextToken: next,
      }
    },
  },
  DescribeSnapshots: {
    parameters: [...filterParameters, ...pageParameters, 'SnapshotId.#', 'Owner.#', 'RestorableBy.#'],
    answer({ account, region, parameters }) {
      const owners = parameters.list('Owner')
      const own = owners.length === 0 || owners.includes('self') || owners.includes(accountId)
      const all = account.state.snapshots.filter(snapshot => own && snapshot.region === region.name)
      const asked = named(all, parameters.list('SnapshotId'), id => {
        return notFound('InvalidSnapshot.NotFound', `The snapshot '${id}' does not exist.`)
      })
      const found = applyFilters(asked, parameters, {
        'snapshot-id': ({ id }) => [id],
        'volume-id': ({ volume }) => [volume],
        'owner-id': () => [accountId],
        status: () => ['completed'],
      })
      const { page, next } = pageOf(found, parameters, limits)
      return {
        snapshotSet: page.map(({ id, sizeGb, volume, tags, createdAt }) => ({
          snapshotId: id,
          volumeId: volume,
          status: 'completed',
          startTime: xmlTime(createdAt),
          progress: '100%',
          ownerId: accountId,
          description: '',
          volumeSize: sizeGb,
          encrypted: false,
          storageTier: 'standard',
          tagSet: tagSet(tags),
        })),
        nextToken: next,
      }
    },
  },
  CreateTags: {
    parameters: ['ResourceId.#', 'Tag.#.Key', 'Tag.#.Value'],
    answer(call) {
      const { account, region, parameters, now } = call
      const ids = parameters.list('ResourceId')
      if (ids.length === 0)
        throw new AwsProblem('MissingParameter', 'The request must contain the parameter resourceIdSet')
      const { state } = account
      const owned = [
        ...state.instances,
        ...state.volumes,
        ...state.groups,
        ...state.keys,
        ...state.addresses,
        ...state.snapshots,
      ]
      const taggable = [
        ...owned.filter(thing => thing.region === region.name && !('seenFrom' in thing && thing.seenFrom > now)),
        ...interfacesIn(account, region.name, now),
      ]
      const chosen = ids.map(id => {
        const thing = taggable.find(other => other.id === id)
        if (!thing) throw missingByPrefix(id)
        return thing
      })
      refuseDryRun(call)
      for (const tag of parameters.parts('Tag')) {
        for (const thing of chosen) thing.tags[tag.must('Key')] = tag.text('Value') ?? ''
      }
      account.touch()
      return { return: true }
    },
  },
}

function named<Thing extends { id: string }>(
  all: readonly Thing[],
  ids: readonly string[],
  missing: (id: string) => AwsProblem,
): Thing[] {
  const absent = ids.find(id => !all.some(thing => thing.id === id))
  if (absent) throw missing(absent)
  return all.filter(({ id }) => ids.length === 0 || ids.includes(id))
}

/** An interface is there until its instance has ended for good. */
function interfacesIn(
  account: Account,
  region: string,
  now: number,
): { id: string; tags: Record<string, string>; instance: KeptInstance }[] {
  return account.state.instances
    .filter(instance => instance.region === region && stateOf(instance, now, account.timings) !== 'terminated')
    .map(instance => ({ id: instance.interface.id, tags: instance.interface.tags, instance }))
}

const volumeMissing = (id: string) => notFound('InvalidVolume.NotFound', `The volume '${id}' does not exist.`)
const addressMissing = (id: string) =>
  notFound('InvalidAllocationID.NotFound', `The allocation ID '${id}' does not exist`)

function missingByPrefix(id: string): AwsProblem {
  const codes: Readonly<Record<string, string>> = {
    i: 'InvalidInstanceID.NotFound',
    vol: 'InvalidVolume.NotFound',
    sg: 'InvalidGroup.NotFound',
    key: 'InvalidKeyPair.NotFound',
    eni: 'InvalidNetworkInterfaceID.NotFound',
    eipalloc: 'InvalidAllocationID.NotFound',
    snap: 'InvalidSnapshot.NotFound',
  }
  return notFound(codes[id.split('-')[0] ?? ''] ?? 'InvalidID', `The ID '${id}' is not valid`)
}
