// What a launch needs, made through the SDK as the product makes it.
import {
  CreateSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeSubnetsCommand,
  type EC2Client,
  ImportKeyPairCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2'

export const publicKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKVcyq3eMD8DGFm0ko0+fS3qUBHEuLUwR3DPuNGCdu0F operator@example'

const tagsOf = (tags: Readonly<Record<string, string>>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
export const owner = { fleet: 'shop', node: 'edge-1', op: 'op-1' }

export async function launchInput(client: EC2Client): Promise<RunInstancesCommandInput> {
  const images = await client.send(
    new DescribeImagesCommand({
      Owners: ['427812963091'],
      Filters: [
        { Name: 'name', Values: ['nixos/26.05*'] },
        { Name: 'architecture', Values: ['arm64'] },
      ],
    }),
  )
  const newest = images.Images?.toSorted((a, b) => (a.CreationDate ?? '').localeCompare(b.CreationDate ?? '')).at(-1)
  const subnets = await client.send(
    new DescribeSubnetsCommand({ Filters: [{ Name: 'default-for-az', Values: ['true'] }] }),
  )
  const group = await client.send(
    new CreateSecurityGroupCommand({
      GroupName: 'shop',
      Description: 'watchfloor',
      TagSpecifications: [{ ResourceType: 'security-group', Tags: tagsOf({ fleet: 'shop' }) }],
    }),
  )
  await client.send(
    new ImportKeyPairCommand({
      KeyName: 'shop',
      PublicKeyMaterial: Buffer.from(publicKey),
      TagSpecifications: [{ ResourceType: 'key-pair', Tags: tagsOf({ fleet: 'shop' }) }],
    }),
  )
  return {
    MinCount: 1,
    MaxCount: 1,
    ImageId: newest?.ImageId,
    InstanceType: 't4g.nano',
    KeyName: 'shop',
    ClientToken: 'token-1',
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: subnets.Subnets?.[0]?.SubnetId,
        Groups: [group.GroupId ?? ''],
        AssociatePublicIpAddress: true,
      },
    ],
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/xvda',
        Ebs: { VolumeSize: 8, VolumeType: 'gp3', DeleteOnTermination: true },
      },
    ],
    MetadataOptions: { HttpTokens: 'required' },
    CreditSpecification: { CpuCredits: 'standard' },
    TagSpecifications: (['instance', 'volume', 'network-interface'] as const).map(ResourceType => ({
      ResourceType,
      Tags: tagsOf(owner),
    })),
  }
}

export async function launch(client: EC2Client, changes: Partial<RunInstancesCommandInput> = {}): Promise<string> {
  const input = await launchInput(client)
  const reservation = await client.send(new RunInstancesCommand({ ...input, ...changes }))
  return reservation.Instances?.[0]?.InstanceId ?? ''
}
