// Firewall rules of the network: one name, one rule. They have no labels.
import type { KeptFirewall } from './kept.ts'
import { list } from './lists.ts'
import { operate } from './operations.ts'
import { checkName, exists, type Handler, json, link, note, notFound, type Project, Refusal, stamp } from './project.ts'
import { firewallPatch, firewallRequest, read } from './requests.ts'

const pathOf = (project: string | undefined, name: string) => `projects/${project}/global/firewalls/${name}`

const firewallReply = (project: string, { id, created, rule }: KeptFirewall) => ({
  network: link(`projects/${project}/global/networks/default`),
  priority: 1000,
  direction: 'INGRESS',
  disabled: false,
  ...rule,
  kind: 'compute#firewall',
  id,
  creationTimestamp: stamp(created),
  logConfig: { enable: false },
  selfLink: link(pathOf(project, rule.name)),
})

function its({ state }: Project, { project, name = '' }: Readonly<Record<string, string>>): KeptFirewall {
  const found = state.firewalls.find(({ rule }) => rule.name === name)
  if (!found) throw notFound(pathOf(project, name))
  return found
}

export const listFirewalls: Handler = ({ state }, call) =>
  list(
    call,
    'firewallList',
    'global/firewalls',
    state.firewalls.map(firewall => firewallReply(call.at.project ?? '', firewall)),
  )

export const getFirewall: Handler = (project, { at }) => json(firewallReply(at.project ?? '', its(project, at)))

const begun = (type: string, project: string | undefined, { id, rule }: KeptFirewall) => ({
  type,
  scope: 'global',
  target: { link: link(pathOf(project, rule.name)), id },
})

export const insertFirewall: Handler = (project, call) => {
  const rule = read(firewallRequest, call.body)
  return operate(project, call, `firewalls.insert ${JSON.stringify(rule)}`, requestId => {
    checkName('resource.name', rule.name)
    if (!rule.allowed && !rule.denied)
      throw new Refusal(400, 'required', 'Required field not specified: allowed or denied')
    const { state } = project
    if (state.firewalls.some(other => other.rule.name === rule.name)) throw exists(pathOf(call.at.project, rule.name))
    const firewall: KeptFirewall = { id: project.nextId(), created: project.now(), rule }
    if (call.fault?.kind === 'fails-later') return begun('insert', call.at.project, firewall)
    state.firewalls.push(firewall)
    note(project, 'created', { kind: 'group', id: firewall.id, region: 'global', tags: {}, token: requestId })
    return begun('insert', call.at.project, firewall)
  })
}

export const patchFirewall: Handler = (project, call) => {
  const change = read(firewallPatch, call.body)
  return operate(project, call, `firewalls.patch ${call.at.name} ${JSON.stringify(change)}`, () => {
    const firewall = its(project, call.at)
    if (call.fault?.kind !== 'fails-later') firewall.rule = { ...firewall.rule, ...change, name: firewall.rule.name }
    return begun('patch', call.at.project, firewall)
  })
}

export const deleteFirewall: Handler = (project, call) =>
  operate(project, call, `firewalls.delete ${call.at.name}`, () => {
    const firewall = its(project, call.at)
    if (call.fault?.kind === 'fails-later') return begun('delete', call.at.project, firewall)
    project.state.firewalls = project.state.firewalls.filter(other => other !== firewall)
    note(project, 'deleted', { kind: 'group', id: firewall.id, region: 'global', tags: {} })
    return begun('delete', call.at.project, firewall)
  })
