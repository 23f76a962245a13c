// Regions, zones and the default network.
import { accountId } from '../account.ts'
import { AwsProblem } from '../problem.ts'
import { applyFilters, filterParameters, pageOf, pageParameters } from '../query.ts'
import { subnetsOf, vpcOf, zonesOf } from '../regions.ts'
import type { Ec2Actions } from './action.ts'

const limits = { least: 5, most: 1_000 }

export const places: Ec2Actions = {
  DescribeRegions: {
    parameters: [...filterParameters, 'RegionName.#', 'AllRegions'],
    answer({ account, parameters }) {
      const names = parameters.list('RegionName')
      const asked = account.regions.map(region => ({
        name: region.name,
        optIn: region.optIn === 'not-opted-in' && account.isEnabled(region.name) ? 'opted-in' : region.optIn,
      }))
      const unknown = names.find(name => !asked.some(region => region.name === name))
      if (unknown) throw new AwsProblem('InvalidParameterValue', `Invalid region: '${unknown}'`)
      const shown = asked.filter(({ name, optIn }) => {
        if (names.length > 0 && !names.includes(name)) return false
        return parameters.flag('AllRegions') || optIn !== 'not-opted-in'
      })
      const found = applyFilters<(typeof shown)[number] & { tags?: never }>(shown, parameters, {
        'region-name': ({ name }) => [name],
        'opt-in-status': ({ optIn }) => [optIn],
        endpoint: ({ name }) => [`ec2.${name}.amazonaws.com`],
      })
      return {
        regionInfo: found.map(({ name, optIn }) => ({
          regionName: name,
          regionEndpoint: `ec2.${name}.amazonaws.com`,
          optInStatus: optIn,
        })),
      }
    },
  },
  DescribeAvailabilityZones: {
    parameters: [...filterParameters, 'ZoneName.#', 'ZoneId.#', 'AllAvailabilityZones'],
    answer({ region, parameters }) {
      const names = parameters.list('ZoneName')
      const zones = zonesOf(region).filter(({ name }) => names.length === 0 || names.includes(name))
      const found = applyFilters<(typeof zones)[number] & { tags?: never }>(zones, parameters, {
        'zone-name': ({ name }) => [name],
        'zone-id': ({ id }) => [id],
        'zone-type': () => ['availability-zone'],
        'region-name': () => [region.name],
        state: () => ['available'],
        'opt-in-status': () => ['opt-in-not-required'],
      })
      return {
        availabilityZoneInfo: found.map(({ name, id }) => ({
          zoneName: name,
          zoneId: id,
          zoneType: 'availability-zone',
          zoneState: 'available',
          regionName: region.name,
          groupName: region.name,
          networkBorderGroup: region.name,
          optInStatus: 'opt-in-not-required',
          messageSet: [],
        })),
      }
    },
  },
  DescribeVpcs: {
    parameters: [...filterParameters, ...pageParameters, 'VpcId.#'],
    answer({ region, parameters }) {
      const vpcs = region.defaultVpc ? [{ id: vpcOf(region), tags: {} }] : []
      const ids = parameters.list('VpcId')
      const missing = ids.find(id => !vpcs.some(vpc => vpc.id === id))
      if (missing) throw new AwsProblem('InvalidVpcID.NotFound', `The vpc ID '${missing}' does not exist`)
      const found = applyFilters(vpcs, parameters, {
        'vpc-id': ({ id }) => [id],
        isDefault: () => ['true'],
        'is-default': () => ['true'],
        state: () => ['available'],
        cidr: () => ['172.31.0.0/16'],
      })
      const { page, next } = pageOf(found, parameters, limits)
      return {
        vpcSet: page.map(({ id }) => ({
          vpcId: id,
          ownerId: accountId,
          state: 'available',
          cidrBlock: '172.31.0.0/16',
          instanceTenancy: 'default',
          isDefault: true,
          tagSet: [],
        })),
        nextToken: next,
      }
    },
  },
  DescribeSubnets: {
    parameters: [...filterParameters, ...pageParameters, 'SubnetId.#'],
    answer({ region, parameters }) {
      const subnets = subnetsOf(region)
      const ids = parameters.list('SubnetId')
      const missing = ids.find(id => !subnets.some(subnet => subnet.id === id))
      if (missing) throw new AwsProblem('InvalidSubnetID.NotFound', `The subnet ID '${missing}' does not exist`)
      const asked = subnets.filter(({ id }) => ids.length === 0 || ids.includes(id))
      const found = applyFilters<(typeof asked)[number] & { tags?: never }>(asked, parameters, {
        'subnet-id': ({ id }) => [id],
        'vpc-id': () => [vpcOf(region)],
        'availability-zone': ({ zone }) => [zone],
        availabilityZone: ({ zone }) => [zone],
        'default-for-az': () => ['true'],
        defaultForAz: () => ['true'],
        state: () => ['available'],
      })
      const { page, next } = pageOf(found, parameters, limits)
      return {
        subnetSet: page.map(({ id, zone, zoneId, cidr, ipv6 }) => ({
          subnetId: id,
          vpcId: vpcOf(region),
          ownerId: accountId,
          state: 'available',
          availabilityZone: zone,
          availabilityZoneId: zoneId,
          cidrBlock: cidr,
          availableIpAddressCount: 4_091,
          defaultForAz: true,
          mapPublicIpOnLaunch: true,
          assignIpv6AddressOnCreation: false,
          ipv6CidrBlockAssociationSet:
            ipv6 === null
              ? []
              : [
                  {
                    associationId: id.replace(/^subnet-/, 'subnet-cidr-assoc-'),
                    ipv6CidrBlock: ipv6,
                    ipv6CidrBlockState: { state: 'associated' },
                  },
                ],
          tagSet: [],
        })),
        nextToken: next,
      }
    },
  },
}
