// Settles what a launch sends: zone, image, network, groups and key, and whether the credentials may do it at all.
import { CloudError } from '../error.ts'
import type { PublicKey } from '../public-keys.ts'
import type { MachineSpec, OwnerTags, Prepared } from '../shapes.ts'
import type { Region } from './ask.ts'
import { codeOf, isUnsupported } from './errors.ts'
import { ensureGroups } from './groups.ts'
import { findImage } from './image.ts'
import { ensureKey, keyFor } from './keys.ts'
import { findNetwork } from './network.ts'
import { clean } from './replies.ts'
import { buildRequest, type RunRequest, resourcesOf, runRequest, tagSpecifications, usualDiskGb } from './request.ts'
import { factsOf } from './types.ts'

/** Whether this server honours DryRun, once learned. */
export interface DryRuns {
  honoured: boolean | null
}

export async function prepareMachine(
  region: Region,
  spec: MachineSpec,
  tags: OwnerTags,
  zone: string | null,
  dryRuns: DryRuns,
): Promise<Prepared> {
  const key = keyFor(spec.sshKeys)
  const facts = await factsOf(region, spec.type)
  const arch = archFor(spec, facts.archs)
  const [image, network] = await Promise.all([findImage(region, spec.image, arch), findNetwork(region, spec, zone)])
  const diskGb = spec.diskGb ?? Math.max(usualDiskGb, image.rootGb)
  const [place, ...others] = network.places
  const groups = await ensureGroups(region, network.vpc, tags, spec)
  const keyName = key && (await ensureKey(region, key, tags))
  const request = buildRequest(spec, { image, place, groups, key: keyName, burstable: facts.burstable, diskGb })
  if (!runRequest.is(request)) throw invalid('the request that was made is not one that can be sent')
  await rehearse(region, request, tags, dryRuns)
  return {
    provider: 'aws',
    region: region.name,
    zone: clean(place.zone, 200),
    otherZones: others.slice(0, 50).map(other => other.zone),
    request,
    summary: [
      `${spec.type} (${arch}) in ${clean(place.zone, 100)}`,
      `image ${image.says}`,
      // Whether it is too small is for the server to say: not all that say what an image needs insist on it.
      `disk ${diskGb} GB gp3, ends with the machine${diskGb < image.rootGb ? `; the image says that it needs ${image.rootGb} GB` : ''}`,
      spec.ipv4 ? 'a public IPv4 address' : 'IPv6 only',
      `open: 80, 443${spec.meshPort === null ? '' : `, ${spec.meshPort}/udp`}${spec.sshOpen ? ', and 22 while it is being installed' : ''}`,
      ...(facts.burstable ? ['CPU credits: standard'] : []),
      ...(key && spec.sshKeys.length > 1 ? [keysSaid(key, spec.sshKeys.length)] : []),
    ],
    resources: resourcesOf(spec, diskGb),
  }
}

function keysSaid({ type, sha256 }: PublicKey, given: number): string {
  const others = given === 2 ? 'the other key is' : `the other ${given - 1} keys are`
  return `may log in: ${type} ${sha256}; ${others} not on it, since EC2 puts one on a machine`
}

function archFor(spec: MachineSpec, has: readonly string[]): string {
  const usual = has.find(arch => arch === 'arm64' || arch === 'x86_64') ?? has[0]
  const arch = spec.arch ?? usual
  if (arch === undefined) {
    throw invalid(`what ${spec.type} is made of is not told`, { remedy: 'Name the architecture in the fleet file.' })
  }
  if (has.length > 0 && !has.includes(arch)) {
    throw invalid(`${spec.type} is ${has.map(name => clean(name, 50)).join(' or ')}, not ${arch}`, {
      remedy: 'Leave the architecture to the type, or choose another type.',
    })
  }
  return clean(arch, 50) ?? ''
}

/**
 * Finds missing rights and full quotas before anything is journaled. A server that ignores DryRun would launch: so it is
 * first tried on a question that changes nothing.
 */
async function rehearse(region: Region, request: RunRequest, tags: OwnerTags, dryRuns: DryRuns): Promise<void> {
  dryRuns.honoured ??= await isHonoured(region)
  if (!dryRuns.honoured) return
  const TagSpecifications = tagSpecifications(tags)
  try {
    const { Instances: launched = [] } = await region.ask('RunInstances', ({ sdk, client, options }) =>
      client.send(new sdk.RunInstancesCommand({ ...request, TagSpecifications, DryRun: true }), options),
    )
    // It launched after all. It carries our tags, should even this fail.
    dryRuns.honoured = false
    const InstanceIds = launched.flatMap(({ InstanceId }) => (InstanceId ? [InstanceId] : []))
    if (InstanceIds.length === 0) return
    await region.ask('TerminateInstances', ({ sdk, client, options }) =>
      client.send(new sdk.TerminateInstancesCommand({ InstanceIds }), options),
    )
  } catch (error) {
    if (!(error instanceof CloudError) || error.code === 'DryRunOperation' || isUnsupported(error)) {
      if (error instanceof CloudError) return
      throw error
    }
    // What may be well in a moment is for the launch to meet: key and group that are not known everywhere yet, too.
    // Want of room, too: the launch knows the other zones.
    if (['not-found', 'throttled', 'unreachable', 'locked', 'capacity'].includes(error.failure)) return
    throw error
  }
}

/** null: not learned this time. */
async function isHonoured(region: Region): Promise<boolean | null> {
  try {
    await region.ask('DescribeVpcs', ({ sdk, client, options }) =>
      client.send(new sdk.DescribeVpcsCommand({ DryRun: true }), options),
    )
    return false
  } catch (error) {
    if (region.signal.aborted) throw error
    const code = codeOf(error)
    if (code === 'DryRunOperation' || code === 'UnauthorizedOperation') return true
    return isUnsupported(error) ? false : null
  }
}

function invalid(what: string, { code, remedy }: { code?: string; remedy?: string } = {}): CloudError {
  return new CloudError({
    failure: 'invalid',
    effect: 'none',
    message: `AWS: ${what}`,
    ...(code === undefined ? {} : { code }),
    ...(remedy === undefined ? {} : { remedy }),
  })
}
