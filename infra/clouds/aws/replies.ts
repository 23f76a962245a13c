// What we use of EC2's answers, and the judge of it. The SDK's types are promises of a model; what comes back is hostile.
import Type, { type Static } from 'typebox'
import { forTerminal, nodeText } from '../../../state/primitives/node-text.ts'
import { checker } from '../../../state/primitives/schema.ts'

const text = Type.Optional(Type.String())
const id = Type.String({ minLength: 1, maxLength: 200 })
const some = <S extends Parameters<typeof Type.Array>[0]>(shape: S) => Type.Optional(Type.Array(shape))
const tagList = some(Type.Object({ Key: text, Value: text }))

const instance = Type.Object({
  InstanceId: id,
  State: Type.Optional(Type.Object({ Name: text })),
  StateReason: Type.Optional(Type.Object({ Code: text, Message: text })),
  StateTransitionReason: text,
  ClientToken: text,
  InstanceType: text,
  Architecture: text,
  ImageId: text,
  KeyName: text,
  PublicIpAddress: text,
  PrivateIpAddress: text,
  Ipv6Address: text,
  Placement: Type.Optional(Type.Object({ AvailabilityZone: text })),
  Tags: tagList,
  SecurityGroups: some(Type.Object({ GroupId: text })),
  NetworkInterfaces: some(
    Type.Object({
      NetworkInterfaceId: text,
      Groups: some(Type.Object({ GroupId: text })),
      Ipv6Addresses: some(Type.Object({ Ipv6Address: text })),
    }),
  ),
  BlockDeviceMappings: some(Type.Object({ DeviceName: text, Ebs: Type.Optional(Type.Object({ VolumeId: text })) })),
})
export type Instance = Static<typeof instance> & { LaunchTime?: unknown }
export const instances = checker(Type.Array(instance))
export const reservations = checker(Type.Array(Type.Object({ Instances: Type.Array(instance) })))

const volume = Type.Object({
  VolumeId: id,
  Size: Type.Optional(Type.Integer({ minimum: 0 })),
  VolumeType: text,
  State: text,
  Tags: tagList,
  Attachments: some(Type.Object({ InstanceId: text, State: text })),
})
export type Volume = Static<typeof volume> & { CreateTime?: unknown }
export const volumes = checker(Type.Array(volume))

const address = Type.Object({
  AllocationId: text,
  PublicIp: text,
  AssociationId: text,
  InstanceId: text,
  Tags: tagList,
})
export const addresses = checker(Type.Array(address))

const range = { FromPort: Type.Optional(Type.Integer()), ToPort: Type.Optional(Type.Integer()), IpProtocol: text }
const permission = Type.Object({
  ...range,
  IpRanges: some(Type.Object({ CidrIp: text, Description: text })),
  Ipv6Ranges: some(Type.Object({ CidrIpv6: text, Description: text })),
})
export type Permission = Static<typeof permission>
const group = Type.Object({ GroupId: id, GroupName: text, IpPermissions: some(permission), Tags: tagList })
export type Group = Static<typeof group>
export const groups = checker(Type.Array(group))

const keyPair = Type.Object({ KeyName: id, KeyPairId: text, KeyFingerprint: text, PublicKey: text, Tags: tagList })
export const keyPairs = checker(Type.Array(keyPair))

const image = Type.Object({
  ImageId: id,
  Name: text,
  CreationDate: text,
  Architecture: text,
  RootDeviceName: text,
  BlockDeviceMappings: some(
    Type.Object({
      DeviceName: text,
      Ebs: Type.Optional(Type.Object({ VolumeSize: Type.Optional(Type.Integer({ minimum: 0 })) })),
    }),
  ),
})
export type Image = Static<typeof image>
export const images = checker(Type.Array(image))

export const vpcs = checker(Type.Array(Type.Object({ VpcId: id })))
const subnet = Type.Object({
  SubnetId: id,
  AvailabilityZone: id,
  State: text,
  AvailableIpAddressCount: Type.Optional(Type.Integer()),
  Ipv6CidrBlockAssociationSet: some(
    Type.Object({ Ipv6CidrBlock: text, Ipv6CidrBlockState: Type.Optional(Type.Object({ State: text })) }),
  ),
})
export type Subnet = Static<typeof subnet>
export const subnets = checker(Type.Array(subnet))
export const zones = checker(Type.Array(Type.Object({ ZoneName: id, State: text })))
export const offerings = checker(Type.Array(Type.Object({ InstanceType: text, Location: text })))

const instanceType = Type.Object({
  InstanceType: id,
  BurstablePerformanceSupported: Type.Optional(Type.Boolean()),
  ProcessorInfo: Type.Optional(Type.Object({ SupportedArchitectures: some(Type.String()) })),
  VCpuInfo: Type.Optional(Type.Object({ DefaultVCpus: Type.Optional(Type.Integer({ minimum: 0 })) })),
  MemoryInfo: Type.Optional(Type.Object({ SizeInMiB: Type.Optional(Type.Integer({ minimum: 0 })) })),
  CurrentGeneration: Type.Optional(Type.Boolean()),
})
export const instanceTypes = checker(Type.Array(instanceType))

export const statuses = checker(
  Type.Array(
    Type.Object({
      InstanceId: id,
      InstanceStatus: Type.Optional(Type.Object({ Status: text })),
      SystemStatus: Type.Optional(Type.Object({ Status: text })),
    }),
  ),
)
export const regionList = checker(
  Type.Array(Type.Object({ RegionName: Type.String({ pattern: '^[a-z0-9-]{1,50}$' }), OptInStatus: text })),
)

/** One line, cut and harmless. */
export function clean(raw: string | undefined, maxChars: number): string | null {
  return raw === undefined || raw === '' ? null : forTerminal(nodeText(raw, maxChars)) || null
}

type Tagged = readonly { Key?: string; Value?: string }[] | undefined

export function tagOf(tags: Tagged, key: string): string | null {
  return tags?.find(tag => tag.Key === key)?.Value ?? null
}

/** Ours among its tags. */
export function ownerOf(tags: Tagged): { fleet?: string; node?: string; op?: string } {
  const [fleet, node, op] = [tagOf(tags, 'fleet'), tagOf(tags, 'node'), tagOf(tags, 'op')]
  return { ...(fleet ? { fleet } : {}), ...(node ? { node } : {}), ...(op ? { op } : {}) }
}

/** ms since the epoch. */
export function timeOf(date: unknown): number | null {
  return date instanceof Date && Number.isFinite(date.getTime()) ? date.getTime() : null
}
