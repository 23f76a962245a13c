// Where in a region a machine can go: zones that are open, have the type, and have a subnet of the default network.
import { CloudError } from '../error.ts'
import type { MachineSpec } from '../shapes.ts'
import { allPages, type Region } from './ask.ts'
import { isSilent } from './errors.ts'
import { offerings, type Subnet, subnets, vpcs, zones } from './replies.ts'

export interface Place {
  zone: string
  subnet: string
}

export interface Network {
  vpc: string
  /** The asked zone, or all that come into question, in the order to try them; never empty. */
  places: readonly [Place, ...Place[]]
}

export async function findNetwork(region: Region, spec: MachineSpec, zone: string | null): Promise<Network> {
  const vpc = await defaultVpc(region)
  const [subnetsThere, open, offered] = await Promise.all([
    subnetsOf(region, vpc),
    openZones(region),
    zonesOffering(region, spec.type),
  ])
  if (subnetsThere.length === 0) {
    throw wrong(`the default network of ${region.name} has no subnet`, {
      code: 'MissingInput',
      remedy: `Make one in each zone: aws ec2 create-default-subnet --region ${region.name} --availability-zone ${region.name}a`,
    })
  }
  const usable = subnetsThere.filter(({ AvailabilityZone: at }) => open?.has(at) !== false)
  const withType = usable.filter(({ AvailabilityZone: at }) => offered?.has(at) !== false)
  if (withType.length === 0) {
    throw wrong(`${spec.type} is not offered in any zone of ${region.name} that has a default subnet`, {
      failure: 'capacity',
      code: 'Unsupported',
      remedy: 'Choose another type or region: watchfloor offers shows what there is.',
    })
  }
  const withFamily = spec.ipv4 ? withType : withType.filter(hasIpv6)
  if (withFamily.length === 0) {
    throw wrong(`no default subnet of ${region.name} has an IPv6 block, and no IPv4 address is asked for`, {
      code: 'InvalidSubnet.IPv6',
      remedy: `Give the default network ${vpc} and its subnets an IPv6 block and a route, or let the node have an IPv4 address.`,
    })
  }
  const [first, ...others] = sorted(withFamily, zone)
  if (!first) {
    throw wrong(
      `${spec.type} cannot go to zone ${zone} of ${region.name}: it is not offered there or the zone has no subnet`,
      {
        failure: 'capacity',
        code: 'Unsupported',
        remedy: `Zones that have it: ${zonesOf(withFamily)}.`,
      },
    )
  }
  return { vpc, places: [first, ...others] }
}

/** Subnets without a free address come last; the asked zone comes first, and if it has none there is no answer. */
function sorted(candidates: readonly Subnet[], zone: string | null): Place[] {
  const isFull = (subnet: Subnet) => subnet.AvailableIpAddressCount === 0
  const inOrder = [...candidates].sort(
    (a, b) => Number(isFull(a)) - Number(isFull(b)) || (a.AvailabilityZone < b.AvailabilityZone ? -1 : 1),
  )
  const places = new Map<string, Place>()
  for (const { AvailabilityZone: at, SubnetId: subnet } of inOrder) {
    if (!places.has(at)) places.set(at, { zone: at, subnet })
  }
  const all = [...places.values()]
  if (zone === null) return all
  const asked = places.get(zone)
  return asked ? [asked, ...all.filter(place => place !== asked)] : []
}

function zonesOf(candidates: readonly Subnet[]): string {
  return [...new Set(candidates.map(({ AvailabilityZone: at }) => at))].sort().join(', ')
}

function hasIpv6({ Ipv6CidrBlockAssociationSet: blocks = [] }: Subnet): boolean {
  return blocks.some(({ Ipv6CidrBlockState: state }) => (state?.State ?? 'associated') === 'associated')
}

async function defaultVpc(region: Region): Promise<string> {
  const { Vpcs: told }: { Vpcs?: unknown } = await region.ask('DescribeVpcs', ({ sdk, client, options }) =>
    client.send(new sdk.DescribeVpcsCommand({ Filters: [{ Name: 'isDefault', Values: ['true'] }] }), options),
  )
  if (!vpcs.is(told)) throw region.unreadable('DescribeVpcs', 'it is no list of networks')
  const [first] = told
  if (first) return first.VpcId
  throw wrong(`${region.name} has no default network (VPC)`, {
    code: 'VPCIdNotSpecified',
    remedy: `Make one: aws ec2 create-default-vpc --region ${region.name}`,
  })
}

async function subnetsOf(region: Region, vpc: string): Promise<Subnet[]> {
  const { Subnets: told }: { Subnets?: unknown } = await region.ask('DescribeSubnets', ({ sdk, client, options }) =>
    client.send(
      new sdk.DescribeSubnetsCommand({
        Filters: [
          { Name: 'vpc-id', Values: [vpc] },
          { Name: 'default-for-az', Values: ['true'] },
        ],
      }),
      options,
    ),
  )
  if (!subnets.is(told)) throw region.unreadable('DescribeSubnets', 'it is no list of subnets')
  return told.filter(({ State }) => State === undefined || State === 'available')
}

/** null: the server does not say. */
async function openZones(region: Region): Promise<Set<string> | null> {
  const told: unknown = await unlessSilent(region, async () => {
    const { AvailabilityZones } = await region.ask('DescribeAvailabilityZones', ({ sdk, client, options }) =>
      client.send(
        new sdk.DescribeAvailabilityZonesCommand({ Filters: [{ Name: 'state', Values: ['available'] }] }),
        options,
      ),
    )
    return AvailabilityZones
  })
  if (!zones.is(told)) return null
  return new Set(
    told.filter(({ State }) => State === undefined || State === 'available').map(({ ZoneName }) => ZoneName),
  )
}

async function zonesOffering(region: Region, type: string): Promise<Set<string> | null> {
  const told = await unlessSilent(region, () =>
    allPages(region, 'DescribeInstanceTypeOfferings', async token => {
      const {
        InstanceTypeOfferings: items,
        NextToken: next,
      }: { InstanceTypeOfferings?: unknown; NextToken?: string | undefined } = await region.ask(
        'DescribeInstanceTypeOfferings',
        ({ sdk, client, options }) =>
          client.send(
            new sdk.DescribeInstanceTypeOfferingsCommand({
              LocationType: 'availability-zone',
              Filters: [{ Name: 'instance-type', Values: [type] }],
              ...(token ? { NextToken: token } : {}),
            }),
            options,
          ),
      )
      if (!offerings.is(items)) throw region.unreadable('DescribeInstanceTypeOfferings', 'it is no list of offerings')
      return { items, next }
    }),
  )
  if (!told) return null
  return new Set(told.flatMap(({ InstanceType, Location }) => (InstanceType === type && Location ? [Location] : [])))
}

/** What is only good to know: if the server cannot say, the create will. */
export async function unlessSilent<Answer>(region: Region, look: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await look()
  } catch (error) {
    if (region.signal.aborted || !isSilent(error)) throw error
    return null
  }
}

function wrong(
  message: string,
  { failure = 'invalid', code, remedy }: { failure?: 'invalid' | 'capacity'; code: string; remedy: string },
): CloudError {
  return new CloudError({ failure, effect: 'none', message: `AWS: ${message}`, code, remedy })
}
