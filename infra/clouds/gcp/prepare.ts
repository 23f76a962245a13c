// Settles an instance's request: zones that have the type, the image, firewall rules, keys.
import { CloudError } from '../error.ts'
import { machineName } from '../names.ts'
import { providerText } from '../provider-text.ts'
import { parsePublicKey } from '../public-keys.ts'
import type { MachineSpec, OwnerTags, Prepared } from '../shapes.ts'
import type { GcpCalls } from './calls.ts'
import { ensureRule, rulesFor } from './ensure.ts'
import type { GcpRequest } from './launch.ts'
import { archOf, momentOf, regionOf } from './machine.ts'
import type { Image } from './replies.ts'

const usualDiskGb = 10
const diskType = 'pd-balanced'
const debian = 'debian-cloud'

/**
 * Google's Debian lets root not log in, and what installs a node logs in as root: by key only, and only until the node is
 * what it is to be.
 */
const startupScript = [
  '#!/bin/sh',
  'test -d /etc/ssh/sshd_config.d || exit 0',
  "echo 'PermitRootLogin prohibit-password' > /etc/ssh/sshd_config.d/00-watchfloor.conf",
  'systemctl reload ssh',
  '',
].join('\n')

export async function prepareInstance(
  calls: GcpCalls,
  spec: MachineSpec,
  tags: OwnerTags,
  zone: string | null,
  signal: AbortSignal,
): Promise<Prepared> {
  if (!spec.ipv4) {
    throw invalid(
      'Compute Engine’s default network has no IPv6, so a machine without a public IPv4 address cannot be reached',
      'Set ipv4: true for the node.',
    )
  }
  const keys = keysOf(spec.sshKeys)
  const { zones, arch } = await zonesWith(calls, spec, signal)
  if (spec.arch !== null && arch !== null && spec.arch !== arch) {
    throw invalid(`${spec.type} is ${arch}, not ${spec.arch}`, 'Correct arch or type in the fleet file.')
  }
  const chosen = zone ?? zones[spread(tags.node, zones.length)]
  if (chosen === undefined || !zones.includes(chosen)) {
    throw invalid(`${spec.type} is not to be had in zone ${zone}`, `Its zones are ${zones.join(', ')}.`)
  }
  const image = await imageOf(calls, spec.image, arch ?? spec.arch ?? 'x86_64', signal)
  const rules = rulesFor(tags.fleet, spec)
  for (const rule of rules) await ensureRule(calls, tags.fleet, rule, signal)
  const diskGb = spec.diskGb ?? usualDiskGb
  const request: GcpRequest = {
    name: machineName(tags.fleet, tags.node),
    zone: chosen,
    machineType: spec.type,
    sourceImage: image.path,
    diskGb,
    diskType,
    networkTags: rules.flatMap(({ targetTags }) => targetTags),
    sshKeys: keys.map(key => `root:${key}`),
    startupScript,
  }
  return {
    provider: 'gcp',
    region: spec.region,
    zone: chosen,
    otherZones: zones.filter(other => other !== chosen),
    request,
    summary: [
      `${providerText(spec.type)} in ${chosen}, named ${request.name}`,
      `image ${image.name}${image.date === null ? '' : ` (${image.date})`}`,
      `disk ${diskGb} GB ${diskType}, deleted with the machine`,
      `open: 80, 443${spec.meshPort === null ? '' : `, ${spec.meshPort}/udp`}${spec.sshOpen ? ', and 22 while installing' : ''}`,
      'public IPv4 address',
    ],
    resources: [
      { kind: 'instance', sku: spec.type, quantity: 1 },
      { kind: 'ipv4', sku: 'public-ipv4', quantity: 1 },
      { kind: 'disk', sku: diskType, quantity: diskGb },
    ],
  }
}

function keysOf(lines: readonly string[]): string[] {
  return lines.map(line => {
    const key = parsePublicKey(line)
    // The comment is the user in what Google makes of the line, so that it is ours to say.
    if (key) return `${key.line} root`
    throw invalid(
      `this is no public key as OpenSSH writes it: ${providerText(line, { most: 60 })}`,
      'Give the content of a .pub file.',
    )
  })
}

