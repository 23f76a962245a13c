// Which request is which method's. The names are Google's (`instances.insert`); faults and the ledger use them.
import { deleteAddress, getAddress, listAddresses, listAllAddresses } from './addresses.ts'
import {
  checkZone,
  getImage,
  getImageOfFamily,
  getNetwork,
  getRegion,
  getType,
  getZone,
  imagesOf,
  networkReply,
  regionReply,
  regions,
  typeReply,
  typesIn,
  zoneReply,
  zones,
} from './catalogue.ts'
import { deleteDisk, getDisk, listAllDisks, listDisks, setDiskLabels } from './disks.ts'
import { deleteFirewall, getFirewall, insertFirewall, listFirewalls, patchFirewall } from './firewalls.ts'
import { insertInstance } from './instance-insert.ts'
import { getInstance, listAllInstances, listInstances } from './instance-replies.ts'
import {
  deleteInstance,
  getGuestAttributes,
  getSerialPort,
  setDeletionProtection,
  setLabels,
  setMachineType,
  setMetadata,
  setTags,
  startInstance,
  stopInstance,
} from './instances.ts'
import { aggregated, list } from './lists.ts'
import { getOperation, waitForOperation } from './operations.ts'
import { type Handler, json, link } from './project.ts'
import { listSkus } from './skus.ts'

const getProject: Handler = (_project, { at: { project = '' } }) =>
  json({ kind: 'compute#project', id: '5230000000001', name: project, selfLink: link(`projects/${project}`) })

const listRegions: Handler = (project, call) => {
  const { project: name = '' } = call.at
  const all = Object.keys(regions).map(region => regionReply(project, name, region))
  return list(call, 'regionList', 'regions', all)
}

const listZones: Handler = (_project, call) => {
  const { project: name = '' } = call.at
  return list(
    call,
    'zoneList',
    'zones',
    zones.map(zone => zoneReply(name, zone)),
  )
}

const listTypes: Handler = (_project, call) => {
  const { project: name = '', zone = '' } = call.at
  const there = typesIn(checkZone(name, zone)).map(type => typeReply(name, zone, type))
  return list(call, 'machineTypeList', `zones/${zone}/machineTypes`, there)
}

const listAllTypes: Handler = (_project, call) =>
  aggregated(
    call,
    'machineTypes',
    'machineTypeAggregatedList',
    zones.map(zone => `zones/${zone}`),
    zones.flatMap(zone =>
      typesIn(zone).map(type => ({ scope: `zones/${zone}`, item: typeReply(call.at.project ?? '', zone, type) })),
    ),
  )

const listNetworks: Handler = (_project, call) =>
  list(call, 'networkList', 'global/networks', [networkReply(call.at.project ?? '')])

const listImages: Handler = (_project, call) =>
  list(call, 'imageList', 'global/images', imagesOf(call.at.project ?? ''))

