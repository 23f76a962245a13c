// The adapter to Compute Engine. A region is its zones; lists come for the whole project at once, so that nothing of ours
// is overlooked in a zone nobody thought of. Rules of the firewall belong to no region and are shown with the first.
import { createHash } from 'node:crypto'
import type { Cloud, DestroyOutcome, Offer } from '../cloud.ts'
import { CloudError } from '../error.ts'
import { unlessHopeless } from '../hangers.ts'
import { carries, googleLabels, labelsOf, labelValue, tagsOf } from '../labels.ts'
import { providerText } from '../provider-text.ts'
import { type CloudRim, realRim } from '../rim.ts'
import type { CloudSettings } from '../settings.ts'
import type { OwnerTags } from '../shapes.ts'
import { createGcpCalls, type Scoped } from './calls.ts'
import { createGcpClients } from './clients.ts'
import { fleetOf, installTag } from './ensure.ts'
import { gcpRequest, launchInstance } from './launch.ts'
import { addressOf, archOf, diskOf, groupOf, hostkeysOf, lastPart, machineOf, regionOf } from './machine.ts'
import { prepareInstance } from './prepare.ts'
import { isSharedCore, type Power, powerOf, pricesOf } from './prices.ts'
import type { Instance, Sku } from './replies.ts'

const computeService = '6F81-5844-456A'
const mostPages = 100

interface Placed {
  zone: string
  instance: Instance
}

