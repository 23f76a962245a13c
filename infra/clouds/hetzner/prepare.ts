// Settles a server's request: type and image are looked up, keys and firewalls are made if they are not there.
import { CloudError } from '../error.ts'
import { machineName } from '../names.ts'
import { providerText } from '../provider-text.ts'
import type { CloudRim } from '../rim.ts'
import type { MachineSpec, OwnerTags, Prepared } from '../shapes.ts'
import type { HetznerCalls } from './calls.ts'
import { ensureFirewall, ensureSshKey, firewallsFor, publicKeysOf } from './ensure.ts'
import type { HetznerRequest } from './launch.ts'
import { archOf, momentOf } from './machine.ts'
import { offerOf, successors } from './offers.ts'
import type { Image, ServerType } from './replies.ts'

export async function prepareServer(
  calls: HetznerCalls,
  rim: CloudRim,
  spec: MachineSpec,
  tags: OwnerTags,
  now: number,
  signal: AbortSignal,
): Promise<Prepared> {
  const keys = publicKeysOf(spec.sshKeys)
  if (keys.length === 0) {
    // Without one, Hetzner makes a root password and sends it about.
    throw invalid('a server needs a public key that may log in', 'Name an SSH identity in the fleet file.')
  }
  const type = await typeOf(calls, spec, now, signal)
  const image = await imageOf(calls, spec.image, type, signal)
  const ssh_keys: string[] = []
  for (const key of keys) ssh_keys.push(await ensureSshKey(calls, tags.fleet, key, signal))
  const firewalls: { firewall: number }[] = []
  for (const wanted of firewallsFor(tags.fleet, spec)) {
    firewalls.push({ firewall: (await ensureFirewall(calls, rim, tags.fleet, wanted, signal)).id })
  }
  const request: HetznerRequest = {
    name: machineName(tags.fleet, tags.node),
    server_type: type.name,
    // A system image is the same name for every architecture; a snapshot has but its id.
    image: image.type === 'system' && image.name ? image.name : String(image.id),
    location: spec.region,
    ssh_keys: [...new Set(ssh_keys)],
    firewalls,
    public_net: { enable_ipv4: spec.ipv4, enable_ipv6: true },
  }
  const imageName = providerText(image.name ?? image.description ?? String(image.id))
  return {
    provider: 'hetzner',
    region: spec.region,
    zone: null,
    otherZones: [],
    request,
    summary: [
      `${providerText(type.name)} in ${spec.region}, named ${request.name}`,
      `image ${imageName}${image.created ? ` (${providerText(image.created).slice(0, 10)})` : ''}`,
      `disk of ${type.disk} GB, part of the type`,
      `open: 80, 443${spec.meshPort === null ? '' : `, ${spec.meshPort}/udp`}${spec.sshOpen ? ', and 22 while installing' : ''}`,
      spec.ipv4 ? 'public IPv4 and IPv6 addresses' : 'public IPv6 address only',
    ],
    resources: [
      { kind: 'instance', sku: type.name, quantity: 1 },
      ...(spec.ipv4 ? [{ kind: 'ipv4' as const, sku: 'public-ipv4', quantity: 1 }] : []),
    ],
  }
}

async function typeOf(calls: HetznerCalls, spec: MachineSpec, now: number, signal: AbortSignal): Promise<ServerType> {
  const type = (await calls.serverTypes([['name', spec.type]], signal)).find(({ name }) => name === spec.type)
  const choose = '`watchfloor offers` shows what can be had.'
  if (!type) throw invalid(`Hetzner has no server type ${spec.type}`, choose)
  const offer = offerOf(type, spec.region, now)
  if (!offer) throw invalid(`Hetzner does not sell ${spec.type} in ${spec.region}`, choose)
  if (offer.available === false) {
    const others = successors(type, await calls.serverTypes([], signal), spec.region, now)
    const instead = others.length > 0 ? `Take ${others.join(' or ')}, which has the same power. ` : ''
    const isRetired = offer.note?.startsWith('retired') === true
    throw new CloudError({
      failure: isRetired ? 'invalid' : 'capacity',
      effect: 'none',
      message: `${spec.type} in ${spec.region}: ${offer.note}`,
      remedy: `${instead}${choose}`,
      code: isRetired ? 'retired' : 'resource_unavailable',
    })
  }
  if (spec.arch !== null && spec.arch !== offer.arch) {
    throw invalid(`${spec.type} is ${offer.arch}, not ${spec.arch}`, 'Correct arch or type in the fleet file.')
  }
  if (spec.diskGb !== null && spec.diskGb > type.disk) {
    throw invalid(
      `${spec.type} has a disk of ${type.disk} GB, and ${spec.diskGb} GB are wanted`,
      'Choose a bigger type: at Hetzner the disk is part of it.',
    )
  }
  return type
}

async function imageOf(
  calls: HetznerCalls,
  wanted: string | null,
  type: ServerType,
  signal: AbortSignal,
): Promise<Image> {
  const fits = (image: Image) =>
    (image.status ?? 'available') === 'available' &&
    (image.architecture === undefined || type.architecture === undefined || image.architecture === type.architecture)
  if (wanted !== null) {
    const found = await findImage(calls, wanted, fits, signal)
    if (found) return found
    throw invalid(
      `Hetzner has no image ${providerText(wanted)} for ${archOf(type.architecture) ?? 'this architecture'}`,
      'Name a system image such as debian-13, or a snapshot by id, description or label (`KEY=VALUE`).',
    )
  }
  const system = await calls.images(
    [
      ['type', 'system'],
      ['status', 'available'],
    ],
    signal,
  )
  const current = system.filter(image => fits(image) && image.name && !image.deprecated)
  const newest = (flavor: string) =>
    current
      .filter(image => image.os_flavor === flavor)
      .sort((one, other) => Number(other.os_version ?? 0) - Number(one.os_version ?? 0))[0]
  const image = newest('nixos') ?? newest('debian')
  if (image) return image
  throw invalid('Hetzner shows neither a NixOS nor a Debian image', 'Name an image in the fleet file.')
}

/** By id, by name, by description of a snapshot, or by label; of several the newest. */
async function findImage(
  calls: HetznerCalls,
  wanted: string,
  fits: (image: Image) => boolean,
  signal: AbortSignal,
): Promise<Image | null> {
  if (/^[0-9]{1,16}$/.test(wanted)) return await calls.image(wanted, signal)
  const [, key, value] = /^([A-Za-z0-9./_-]+)==?([A-Za-z0-9._-]+)$/.exec(wanted) ?? []
  const named = key ? [] : await calls.images([['name', wanted]], signal)
  const found =
    named.length > 0
      ? named
      : (
          await calls.images(
            [['type', 'snapshot'], ...(key ? [['label_selector', `${key}==${value}`] as const] : [])],
            signal,
          )
        ).filter(image => key !== undefined || image.description === wanted)
  return (
    found.filter(fits).sort((one, other) => (momentOf(other.created) ?? 0) - (momentOf(one.created) ?? 0))[0] ?? null
  )
}

function invalid(message: string, remedy: string): CloudError {
  return new CloudError({ failure: 'invalid', effect: 'none', message, remedy })
}
