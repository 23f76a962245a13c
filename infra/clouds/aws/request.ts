// The whole of a RunInstances but its token and tags, as plain JSON: what the journal keeps, and what is sent, now and
// after a crash. It comes back from a file, so it is judged before it is sent.
import Type, { type Static } from 'typebox'
import { checker } from '../../../state/primitives/schema.ts'
import type { MachineSpec, OwnerTags, PlannedResource } from '../shapes.ts'
import type { FoundImage } from './image.ts'
import type { Place } from './network.ts'

const closed = { additionalProperties: false } as const
const id = Type.String({ minLength: 1, maxLength: 300 })

const request = Type.Object(
  {
    ImageId: id,
    InstanceType: Type.Unsafe<'t4g.nano'>(id),
    MinCount: Type.Literal(1),
    MaxCount: Type.Literal(1),
    KeyName: Type.Optional(id),
    NetworkInterfaces: Type.Array(
      Type.Object(
        {
          DeviceIndex: Type.Literal(0),
          SubnetId: id,
          Groups: Type.Array(id, { minItems: 1, maxItems: 5 }),
          AssociatePublicIpAddress: Type.Boolean(),
          Ipv6AddressCount: Type.Optional(Type.Literal(1)),
          DeleteOnTermination: Type.Literal(true),
        },
        closed,
      ),
      { minItems: 1, maxItems: 1 },
    ),
    BlockDeviceMappings: Type.Array(
      Type.Object(
        {
          DeviceName: id,
          Ebs: Type.Object(
            {
              VolumeType: Type.Literal('gp3'),
              VolumeSize: Type.Integer({ minimum: 1, maximum: 65_536 }),
              DeleteOnTermination: Type.Literal(true),
            },
            closed,
          ),
        },
        closed,
      ),
      { minItems: 1, maxItems: 1 },
    ),
    MetadataOptions: Type.Object(
      { HttpTokens: Type.Literal('required'), HttpEndpoint: Type.Literal('enabled') },
      closed,
    ),
    CreditSpecification: Type.Optional(Type.Object({ CpuCredits: Type.Literal('standard') }, closed)),
  },
  closed,
)
export type RunRequest = Static<typeof request>
export const runRequest = checker(request)

export const usualDiskGb = 8

export function buildRequest(
  spec: MachineSpec,
  found: { image: FoundImage; place: Place; groups: string[]; key: string | null; burstable: boolean; diskGb: number },
): unknown {
  const { image, place, groups, key, burstable, diskGb } = found
  return {
    ImageId: image.id,
    InstanceType: spec.type,
    MinCount: 1,
    MaxCount: 1,
    ...(key === null ? {} : { KeyName: key }),
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: place.subnet,
        Groups: groups,
        AssociatePublicIpAddress: spec.ipv4,
        ...(spec.ipv4 ? {} : { Ipv6AddressCount: 1 }),
        DeleteOnTermination: true,
      },
    ],
    BlockDeviceMappings: [
      { DeviceName: image.rootDevice, Ebs: { VolumeType: 'gp3', VolumeSize: diskGb, DeleteOnTermination: true } },
    ],
    MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled' },
    // T4g begins in unlimited mode, in which a busy nano costs ten times its price. Others have no such setting.
    ...(burstable ? { CreditSpecification: { CpuCredits: 'standard' } } : {}),
  }
}

export function resourcesOf(spec: MachineSpec, diskGb: number): PlannedResource[] {
  return [
    { kind: 'instance', sku: spec.type, quantity: 1 },
    ...(spec.ipv4 ? [{ kind: 'ipv4' as const, sku: 'public-ipv4', quantity: 1 }] : []),
    { kind: 'disk', sku: 'gp3', quantity: diskGb },
  ]
}

/** Always the same for the same tags: the token of a request binds all of it. */
export function tagSpecifications(tags: OwnerTags) {
  const Tags = [...ownerTags(tags), { Key: 'Name', Value: tags.node }]
  return (['instance', 'volume', 'network-interface'] as const).map(ResourceType => ({ ResourceType, Tags }))
}

export function ownerTags({ fleet, node, op }: OwnerTags): { Key: string; Value: string }[] {
  return [
    { Key: 'fleet', Value: fleet },
    { Key: 'node', Value: node },
    { Key: 'op', Value: op },
  ]
}
