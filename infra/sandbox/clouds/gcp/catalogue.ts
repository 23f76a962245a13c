// What can be had: regions and their zones, machine types, images. NixOS publishes no current image for Compute Engine
// (nixpkgs dropped its list in 2025, which ended with 20.09), so there is Debian.
import { type Handler, json, link, notFound, type Project, regionOf } from './project.ts'

export const regions: Readonly<Record<string, readonly string[]>> = {
  'us-central1': ['a', 'b', 'c', 'f'],
  'us-east1': ['b', 'c', 'd'],
  'us-west1': ['a', 'b', 'c'],
  'southamerica-east1': ['a', 'b', 'c'],
  'europe-west1': ['b', 'c', 'd'],
  'europe-west3': ['a', 'b', 'c'],
  'europe-west6': ['a', 'b', 'c'],
  'asia-northeast1': ['a', 'b', 'c'],
  'asia-southeast1': ['a', 'b', 'c'],
  'australia-southeast1': ['a', 'b', 'c'],
}
const zonesOf = (region: string) => (regions[region] ?? []).map(letter => `${region}-${letter}`)
export const zones: readonly string[] = Object.keys(regions).flatMap(zonesOf)

export interface MachineType {
  id: string
  name: string
  cpus: number
  memoryMb: number
  shared: boolean
  architecture: 'X86_64' | 'ARM64'
}

const machineTypes: readonly MachineType[] = [
  { id: '334002', name: 'e2-micro', cpus: 2, memoryMb: 1_024, shared: true, architecture: 'X86_64' },
  { id: '334004', name: 'e2-small', cpus: 2, memoryMb: 2_048, shared: true, architecture: 'X86_64' },
  { id: '334005', name: 'e2-medium', cpus: 2, memoryMb: 4_096, shared: true, architecture: 'X86_64' },
  { id: '335002', name: 'e2-standard-2', cpus: 2, memoryMb: 8_192, shared: false, architecture: 'X86_64' },
  { id: '335004', name: 'e2-standard-4', cpus: 4, memoryMb: 16_384, shared: false, architecture: 'X86_64' },
  { id: '912001', name: 't2a-standard-1', cpus: 1, memoryMb: 4_096, shared: false, architecture: 'ARM64' },
]

/** Arm is not everywhere. */
export const typesIn = (zone: string) =>
  machineTypes.filter(
    ({ architecture }) => architecture === 'X86_64' || ['us-central1', 'asia-southeast1'].includes(regionOf(zone)),
  )

export const typeReply = (project: string, zone: string, type: MachineType) => ({
  kind: 'compute#machineType',
  id: type.id,
  creationTimestamp: '1969-12-31T16:00:00.000-08:00',
  name: type.name,
  description: `${type.cpus} vCPU, ${type.memoryMb / 1_024} GB RAM`,
  guestCpus: type.cpus,
  memoryMb: type.memoryMb,
  imageSpaceGb: 0,
  maximumPersistentDisks: type.shared ? 16 : 128,
  maximumPersistentDisksSizeGb: type.shared ? '3072' : '263168',
  zone,
  selfLink: link(`projects/${project}/zones/${zone}/machineTypes/${type.name}`),
  isSharedCpu: type.shared,
  architecture: type.architecture,
})

export const zoneReply = (project: string, zone: string) => ({
  kind: 'compute#zone',
  id: String(2_000 + zones.indexOf(zone)),
  creationTimestamp: '1969-12-31T16:00:00.000-08:00',
  name: zone,
  description: zone,
  status: 'UP',
  region: link(`projects/${project}/regions/${regionOf(zone)}`),
  selfLink: link(`projects/${project}/zones/${zone}`),
})

