// The account's regions and what is in them before anybody makes anything: zones, the default network, NixOS images.
// Which need opting in: facts of 2026-11; me-central-1 lost two of its three zones on 2026-03-01, and its images are old.

export interface AwsRegion {
  name: string
  /** `not-opted-in` can be enabled; `opt-in-not-required` is always on. */
  optIn: 'opt-in-not-required' | 'opted-in' | 'not-opted-in'
  /** Letters of its zones. */
  zones: readonly string[]
  /** Without one, an instance needs a subnet by name, and there is none. */
  defaultVpc: boolean
  /** Its subnets have IPv6, which a default network has not by itself. */
  ipv6: boolean
  images: 'fresh' | 'stale'
}

const always = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ca-central-1',
  'sa-east-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eu-central-1',
  'eu-north-1',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-northeast-1',
  'ap-northeast-2',
] as const
const optedIn = [
  'mx-central-1',
  'eu-south-2',
  'me-central-1',
  'il-central-1',
  'af-south-1',
  'ap-southeast-3',
  'ap-southeast-5',
  'ap-east-1',
] as const
const optedOut = ['ap-south-2', 'eu-central-2', 'me-south-1'] as const

export function awsRegions(): AwsRegion[] {
  const make =
    (optIn: AwsRegion['optIn']) =>
    (name: string): AwsRegion => ({
      name,
      optIn,
      zones: name === 'us-west-1' ? ['a', 'c'] : name === 'me-central-1' ? ['c'] : ['a', 'b', 'c'],
      defaultVpc: true,
      ipv6: false,
      images: name === 'me-central-1' ? 'stale' : 'fresh',
    })
  return [
    ...always.map(make('opt-in-not-required')),
    ...optedIn.map(make('opted-in')),
    ...optedOut.map(make('not-opted-in')),
  ]
}

/** The same everywhere it is asked: 8 or 17 hexadecimal digits that follow from the words. */
export function idFrom(prefix: string, ...words: readonly string[]): string {
  let hash = 0xcbf29ce484222325n
  for (const byte of Buffer.from(words.join('/'))) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn
  return `${prefix}-0${hash.toString(16).padStart(16, '0')}`
}

export const vpcOf = (region: AwsRegion): string => idFrom('vpc', region.name)

export interface Subnet {
  id: string
  zone: string
  zoneId: string
  cidr: string
  /** Of the documentation prefix (RFC 3849); null: it has none. */
  ipv6: string | null
}

export function subnetsOf(region: AwsRegion): Subnet[] {
  if (!region.defaultVpc) return []
  return zonesOf(region).map((zone, index) => ({
    id: idFrom('subnet', zone.name),
    zone: zone.name,
    zoneId: zone.id,
    cidr: `172.31.${index * 16}.0/20`,
    ipv6: region.ipv6
      ? `2001:db8:${(0x1000 + [...region.name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0)).toString(16)}:${index + 1}::/64`
      : null,
  }))
}

export function zonesOf(region: AwsRegion): { name: string; id: string }[] {
  // use1-az1, as AWS shortens the region.
  const short = region.name.replace(
    /^([a-z]+)-((?:north|south|central|east|west)+)-(\d)$/,
    (_all, area: string, side: string, number: string) =>
      `${area}${side.replace(/(north|south|central|east|west)/g, word => word.charAt(0))}${number}`,
  )
  return region.zones.map(letter => ({
    name: `${region.name}${letter}`,
    id: `${short}-az${letter.charCodeAt(0) - 'a'.charCodeAt(0) + 1}`,
  }))
}

/** Account that publishes the NixOS images. */
const nixosOwner = '427812963091'
const debianOwner = '136693071363'

export interface Image {
  id: string
  name: string
  owner: string
  arch: 'arm64' | 'x86_64'
  created: string
  /** Two months' time after a newer one; null: not. */
  deprecated: string | null
  rootDevice: string
}

const nixosReleases = [
  {
    name: 'nixos/25.11.6495.e576e3c9cf9b',
    created: '2026-03-12T04:11:08.000Z',
    deprecated: '2026-06-10T04:11:08.000Z',
  },
  {
    name: 'nixos/26.05.1204.0c6ab7f7f0a2',
    created: '2026-09-30T03:52:41.000Z',
    deprecated: '2026-12-29T03:52:41.000Z',
  },
  {
    name: 'nixos/26.05.1561.5e2a59a5b1a8',
    created: '2026-11-14T04:02:17.000Z',
    deprecated: '2027-02-12T04:02:17.000Z',
  },
] as const

export function imagesOf(region: AwsRegion): Image[] {
  const releases = region.images === 'stale' ? nixosReleases.slice(0, 1) : nixosReleases
  // Where they are stale, there is none for x86_64 at all.
  const archs = region.images === 'stale' ? (['arm64'] as const) : (['arm64', 'x86_64'] as const)
  const nixos = releases.flatMap(release =>
    archs.map(arch => ({
      id: idFrom('ami', region.name, release.name, arch),
      name: `${release.name}-${arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux`,
      owner: nixosOwner,
      arch,
      created: release.created,
      deprecated: release.deprecated,
      rootDevice: '/dev/xvda',
    })),
  )
  const debian = (['arm64', 'x86_64'] as const).map(arch => ({
    id: idFrom('ami', region.name, 'debian', arch),
    name: `debian-13-${arch === 'arm64' ? 'arm64' : 'amd64'}-20261012-2262`,
    owner: debianOwner,
    arch,
    created: '2026-10-12T06:15:30.000Z',
    deprecated: '2028-10-12T06:15:30.000Z',
    rootDevice: '/dev/xvda',
  }))
  return [...nixos, ...debian]
}
