// RunInstances: the one call that must never make two where one was asked for. Its token names one request in one region.
import { createHash } from 'node:crypto'
import { isListed, stateOf } from '../account.ts'
import { AwsProblem } from '../problem.ts'
import { type Parameters, tagParameters, tagsFor } from '../query.ts'
import { imagesOf, type Subnet, subnetsOf, vpcOf } from '../regions.ts'
import type { KeptInstance } from '../state.ts'
import type { XmlValue } from '../xml.ts'
import { type Ec2Actions, type Ec2Call, notFound, refuseDryRun, seenFrom } from './action.ts'
import { groupMissing, inRegion } from './groups.ts'
import { kindsIn } from './images.ts'
import { describeReservation } from './instance-xml.ts'

const device = 'BlockDeviceMapping.#'
const network = 'NetworkInterface.#'
/** Vcpus of running instances that the account may have in a region. */
const vcpuLimit = 64

export const run: Ec2Actions = {
  RunInstances: {
    parameters: [
      ...tagParameters,
      'ClientToken',
      'ImageId',
      'InstanceType',
      'KeyName',
      'MinCount',
      'MaxCount',
      'SubnetId',
      'SecurityGroupId.#',
      'UserData',
      'EbsOptimized',
      'DisableApiTermination',
      'InstanceInitiatedShutdownBehavior',
      'Monitoring.Enabled',
      'Placement.AvailabilityZone',
      'CreditSpecification.CpuCredits',
      'MaintenanceOptions.AutoRecovery',
      'MetadataOptions.HttpTokens',
      'MetadataOptions.HttpPutResponseHopLimit',
      'MetadataOptions.HttpEndpoint',
      'MetadataOptions.HttpProtocolIpv6',
      'MetadataOptions.InstanceMetadataTags',
      `${device}.DeviceName`,
      `${device}.Ebs.VolumeSize`,
      `${device}.Ebs.VolumeType`,
      `${device}.Ebs.DeleteOnTermination`,
      `${device}.Ebs.Encrypted`,
      `${device}.Ebs.Iops`,
      `${device}.Ebs.Throughput`,
      `${network}.DeviceIndex`,
      `${network}.SubnetId`,
      `${network}.AssociatePublicIpAddress`,
      `${network}.DeleteOnTermination`,
      `${network}.Description`,
      `${network}.Ipv6AddressCount`,
      `${network}.SecurityGroupId.#`,
    ],
    answer(call) {
      const { account, region, parameters, now } = call
      const token = parameters.text('ClientToken')
      if (token !== null && !/^[\x21-\x7e]{1,64}$/.test(token)) {
        throw new AwsProblem(
          'InvalidParameterValue',
          `Invalid value '${token}' for clientToken. It must be at most 64 ASCII characters`,
        )
      }
      const asked = fingerprintOf(parameters)
      const known = account.state.instances.find(
        other => other.region === region.name && other.token === token && token !== null,
      )
      if (known && !parameters.flag('DryRun')) return repeated(call, known, asked)

      const wanted = judge(call)
      refuseDryRun(call)
      mustHaveRoom(call, wanted)
      const instance = makeInstance(call, wanted, token, asked)
      return describeReservation(instance, account, now)
    },
  },
}

function repeated(
  { account, now }: Ec2Call,
  known: KeptInstance,
  asked: string,
): { readonly [member: string]: XmlValue } {
  if (known.asked !== asked) {
    const message = 'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).'
    throw new AwsProblem('IdempotentParameterMismatch', message)
  }
  const ended = ['shutting-down', 'terminated'].includes(stateOf(known, now, account.timings))
  if (ended || !isListed(known, Math.max(now, known.seenFrom), account.timings)) {
    const message = `The client token you have provided is associated with a resource that has been terminated: ${known.id}`
    throw new AwsProblem('IdempotentInstanceTerminated', message)
  }
  return describeReservation(known, account, now)
}

/** The SDK sorts nothing and repeats nothing: names and values without the token say what was asked. */
function fingerprintOf(parameters: Parameters): string {
  const ours = parameters.entries().filter(([name]) => name !== 'ClientToken' && name !== 'DryRun')
  const lines = ours.map(([name, value]) => `${name}=${value}`).sort()
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}

