// Disks: made with an instance, and gone with it only if they were told to (`autoDelete`, which is off by default).
import { checkZone, zones } from './catalogue.ts'
import type { KeptDisk, KeptInstance } from './kept.ts'
import { aggregated, list } from './lists.ts'
import { operate } from './operations.ts'
import {
  checkLabels,
  type Handler,
  invalid,
  json,
  link,
  note,
  notFound,
  type Project,
  Refusal,
  regionOf,
  stamp,
} from './project.ts'
import { labelsRequest, read } from './requests.ts'

export function visibleDisks(project: Project): KeptDisk[] {
  const now = project.now()
  return project.state.disks.filter(({ goneAt }) => goneAt === null || now < goneAt)
}

export const fingerprint = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64').slice(-12)

function diskReply({ state }: Project, project: string, disk: KeptDisk) {
  const path = `projects/${project}/zones/${disk.zone}`
  const users = state.instances
    .filter(one => one.zone === disk.zone && one.goneAt === null && one.disks.some(({ name }) => name === disk.name))
    .map(({ name }) => link(`${path}/instances/${name}`))
  return {
    kind: 'compute#disk',
    id: disk.id,
    creationTimestamp: stamp(disk.created),
    name: disk.name,
    sizeGb: String(disk.sizeGb),
    zone: link(path),
    status: 'READY',
    type: link(`${path}/diskTypes/${disk.type}`),
    ...(disk.image === null ? {} : { sourceImage: disk.image }),
    labels: disk.labels,
    labelFingerprint: fingerprint(disk.labels),
    ...(users.length > 0 ? { users } : {}),
    physicalBlockSizeBytes: '4096',
    selfLink: link(`${path}/disks/${disk.name}`),
  }
}

export const listDisks: Handler = (project, call) => {
  const { project: name = '', zone = '' } = call.at
  checkZone(name, zone)
  const there = visibleDisks(project).filter(disk => disk.zone === zone)
  return list(
    call,
    'diskList',
    `zones/${zone}/disks`,
    there.map(disk => diskReply(project, name, disk)),
  )
}

export const listAllDisks: Handler = (project, call) =>
  aggregated(
    call,
    'disks',
    'diskAggregatedList',
    zones.map(zone => `zones/${zone}`),
    visibleDisks(project).map(disk => ({
      scope: `zones/${disk.zone}`,
      item: diskReply(project, call.at.project ?? '', disk),
    })),
  )

function its(project: Project, { project: of, zone, name }: Readonly<Record<string, string>>): KeptDisk {
  const found = visibleDisks(project).find(disk => disk.zone === zone && disk.name === name)
  if (!found) throw notFound(`projects/${of}/zones/${zone}/disks/${name}`)
  return found
}

export const getDisk: Handler = (project, { at }) => json(diskReply(project, at.project ?? '', its(project, at)))

export function addDisk(project: Project, asked: Omit<KeptDisk, 'id' | 'created' | 'goneAt'>): KeptDisk {
  const disk: KeptDisk = { ...asked, id: project.nextId(), created: project.now(), goneAt: null }
  project.state.disks.push(disk)
  note(project, 'created', { kind: 'disk', id: disk.id, region: regionOf(disk.zone), tags: disk.labels })
  return disk
}

export function endDisk(project: Project, disk: KeptDisk, at: number): void {
  disk.goneAt = at
  note(project, 'deleted', { kind: 'disk', id: disk.id, region: regionOf(disk.zone), tags: disk.labels })
}

const targetOf = (at: Readonly<Record<string, string>>, disk: KeptDisk) => ({
  scope: `zones/${disk.zone}`,
  target: { link: link(`projects/${at.project}/zones/${disk.zone}/disks/${disk.name}`), id: disk.id },
})

export const deleteDisk: Handler = (project, call) =>
  operate(project, call, `disks.delete ${call.at.zone} ${call.at.name}`, () => {
    const disk = its(project, call.at)
    const user = project.state.instances.find(one => one.goneAt === null && usesDisk(one, disk))
    if (user) {
      const path = `projects/${call.at.project}/zones/${disk.zone}`
      const what = `The disk resource '${path}/disks/${disk.name}' is already being used by`
      throw new Refusal(400, 'resourceInUseByAnotherResource', `${what} '${path}/instances/${user.name}'`)
    }
    if (call.fault?.kind !== 'fails-later') endDisk(project, disk, project.now() + project.pace)
    return { type: 'delete', ...targetOf(call.at, disk) }
  })

const usesDisk = (instance: KeptInstance, disk: KeptDisk) =>
  instance.zone === disk.zone && instance.disks.some(({ name }) => name === disk.name)

export const setDiskLabels: Handler = (project, call) =>
  operate(project, call, `disks.setLabels ${call.at.zone} ${call.at.name} ${JSON.stringify(call.body)}`, () => {
    const disk = its(project, call.at)
    const { labels = {}, labelFingerprint } = read(labelsRequest, call.body)
    checkFingerprint(labelFingerprint, disk.labels)
    disk.labels = checkLabels('labels', labels)
    return { type: 'setLabels', ...targetOf(call.at, disk) }
  })

export function checkFingerprint(given: string, value: unknown): void {
  if (given === '') throw invalid('labelFingerprint', 'required')
  if (given !== fingerprint(value)) {
    throw new Refusal(412, 'conditionNotMet', 'Labels fingerprint either invalid or resource labels have changed')
  }
}
