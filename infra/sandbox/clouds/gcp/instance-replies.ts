// Instances as the API shows them. What an instance is at the moment follows from its phases and the clock.
import { zones } from './catalogue.ts'
import { fingerprint } from './disks.ts'
import type { InstanceStatus, KeptInstance } from './kept.ts'
import { aggregated, list } from './lists.ts'
import { type Call, type Handler, json, link, notFound, type Project, regionOf, stamp } from './project.ts'

function statusOf({ now }: Project, { phases, on }: KeptInstance): InstanceStatus {
  const at = now()
  return phases.find(phase => at < phase.until)?.status ?? (on ? 'RUNNING' : 'TERMINATED')
}

export function visibleInstances(project: Project, fault: Call['fault'] = null): KeptInstance[] {
  const now = project.now()
  const lag = fault?.kind === 'lag' ? fault.ms : 0
  return project.state.instances.filter(
    one => (one.goneAt === null || now < one.goneAt) && now >= one.seenFrom && now >= one.created + lag,
  )
}

export const pathOf = (project: string | undefined, { zone, name }: { zone: string; name: string }) =>
  `projects/${project}/zones/${zone}/instances/${name}`

export function itsInstance(project: Project, { at, fault }: Call): KeptInstance {
  const { project: of, zone = '', name = '' } = at
  const found = visibleInstances(project, fault).find(one => one.zone === zone && [one.name, one.id].includes(name))
  if (!found) throw notFound(pathOf(of, { zone, name }))
  return found
}

function instanceReply(project: Project, name: string, instance: KeptInstance) {
  const zone = `projects/${name}/zones/${instance.zone}`
  const status = statusOf(project, instance)
  return {
    kind: 'compute#instance',
    id: instance.id,
    creationTimestamp: stamp(instance.created),
    name: instance.name,
    description: instance.description,
    tags: { items: instance.tags, fingerprint: fingerprint(instance.tags) },
    machineType: link(`${zone}/machineTypes/${instance.type}`),
    status,
    zone: link(zone),
    canIpForward: false,
    networkInterfaces: [
      {
        kind: 'compute#networkInterface',
        network: link(`projects/${name}/global/networks/${instance.network}`),
        subnetwork: link(`projects/${name}/regions/${regionOf(instance.zone)}/subnetworks/${instance.network}`),
        networkIP: instance.privateIp,
        name: 'nic0',
        stackType: 'IPV4_ONLY',
        fingerprint: fingerprint(instance.privateIp),
        accessConfigs: accessOf(instance, status),
      },
    ],
    disks: instance.disks.map((disk, index) => ({
      kind: 'compute#attachedDisk',
      type: 'PERSISTENT',
      mode: 'READ_WRITE',
      source: link(`${zone}/disks/${disk.name}`),
      deviceName: disk.boot ? 'persistent-disk-0' : disk.name,
      index,
      boot: disk.boot,
      autoDelete: disk.autoDelete,
      diskSizeGb: String(
        project.state.disks.find(one => one.zone === instance.zone && one.name === disk.name)?.sizeGb ?? 10,
      ),
      interface: 'SCSI',
    })),
    metadata: { kind: 'compute#metadata', fingerprint: fingerprint(instance.metadata), items: instance.metadata },
    labels: instance.labels,
    labelFingerprint: fingerprint(instance.labels),
    deletionProtection: instance.deletionProtection,
    startRestricted: false,
    lastStartTimestamp: stamp(instance.created),
    scheduling: {
      onHostMaintenance: 'MIGRATE',
      automaticRestart: true,
      preemptible: false,
      provisioningModel: 'STANDARD',
    },
    selfLink: link(pathOf(name, instance)),
  }
}

/** A stopped instance has given its ephemeral address back. */
function accessOf({ natIp }: KeptInstance, status: InstanceStatus) {
  if (natIp === null) return []
  const access = { kind: 'compute#accessConfig', type: 'ONE_TO_ONE_NAT', name: 'External NAT', networkTier: 'PREMIUM' }
  return [status === 'TERMINATED' || status === 'PROVISIONING' ? access : { ...access, natIP: natIp }]
}

export const getInstance: Handler = (project, call) =>
  json(instanceReply(project, call.at.project ?? '', itsInstance(project, call)))

export const listInstances: Handler = (project, call) => {
  const { project: name = '', zone = '' } = call.at
  const there = visibleInstances(project, call.fault).filter(one => one.zone === zone)
  return list(
    call,
    'instanceList',
    `zones/${zone}/instances`,
    there.map(one => instanceReply(project, name, one)),
  )
}

export const listAllInstances: Handler = (project, call) =>
  aggregated(
    call,
    'instances',
    'instanceAggregatedList',
    zones.map(zone => `zones/${zone}`),
    visibleInstances(project, call.fault).map(one => ({
      scope: `zones/${one.zone}`,
      item: instanceReply(project, call.at.project ?? '', one),
    })),
  )