interface Wanted {
  vcpus: number
  subnet: Subnet
  image: { id: string; arch: string; rootDevice: string }
  type: string
  groups: string[]
  publicIpv4: boolean
  ipv6: boolean
  sizeGb: number
  diskType: string
  endsWithInstance: boolean
}

/** Everything that EC2 looks at before it makes anything, in about its order. */
function judge({ account, region, parameters, now }: Ec2Call): Wanted {
  const [least, most] = [parameters.must('MinCount'), parameters.must('MaxCount')]
  if (least !== '1' || most !== '1') {
    throw new AwsProblem(
      'InvalidParameterValue',
      'This emulator starts one instance a request: MinCount and MaxCount are 1',
    )
  }
  const type = parameters.text('InstanceType') ?? 'm1.small'
  const kind = kindsIn(region.name).find(other => other.type === type)
  if (!kind) throw new AwsProblem('InvalidParameterValue', `Invalid value '${type}' for InstanceType.`)
  const imageId = parameters.must('ImageId')
  const image = imagesOf(region).find(({ id }) => id === imageId)
  if (!image) throw new AwsProblem('InvalidAMIID.NotFound', `The image id '[${imageId}]' does not exist`)
  if (image.arch !== kind.arch) {
    const message = `The architecture '${kind.arch}' of the specified instance type does not match the architecture '${image.arch}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`
    throw new AwsProblem('InvalidParameterValue', message)
  }
  const key = parameters.text('KeyName')
  if (
    key !== null &&
    !account.state.keys.some(other => other.region === region.name && other.name === key && other.seenFrom <= now)
  ) {
    throw notFound('InvalidKeyPair.NotFound', `The key pair '${key}' does not exist`)
  }
  const [nic] = parameters.parts('NetworkInterface')
  const direct = parameters.list('SecurityGroupId')
  if (nic && (direct.length > 0 || parameters.text('SubnetId') !== null)) {
    const message =
      'Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request'
    throw new AwsProblem('InvalidParameterCombination', message)
  }
  const subnet = subnetFor(parameters, nic, region)
  const ipv6 = (nic?.whole('Ipv6AddressCount') ?? 0) > 0
  if (ipv6 && subnet.ipv6 === null) {
    throw new AwsProblem('InvalidParameterValue', 'The subnet has no IPv6 CIDR block associated with it')
  }
  const groups = nic ? nic.list('SecurityGroupId') : direct
  const missing = groups.find(
    id => !inRegion(account, region.name).some(group => group.id === id && group.seenFrom <= now),
  )
  if (missing) throw groupMissing(missing)
  const root = parameters
    .parts('BlockDeviceMapping')
    .find(part => part.text('DeviceName') === image.rootDevice)
    ?.part('Ebs')
  const sizeGb = root?.whole('VolumeSize') ?? 5
  if (sizeGb < 5) {
    throw new AwsProblem(
      'InvalidBlockDeviceMapping',
      `Volume of size ${sizeGb}GB is smaller than snapshot, expect size >= 5GB`,
    )
  }
  return {
    vcpus: kind.vcpus,
    subnet,
    image,
    type,
    groups,
    ipv6,
    publicIpv4: nic?.text('AssociatePublicIpAddress') !== 'false',
    sizeGb,
    diskType: root?.text('VolumeType') ?? 'gp3',
    endsWithInstance: root?.text('DeleteOnTermination') !== 'false',
  }
}

/** What a rehearsal does not look at. */
function mustHaveRoom({ account, region, now }: Ec2Call, { type, subnet, vcpus }: Wanted): void {
  if (account.full.has(subnet.zone)) throw noCapacity(type, subnet.zone)
  const running = account.state.instances.filter(other => {
    return other.region === region.name && ['pending', 'running'].includes(stateOf(other, now, account.timings))
  })
  if ((running.length + 1) * vcpus > vcpuLimit) throw overQuota(vcpuLimit)
}

