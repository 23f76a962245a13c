// instances.insert. It is accepted as an operation, and whether there was room is only told when that is DONE.
import { checkZone, imageProject, images, typesIn } from './catalogue.ts'
import { addDisk, visibleDisks } from './disks.ts'
import { pathOf } from './instance-replies.ts'
import type { KeptInstance, Labels } from './kept.ts'
import { operate } from './operations.ts'
import {
  checkLabels,
  checkName,
  exists,
  type Handler,
  invalid,
  last,
  link,
  note,
  notFound,
  type Project,
  regionOf,
} from './project.ts'
import { instanceRequest, read } from './requests.ts'

export interface NewInstance {
  name: string
  zone: string
  type: string
  labels: Labels
  tags: readonly string[]
  metadata: readonly { key: string; value: string }[]
  description: string
  deletionProtection: boolean
  network: string
  /** An external address; text: a static one. */
  nat: boolean | string
  disks: readonly NewDisk[]
}
interface NewDisk {
  name: string
  /** null: it is there already. */
  made: { sizeGb: number; type: string; image: string | null; labels: Labels } | null
  autoDelete: boolean
  boot: boolean
}

export const insertInstance: Handler = (project, call) => {
  const { project: of = '', zone = '' } = call.at
  checkZone(of, zone)
  const body = read(instanceRequest, call.body)
  return operate(project, call, `instances.insert ${zone} ${body.name}`, requestId => {
    const asked = resolved(project, of, zone, body)
    const failure = failureOf(call.fault?.kind, zone, asked.type)
    const target = { link: link(pathOf(of, asked)), id: project.nextId() }
    const begun = { type: 'insert', scope: `zones/${zone}`, target }
    if (failure) return { ...begun, fails: failure }
    if (call.fault?.kind === 'fails-later') return begun
    addInstance(project, asked, {
      id: target.id,
      token: requestId,
      lag: call.fault?.kind === 'lag' ? call.fault.ms : 0,
    })
    return begun
  })
}

export function failureOf(kind: string | undefined, zone: string, type: string) {
  if (kind === 'capacity') {
    const message = `The zone '${zone}' does not have enough resources available to fulfill the request. '(resource type:compute, machine type: ${type})'.`
    return { code: 'ZONE_RESOURCE_POOL_EXHAUSTED', message }
  }
  if (kind === 'quota') {
    return { code: 'QUOTA_EXCEEDED', message: `Quota 'CPUS' exceeded.  Limit: 24.0 in region ${regionOf(zone)}.` }
  }
  return null
}

type Body = ReturnType<typeof readBody>
const readBody = (body: unknown) => read(instanceRequest, body)

function resolved(project: Project, of: string, zone: string, body: Body): NewInstance {
  const name = checkName('resource.name', body.name)
  if (project.state.instances.some(one => one.zone === zone && one.name === name && there(project, one))) {
    throw exists(pathOf(of, { zone, name }))
  }
  const type = typesIn(zone).find(one => one.name === last(body.machineType))
  if (!type) throw invalid('resource.machineType', `'${body.machineType}'. The referenced resource does not exist.`)
  const [nic] = body.networkInterfaces
  const network = last(nic?.network ?? 'default')
  if (network !== 'default') throw notFound(`projects/${of}/global/networks/${network}`)
  const access = nic?.accessConfigs?.[0]
  return {
    name,
    zone,
    type: type.name,
    labels: checkLabels('resource.labels', body.labels ?? {}),
    tags: (body.tags?.items ?? []).map(tag => checkName('resource.tags', tag)),
    metadata: body.metadata?.items ?? [],
    description: body.description ?? '',
    deletionProtection: body.deletionProtection ?? false,
    network,
    nat: access?.natIP ?? access !== undefined,
    disks: body.disks.map((disk, index) => diskOf(project, of, zone, name, type.architecture, disk, index)),
  }
}

const there = (project: Project, { goneAt }: KeptInstance) => goneAt === null || project.now() < goneAt