const routes: readonly (readonly [name: string, method: string, path: string, handler: Handler])[] = [
  ['projects.get', 'GET', '', getProject],
  ['regions.list', 'GET', 'regions', listRegions],
  ['regions.get', 'GET', 'regions/{region}', getRegion],
  ['zones.list', 'GET', 'zones', listZones],
  ['zones.get', 'GET', 'zones/{zone}', getZone],
  ['machineTypes.aggregatedList', 'GET', 'aggregated/machineTypes', listAllTypes],
  ['machineTypes.list', 'GET', 'zones/{zone}/machineTypes', listTypes],
  ['machineTypes.get', 'GET', 'zones/{zone}/machineTypes/{name}', getType],
  ['images.list', 'GET', 'global/images', listImages],
  ['images.getFromFamily', 'GET', 'global/images/family/{name}', getImageOfFamily],
  ['images.get', 'GET', 'global/images/{name}', getImage],
  ['networks.list', 'GET', 'global/networks', listNetworks],
  ['networks.get', 'GET', 'global/networks/{name}', getNetwork],
  ['firewalls.list', 'GET', 'global/firewalls', listFirewalls],
  ['firewalls.insert', 'POST', 'global/firewalls', insertFirewall],
  ['firewalls.get', 'GET', 'global/firewalls/{name}', getFirewall],
  ['firewalls.patch', 'PATCH', 'global/firewalls/{name}', patchFirewall],
  ['firewalls.delete', 'DELETE', 'global/firewalls/{name}', deleteFirewall],
  ['instances.aggregatedList', 'GET', 'aggregated/instances', listAllInstances],
  ['instances.list', 'GET', 'zones/{zone}/instances', listInstances],
  ['instances.insert', 'POST', 'zones/{zone}/instances', insertInstance],
  ['instances.get', 'GET', 'zones/{zone}/instances/{name}', getInstance],
  ['instances.delete', 'DELETE', 'zones/{zone}/instances/{name}', deleteInstance],
  ['instances.stop', 'POST', 'zones/{zone}/instances/{name}/stop', stopInstance],
  ['instances.start', 'POST', 'zones/{zone}/instances/{name}/start', startInstance],
  ['instances.setLabels', 'POST', 'zones/{zone}/instances/{name}/setLabels', setLabels],
  ['instances.setTags', 'POST', 'zones/{zone}/instances/{name}/setTags', setTags],
  ['instances.setMetadata', 'POST', 'zones/{zone}/instances/{name}/setMetadata', setMetadata],
  ['instances.setMachineType', 'POST', 'zones/{zone}/instances/{name}/setMachineType', setMachineType],
  [
    'instances.setDeletionProtection',
    'POST',
    'zones/{zone}/instances/{name}/setDeletionProtection',
    setDeletionProtection,
  ],
  ['instances.getGuestAttributes', 'GET', 'zones/{zone}/instances/{name}/getGuestAttributes', getGuestAttributes],
  ['instances.getSerialPortOutput', 'GET', 'zones/{zone}/instances/{name}/serialPort', getSerialPort],
  ['disks.aggregatedList', 'GET', 'aggregated/disks', listAllDisks],
  ['disks.list', 'GET', 'zones/{zone}/disks', listDisks],
  ['disks.get', 'GET', 'zones/{zone}/disks/{name}', getDisk],
  ['disks.delete', 'DELETE', 'zones/{zone}/disks/{name}', deleteDisk],
  ['disks.setLabels', 'POST', 'zones/{zone}/disks/{name}/setLabels', setDiskLabels],
  ['addresses.aggregatedList', 'GET', 'aggregated/addresses', listAllAddresses],
  ['addresses.list', 'GET', 'regions/{region}/addresses', listAddresses],
  ['addresses.get', 'GET', 'regions/{region}/addresses/{name}', getAddress],
  ['addresses.delete', 'DELETE', 'regions/{region}/addresses/{name}', deleteAddress],
  ['zoneOperations.get', 'GET', 'zones/{zone}/operations/{name}', getOperation],
  ['zoneOperations.wait', 'POST', 'zones/{zone}/operations/{name}/wait', waitForOperation],
  ['regionOperations.get', 'GET', 'regions/{region}/operations/{name}', getOperation],
  ['regionOperations.wait', 'POST', 'regions/{region}/operations/{name}/wait', waitForOperation],
  ['globalOperations.get', 'GET', 'global/operations/{name}', getOperation],
  ['globalOperations.wait', 'POST', 'global/operations/{name}/wait', waitForOperation],
]

/** All that it answers, beside the catalogue. */
export const methods: readonly string[] = routes.map(([name]) => name)

export interface Route {
  name: string
  at: Readonly<Record<string, string>>
  handler: Handler
}

/** null: nobody answers that. */
export function route(method: string, path: string): Route | null {
  const [, service] = /^\/v1\/services\/([^/]+)\/skus$/.exec(path) ?? []
  if (service !== undefined && method === 'GET') return { name: 'skus.list', at: { name: service }, handler: listSkus }
  const parts = path.split('/').slice(1).map(decodeURIComponent)
  const [compute, version, projects, project = '', ...rest] = parts
  if (compute !== 'compute' || version !== 'v1' || projects !== 'projects' || project === '') return null
  for (const [name, wanted, template, handler] of routes) {
    const at = wanted === method ? fitted(template, rest) : null
    if (at) return { name, at: { project, ...at }, handler }
  }
  return null
}

function fitted(template: string, parts: readonly string[]): Record<string, string> | null {
  const wanted = template === '' ? [] : template.split('/')
  if (wanted.length !== parts.length) return null
  const found: Record<string, string> = {}
  for (const [index, part] of parts.entries()) {
    const [, variable] = /^\{(\w+)\}$/.exec(wanted[index] ?? '') ?? []
    if (variable !== undefined) found[variable] = part
    else if (wanted[index] !== part) return null
  }
  return found
}
