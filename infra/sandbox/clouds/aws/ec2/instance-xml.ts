// An instance as EC2 writes it.
import { type Account, accountId, type InstanceState, stateOf } from '../account.ts'
import type { KeptInstance } from '../state.ts'
import { tagSet, type XmlValue, xmlTime } from '../xml.ts'

const stateCodes: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
}

export const describeState = (name: InstanceState): XmlValue => ({ code: stateCodes[name], name })

export function describeReservation(
  instance: KeptInstance,
  account: Account,
  now: number,
): { readonly [member: string]: XmlValue } {
  return {
    reservationId: instance.id.replace(/^i-/, 'r-'),
    ownerId: accountId,
    groupSet: [],
    instancesSet: [describeInstance(instance, account, now)],
  }
}

function describeInstance(instance: KeptInstance, account: Account, now: number): XmlValue {
  const state = stateOf(instance, now, account.timings)
  const there = state !== 'terminated'
  const addressed = state === 'running' || state === 'shutting-down'
  const reason = reasonOf(instance, state)
  return {
    instanceId: instance.id,
    imageId: instance.image,
    instanceState: describeState(state),
    privateDnsName:
      there && instance.private ? dnsName('ip', instance.private, `${instance.region}.compute.internal`) : '',
    dnsName: publicIpv4Of(instance, account, addressed)
      ? dnsName('ec2', instance.ipv4 ?? '', `${instance.region}.compute.amazonaws.com`)
      : '',
    reason:
      instance.endedAt !== null && instance.failsAt === null
        ? `User initiated (${xmlTime(instance.endedAt)
            .replace('T', ' ')
            .replace(/\.\d+Z/, ' GMT')})`
        : '',
    keyName: instance.key,
    amiLaunchIndex: 0,
    productCodes: [],
    instanceType: instance.type,
    launchTime: xmlTime(instance.startedAt),
    placement: { availabilityZone: instance.zone, groupName: '', tenancy: 'default' },
    monitoring: { state: 'disabled' },
    subnetId: there ? instance.subnet : null,
    vpcId: there ? instance.vpc : null,
    privateIpAddress: there ? instance.private : null,
    ipAddress: publicIpv4Of(instance, account, addressed),
    ipv6Address: there ? instance.ipv6 : null,
    sourceDestCheck: there ? true : null,
    groupSet: there ? describeGroups(instance, account) : [],
    stateReason: reason,
    architecture: instance.arch,
    rootDeviceType: 'ebs',
    rootDeviceName: '/dev/xvda',
    blockDeviceMapping: account.state.volumes
      .filter(volume => volume.instance === instance.id)
      .map(volume => ({
        deviceName: volume.device,
        ebs: {
          volumeId: volume.id,
          status: state === 'pending' ? 'attaching' : 'attached',
          attachTime: xmlTime(volume.createdAt),
          deleteOnTermination: volume.endsWithInstance,
        },
      })),
    virtualizationType: 'hvm',
    clientToken: instance.token ?? '',
    tagSet: tagSet(instance.tags),
    hypervisor: 'xen',
    networkInterfaceSet: there ? [describeInterface(instance, account, addressed)] : [],
    ebsOptimized: false,
    enaSupport: true,
    metadataOptions: { state: 'applied', httpTokens: 'required', httpPutResponseHopLimit: 2, httpEndpoint: 'enabled' },
  }
}

/** Its own, or an Elastic IP that hangs on it. */
export function publicIpv4Of(instance: KeptInstance, account: Account, addressed: boolean): string | null {
  const elastic = account.state.addresses.find(address => address.instance === instance.id)
  return elastic?.ipv4 ?? (addressed ? instance.ipv4 : null)
}

export function describeGroups(instance: KeptInstance, account: Account): XmlValue[] {
  return instance.groups.map(groupId => ({
    groupId,
    groupName: account.state.groups.find(group => group.id === groupId)?.name ?? '',
  }))
}

function describeInterface(instance: KeptInstance, account: Account, addressed: boolean): XmlValue {
  const publicIp = publicIpv4Of(instance, account, addressed)
  return {
    networkInterfaceId: instance.interface.id,
    subnetId: instance.subnet,
    vpcId: instance.vpc,
    description: '',
    ownerId: accountId,
    status: 'in-use',
    macAddress: instance.interface.mac,
    privateIpAddress: instance.private,
    sourceDestCheck: true,
    interfaceType: 'interface',
    groupSet: describeGroups(instance, account),
    attachment: {
      attachmentId: instance.interface.id.replace(/^eni-/, 'eni-attach-'),
      deviceIndex: 0,
      status: 'attached',
      attachTime: xmlTime(instance.createdAt),
      deleteOnTermination: true,
    },
    association: publicIp === null ? null : { publicIp, publicDnsName: '', ipOwnerId: 'amazon' },
    ipv6AddressesSet: instance.ipv6 === null ? [] : [{ ipv6Address: instance.ipv6, isPrimaryIpv6: false }],
  }
}

const dnsName = (prefix: string, address: string, domain: string): string =>
  `${prefix}-${address.replaceAll('.', '-')}.${domain}`

function reasonOf(instance: KeptInstance, state: InstanceState): XmlValue {
  if (state === 'pending') return { code: 'pending', message: 'pending' }
  if (instance.failsAt !== null && instance.endedAt !== null) {
    return { code: 'Server.InternalError', message: 'Server.InternalError: Internal error on launch' }
  }
  if (state === 'running') return null
  return { code: 'Client.UserInitiatedShutdown', message: 'Client.UserInitiatedShutdown: User initiated shutdown' }
}
