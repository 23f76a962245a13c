// Which request is which handler's. `{id}` is a number; what stands here is also what faults and the ledger call it.
import { actionsOf, getAction, getActions } from './actions.ts'
import { changeAddress, createAddress, deleteAddress, getAddress, getAddresses, unassignAddress } from './addresses.ts'
import {
  getImage,
  getImages,
  getLocation,
  getLocations,
  getPricing,
  getServerType,
  getServerTypes,
} from './catalogue-replies.ts'
import {
  applyFirewall,
  changeFirewall,
  createFirewall,
  deleteFirewall,
  getFirewall,
  getFirewalls,
  removeFirewall,
  setRules,
} from './firewalls.ts'
import { changeKey, createKey, deleteKey, getKey, getKeys } from './keys.ts'
import { page } from './lists.ts'
import { type Handler, Refusal } from './project.ts'
import { createServer } from './server-create.ts'
import {
  changeProtection,
  changeServer,
  changeType,
  deleteServer,
  getServer,
  getServers,
  powerOff,
  powerOn,
  shutDown,
} from './servers.ts'
import { changeVolume, createVolume, deleteVolume, detachVolume, getVolume, getVolumes } from './volumes.ts'

/** It answers no more since 1 October 2026. */
const gone: Handler = () => {
  throw new Refusal(410, 'deprecated_api_endpoint', 'this endpoint has been removed')
}

const routes: Readonly<Record<string, Handler>> = {
  'GET /actions': getActions,
  'GET /actions/{id}': getAction,
  'GET /datacenters': gone,
  'GET /datacenters/{id}': gone,
  'GET /firewalls': getFirewalls,
  'POST /firewalls': createFirewall,
  'GET /firewalls/{id}': getFirewall,
  'PUT /firewalls/{id}': changeFirewall,
  'DELETE /firewalls/{id}': deleteFirewall,
  'POST /firewalls/{id}/actions/apply_to_resources': applyFirewall,
  'POST /firewalls/{id}/actions/remove_from_resources': removeFirewall,
  'POST /firewalls/{id}/actions/set_rules': setRules,
  'GET /floating_ips': (_project, { query }) => page(query, 'floating_ips', []),
  'GET /images': getImages,
  'GET /images/{id}': getImage,
  'GET /isos': (_project, { query }) => page(query, 'isos', []),
  'GET /locations': getLocations,
  'GET /locations/{id}': getLocation,
  'GET /pricing': getPricing,
  'GET /primary_ips': getAddresses,
  'POST /primary_ips': createAddress,
  'GET /primary_ips/{id}': getAddress,
  'PUT /primary_ips/{id}': changeAddress,
  'DELETE /primary_ips/{id}': deleteAddress,
  'POST /primary_ips/{id}/actions/unassign': unassignAddress,
  'GET /server_types': getServerTypes,
  'GET /server_types/{id}': getServerType,
  'GET /servers': getServers,
  'POST /servers': createServer,
  'GET /servers/{id}': getServer,
  'PUT /servers/{id}': changeServer,
  'DELETE /servers/{id}': deleteServer,
  'GET /servers/{id}/actions': actionsOf('server'),
  'POST /servers/{id}/actions/change_protection': changeProtection,
  'POST /servers/{id}/actions/change_type': changeType,
  'POST /servers/{id}/actions/poweroff': powerOff,
  'POST /servers/{id}/actions/poweron': powerOn,
  'POST /servers/{id}/actions/shutdown': shutDown,
  'GET /ssh_keys': getKeys,
  'POST /ssh_keys': createKey,
  'GET /ssh_keys/{id}': getKey,
  'PUT /ssh_keys/{id}': changeKey,
  'DELETE /ssh_keys/{id}': deleteKey,
  'GET /volumes': getVolumes,
  'POST /volumes': createVolume,
  'GET /volumes/{id}': getVolume,
  'PUT /volumes/{id}': changeVolume,
  'DELETE /volumes/{id}': deleteVolume,
  'POST /volumes/{id}/actions/detach': detachVolume,
}

/** All that it answers. */
export const operations: readonly string[] = Object.keys(routes)

/** What it is called, its numbers, and who answers it; null: nobody does. */
export function route(method: string, path: string): { name: string; ids: number[]; handler: Handler | null } {
  const parts = path.replace(/^\/v1(?=\/)/, '').split('/')
  const ids = parts.filter(part => /^\d+$/.test(part)).map(Number)
  const name = `${method} ${parts.map(part => (/^\d+$/.test(part) ? '{id}' : part)).join('/')}`
  return { name, ids, handler: path.startsWith('/v1/') ? (routes[name] ?? null) : null }
}
