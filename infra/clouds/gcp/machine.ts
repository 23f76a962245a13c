// Compute Engine's instances, disks and addresses in our words. A machine is known by its number: names come back when a
// node is launched anew, and lifetimes must not be taken for one another.
import { tagsOf } from '../labels.ts'
import { providerText, providerWord } from '../provider-text.ts'
import { publicKeyOf } from '../public-keys.ts'
import type { Machine, MachineState, Resource } from '../shapes.ts'
import type { Address, Disk, Firewall, Instance } from './replies.ts'

export const tokenLabel = 'token'

/** Last part of the address of something: `…/zones/europe-west6-a` → `europe-west6-a`. */
export const lastPart = (link: string | null | undefined) => link?.split('/').at(-1) ?? ''

export function machineOf(
  instance: Instance,
  zone: string,
  disks: readonly Disk[],
  hostkeys: readonly string[] = [],
): Machine {
  const { id } = instance
  const tags = tagsOf(instance.labels)
  const type = providerText(lastPart(instance.machineType))
  const createdAt = momentOf(instance.creationTimestamp)
  const nic = instance.networkInterfaces?.[0]
  const ipv4 = nic?.accessConfigs?.find(({ natIP }) => natIP)?.natIP
  const architecture = instance.disks?.find(({ boot }) => boot)?.architecture
  const hanging = { createdAt, tags, machine: id }
  return {
    provider: 'gcp',
    region: regionOf(zone),
    zone,
    id,
    name: providerWord(instance.name, 300),
    tags,
    token: providerWord(instance.labels?.[tokenLabel]),
    state: stateOf(instance.status),
    stateWhy: providerWord(instance.statusMessage, 500),
    type,
    arch: archOf(architecture),
    image: null,
    addresses: {
      ipv4: providerWord(ipv4, 60),
      ipv6: providerWord(nic?.ipv6AccessConfigs?.[0]?.externalIpv6, 60),
      private: providerWord(nic?.networkIP, 60),
    },
    launchedAt: createdAt,
    checks: 'none',
    hostkeys: [...hostkeys],
    resources: [
      ...(isOff(instance.status)
        ? []
        : [{ ...hanging, id, kind: 'instance' as const, sku: type === '' ? 'unknown' : type, quantity: 1 }]),
      ...(ipv4 ? [{ ...hanging, id: `${id}/ipv4`, kind: 'ipv4' as const, sku: 'public-ipv4', quantity: 1 }] : []),
      ...disksOf(instance, zone, disks),
    ],
  }
}

/**
 * From the listing of disks alone: an attached disk tells neither its number nor its kind, and a disk under two ids would
 * be paid for twice. One that is not listed yet is shown at the next look.
 */
function disksOf({ id, name }: Instance, zone: string, disks: readonly Disk[]): Resource[] {
  return disks.filter(disk => hangsOn(disk.users, zone, name)).map(disk => ({ ...diskOf(disk), machine: id }))
}

function hangsOn(users: readonly string[] | null | undefined, zone: string, name: string): boolean {
  return users?.some(user => user.endsWith(`/zones/${zone}/instances/${name}`)) === true
}

export function diskOf(disk: Disk): Resource {
  const sku = providerText(lastPart(disk.type))
  return {
    ...common(disk),
    kind: 'disk',
    sku: sku === '' ? 'unknown' : sku,
    quantity: Number(disk.sizeGb ?? 0),
    machine: null,
  }
}

/** A static address that nothing uses costs twice what one in use does. */
export function addressOf(address: Address): Resource {
  const sku = address.ipVersion === 'IPV6' ? 'static-ipv6' : 'static-ipv4'
  return { ...common(address), kind: 'address', sku, quantity: 1, machine: null }
}

export function groupOf(firewall: Firewall, fleet: string | null): Resource {
  const tags = fleet === null ? {} : { fleet }
  return { ...common(firewall), tags, kind: 'group', sku: 'firewall', quantity: 1, machine: null }
}

function common(thing: {
  id: string
  creationTimestamp?: string | null
  labels?: Record<string, string> | null
}): Pick<Resource, 'id' | 'createdAt' | 'tags'> {
  return { id: thing.id, createdAt: momentOf(thing.creationTimestamp), tags: tagsOf(thing.labels) }
}

/** It costs its disks and a static address then; a suspended one goes on costing. */
function isOff(status: string | null | undefined): boolean {
  return status === 'TERMINATED' || status === 'STOPPED'
}

/** A stopped instance is TERMINATED and there; one that is being deleted is STOPPING, and then not there. */
function stateOf(status: string | null | undefined): MachineState {
  switch (status) {
    case 'PROVISIONING':
    case 'STAGING':
    case 'PENDING':
      return 'pending'
    case 'RUNNING':
    case 'REPAIRING':
      return 'running'
    case 'STOPPING':
    case 'SUSPENDING':
    case 'DEPROVISIONING':
      return 'stopping'
    case 'TERMINATED':
    case 'STOPPED':
    case 'SUSPENDED':
      return 'stopped'
    default:
      return 'unknown'
  }
}

export function archOf(architecture: string | null | undefined): string | null {
  if (architecture === 'X86_64') return 'x86_64'
  return architecture === 'ARM64' ? 'arm64' : null
}

export function regionOf(zone: string): string {
  return zone.replace(/-[a-z0-9]+$/, '')
}

export function momentOf(text: string | null | undefined): number | null {
  const at = text ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : at
}

/** The guest's agent writes them as `ssh-ed25519` → base64, where the image has one. */
export function hostkeysOf(items: readonly { key?: string | null; value?: string | null }[]): string[] {
  return items.slice(0, 20).flatMap(({ key, value }) => publicKeyOf(key ?? '', (value ?? '').trim())?.sha256 ?? [])
}
