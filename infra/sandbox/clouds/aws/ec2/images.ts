// Images, and which types of instances there are.
import { instanceKinds, priceOf } from '../catalogue.ts'
import { AwsProblem } from '../problem.ts'
import { applyFilters, filterParameters, pageOf, pageParameters } from '../query.ts'
import { type Image, imagesOf, zonesOf } from '../regions.ts'
import type { Ec2Actions } from './action.ts'

export const images: Ec2Actions = {
  DescribeImages: {
    parameters: [
      ...filterParameters,
      ...pageParameters,
      'ImageId.#',
      'Owner.#',
      'ExecutableBy.#',
      'IncludeDeprecated',
      'IncludeDisabled',
    ],
    answer({ region, parameters, now }) {
      const ids = parameters.list('ImageId')
      const owners = parameters.list('Owner')
      const all = imagesOf(region)
      const missing = ids.find(id => !all.some(image => image.id === id))
      if (missing) throw new AwsProblem('InvalidAMIID.NotFound', `The image id '[${missing}]' does not exist`)
      const asked = all.filter(({ id, owner, deprecated }) => {
        if (ids.length > 0) return ids.includes(id)
        if (owners.length > 0 && !owners.includes(owner)) return false
        // Who asks by owner sees what is deprecated only on demand.
        return parameters.flag('IncludeDeprecated') || deprecated === null || Date.parse(deprecated) > now
      })
      const found = applyFilters<Image & { tags?: never }>(asked, parameters, {
        'image-id': ({ id }) => [id],
        name: ({ name }) => [name],
        architecture: ({ arch }) => [arch],
        'owner-id': ({ owner }) => [owner],
        'image-type': () => ['machine'],
        'is-public': () => ['true'],
        state: () => ['available'],
        'root-device-type': () => ['ebs'],
        'virtualization-type': () => ['hvm'],
      })
      const { page, next } = pageOf(found, parameters, { least: 1, most: 1_000 })
      return { imagesSet: page.map(describeImage), nextToken: next }
    },
  },
  DescribeInstanceTypeOfferings: {
    parameters: [...filterParameters, ...pageParameters, 'LocationType'],
    answer({ region, parameters }) {
      const locationType = parameters.text('LocationType') ?? 'region'
      const locations =
        locationType === 'region'
          ? [region.name]
          : zonesOf(region).map(zone => (locationType === 'availability-zone' ? zone.name : zone.id))
      const offered = locations.flatMap(location => kindsIn(region.name).map(({ type }) => ({ type, location })))
      const found = applyFilters<(typeof offered)[number] & { tags?: never }>(offered, parameters, {
        'instance-type': ({ type }) => [type],
        location: ({ location }) => [location],
      })
      const { page, next } = pageOf(found, parameters, { least: 5, most: 1_000 })
      return {
        instanceTypeOfferingSet: page.map(({ type, location }) => ({ instanceType: type, locationType, location })),
        nextToken: next,
      }
    },
  },
  DescribeInstanceTypes: {
    parameters: [...filterParameters, ...pageParameters, 'InstanceType.#'],
    answer({ region, parameters }) {
      const names = parameters.list('InstanceType')
      const all = kindsIn(region.name)
      const unknown = names.filter(name => !all.some(({ type }) => type === name))
      if (unknown.length > 0) {
        throw new AwsProblem(
          'InvalidInstanceType',
          `The following supplied instance types do not exist: [${unknown.join(', ')}]`,
        )
      }
      const asked = all.filter(({ type }) => names.length === 0 || names.includes(type))
      const found = applyFilters<(typeof asked)[number] & { tags?: never }>(asked, parameters, {
        'instance-type': ({ type }) => [type],
        'current-generation': () => ['true'],
        'processor-info.supported-architecture': ({ arch }) => [arch],
        'burstable-performance-supported': () => ['true'],
        'bare-metal': () => ['false'],
      })
      const { page, next } = pageOf(found, parameters, { least: 5, most: 100 })
      return {
        instanceTypeSet: page.map(({ type, arch, vcpus, memoryMib }) => ({
          instanceType: type,
          currentGeneration: true,
          freeTierEligible: type.endsWith('.micro'),
          supportedUsageClasses: ['on-demand', 'spot'],
          supportedRootDeviceTypes: ['ebs'],
          supportedVirtualizationTypes: ['hvm'],
          bareMetal: false,
          hypervisor: 'nitro',
          processorInfo: { supportedArchitectures: [arch], sustainedClockSpeedInGhz: 2.5 },
          vCpuInfo: {
            defaultVCpus: vcpus,
            defaultCores: arch === 'arm64' ? vcpus : vcpus / 2,
            defaultThreadsPerCore: arch === 'arm64' ? 1 : 2,
          },
          memoryInfo: { sizeInMiB: memoryMib },
          instanceStorageSupported: false,
          burstablePerformanceSupported: true,
          autoRecoverySupported: true,
        })),
        nextToken: next,
      }
    },
  },
}

/** What is offered in a region; where no price is known, nothing is. */
export function kindsIn(region: string) {
  return instanceKinds.filter(({ type }) => priceOf(region, 'instance', type) !== null)
}

function describeImage({ id, name, owner, arch, created, deprecated, rootDevice }: Image) {
  return {
    imageId: id,
    imageLocation: `${owner}/${name}`,
    imageState: 'available',
    imageOwnerId: owner,
    creationDate: created,
    deprecationTime: deprecated,
    isPublic: true,
    architecture: arch,
    imageType: 'machine',
    name,
    rootDeviceType: 'ebs',
    rootDeviceName: rootDevice,
    virtualizationType: 'hvm',
    hypervisor: 'xen',
    enaSupport: true,
    imdsSupport: 'v2.0',
    blockDeviceMapping: [
      {
        deviceName: rootDevice,
        ebs: { deleteOnTermination: true, volumeSize: 5, volumeType: 'gp3', encrypted: false },
      },
    ],
  }
}
