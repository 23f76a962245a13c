// Servers after their creation: seen, renamed, switched, changed and ended.
import { actionReply, begin } from './actions.ts'
import { endAddress } from './addresses.ts'
import { serverTypes } from './catalogue.ts'
import { isAvailable } from './catalogue-replies.ts'
import type { KeptServer, ServerStatus } from './kept.ts'
import { checkLabels } from './labels.ts'
import { narrowed, page } from './lists.ts'
import { findBy, type Handler, invalid, json, note, type Project, Refusal } from './project.ts'
import { protectionRequest, read, renameRequest, typeRequest } from './requests.ts'
import { bornOf, noRoom } from './server-create.ts'
import { serverReply, statusOf, visibleServer, visibleServers } from './server-replies.ts'

const lagOf = (fault: { kind: string; ms: number } | null) => (fault?.kind === 'lag' ? fault.ms : 0)

export const getServers: Handler = (project, { query, fault }) => {
  const statuses = query.getAll('status')
  const found = narrowed(query, visibleServers(project, lagOf(fault))).filter(
    server => statuses.length === 0 || statuses.includes(statusOf(project, server)),
  )
  return page(
    query,
    'servers',
    found.map(server => serverReply(project, server)),
  )
}

export const getServer: Handler = (project, { ids, fault }) =>
  json(200, { server: serverReply(project, visibleServer(project, ids[0], lagOf(fault))) })

export const changeServer: Handler = (project, { ids, body }) => {
  const server = visibleServer(project, ids[0])
  const asked = read(renameRequest, body)
  if (asked.name !== undefined && asked.name !== server.name) {
    if (visibleServers(project).some(other => other.name === asked.name)) {
      throw new Refusal(409, 'uniqueness_error', 'server name is already used')
    }
    server.name = asked.name
  }
  server.labels = checkLabels(asked.labels ?? server.labels)
  return json(200, { server: serverReply(project, server) })
}

/** It, if nothing else is being done to it. */
function free(project: Project, id: number | undefined): KeptServer {
  const server = visibleServer(project, id)
  if (project.now() < server.lockedUntil) throw new Refusal(423, 'locked', 'server is locked by another action')
  return server
}

export const deleteServer: Handler = (project, { ids, fault }) => {
  const server = free(project, ids[0])
  if (server.protectedAgainstDeletion) throw new Refusal(423, 'protected', 'server deletion is protected')
  const fails = fault?.kind === 'fails-later'
  if (!fails) endServer(project, server)
  const action = begin(project, 'delete_server', [{ id: server.id, type: 'server' }], { fails })
  return json(200, { action: actionReply(project, action) })
}

export function endServer(project: Project, server: KeptServer): void {
  const { state, world, pace } = project
  const until = project.now() + pace
  server.phases = [{ status: 'deleting', until }]
  server.lockedUntil = until
  server.goneAt = until
  note(project, 'deleted', { kind: 'instance', id: server.id, region: server.location, tags: server.labels })
  for (const address of state.addresses.filter(one => one.server === server.id)) {
    if (address.autoDelete) endAddress(project, address)
    else address.server = null
  }
  for (const volume of state.volumes) if (volume.server === server.id) volume.server = null
  for (const firewall of state.firewalls) firewall.servers = firewall.servers.filter(id => id !== server.id)
  world.end(String(server.id))
}

function act(project: Project, server: KeptServer, command: string, phase: ServerStatus | null, fails = false) {
  const until = project.now() + project.pace
  server.phases = phase ? [{ status: phase, until }] : []
  server.lockedUntil = until
  return json(201, {
    action: actionReply(project, begin(project, command, [{ id: server.id, type: 'server' }], { fails })),
  })
}

export function switchServer(project: Project, server: KeptServer, on: boolean): void {
  if (server.on === on) return
  server.on = on
  if (on) bootServer(project, server)
  else project.world.end(String(server.id))
}

/** Started again, also because the sandbox was: its addresses are those of the world now. */
export function bootServer({ world, state }: Project, server: KeptServer): void {
  const { ipv4 } = world.begin(bornOf(server))
  for (const address of state.addresses) {
    if (address.server === server.id && address.family === 'ipv4' && address.ofServer) address.ip = ipv4
  }
}

const switching =
  (on: boolean, command: string): Handler =>
  (project, { ids, fault }) => {
    const server = free(project, ids[0])
    const fails = fault?.kind === 'fails-later'
    if (!fails) switchServer(project, server, on)
    return act(project, server, command, fails ? null : on ? 'starting' : 'stopping', fails)
  }

export const powerOff = switching(false, 'stop_server')
export const shutDown = switching(false, 'shutdown_server')
export const powerOn = switching(true, 'start_server')

export const changeType: Handler = (project, { ids, body, fault }) => {
  const server = free(project, ids[0])
  const asked = read(typeRequest, body)
  const type = findBy(serverTypes, asked.server_type)
  if (!type) throw invalid('server_type', 'server type not found')
  if (server.on) throw new Refusal(422, 'server_not_stopped', 'server must be stopped')
  if (type.retired || type.diskGb < server.diskGb) {
    throw new Refusal(422, 'invalid_server_type', 'the server type does not fit for the given server or is deprecated')
  }
  if (!isAvailable(project, type, server.location)) throw noRoom(project)
  const fails = fault?.kind === 'fails-later'
  if (!fails) {
    server.type = type.name
    if (asked.upgrade_disk) server.diskGb = type.diskGb
  }
  return act(project, server, 'change_server_type', 'migrating', fails)
}

export const changeProtection: Handler = (project, { ids, body }) => {
  const server = free(project, ids[0])
  const asked = read(protectionRequest, body)
  if ((asked.delete ?? false) !== (asked.rebuild ?? false)) throw invalid('rebuild', 'must be the same as delete')
  server.protectedAgainstDeletion = asked.delete ?? false
  return act(project, server, 'change_protection', null)
}