export function regionReply({ state }: Project, project: string, region: string) {
  const there = state.instances.filter(({ zone }) => regionOf(zone) === region)
  const cpus = there.reduce((sum, { type }) => sum + (machineTypes.find(({ name }) => name === type)?.cpus ?? 0), 0)
  return {
    kind: 'compute#region',
    id: String(1_000 + Object.keys(regions).indexOf(region)),
    creationTimestamp: '1969-12-31T16:00:00.000-08:00',
    name: region,
    description: region,
    status: 'UP',
    zones: zonesOf(region).map(zone => link(`projects/${project}/zones/${zone}`)),
    quotas: [
      { metric: 'CPUS', limit: 24, usage: cpus },
      { metric: 'IN_USE_ADDRESSES', limit: 8, usage: there.filter(({ natIp }) => natIp !== null).length },
      { metric: 'STATIC_ADDRESSES', limit: 8, usage: state.addresses.filter(one => one.region === region).length },
      { metric: 'INSTANCES', limit: 24, usage: there.length },
    ],
    selfLink: link(`projects/${project}/regions/${region}`),
  }
}

export const images = [
  { id: '5142067845321907001', name: 'debian-12-bookworm-v20261110', family: 'debian-12', architecture: 'X86_64' },
  {
    id: '5142067845321907002',
    name: 'debian-12-bookworm-arm64-v20261110',
    family: 'debian-12-arm64',
    architecture: 'ARM64',
  },
  { id: '5142067845321907003', name: 'debian-13-trixie-v20261110', family: 'debian-13', architecture: 'X86_64' },
  {
    id: '5142067845321907004',
    name: 'debian-13-trixie-arm64-v20261110',
    family: 'debian-13-arm64',
    architecture: 'ARM64',
  },
] as const
export const imageProject = 'debian-cloud'

const imageReply = (image: (typeof images)[number]) => ({
  kind: 'compute#image',
  ...image,
  creationTimestamp: '2026-11-10T11:00:00.000-08:00',
  description: `Debian, ${image.name}`,
  sourceType: 'RAW',
  status: 'READY',
  archiveSizeBytes: '1300000000',
  diskSizeGb: '10',
  selfLink: link(`projects/${imageProject}/global/images/${image.name}`),
})

export const getImageOfFamily: Handler = (_project, { at: { project = '', name = '' } }) => {
  const found = project === imageProject ? images.find(({ family }) => family === name) : undefined
  if (!found) throw notFound(`projects/${project}/global/images/family/${name}`)
  return json(imageReply(found))
}

export const getImage: Handler = (_project, { at: { project = '', name = '' } }) => {
  const found = project === imageProject ? images.find(one => one.name === name) : undefined
  if (!found) throw notFound(`projects/${project}/global/images/${name}`)
  return json(imageReply(found))
}

export const imagesOf = (project: string) => (project === imageProject ? images.map(imageReply) : [])

export const getNetwork: Handler = (_project, { at: { project = '', name = '' } }) => {
  if (name !== 'default') throw notFound(`projects/${project}/global/networks/${name}`)
  return json(networkReply(project))
}

export const networkReply = (project: string) => ({
  kind: 'compute#network',
  id: '6190000000000000001',
  creationTimestamp: '2026-01-01T00:00:00.000-08:00',
  name: 'default',
  description: 'Default network for the project',
  autoCreateSubnetworks: true,
  mtu: 1460,
  routingConfig: { routingMode: 'REGIONAL' },
  selfLink: link(`projects/${project}/global/networks/default`),
})

export const getRegion: Handler = (state, { at: { project = '', region = '' } }) => {
  if (!(region in regions)) throw notFound(`projects/${project}/regions/${region}`)
  return json(regionReply(state, project, region))
}

export const getZone: Handler = (_project, { at: { project = '', zone = '' } }) => {
  checkZone(project, zone)
  return json(zoneReply(project, zone))
}

export const getType: Handler = (_project, { at: { project = '', zone = '', name = '' } }) => {
  const found = typesIn(checkZone(project, zone)).find(type => type.name === name)
  if (!found) throw notFound(`projects/${project}/zones/${zone}/machineTypes/${name}`)
  return json(typeReply(project, zone, found))
}

export function checkZone(project: string, zone: string): string {
  if (!zones.includes(zone)) throw notFound(`projects/${project}/zones/${zone}`)
  return zone
}
