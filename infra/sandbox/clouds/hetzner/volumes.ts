// Volumes: disks of their own, which a deleted server leaves behind.
import { actionReply, begin } from './actions.ts'
import { locations } from './catalogue.ts'
import { locationNamed } from './catalogue-replies.ts'
import type { KeptVolume } from './kept.ts'
import { checkLabels } from './labels.ts'
import { narrowed, page } from './lists.ts'
import { find, type Handler, invalid, iso, json, note, nothing, type Project, Refusal } from './project.ts'
import { read, renameRequest, volumeRequest } from './requests.ts'
import { visibleServer } from './server-replies.ts'

const reply = (volume: KeptVolume) => ({
  id: volume.id,
  name: volume.name,
  size: volume.sizeGb,
  status: 'available',
  server: volume.server,
  location: locationNamed(volume.location),
  linux_device: `/dev/disk/by-id/scsi-0HC_Volume_${volume.id}`,
  format: null,
  created: iso(volume.created),
  labels: volume.labels,
  protection: { delete: false },
})

const its = ({ state }: Project, id: number | undefined) => find('volume', state.volumes, id)

export const getVolumes: Handler = ({ state }, { query }) =>
  page(query, 'volumes', narrowed(query, state.volumes).map(reply))

export const getVolume: Handler = (project, { ids }) => json(200, { volume: reply(its(project, ids[0])) })

export const createVolume: Handler = (project, { body }) => {
  const asked = read(volumeRequest, body)
  const { server = null } = asked
  const location = server === null ? asked.location : visibleServer(project, server).location
  if (location === undefined || !locations.some(({ name }) => name === location)) {
    throw invalid('location', 'location not found')
  }
  if (project.state.volumes.some(({ name }) => name === asked.name)) {
    throw new Refusal(409, 'uniqueness_error', 'volume name is already used')
  }
  const labels = checkLabels(asked.labels ?? {})
  const volume = addVolume(project, { name: asked.name, labels, location, sizeGb: asked.size, server })
  const resources = [{ id: volume.id, type: 'volume' }]
  const attaching =
    server === null ? [] : [begin(project, 'attach_volume', [...resources, { id: server, type: 'server' }])]
  return json(201, {
    volume: reply(volume),
    action: actionReply(project, begin(project, 'create_volume', resources)),
    next_actions: attaching.map(action => actionReply(project, action)),
  })
}

export function addVolume(project: Project, asked: Omit<KeptVolume, 'id' | 'created'>): KeptVolume {
  const volume: KeptVolume = { ...asked, id: project.nextId(), created: project.now() }
  project.state.volumes.push(volume)
  note(project, 'created', { kind: 'disk', id: volume.id, region: volume.location, tags: volume.labels })
  return volume
}

export const changeVolume: Handler = (project, { ids, body }) => {
  const volume = its(project, ids[0])
  const asked = read(renameRequest, body)
  volume.name = asked.name ?? volume.name
  volume.labels = checkLabels(asked.labels ?? volume.labels)
  return json(200, { volume: reply(volume) })
}

export const detachVolume: Handler = (project, { ids }) => {
  const volume = its(project, ids[0])
  if (volume.server === null) throw new Refusal(422, 'volume_not_attached', 'volume is not attached to a server')
  volume.server = null
  const action = begin(project, 'detach_volume', [{ id: volume.id, type: 'volume' }])
  return json(201, { action: actionReply(project, action) })
}

export const deleteVolume: Handler = (project, { ids }) => {
  const volume = its(project, ids[0])
  if (volume.server !== null) throw new Refusal(422, 'resource_in_use', 'volume is still attached to a server')
  project.state.volumes = project.state.volumes.filter(other => other !== volume)
  note(project, 'deleted', { kind: 'disk', id: volume.id, region: volume.location, tags: volume.labels })
  return nothing
}
