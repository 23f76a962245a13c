// Hetzner's servers, disks and addresses in our words. What was made by somebody else is shown too, so nothing here
// relies on our own labels.
import { tagsOf } from '../labels.ts'
import { providerText, providerWord } from '../provider-text.ts'
import type { Machine, MachineState, Resource } from '../shapes.ts'
import type { Firewall, FloatingIp, Image, PrimaryIp, Server, SshKey, Volume } from './replies.ts'

export const tokenLabel = 'token'

export function machineOf(server: Server, region: string, volumes: readonly Volume[]): Machine {
  const id = String(server.id)
  const tags = tagsOf(server.labels)
  const type = providerText(server.server_type.name)
  const createdAt = momentOf(server.created)
  const { ipv4, ipv6 } = server.public_net
  const hanging = { createdAt, tags, machine: id }
  return {
    provider: 'hetzner',
    region,
    zone: null,
    id,
    name: providerWord(server.name, 300),
    tags,
    token: providerWord(server.labels?.[tokenLabel]),
    state: stateOf(server.status),
    stateWhy: server.locked === true ? `${providerText(server.status, { most: 60 })}, locked` : null,
    type,
    arch: archOf(server.server_type.architecture),
    image: providerWord(server.image?.name ?? server.image?.description, 300),
    addresses: {
      ipv4: ipv4 ? providerWord(ipv4.ip, 60) : null,
      ipv6: ipv6 ? hostOf(providerText(ipv6.ip, { most: 60 })) : null,
      private: providerWord(server.private_net?.[0]?.ip, 60),
    },
    launchedAt: createdAt,
    checks: 'none',
    hostkeys: [],
    resources: [
      { ...hanging, id, kind: 'instance', sku: type === '' ? 'unknown' : type, quantity: 1 },
      ...(ipv4 ? [{ ...hanging, id: `${id}/ipv4`, kind: 'ipv4' as const, sku: 'public-ipv4', quantity: 1 }] : []),
      ...volumes.filter(volume => volume.server === server.id).map(diskOf),
    ],
  }
}

export function diskOf(volume: Volume): Resource {
  return {
    ...common(volume),
    kind: 'disk',
    sku: 'volume',
    quantity: Math.max(0, volume.size),
    machine: volume.server === null ? null : String(volume.server),
  }
}

export function addressOf(ip: PrimaryIp): Resource {
  const sku = ip.type === 'ipv6' ? 'public-ipv6' : 'public-ipv4'
  return { ...common(ip), kind: 'address', sku, quantity: 1, machine: null }
}

export function floatingOf(ip: FloatingIp): Resource {
  const sku = ip.type === 'ipv6' ? 'floating-ipv6' : 'floating-ipv4'
  return { ...common(ip), kind: 'address', sku, quantity: 1, machine: null }
}

export function snapshotOf(image: Image): Resource {
  return {
    ...common(image),
    kind: 'snapshot',
    sku: 'snapshot',
    quantity: Math.max(0, image.image_size ?? 0),
    machine: null,
  }
}

export function groupOf(firewall: Firewall): Resource {
  return { ...common(firewall), kind: 'group', sku: 'firewall', quantity: 1, machine: null }
}

export function keyOf(key: SshKey): Resource {
  return { ...common(key), kind: 'key', sku: 'ssh-key', quantity: 1, machine: null }
}

function common(thing: {
  id: number
  created?: string | null
  labels?: Record<string, string> | null
}): Pick<Resource, 'id' | 'createdAt' | 'tags'> {
  return { id: String(thing.id), createdAt: momentOf(thing.created), tags: tagsOf(thing.labels) }
}

/** A server that is off bills like one that runs: it is `stopped`, and still has its price. */
function stateOf(status: string): MachineState {
  switch (status) {
    case 'initializing':
    case 'starting':
    case 'rebuilding':
      return 'pending'
    case 'running':
    case 'migrating':
      return 'running'
    case 'stopping':
      return 'stopping'
    case 'off':
      return 'stopped'
    case 'deleting':
      return 'terminating'
    default:
      return 'unknown'
  }
}

export function archOf(architecture: string | undefined): string | null {
  if (architecture === 'x86') return 'x86_64'
  return architecture === 'arm' ? 'arm64' : providerWord(architecture, 50)
}

/** `2001:db8::/64` is the network of the server, which answers at its first address. */
function hostOf(network: string): string {
  const [address = ''] = network.split('/')
  return network.includes('/') && address.endsWith('::') ? `${address}1` : address
}

export function momentOf(text: string | null | undefined): number | null {
  const at = text ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : at
}