export function createGcpCloud(settings: CloudSettings, rim: CloudRim = realRim): Cloud {
  const calls = createGcpCalls(createGcpClients(settings), rim)
  /** How often the end of a machine was asked for in vain, surely. */
  const vain = new Map<string, number>()

  async function instancesIn(region: string, filter: string | null, signal: AbortSignal): Promise<Placed[]> {
    return placed(await calls.allInstances(filter, signal)).filter(({ zone }) => regionOf(zone) === region)
  }

  /** An id is a number, which says nothing of the zone. */
  async function instanceAt(region: string, id: string, signal: AbortSignal): Promise<Placed | null> {
    if (!/^[0-9]{1,20}$/.test(id)) return null
    return (await instancesIn(region, null, signal)).find(({ instance }) => instance.id === id) ?? null
  }

  const disksNow = async (signal: AbortSignal) => (await calls.allDisks(signal)).flatMap(({ items }) => items)

  async function ours(region: string, id: string, tags: { fleet: string; node: string }, signal: AbortSignal) {
    const found = await instanceAt(region, id, signal)
    if (!found) throw notThere(region, id)
    if (carries(found.instance.labels, tags)) return found
    throw new CloudError({
      failure: 'conflict',
      effect: 'none',
      message: `instance ${id} does not carry the labels of ${tags.node} in fleet ${tags.fleet}`,
      remedy: 'See `watchfloor drift`.',
    })
  }

  async function hostkeys({ zone, instance }: Placed, signal: AbortSignal): Promise<string[]> {
    if (instance.status !== 'RUNNING') return []
    // An image without Google's agent has none, and one that boots has none yet.
    const found = await calls.guestAttributes(zone, instance.name, signal).catch(() => null)
    signal.throwIfAborted()
    return hostkeysOf(found?.queryValue?.items ?? [])
  }

  /** Disks that are not deleted with the machine are found after its end by their labels, so they get them before. */
  async function labelDisks({ zone, instance }: Placed, tags: Partial<OwnerTags>, signal: AbortSignal): Promise<void> {
    const names = (instance.disks ?? []).map(({ source }) => lastPart(source))
    const disks = (await calls.allDisks(signal)).filter(({ scope }) => scope === zone).flatMap(({ items }) => items)
    for (const disk of disks.filter(({ name }) => names.includes(name))) {
      if (tagsOf(disk.labels).fleet !== undefined) continue
      const labels = { ...disk.labels, ...labelsOf(tags, googleLabels) }
      await calls.setDiskLabels(zone, disk.name, { labels, labelFingerprint: disk.labelFingerprint ?? '' }, signal)
    }
  }

  async function destroyOne(
    region: string,
    id: string,
    tags: { fleet: string; node: string },
    signal: AbortSignal,
  ): Promise<DestroyOutcome> {
    const found = await instanceAt(region, id, signal)
    if (!found) return { id, outcome: 'gone' }
    const { zone, instance } = found
    if (!carries(instance.labels, tags)) {
      return { id, outcome: 'refused', why: `it does not carry the labels of ${tags.node} in fleet ${tags.fleet}` }
    }
    if (instance.deletionProtection === true) {
      return { id, outcome: 'refused', why: 'it is protected from deletion at Google' }
    }
    await unlessHopeless(labelDisks(found, { ...tagsOf(instance.labels), ...tags }, signal))
    try {
      await calls.deleteInstance(zone, deletionToken(id, settings.now(), vain.get(id) ?? 0), instance.name, signal)
      return { id, outcome: 'asked' }
    } catch (error) {
      if (error instanceof CloudError && error.failure === 'not-found') return { id, outcome: 'gone' }
      // With the same token, Google would tell of the same attempt again.
      if (error instanceof CloudError && error.effect === 'none') vain.set(id, (vain.get(id) ?? 0) + 1)
      throw error
    }
  }

  async function catalogue(signal: AbortSignal): Promise<Sku[]> {
    const skus: Sku[] = []
    let token = ''
    for (let page = 0; page < mostPages; page++) {
      const query = new URLSearchParams({ currencyCode: 'USD', pageSize: '5000' })
      if (token !== '') query.set('pageToken', token)
      const found = await calls.skuPage(`/v1/services/${computeService}/skus?${query}`, signal)
      skus.push(...(found?.skus ?? []))
      token = found?.nextPageToken ?? ''
      if (token === '') break
    }
    return skus
  }

  async function powers(types: readonly string[], signal: AbortSignal): Promise<Map<string, Power>> {
    const found = new Map<string, Power>()
    for (const type of new Set(types)) {
      if (!/^[a-z][a-z0-9-]{1,62}$/.test(type)) continue
      const scopes = isSharedCore(type) ? [] : await calls.allMachineTypes(`name=${type}`, signal)
      const shown = scopes.flatMap(({ items }) => items).find(({ name }) => name === type)
      const power = powerOf(type, shown ?? null)
      if (power) found.set(type, power)
    }
    return found
  }

  return {
    provider: 'gcp',

    async regions(signal) {
      const regions = await calls.regions(signal)
      return regions.map(({ name, status }) => ({
        region: name,
        status: status === 'DOWN' ? 'impaired' : 'enabled',
        why: status === 'DOWN' ? 'Google says that it is down' : null,
      }))
    },

    async offers(region, types, signal) {
      const [only] = types?.length === 1 ? types : []
      const filter = only !== undefined && /^[a-z][a-z0-9-]{1,62}$/.test(only) ? `name=${only}` : null
      const offers = new Map<string, Offer>()
      for (const { scope, items } of await calls.allMachineTypes(filter, signal)) {
        if (regionOf(scope) !== region) continue
        for (const type of items) {
          if (types !== null && !types.includes(type.name)) continue
          const state = providerText(type.deprecated?.state).toLowerCase()
          offers.set(type.name, {
            provider: 'gcp',
            region,
            type: providerText(type.name),
            arch: archOf(type.architecture) ?? 'x86_64',
            vcpus: type.guestCpus ?? 0,
            memoryMib: type.memoryMb ?? 0,
            diskGb: null,
            available: state === 'obsolete' || state === 'deleted' ? false : null,
            note: state === '' ? null : state,
          })
        }
      }
      return [...offers.values()]
    },

    prepare: (spec, tags, zone, signal) => prepareInstance(calls, spec, tags, zone, signal),

    async launch(prepared, tags, token, signal) {
      const { request } = prepared
      if (!gcpRequest.is(request)) {
        throw new CloudError({
          failure: 'invalid',
          effect: 'none',
          message: 'the prepared request is none for Compute Engine',
          remedy: 'Provision the node anew.',
        })
      }
      const instance = await launchInstance(calls, rim, request, tags, token, signal)
      // The machine is there: that its disk could not be looked at must not read as a failure to make it.
      const disks = await disksNow(signal).catch(() => [])
      signal.throwIfAborted()
      return machineOf(instance, request.zone, disks)
    },

    async find(region, tags, signal) {
      const filter = `labels.fleet=${labelValue(tags.fleet, googleLabels)}`
      const found = (await instancesIn(region, filter, signal)).filter(({ instance }) => carries(instance.labels, tags))
      const disks = found.length > 0 ? await disksNow(signal) : []
      return found.map(({ instance, zone }) => machineOf(instance, zone, disks))
    },

    async get(region, id, signal) {
      const found = await instanceAt(region, id, signal)
      if (!found) return null
      return machineOf(found.instance, found.zone, await disksNow(signal), await hostkeys(found, signal))
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
      const filter = `labels.fleet=${labelValue(fleet, googleLabels)}`
      // The rules are the project's: as long as a machine of the fleet is anywhere, they are in use or soon may be.
      const left = placed(await calls.allInstances(filter, signal))
      if (left.some(({ instance }) => carries(instance.labels, { fleet }))) return []
      const removed: string[] = []
      for (const firewall of (await calls.firewalls(signal)).filter(rule => fleetOf(rule) === fleet)) {
        try {
          await calls.deleteFirewall(firewall.name, signal)
          removed.push(`firewall rule ${providerText(firewall.name)}`)
        } catch (error) {
          const isLeft = error instanceof CloudError && ['conflict', 'locked', 'not-found'].includes(error.failure)
          if (!isLeft) throw error
        }
      }
      return removed
    },

    async list(region, signal) {
      const regions = (await calls.regions(signal)).map(({ name }) => name).sort()
      if (!regions.includes(region)) {
        throw new CloudError({
          failure: 'invalid',
          effect: 'none',
          message: `Compute Engine has no region ${region}`,
          remedy: 'Correct the region in the fleet file.',
        })
      }
      const [instances, disks, addresses] = await Promise.all([
        instancesIn(region, null, signal),
        calls.allDisks(signal),
        calls.allAddresses(signal),
      ])
      const isFirst = region === regions[0]
      const isHere = ({ scope }: { scope: string }) =>
        scope === region || regionOf(scope) === region || (isFirst && scope === 'global')
      const disksHere = disks.filter(isHere).flatMap(({ items }) => items)
      const addressesHere = addresses.filter(isHere).flatMap(({ items }) => items)
      const loose = [
        ...disksHere.filter(({ users }) => !users?.length).map(diskOf),
        ...addressesHere
          .filter(({ users, addressType }) => !users?.length && addressType !== 'INTERNAL')
          .map(addressOf),
      ]
      if (isFirst) {
        const rules = (await calls.firewalls(signal)).filter(rule => fleetOf(rule) !== null)
        loose.push(...rules.map(rule => groupOf(rule, fleetOf(rule))))
      }
      return { machines: instances.map(({ instance, zone }) => machineOf(instance, zone, disksHere)), loose }
    },

    async adopt(region, id, tags, signal) {
      const found = await instanceAt(region, id, signal)
      if (!found) throw notThere(region, id)
      const { instance, zone } = found
      const labels = { ...instance.labels, ...labelsOf(tags, googleLabels) }
      const labelFingerprint = instance.labelFingerprint ?? ''
      await calls.setLabels(zone, instance.name, { labels, labelFingerprint }, signal)
      await labelDisks(found, tags, signal)
    },

    async closeSsh(region, id, tags, signal) {
      const { instance, zone } = await ours(region, id, tags, signal)
      const items = instance.tags?.items ?? []
      const open = installTag(tags.fleet)
      if (!items.includes(open)) return
      const rest = items.filter(tag => tag !== open)
      await calls.setTags(zone, instance.name, { items: rest, fingerprint: instance.tags?.fingerprint ?? '' }, signal)
    },

    async prices(regions, types, signal) {
      const power = await powers(types, signal)
      return pricesOf(await catalogue(signal), regions, power, settings.now())
    },
  }
}

function placed(scopes: readonly Scoped<Instance>[]): Placed[] {
  return scopes.flatMap(({ scope, items }) => items.map(instance => ({ zone: scope, instance })))
}

/** The same for ten minutes, so that a lost answer is no second deletion, and one that failed can be asked for again. */
function deletionToken(id: string, now: number, vain: number): string {
  const hex = createHash('sha256')
    .update(`delete ${id} ${Math.floor(now / 600_000)} ${vain}`)
    .digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

function notThere(region: string, id: string): CloudError {
  return new CloudError({
    failure: 'not-found',
    effect: 'none',
    message: `there is no instance ${providerText(id)} in ${region}`,
    remedy: 'See `watchfloor drift`.',
  })
}
