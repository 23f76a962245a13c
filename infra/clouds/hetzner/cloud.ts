// The adapter to Hetzner. A project is one list of servers over all locations, so a region is a filter of ours; what
// belongs to no location (firewalls, keys, snapshots) is shown with the first.
import type { Cloud, DestroyOutcome } from '../cloud.ts'
import { CloudError } from '../error.ts'
import { unlessHopeless } from '../hangers.ts'
import { carries, hetznerLabels, labelsOf, labelValue, tagsOf } from '../labels.ts'
import { type CloudRim, realRim } from '../rim.ts'
import type { CloudSettings } from '../settings.ts'
import type { Machine, OwnerTags } from '../shapes.ts'
import { waitForActions } from './actions.ts'
import { createHetznerCalls, type Query } from './calls.ts'
import { installFirewallName } from './ensure.ts'
import { hetznerRequest, launchServer } from './launch.ts'
import { addressOf, diskOf, floatingOf, groupOf, keyOf, machineOf, snapshotOf } from './machine.ts'
import { offerOf } from './offers.ts'
import { prepareServer } from './prepare.ts'
import { pricesOf } from './prices.ts'
import type { PrimaryIp, Server } from './replies.ts'
import { createHetznerTransport } from './transport.ts'

export function createHetznerCloud(settings: CloudSettings, rim: CloudRim = realRim): Cloud {
  const calls = createHetznerCalls(createHetznerTransport(settings, rim))

  async function machinesOf(servers: readonly Server[], region: string, signal: AbortSignal): Promise<Machine[]> {
    const volumes = servers.some(server => server.volumes?.length) ? await calls.volumes([], signal) : []
    return servers.map(server => machineOf(server, server.location?.name ?? region, volumes))
  }

  /** null: there is none of that id in the region. */
  async function serverAt(region: string, id: string, signal: AbortSignal): Promise<Server | null> {
    if (!isId(id)) return null
    const server = await calls.server(id, signal)
    return server && isIn(server, region) ? server : null
  }

  /** What hangs on a machine is found after its end by its labels, so it gets them, best before. */
  async function labelHangers(server: Server, tags: Partial<OwnerTags>, signal: AbortSignal): Promise<void> {
    const labels = labelsOf(tags, hetznerLabels)
    for (const id of server.volumes ?? []) {
      const [volume] = (await calls.volumes([], signal)).filter(volume => volume.id === id)
      if (volume && tagsOf(volume.labels).fleet === undefined) {
        await calls.labelVolume(id, { ...volume.labels, ...labels }, signal)
      }
    }
    const hangs = (ip: PrimaryIp) => ip.assignee_id === server.id
    if (!server.public_net.ipv4 && !server.public_net.ipv6) return
    for (const ip of (await calls.primaryIps([], signal)).filter(hangs)) {
      if (tagsOf(ip.labels).fleet === undefined) {
        await calls.changePrimaryIp(ip.id, { labels: { ...ip.labels, ...labels } }, signal)
      }
    }
  }

  async function destroyOne(
    region: string,
    id: string,
    tags: { fleet: string; node: string },
    signal: AbortSignal,
  ): Promise<DestroyOutcome> {
    const server = await serverAt(region, id, signal)
    if (!server) return { id, outcome: 'gone' }
    if (!carries(server.labels, tags)) {
      return { id, outcome: 'refused', why: `it does not carry the labels of ${tags.node} in fleet ${tags.fleet}` }
    }
    if (server.protection?.delete) return { id, outcome: 'refused', why: 'it is protected from deletion at Hetzner' }
    await unlessHopeless(labelHangers(server, { ...tagsOf(server.labels), ...tags }, signal))
    try {
      const begun = await calls.deleteServer(id, signal)
      const failed = begun.find(action => action.status === 'error')
      if (failed) await waitForActions(calls, rim, [failed], signal)
      return { id, outcome: 'asked' }
    } catch (error) {
      if (error instanceof CloudError && error.failure === 'not-found') return { id, outcome: 'gone' }
      if (error instanceof CloudError && error.code === 'protected') {
        return { id, outcome: 'refused', why: error.message }
      }
      throw error
    }
  }

  return {
    provider: 'hetzner',

    async regions(signal) {
      const locations = await calls.locations(signal)
      return locations.map(({ name }) => ({ region: name, status: 'enabled', why: null }))
    },

    async offers(region, types, signal) {
      const sold = await calls.serverTypes([], signal)
      return sold
        .filter(type => types === null || types.includes(type.name))
        .flatMap(type => offerOf(type, region, settings.now()) ?? [])
    },

    prepare: (spec, tags, _zone, signal) => prepareServer(calls, rim, spec, tags, settings.now(), signal),

    async launch(prepared, tags, token, signal) {
      const { request, region } = prepared
      if (!hetznerRequest.is(request)) {
        throw new CloudError({
          failure: 'invalid',
          effect: 'none',
          message: 'the prepared request is none for Hetzner',
          remedy: 'Provision the node anew.',
        })
      }
      const server = await launchServer(calls, rim, request, tags, token, signal)
      // The server is there: that its address has no labels yet must not read as a failure to make it.
      await labelHangers(server, tags, signal).catch(() => signal.throwIfAborted())
      return machineOf(server, region, [])
    },

    async find(region, tags, signal) {
      const wanted = (['fleet', 'node', 'op'] as const).flatMap(key =>
        tags[key] === undefined ? [] : [`${key}==${labelValue(tags[key], hetznerLabels)}`],
      )
      const query: Query = [['label_selector', wanted.join(',')]]
      const servers = await calls.servers(query, signal)
      const ours = servers.filter(server => isIn(server, region) && carries(server.labels, tags))
      return await machinesOf(ours, region, signal)
    },

    async get(region, id, signal) {
      const server = await serverAt(region, id, signal)
      return server ? ((await machinesOf([server], region, signal))[0] ?? null) : null
    },

    async destroy(region, ids, tags, signal) {
      const outcomes: DestroyOutcome[] = []
      // One that fails does not keep the others.
      for (const id of ids) {
        try {
          outcomes.push(await destroyOne(region, id, tags, signal))
        } catch (error) {
          signal.throwIfAborted()
          if (!(error instanceof CloudError)) throw error
          outcomes.push({ id, outcome: 'failed', error })
        }
      }
      return outcomes
    },

    async tidy(_region, fleet, signal) {
      const query: Query = [['label_selector', `fleet==${labelValue(fleet, hetznerLabels)}`]]
      const isOurs = (thing: { labels?: Record<string, string> | null }) => carries(thing.labels, { fleet })
      // All of it is the project's: as long as a server of the fleet is anywhere, it is in use or soon may be.
      if ((await calls.servers(query, signal)).some(isOurs)) return []
      const removed: string[] = []
      for (const firewall of (await calls.firewalls(query, signal)).filter(isOurs)) {
        if (firewall.applied_to.length > 0) continue
        if (await removes(calls.deleteFirewall(firewall.id, signal))) removed.push(`firewall ${firewall.id}`)
      }
      for (const key of (await calls.sshKeys(query, signal)).filter(isOurs)) {
        if (await removes(calls.deleteSshKey(key.id, signal))) removed.push(`SSH key ${key.id}`)
      }
      return removed
    },

    async list(region, signal) {
      const locations = await calls.locations(signal)
      if (!locations.some(({ name }) => name === region)) {
        throw new CloudError({
          failure: 'invalid',
          effect: 'none',
          message: `Hetzner has no location ${region}`,
          remedy: `Its locations are ${locations.map(({ name }) => name).join(', ')}.`,
        })
      }
      const [servers, volumes, primaryIps, floatingIps] = await Promise.all([
        calls.servers([], signal),
        calls.volumes([], signal),
        calls.primaryIps([], signal),
        calls.floatingIps([], signal),
      ])
      const loose = [
        ...volumes.filter(volume => volume.server === null && volume.location?.name === region).map(diskOf),
        ...primaryIps.filter(ip => ip.assignee_id === null && placeOf(ip) === region).map(addressOf),
        ...floatingIps.filter(ip => ip.server === null && ip.home_location?.name === region).map(floatingOf),
      ]
      const first = locations.map(({ name }) => name).sort()[0]
      if (region === first) {
        loose.push(...(await calls.images([['type', 'snapshot']], signal)).map(snapshotOf))
        const unused = (await calls.firewalls([], signal)).filter(firewall => firewall.applied_to.length === 0)
        loose.push(...unused.map(groupOf), ...(await calls.sshKeys([], signal)).map(keyOf))
      }
      const here = servers.filter(server => server.location?.name === region)
      return { machines: here.map(server => machineOf(server, region, volumes)), loose }
    },

    async adopt(region, id, tags, signal) {
      const server = await serverAt(region, id, signal)
      if (!server) throw notThere(region, id)
      const labels = { ...server.labels, ...labelsOf(tags, hetznerLabels) }
      await calls.labelServer(server.id, labels, signal)
      await labelHangers(server, tags, signal)
    },

    async closeSsh(region, id, tags, signal) {
      const server = await serverAt(region, id, signal)
      if (!server) throw notThere(region, id)
      if (!carries(server.labels, tags)) {
        throw new CloudError({
          failure: 'conflict',
          effect: 'none',
          message: `server ${id} does not carry the labels of ${tags.node} in fleet ${tags.fleet}`,
          remedy: 'See `watchfloor drift`.',
        })
      }
      const [install] = await calls.firewalls([['name', installFirewallName(tags.fleet)]], signal)
      const isOn = install?.applied_to.some(({ server }) => server?.id === Number(id)) === true
      const isSeen = server.public_net.firewalls?.some(firewall => firewall.id === install?.id) === true
      if (!install || (!isOn && !isSeen)) return
      await waitForActions(calls, rim, await calls.removeFirewallFrom(install.id, server.id, signal), signal)
    },

    async prices(regions, types, signal) {
      return pricesOf(await calls.pricing(signal), regions, types, settings.now())
    },
  }
}

/** Ids stand in paths, so that only numbers may. */
function isId(id: string): boolean {
  return /^-?[0-9]{1,16}$/.test(id)
}

/** A server whose place is not told is not hidden. */
function isIn(server: Server, region: string): boolean {
  return (server.location?.name ?? region) === region
}

function placeOf(ip: PrimaryIp): string | undefined {
  return ip.location?.name ?? ip.datacenter?.location?.name
}

/** false: something uses it after all, or it is gone. */
async function removes(deletion: Promise<unknown>): Promise<boolean> {
  try {
    await deletion
    return true
  } catch (error) {
    if (error instanceof CloudError && ['conflict', 'locked', 'not-found'].includes(error.failure)) return false
    throw error
  }
}

function notThere(region: string, id: string): CloudError {
  return new CloudError({
    failure: 'not-found',
    effect: 'none',
    message: `there is no server ${id} in ${region}`,
    remedy: 'See `watchfloor drift`.',
  })
}
