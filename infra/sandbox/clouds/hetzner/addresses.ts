// Primary IPs: they come with a server or by themselves, and outlive it unless they are told to go with it.
import { actionReply, begin } from './actions.ts'
import { locations } from './catalogue.ts'
import { locationNamed } from './catalogue-replies.ts'
import type { KeptAddress } from './kept.ts'
import { checkLabels } from './labels.ts'
import { narrowed, page } from './lists.ts'
import { find, type Handler, invalid, iso, json, note, nothing, type Project, Refusal } from './project.ts'
import { addressChange, addressRequest, read } from './requests.ts'
import { visibleServer } from './server-replies.ts'

const reply = (address: KeptAddress) => ({
  id: address.id,
  name: address.name,
  type: address.family,
  ip: address.ip,
  assignee_id: address.server,
  assignee_type: 'server',
  auto_delete: address.autoDelete,
  blocked: false,
  created: iso(address.created),
  dns_ptr: [],
  labels: address.labels,
  location: locationNamed(address.location),
  protection: { delete: false },
})

const its = ({ state }: Project, id: number | undefined) => find('primary IP', state.addresses, id)

export const getAddresses: Handler = ({ state }, { query }) => {
  const ip = query.get('ip')
  const found = narrowed(query, state.addresses).filter(address => ip === null || address.ip === ip)
  return page(query, 'primary_ips', found.map(reply))
}

export const getAddress: Handler = (project, { ids }) => json(200, { primary_ip: reply(its(project, ids[0])) })

/** A new one; it costs from now on if it is an IPv4 address. */
export function addAddress(project: Project, asked: Omit<KeptAddress, 'id' | 'created'>): KeptAddress {
  const address: KeptAddress = { ...asked, id: project.nextId(), created: project.now() }
  project.state.addresses.push(address)
  noteAddress(project, 'created', address)
  return address
}

export function endAddress(project: Project, address: KeptAddress): void {
  project.state.addresses = project.state.addresses.filter(other => other !== address)
  noteAddress(project, 'deleted', address)
}

function noteAddress(project: Project, what: 'created' | 'deleted', address: KeptAddress): void {
  if (address.family === 'ipv6') return
  const kind = address.ofServer ? 'ipv4' : 'address'
  // One that came with a server has no labels of its own; whose it is, the ledger is told all the same.
  const server = address.ofServer ? project.state.servers.find(({ id }) => id === address.server) : undefined
  const tags = server?.labels ?? address.labels
  note(project, what, { kind, id: address.id, region: address.location, tags })
}

export const createAddress: Handler = (project, { body }) => {
  const asked = read(addressRequest, body)
  const { assignee_id: assignee = null } = asked
  const location = assignee === null ? asked.location : visibleServer(project, assignee).location
  if (location === undefined || !locations.some(({ name }) => name === location)) {
    throw invalid('location', 'location not found')
  }
  if (project.state.addresses.some(({ name }) => name === asked.name)) {
    throw new Refusal(409, 'uniqueness_error', 'primary IP name is already used')
  }
  const address = addAddress(project, {
    name: asked.name,
    labels: checkLabels(asked.labels ?? {}),
    location,
    family: asked.type,
    ip: looseIp(project, asked.type),
    server: assignee,
    autoDelete: asked.auto_delete ?? false,
    ofServer: false,
  })
  const assigned =
    assignee === null
      ? {}
      : { action: actionReply(project, begin(project, 'assign_primary_ip', [{ id: address.id, type: 'primary_ip' }])) }
  return json(201, { primary_ip: reply(address), ...assigned })
}

/** Documentation addresses (RFC 5737 and RFC 3849): nobody answers there. */
export function looseIp({ state }: Project, family: 'ipv4' | 'ipv6'): string {
  const number = state.nextId % 65_536
  return family === 'ipv4' ? `203.0.113.${number % 254}` : `2001:db8:${number.toString(16)}::/64`
}

export const changeAddress: Handler = (project, { ids, body }) => {
  const address = its(project, ids[0])
  const asked = read(addressChange, body)
  address.name = asked.name ?? address.name
  address.labels = checkLabels(asked.labels ?? address.labels)
  address.autoDelete = asked.auto_delete ?? address.autoDelete
  return json(200, { primary_ip: reply(address) })
}

export const unassignAddress: Handler = (project, { ids }) => {
  const address = its(project, ids[0])
  if (address.server === null) throw new Refusal(422, 'primary_ip_not_assigned', 'primary IP is not assigned')
  address.server = null
  return json(201, {
    action: actionReply(project, begin(project, 'unassign_primary_ip', [{ id: address.id, type: 'primary_ip' }])),
  })
}

export const deleteAddress: Handler = (project, { ids }) => {
  const address = its(project, ids[0])
  if (address.server !== null) throw new Refusal(422, 'must_be_unassigned', 'primary IP must be unassigned first')
  endAddress(project, address)
  return nothing
}
