// An EC2 instance as a machine: pure, from answers that were judged.
import { isIP } from 'node:net'
import type { Machine, MachineState, Resource } from '../shapes.ts'
import { clean, type Instance, ownerOf, tagOf, timeOf, type Volume } from './replies.ts'

export interface Seen {
  region: string
  /** Volumes of the region or of the instance; others are passed over. */
  volumes: readonly Volume[]
  checks: Machine['checks']
  hostkeys: readonly string[]
}

export function toMachine(instance: Instance, { region, volumes, checks, hostkeys }: Seen): Machine {
  const state = stateOf(instance.State?.Name)
  const { InstanceId: id } = instance
  return {
    provider: 'aws',
    region,
    zone: clean(instance.Placement?.AvailabilityZone, 200),
    id,
    name: clean(tagOf(instance.Tags, 'Name') ?? undefined, 300),
    tags: ownerOf(instance.Tags),
    token: clean(instance.ClientToken, 200),
    state,
    stateWhy: clean(instance.StateReason?.Message || instance.StateTransitionReason, 500),
    type: clean(instance.InstanceType, 200) ?? '',
    arch: clean(instance.Architecture, 50),
    image: clean(instance.ImageId, 300),
    addresses: {
      ipv4: addressOf(4, instance.PublicIpAddress),
      ipv6: addressOf(6, instance.Ipv6Address ?? instance.NetworkInterfaces?.[0]?.Ipv6Addresses?.[0]?.Ipv6Address),
      private: addressOf(4, instance.PrivateIpAddress),
    },
    launchedAt: timeOf(instance.LaunchTime),
    checks,
    hostkeys: [...hostkeys],
    resources: billedOf(instance, state, volumes),
  }
}

export function stateOf(name: string | undefined): MachineState {
  switch (name) {
    case 'pending':
    case 'running':
    case 'stopping':
    case 'stopped':
      return name
    case 'shutting-down':
      return 'terminating'
    case 'terminated':
      return 'gone'
    default:
      return 'unknown'
  }
}

/** What it is billed for: a stopped one for its disks alone, one that has ended for nothing. */
function billedOf(instance: Instance, state: MachineState, volumes: readonly Volume[]): Resource[] {
  const { InstanceId: machine } = instance
  const common = { quantity: 1, createdAt: timeOf(instance.LaunchTime), tags: ownerOf(instance.Tags), machine }
  const billed: Resource[] = []
  if (state !== 'gone' && state !== 'stopped') {
    billed.push({ ...common, id: machine, kind: 'instance', sku: clean(instance.InstanceType, 200) ?? 'unknown' })
  }
  if (state !== 'gone' && addressOf(4, instance.PublicIpAddress)) {
    billed.push({ ...common, id: `${machine}/ipv4`, kind: 'ipv4', sku: 'public-ipv4' })
  }
  for (const volume of volumes) if (machineOf(volume) === machine) billed.push(...diskOf(volume))
  return billed
}

/** The instance that a volume hangs on; null: it is loose. */
export function machineOf(volume: Volume): string | null {
  return volume.Attachments?.find(({ InstanceId }) => InstanceId)?.InstanceId ?? null
}

/** Empty if its size is not told: a disk of unknown size is not one of 0 GB. */
export function diskOf(volume: Volume): Resource[] {
  if (volume.Size === undefined || volume.State === 'deleting' || volume.State === 'deleted') return []
  return [
    {
      id: volume.VolumeId,
      kind: 'disk',
      sku: clean(volume.VolumeType, 200) ?? 'unknown',
      quantity: volume.Size,
      createdAt: timeOf(volume.CreateTime),
      tags: ownerOf(volume.Tags),
      machine: machineOf(volume),
    },
  ]
}

function addressOf(family: 4 | 6, address: string | undefined): string | null {
  return address !== undefined && isIP(address) === family ? address : null
}