async function zonesWith(calls: GcpCalls, spec: MachineSpec, signal: AbortSignal) {
  if (!/^[a-z][a-z0-9-]{1,62}$/.test(spec.type)) {
    throw invalid(`Compute Engine has no machine type ${providerText(spec.type)}`, 'See `watchfloor offers`.')
  }
  const scopes = await calls.allMachineTypes(`name=${spec.type}`, signal)
  const there = scopes.flatMap(({ scope, items }) =>
    items.filter(({ name }) => name === spec.type).map(type => ({ zone: scope, type })),
  )
  const here = there.filter(({ zone }) => regionOf(zone) === spec.region)
  const [first] = here
  if (first) return { zones: here.map(({ zone }) => zone).sort(), arch: archOf(first.type.architecture) }
  throw invalid(
    `Compute Engine has no ${spec.type} in ${spec.region}`,
    there.length > 0
      ? `It has it in ${[...new Set(there.map(({ zone }) => regionOf(zone)))].sort().slice(0, 8).join(', ')}.`
      : 'See `watchfloor offers`.',
  )
}

/** Nodes of a fleet go to different zones, and one node to the same again. */
function spread(node: string, zones: number): number {
  const sum = Array.from(node).reduce((total, character) => (total * 31 + (character.codePointAt(0) ?? 0)) % 65_521, 7)
  return zones === 0 ? 0 : sum % zones
}

/** `debian-13`'s newest; or by `PROJECT/NAME`, `projects/…/global/images/…`, `family/…`, or the name of one of ours. */
async function imageOf(calls: GcpCalls, wanted: string | null, arch: string, signal: AbortSignal) {
  if (wanted !== null) {
    const [, project, family, name] =
      /^(?:https:\/\/[^/]+\/compute\/v1\/)?(?:projects\/)?(?:([a-z0-9.:-]+)\/)?(?:global\/images\/)?(?:(family)\/)?([a-z][a-z0-9-]*)$/.exec(
        wanted,
      ) ?? []
    const where = project ?? debian
    const found = name
      ? family
        ? await calls.imageOfFamily(where, name, signal)
        : ((await calls.image(where, name, signal)) ?? (await calls.imageOfFamily(where, name, signal)))
      : null
    if (found) return shown(where, found)
    throw invalid(
      `Compute Engine has no image ${providerText(wanted)}`,
      'Name it as PROJECT/IMAGE, or PROJECT/family/FAMILY.',
    )
  }
  const fits = (image: Image) =>
    !image.deprecated?.state && (image.architecture == null || archOf(image.architecture) === arch)
  const newest = (await calls.images(debian, signal))
    .filter(image => fits(image) && versionOf(image) > 0)
    .sort(
      (one, other) =>
        versionOf(other) - versionOf(one) ||
        (momentOf(other.creationTimestamp) ?? 0) - (momentOf(one.creationTimestamp) ?? 0),
    )[0]
  const family = arch === 'arm64' ? 'debian-13-arm64' : 'debian-13'
  const found = newest ?? (await calls.imageOfFamily(debian, family, signal))
  if (found) return shown(debian, found)
  throw invalid('Compute Engine shows no Debian image', 'Name an image in the fleet file.')
}

function versionOf({ family }: Image): number {
  return Number(/^debian-([0-9]{1,3})(?:-arm64)?$/.exec(family ?? '')?.[1] ?? 0)
}

function shown(project: string, image: Image) {
  return {
    path: `projects/${project}/global/images/${image.name}`,
    name: providerText(image.name),
    date: image.creationTimestamp ? providerText(image.creationTimestamp).slice(0, 10) : null,
  }
}

function invalid(message: string, remedy: string): CloudError {
  return new CloudError({ failure: 'invalid', effect: 'none', message, remedy })
}
