// Compute Engine as far as we use it: each answer judged, each failure classed, and reads tried again. Nothing here knows
// of fleets.
import type { Static, TSchema } from 'typebox'
import type { Check } from '../../../state/primitives/schema.ts'
import { CloudError } from '../error.ts'
import { field } from '../field.ts'
import { backoffMs, type CloudRim } from '../rim.ts'
import type { GcpClients } from './clients.ts'
import { failureOf, failureOfOperation, isNotFound, unreadable } from './failures.ts'
import * as replies from './replies.ts'

const timeoutMs = 30_000
/** The provider holds `wait` open for two minutes. */
const waitTimeoutMs = 130_000
const mostTries = 4
const mostWaits = 40
/** `null`: no retries of the client's own, which go on for ten minutes and also ask again what could not be read. */
const call = { timeout: timeoutMs, retry: null }
const paging = { ...call, autoPaginate: false }

export interface Scoped<Item> {
  /** `europe-west6-a`, `europe-west6`, `global` */
  scope: string
  items: Item[]
}

export type GcpCalls = ReturnType<typeof createGcpCalls>

export function createGcpCalls(clients: GcpClients, rim: CloudRim) {
  async function ask<Value>(where: string, isRead: boolean, signal: AbortSignal, act: () => Promise<Value>) {
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted()
      try {
        return await unlessAborted(act(), signal)
      } catch (error) {
        signal.throwIfAborted()
        const failure = failureOf(error, where, isRead)
        const mayRepeat =
          failure.failure === 'throttled' ||
          (isRead && failure.failure === 'unreachable' && failure.code !== 'unreadable')
        if (tries >= mostTries || !mayRepeat) throw failure
        await rim.pause(backoffMs(tries, rim.random), signal)
      }
    }
  }

  /** The scopes of a list over all of them; one that could not be asked is an error, and never an empty list. */
  async function aggregated<S extends TSchema>(
    where: string,
    kind: string,
    check: Check<S>,
    pages: () => Promise<AsyncIterable<readonly [string, unknown]>>,
    signal: AbortSignal,
  ): Promise<Scoped<Static<S>>[]> {
    return await ask(where, true, signal, async () => {
      const scopes: Scoped<Static<S>>[] = []
      for await (const [name, list] of await pages()) {
        if (!replies.scope.is(list)) throw unreadable(where, 'none')
        const code = list.warning?.code
        if (code && code !== 'NO_RESULTS_ON_PAGE') {
          throw new CloudError({
            failure: 'unreachable',
            effect: 'none',
            message: `Compute Engine could not list ${name} (${code})`,
            code,
          })
        }
        scopes.push({ scope: name.split('/').at(-1) ?? name, items: judged(where, check, field(list, kind)) })
      }
      return scopes
    })
  }

  async function list<S extends TSchema>(
    where: string,
    check: Check<S>,
    items: () => Promise<AsyncIterable<unknown>>,
    signal: AbortSignal,
  ): Promise<Static<S>[]> {
    return await ask(where, true, signal, async () => {
      const found: unknown[] = []
      for await (const item of await items()) found.push(item)
      return judged(where, check, found)
    })
  }

  async function one<S extends TSchema>(
    where: string,
    check: Check<S>,
    act: () => Promise<readonly unknown[]>,
    signal: AbortSignal,
  ): Promise<Static<S> | null> {
    try {
      const [found] = await ask(where, true, signal, act)
      if (check.is(found)) return found
    } catch (error) {
      if (isNotFound(error)) return null
      throw error
    }
    throw unreadable(where, 'none')
  }

  /**
   * Begins something and follows it to its end. `op.name` of what Google's client gives is a number; the name to ask by is
   * in its latest response.
   */
  async function change(
    where: string,
    zone: string | null,
    begin: () => Promise<readonly unknown[]>,
    signal: AbortSignal,
    follow = true,
  ): Promise<void> {
    const [begun] = await ask(where, false, signal, begin)
    let operation = field(begun, 'latestResponse')
    for (let waits = 0; ; waits++) {
      if (!replies.operation.is(operation)) throw unreadable(where, 'unknown')
      const errors = operation.error?.errors ?? []
      if (errors.length > 0 && operation.status === 'DONE') throw failureOfOperation(where, errors)
      if (operation.status === 'DONE' || !follow) return
      if (waits >= mostWaits) {
        throw new CloudError({
          failure: 'unreachable',
          effect: 'unknown',
          message: `Compute Engine is still busy with ${where}`,
          code: 'still-running',
        })
      }
      if (waits > 0) await rim.pause(Math.min(5_000, 500 * waits), signal)
      operation = await waited(where, zone, operation.name, signal)
    }
  }

  /** Not every server that speaks the API has `wait`: one that has not is asked how far it is. */
  let holds = true
  async function waited(where: string, zone: string | null, operation: string, signal: AbortSignal): Promise<unknown> {
    try {
      if (!holds) return await progress('get', where, zone, operation, signal)
      try {
        return await progress('wait', where, zone, operation, signal)
      } catch (error) {
        if (!(error instanceof CloudError) || !hasNoSuch(error)) throw error
        const answer = await progress('get', where, zone, operation, signal)
        holds = false
        return answer
      }
    } catch (error) {
      // It was begun: that nobody could follow it says nothing about what came of it.
      if (error instanceof CloudError) throw inDoubt(error)
      throw error
    }
  }

  /** Neither changes anything, so either may be tried again. */
  async function progress(
    how: 'wait' | 'get',
    where: string,
    zone: string | null,
    operation: string,
    signal: AbortSignal,
  ): Promise<unknown> {
    const project = await clients.project()
    const options = how === 'wait' ? { ...call, timeout: waitTimeoutMs } : call
    const [answer]: readonly unknown[] = await ask(`the wait for ${where}`, true, signal, async () =>
      zone === null
        ? await (await clients.globalOperations())[how]({ project, operation }, options)
        : await (await clients.zoneOperations())[how]({ project, zone, operation }, options),
    )
    return answer
  }

  const at = async <More extends object>(more: More) => ({ project: await clients.project(), ...more })

  return {
    regions: (signal: AbortSignal) =>
      list(
        'regions.list',
        replies.region,
        async () => (await clients.regions()).listAsync(await at({}), paging),
        signal,
      ),
    allInstances: (filter: string | null, signal: AbortSignal) =>
      aggregated(
        'instances.aggregatedList',
        'instances',
        replies.instance,
        async () =>
          (await clients.instances()).aggregatedListAsync(await at(filter === null ? {} : { filter }), paging),
        signal,
      ),
    allDisks: (signal: AbortSignal) =>
      aggregated(
        'disks.aggregatedList',
        'disks',
        replies.disk,
        async () => (await clients.disks()).aggregatedListAsync(await at({}), paging),
        signal,
      ),
    allAddresses: (signal: AbortSignal) =>
      aggregated(
        'addresses.aggregatedList',
        'addresses',
        replies.address,
        async () => (await clients.addresses()).aggregatedListAsync(await at({}), paging),
        signal,
      ),
    allMachineTypes: (filter: string | null, signal: AbortSignal) =>
      aggregated(
        'machineTypes.aggregatedList',
        'machineTypes',
        replies.machineType,
        async () =>
          (await clients.machineTypes()).aggregatedListAsync(await at(filter === null ? {} : { filter }), paging),
        signal,
      ),
    images: (project: string, signal: AbortSignal) =>
      list('images.list', replies.image, async () => (await clients.images()).listAsync({ project }, paging), signal),
    image: (project: string, image: string, signal: AbortSignal) =>
      one('images.get', replies.image, async () => (await clients.images()).get({ project, image }, call), signal),
    imageOfFamily: (project: string, family: string, signal: AbortSignal) =>
      one(
        'images.getFromFamily',
        replies.image,
        async () => (await clients.images()).getFromFamily({ project, family }, call),
        signal,
      ),
    firewalls: (signal: AbortSignal) =>
      list(
        'firewalls.list',
        replies.firewall,
        async () => (await clients.firewalls()).listAsync(await at({}), paging),
        signal,
      ),
    firewall: (firewall: string, signal: AbortSignal) =>
      one(
        'firewalls.get',
        replies.firewall,
        async () => (await clients.firewalls()).get(await at({ firewall }), call),
        signal,
      ),
    insertFirewall: (firewallResource: object, signal: AbortSignal) =>
      change(
        'firewalls.insert',
        null,
        async () => (await clients.firewalls()).insert(await at({ firewallResource }), call),
        signal,
      ),
    patchFirewall: (firewall: string, firewallResource: object, signal: AbortSignal) =>
      change(
        'firewalls.patch',
        null,
        async () => (await clients.firewalls()).patch(await at({ firewall, firewallResource }), call),
        signal,
      ),
    deleteFirewall: (firewall: string, signal: AbortSignal) =>
      change(
        'firewalls.delete',
        null,
        async () => (await clients.firewalls()).delete(await at({ firewall }), call),
        signal,
      ),
    instance: (zone: string, instance: string, signal: AbortSignal) =>
      one(
        'instances.get',
        replies.instance,
        async () => (await clients.instances()).get(await at({ zone, instance }), call),
        signal,
      ),
    insertInstance: (zone: string, requestId: string, instanceResource: object, signal: AbortSignal) =>
      change(
        'instances.insert',
        zone,
        async () => (await clients.instances()).insert(await at({ zone, requestId, instanceResource }), call),
        signal,
      ),
    /** Asked for, and not followed. */
    deleteInstance: (zone: string, requestId: string, instance: string, signal: AbortSignal) =>
      change(
        'instances.delete',
        zone,
        async () => (await clients.instances()).delete(await at({ zone, requestId, instance }), call),
        signal,
        false,
      ),
    setLabels: (
      zone: string,
      instance: string,
      instancesSetLabelsRequestResource: { labels: Record<string, string>; labelFingerprint: string },
      signal: AbortSignal,
    ) =>
      change(
        'instances.setLabels',
        zone,
        async () =>
          (await clients.instances()).setLabels(await at({ zone, instance, instancesSetLabelsRequestResource }), call),
        signal,
      ),
    setDiskLabels: (
      zone: string,
      resource: string,
      zoneSetLabelsRequestResource: { labels: Record<string, string>; labelFingerprint: string },
      signal: AbortSignal,
    ) =>
      change(
        'disks.setLabels',
        zone,
        async () => (await clients.disks()).setLabels(await at({ zone, resource, zoneSetLabelsRequestResource }), call),
        signal,
      ),
    setTags: (
      zone: string,
      instance: string,
      tagsResource: { items: string[]; fingerprint: string },
      signal: AbortSignal,
    ) =>
      change(
        'instances.setTags',
        zone,
        async () => (await clients.instances()).setTags(await at({ zone, instance, tagsResource }), call),
        signal,
      ),
    guestAttributes: (zone: string, instance: string, signal: AbortSignal) =>
      one(
        'instances.getGuestAttributes',
        replies.guestAttributes,
        async () =>
          (await clients.instances()).getGuestAttributes(await at({ zone, instance, queryPath: 'hostkeys/' }), call),
        signal,
      ),
    skuPage: (path: string, signal: AbortSignal) =>
      one('skus.list', replies.skuPage, async () => [await clients.catalogue(path, signal)], signal),
  }
}

function judged<S extends TSchema>(where: string, check: Check<S>, items: unknown): Static<S>[] {
  if (items === undefined || items === null) return []
  if (!Array.isArray(items)) throw unreadable(where, 'none')
  return items.map(item => {
    if (!check.is(item)) throw unreadable(where, 'none')
    return item
  })
}

/** 404, 405, 501. */
function hasNoSuch({ failure, code }: CloudError): boolean {
  return failure === 'not-found' || failure === 'invalid' || code === '501'
}

function inDoubt({ failure, message, remedy, code, retryAfterMs }: CloudError): CloudError {
  return new CloudError({
    failure,
    effect: 'unknown',
    message,
    ...(remedy === null ? {} : { remedy }),
    code,
    retryAfterMs,
  })
}

/** Google's client takes no signal: whoever waits stops waiting. */
async function unlessAborted<Value>(asked: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([asked, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
    aborted.catch(() => {})
    asked.catch(() => {})
  }
}
