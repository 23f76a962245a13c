// POST /servers. A name is one server's only, which is all that keeps a request sent twice from making two.
import { actionReply, begin } from './actions.ts'
import { addAddress, looseIp } from './addresses.ts'
import { images, locations, type ServerType, serverTypes } from './catalogue.ts'
import { allImages, isAvailable } from './catalogue-replies.ts'
import type { KeptServer, Labels } from './kept.ts'
import { checkLabels } from './labels.ts'
import { find, findBy, type Handler, invalid, json, note, type Project, Refusal } from './project.ts'
import { read, serverRequest } from './requests.ts'
import { serverReply, visibleServers } from './server-replies.ts'

export interface NewServer {
  name: string
  location: string
  type: string
  image: number | null
  labels: Labels
  keys: readonly string[]
  ipv4: boolean
  ipv6: boolean
  firewalls: readonly number[]
}

const hostname = /^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?$/

export const createServer: Handler = (project, { body, fault }) => {
  const { state } = project
  const asked = read(serverRequest, body)
  if (!hostname.test(asked.name)) throw invalid('name', 'must be a valid hostname as per RFC 1123')
  const type = findBy(serverTypes, asked.server_type)
  if (!type) throw invalid('server_type', 'server type not found')
  if (type.retired) throw invalid('server_type', `server type ${type.id} is deprecated`)
  const location = locationOf(asked.location, type)
  const image = imageOf(project, asked.image, type)
  const labels = checkLabels(asked.labels ?? {})
  const keys = (asked.ssh_keys ?? []).map(wanted => {
    const key = findBy(state.keys, wanted)
    if (!key) throw invalid('ssh_keys', `SSH key '${wanted}' not found`)
    return key.publicKey
  })
  for (const { firewall } of asked.firewalls ?? []) find('firewall', state.firewalls, firewall)
  for (const id of asked.volumes ?? []) find('volume', state.volumes, id)
  const net = asked.public_net ?? {}
  for (const id of [net.ipv4, net.ipv6]) if (id && find('primary IP', state.addresses, id).server !== null) throw taken
  checkRoom(project, asked.name, type, location)
  const fails = fault?.kind === 'fails-later'
  const { server, created } = addServer(
    project,
    {
      name: asked.name,
      location,
      type: type.name,
      image,
      labels,
      keys,
      ipv4: (net.enable_ipv4 ?? true) && !net.ipv4,
      ipv6: (net.enable_ipv6 ?? true) && !net.ipv6,
      firewalls: (asked.firewalls ?? []).map(({ firewall }) => firewall),
    },
    { on: asked.start_after_create ?? true, fails, lag: fault?.kind === 'lag' ? fault.ms : 0 },
  )
  claim(project, server, net, asked.volumes ?? [])
  const resources = [{ id: server.id, type: 'server' }]
  const start = { starts: created.ends, ends: created.ends + project.pace, fails }
  const next = server.on || fails ? [begin(project, 'start_server', resources, start)] : []
  return json(201, {
    server: serverReply(project, server),
    action: actionReply(project, created),
    next_actions: next.map(action => actionReply(project, action)),
    root_password: keys.length > 0 ? null : Array.from({ length: 20 }, () => letter(project.random())).join(''),
  })
}

const taken = new Refusal(422, 'primary_ip_assigned', 'primary IP is already assigned to a server')

const letter = (share: number) =>
  'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'[Math.floor(share * 55)] ?? 'a'

function locationOf(asked: string | undefined, type: ServerType): string {
  const location = asked ?? type.locations[0] ?? ''
  if (!locations.some(({ name }) => name === location)) throw invalid('location', 'location not found')
  if (!type.locations.includes(location)) throw invalid('server_type', 'unsupported location for server type')
  return location
}

function imageOf(project: Project, asked: string | number, type: ServerType): number {
  const named = images.find(({ name, architecture }) => name === asked && architecture === type.architecture)
  const image = named ?? allImages(project).find(({ id }) => String(id) === String(asked))
  if (!image) throw invalid('image', 'image not found')
  if (image.architecture !== type.architecture)
    throw invalid('image', 'image architecture does not fit the server type')
  return image.id
}

function checkRoom(project: Project, name: string, type: ServerType, location: string): void {
  const now = project.now()
  // Also one that nobody sees yet, or that is just ending, has its name.
  const there = project.state.servers.filter(({ goneAt }) => goneAt === null || now < goneAt)
  if (there.some(server => server.name === name)) {
    throw new Refusal(409, 'uniqueness_error', 'server name is already used', {
      fields: [{ name: 'name', messages: ['not unique'] }],
    })
  }
  if (visibleServers(project).length >= project.serverLimit) {
    throw new Refusal(403, 'resource_limit_exceeded', 'server limit reached', { limits: [{ name: 'server_limit' }] })
  }
  if (!isAvailable(project, type, location)) throw noRoom(project)
}

export function noRoom(project: Project): Refusal {
  return project.random() < 0.5
    ? new Refusal(412, 'resource_unavailable', 'server location disabled')
    : new Refusal(412, 'placement_error', 'error during placement')
}

/** One that fails later stays: it is off, and it bills. */
export function addServer(
  project: Project,
  asked: NewServer,
  { on, fails, lag }: { on: boolean; fails: boolean; lag: number },
) {
  const { state, world, pace } = project
  const now = project.now()
  const id = project.nextId()
  const type = serverTypes.find(({ name }) => name === asked.type)
  const server: KeptServer = {
    id,
    name: asked.name,
    created: now,
    seenFrom: now + lag,
    location: asked.location,
    type: asked.type,
    image: asked.image,
    labels: asked.labels,
    on: on && !fails,
    phases: [
      { status: 'initializing', until: now + pace },
      ...(on && !fails ? [{ status: 'starting', until: now + 2 * pace } as const] : []),
    ],
    lockedUntil: now + pace,
    goneAt: null,
    protectedAgainstDeletion: false,
    diskGb: type?.diskGb ?? 0,
    keys: asked.keys,
  }
  state.servers.push(server)
  note(project, 'created', { kind: 'instance', id, region: asked.location, tags: asked.labels })
  const born = world.begin(bornOf(server))
  if (!server.on) world.end(String(id))
  const loose = { labels: {}, location: asked.location, server: id, autoDelete: true, ofServer: true }
  const address = (family: 'ipv4' | 'ipv6', ip: string) =>
    addAddress(project, { ...loose, family, name: `primary_ip-${state.nextId}`, ip })
  if (asked.ipv4) address('ipv4', born.ipv4)
  if (asked.ipv6) address('ipv6', looseIp(project, 'ipv6'))
  for (const firewall of state.firewalls) {
    if (asked.firewalls.includes(firewall.id)) firewall.servers = [...firewall.servers, id]
  }
  return { server, created: begin(project, 'create_server', [{ id, type: 'server' }], { fails }) }
}

export const bornOf = (server: KeptServer) => ({
  provider: 'hetzner' as const,
  region: server.location,
  id: String(server.id),
  node: server.labels.node ?? server.name,
  type: server.type,
  sshKeys: server.keys,
})

/** Takes over addresses and volumes that were there before. */
function claim(
  { state }: Project,
  server: KeptServer,
  net: { ipv4?: number | null | undefined; ipv6?: number | null | undefined },
  volumes: readonly number[],
): void {
  for (const id of [net.ipv4, net.ipv6]) {
    if (id === null || id === undefined) continue
    find('primary IP', state.addresses, id).server = server.id
  }
  for (const volume of state.volumes) if (volumes.includes(volume.id)) volume.server = server.id
}