export function noCapacity(type: string, zone: string | null): AwsProblem {
  const where = zone === null ? 'the Availability Zone you requested' : `the Availability Zone you requested (${zone})`
  const message = `We currently do not have sufficient ${type} capacity in ${where}. Our system will be working on provisioning additional capacity.`
  return new AwsProblem('InsufficientInstanceCapacity', message, 500)
}

export function overQuota(limit: number): AwsProblem {
  const message = `You have requested more vCPU capacity than your current vCPU limit of ${limit} allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.`
  return new AwsProblem('VcpuLimitExceeded', message)
}

function subnetFor(parameters: Parameters, nic: Parameters | undefined, region: Ec2Call['region']): Subnet {
  const subnets = subnetsOf(region)
  const id = nic ? nic.text('SubnetId') : parameters.text('SubnetId')
  const zone = parameters.part('Placement').text('AvailabilityZone')
  if (id !== null) {
    const found = subnets.find(subnet => subnet.id === id)
    if (!found) throw notFound('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`)
    return found
  }
  if (!region.defaultVpc) {
    throw new AwsProblem(
      'VPCIdNotSpecified',
      'No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.',
    )
  }
  const found = zone === null ? subnets[0] : subnets.find(subnet => subnet.zone === zone)
  if (!found) throw new AwsProblem('InvalidParameterValue', `Invalid availability zone: [${zone}]`)
  return found
}

function makeInstance(call: Ec2Call, wanted: Wanted, token: string | null, asked: string): KeptInstance {
  const { account, region, parameters, now, fault } = call
  const { subnet, image, type, groups } = wanted
  const key = parameters.text('KeyName')
  const instance: KeptInstance = {
    id: account.newId('i'),
    region: region.name,
    zone: subnet.zone,
    subnet: subnet.id,
    vpc: vpcOf(region),
    type,
    arch: image.arch,
    image: image.id,
    key,
    groups,
    tags: tagsFor(parameters, 'instance'),
    token,
    asked,
    sshKeys: sshKeysOf(call, key),
    credits:
      parameters.part('CreditSpecification').text('CpuCredits') ?? (type.startsWith('t4g') ? 'unlimited' : 'standard'),
    protected: parameters.flag('DisableApiTermination'),
    onShutdown: parameters.text('InstanceInitiatedShutdownBehavior') ?? 'stop',
    interface: {
      id: account.newId('eni'),
      tags: tagsFor(parameters, 'network-interface'),
      mac: `06:${account.state.next.toString(16).padStart(10, '0').match(/../g)?.join(':')}`,
      public: wanted.publicIpv4,
    },
    ipv4: null,
    ipv6: wanted.ipv6 && subnet.ipv6 ? subnet.ipv6.replace('::/64', `::${account.state.next.toString(16)}`) : null,
    private: null,
    hostkeys: [],
    createdAt: now,
    startedAt: now,
    stoppedAt: null,
    endedAt: null,
    failsAt: fault?.kind === 'fails-later' ? now + account.timings.pending : null,
    seenFrom: seenFrom(call),
  }
  account.state.instances.push(instance)
  account.startInstance(instance)
  const volume = {
    id: account.newId('vol'),
    region: region.name,
    zone: subnet.zone,
    type: wanted.diskType,
    sizeGb: wanted.sizeGb,
    tags: tagsFor(parameters, 'volume'),
    createdAt: now,
    instance: instance.id,
    device: image.rootDevice,
    endsWithInstance: wanted.endsWithInstance,
  }
  account.addVolume(volume, token)
  return instance
}

/** Of the key pair, and those that its user data brings. */
function sshKeysOf({ account, region, parameters }: Ec2Call, key: string | null): string[] {
  const pair = account.state.keys.find(other => other.region === region.name && other.name === key)
  const userData = Buffer.from(parameters.text('UserData') ?? '', 'base64').toString('utf8')
  const brought = userData.match(/\b(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+) [A-Za-z0-9+/]+={0,2}/g) ?? []
  return [...new Set([...(pair ? [pair.publicKey] : []), ...brought])]
}