function diskOf(
  project: Project,
  of: string,
  zone: string,
  instance: string,
  architecture: string,
  disk: Body['disks'][number],
  index: number,
): NewDisk {
  const how = { autoDelete: disk.autoDelete ?? false, boot: disk.boot ?? false }
  const taken = (name: string) => visibleDisks(project).some(one => one.zone === zone && one.name === name)
  if (disk.source !== undefined) {
    const name = last(disk.source)
    if (!taken(name)) throw notFound(`projects/${of}/zones/${zone}/disks/${name}`)
    return { name, made: null, ...how }
  }
  const { initializeParams: asked = {} } = disk
  const name = asked.diskName ?? (index === 0 ? instance : `${instance}-${index}`)
  if (taken(name)) throw exists(`projects/${of}/zones/${zone}/disks/${name}`)
  const image = asked.sourceImage === undefined ? null : imageOf(asked.sourceImage, architecture)
  const sizeGb = Number(asked.diskSizeGb ?? disk.diskSizeGb ?? 10)
  if (image !== null && sizeGb < 10) {
    throw invalid('resource.disks[0].initializeParams.diskSizeGb', `'${sizeGb}'. Must be at least the image's 10 GB.`)
  }
  const labels = checkLabels('resource.disks[0].initializeParams.labels', asked.labels ?? {})
  return { name, made: { sizeGb, type: last(asked.diskType ?? 'pd-standard'), image, labels }, ...how }
}

function imageOf(source: string, architecture: string): string {
  const found = images.find(
    ({ name, family }) =>
      source.endsWith(`projects/${imageProject}/global/images/${name}`) ||
      source.endsWith(`projects/${imageProject}/global/images/family/${family}`),
  )
  const field = 'resource.disks[0].initializeParams.sourceImage'
  if (!found) throw invalid(field, `'${source}'. The referenced image resource cannot be found.`)
  if (found.architecture !== architecture)
    throw invalid(field, `'${source}'. Its architecture is not the machine type's.`)
  return link(`projects/${imageProject}/global/images/${found.name}`)
}

export function addInstance(
  project: Project,
  asked: NewInstance,
  { id, token, lag }: { id: string; token: string | null; lag: number },
): KeptInstance {
  const { state, world, pace } = project
  const now = project.now()
  const region = regionOf(asked.zone)
  const born = world.begin(bornOf({ ...asked, id }))
  const { disks, nat, ...plain } = asked
  const instance: KeptInstance = {
    ...plain,
    id,
    created: now,
    seenFrom: now + lag,
    on: true,
    phases: [
      { status: 'PROVISIONING', until: now + pace / 2 },
      { status: 'STAGING', until: now + pace },
    ],
    goneAt: null,
    privateIp: born.private,
    natIp: nat === false ? null : nat === true ? born.ipv4 : nat,
    hostkeys: born.hostkeys,
    disks: disks.map(({ name, autoDelete, boot }) => ({ name, autoDelete, boot })),
  }
  state.instances.push(instance)
  note(project, 'created', { kind: 'instance', id, region, tags: asked.labels, token })
  for (const { name, made } of disks) if (made) addDisk(project, { name, zone: asked.zone, ...made })
  if (nat === true) note(project, 'created', { kind: 'ipv4', id: `${id}/ipv4`, region, tags: asked.labels })
  return instance
}

export function bornOf(instance: Pick<KeptInstance, 'zone' | 'id' | 'labels' | 'name' | 'type' | 'metadata'>) {
  const keys = instance.metadata.find(({ key }) => key === 'ssh-keys')?.value ?? ''
  return {
    provider: 'gcp' as const,
    region: regionOf(instance.zone),
    id: instance.id,
    node: instance.labels.node ?? instance.name,
    type: instance.type,
    // `user:key` a line.
    sshKeys: keys
      .split('\n')
      .map(line => line.replace(/^[^\s:]+:/, '').trim())
      .filter(Boolean),
  }
}
