// Firewalls: rules, and the servers that they are applied to. One that is in use stays.
import { actionReply, begin } from './actions.ts'
import type { KeptFirewall, KeptRule } from './kept.ts'
import { checkLabels } from './labels.ts'
import { narrowed, page } from './lists.ts'
import { find, type Handler, iso, json, note, nothing, type Project, Refusal } from './project.ts'
import { applyRequest, firewallRequest, read, removeRequest, renameRequest, rulesRequest } from './requests.ts'
import { visibleServer } from './server-replies.ts'

const reply = (firewall: KeptFirewall) => ({
  id: firewall.id,
  name: firewall.name,
  labels: firewall.labels,
  created: iso(firewall.created),
  rules: firewall.rules,
  applied_to: firewall.servers.map(id => ({ type: 'server', server: { id } })),
})

type AskedRule = Partial<KeptRule> & Pick<KeptRule, 'direction' | 'protocol'>
const kept = (rules: readonly AskedRule[]): KeptRule[] =>
  rules.map(rule => ({ description: null, port: null, source_ips: [], destination_ips: [], ...rule }))

const asked = (targets: readonly { server: { id: number } }[]) => targets.map(({ server }) => server.id)

export const getFirewalls: Handler = ({ state }, { query }) =>
  page(query, 'firewalls', narrowed(query, state.firewalls).map(reply))

const its = ({ state }: Project, id: number | undefined) => find('firewall', state.firewalls, id)

export const getFirewall: Handler = (project, { ids }) => json(200, { firewall: reply(its(project, ids[0])) })

export const createFirewall: Handler = (project, { body }) => {
  const wanted = read(firewallRequest, body)
  checkName(project, wanted.name, null)
  const firewall: KeptFirewall = {
    id: project.nextId(),
    name: wanted.name,
    created: project.now(),
    labels: checkLabels(wanted.labels ?? {}),
    rules: kept(wanted.rules ?? []),
    servers: [],
  }
  project.state.firewalls.push(firewall)
  note(project, 'created', { kind: 'group', id: firewall.id, region: 'global', tags: firewall.labels })
  const actions = [
    ...(wanted.rules ? [begin(project, 'set_firewall_rules', [{ id: firewall.id, type: 'firewall' }])] : []),
    ...apply(project, firewall, asked(wanted.apply_to ?? [])),
  ]
  return json(201, { firewall: reply(firewall), actions: actions.map(action => actionReply(project, action)) })
}

function checkName({ state }: Project, name: string, own: KeptFirewall | null): void {
  if (!state.firewalls.some(other => other !== own && other.name === name)) return
  throw new Refusal(409, 'uniqueness_error', 'firewall name is already used', {
    fields: [{ name: 'name', messages: ['not unique'] }],
  })
}

export const changeFirewall: Handler = (project, { ids, body }) => {
  const firewall = its(project, ids[0])
  const wanted = read(renameRequest, body)
  if (wanted.name !== undefined) {
    checkName(project, wanted.name, firewall)
    firewall.name = wanted.name
  }
  if (wanted.labels) firewall.labels = checkLabels(wanted.labels)
  return json(200, { firewall: reply(firewall) })
}

export const deleteFirewall: Handler = (project, { ids }) => {
  const firewall = its(project, ids[0])
  if (firewall.servers.length > 0) {
    throw new Refusal(422, 'resource_in_use', `firewall with ID '${firewall.id}' is still in use`)
  }
  project.state.firewalls = project.state.firewalls.filter(other => other !== firewall)
  note(project, 'deleted', { kind: 'group', id: firewall.id, region: 'global', tags: firewall.labels })
  return nothing
}

export const setRules: Handler = (project, { ids, body }) => {
  const firewall = its(project, ids[0])
  firewall.rules = kept(read(rulesRequest, body).rules)
  const set = begin(project, 'set_firewall_rules', [{ id: firewall.id, type: 'firewall' }])
  const onServers = firewall.servers.map(id =>
    begin(project, 'apply_firewall', [
      { id: firewall.id, type: 'firewall' },
      { id, type: 'server' },
    ]),
  )
  return json(201, { actions: [set, ...onServers].map(action => actionReply(project, action)) })
}

export const applyFirewall: Handler = (project, { ids, body }) => {
  const firewall = its(project, ids[0])
  const actions = apply(project, firewall, asked(read(applyRequest, body).apply_to))
  return json(201, { actions: actions.map(action => actionReply(project, action)) })
}

function apply(project: Project, firewall: KeptFirewall, servers: readonly number[]) {
  for (const id of servers) {
    visibleServer(project, id)
    if (firewall.servers.includes(id)) {
      throw new Refusal(409, 'firewall_already_applied', `firewall was already applied to server '${id}'`)
    }
  }
  firewall.servers = [...firewall.servers, ...servers]
  return servers.map(id => changed(project, 'apply_firewall', firewall, id))
}

export const removeFirewall: Handler = (project, { ids, body }) => {
  const firewall = its(project, ids[0])
  const servers = asked(read(removeRequest, body).remove_from)
  const stranger = servers.find(id => !firewall.servers.includes(id))
  if (stranger !== undefined) {
    throw new Refusal(422, 'firewall_resource_not_found', `firewall is not applied to server '${stranger}'`)
  }
  firewall.servers = firewall.servers.filter(id => !servers.includes(id))
  const actions = servers.map(id => changed(project, 'remove_firewall', firewall, id))
  return json(201, { actions: actions.map(action => actionReply(project, action)) })
}

const changed = (project: Project, command: string, firewall: KeptFirewall, server: number) =>
  begin(project, command, [
    { id: firewall.id, type: 'firewall' },
    { id: server, type: 'server' },
  ])
