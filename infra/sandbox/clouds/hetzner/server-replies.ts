// Servers as the API shows them. What a server is at the moment follows from its phases and the clock.

import { serverTypes } from './catalogue.ts'
import { allImages, locationNamed, typeReply } from './catalogue-replies.ts'
import type { KeptServer, ServerStatus } from './kept.ts'
import { iso, notFound, type Project } from './project.ts'

export function statusOf({ now }: Project, server: KeptServer): ServerStatus {
  const at = now()
  return server.phases.find(phase => at < phase.until)?.status ?? (server.on ? 'running' : 'off')
}

/** Those that are there; `lag` ms: one that is younger is not seen yet. */
export function visibleServers(project: Project, lag = 0): KeptServer[] {
  const now = project.now()
  return project.state.servers.filter(
    server => (server.goneAt === null || now < server.goneAt) && now >= server.seenFrom && now >= server.created + lag,
  )
}

export function visibleServer(project: Project, id: number | undefined, lag = 0): KeptServer {
  const found = visibleServers(project, lag).find(one => one.id === id)
  if (!found) throw notFound('server', id ?? 0)
  return found
}

export function serverReply(project: Project, server: KeptServer) {
  const { state } = project
  const addresses = state.addresses.filter(address => address.server === server.id)
  const ipv4 = addresses.find(({ family }) => family === 'ipv4')
  const ipv6 = addresses.find(({ family }) => family === 'ipv6')
  const type = serverTypes.find(({ name }) => name === server.type)
  return {
    id: server.id,
    name: server.name,
    status: statusOf(project, server),
    created: iso(server.created),
    public_net: {
      ipv4: ipv4 ? { id: ipv4.id, ip: ipv4.ip, blocked: false, dns_ptr: `${ipv4.ip}.clients.example.` } : null,
      ipv6: ipv6 ? { id: ipv6.id, ip: ipv6.ip, blocked: false, dns_ptr: [] } : null,
      floating_ips: [],
      firewalls: state.firewalls
        .filter(firewall => firewall.servers.includes(server.id))
        .map(({ id }) => ({ id, status: 'applied' })),
    },
    private_net: [],
    server_type: type ? typeReply(project, type) : null,
    location: locationNamed(server.location),
    image: allImages(project).find(({ id }) => id === server.image) ?? null,
    iso: null,
    rescue_enabled: false,
    locked: project.now() < server.lockedUntil,
    backup_window: null,
    outgoing_traffic: 0,
    ingoing_traffic: 0,
    included_traffic: 20 * 1_099_511_627_776,
    protection: { delete: server.protectedAgainstDeletion, rebuild: server.protectedAgainstDeletion },
    labels: server.labels,
    volumes: state.volumes.filter(volume => volume.server === server.id).map(({ id }) => id),
    load_balancers: [],
    primary_disk_size: server.diskGb,
    placement_group: null,
  }
}
