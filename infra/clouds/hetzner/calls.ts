// Hetzner's API as far as we use it: typed calls, each answer judged. Nothing here knows of fleets.
import type { Static, TSchema } from 'typebox'
import type { Check } from '../../../state/primitives/schema.ts'
import { CloudError } from '../error.ts'
import { unreadable } from './failures.ts'
import { begun, createdFirewall, createdServer, createdSshKey, lists, oneImage, oneServer, pricing } from './replies.ts'
import type { Ask, HetznerTransport } from './transport.ts'

export type Query = readonly (readonly [string, string])[]
type Labels = Readonly<Record<string, string>>

export interface Rule {
  direction: 'in'
  protocol: 'tcp' | 'udp'
  port: string
  source_ips: readonly string[]
}

export interface ServerRequest {
  name: string
  server_type: string
  image: string
  location: string
  ssh_keys: readonly string[]
  firewalls: readonly { firewall: number }[]
  labels: Labels
  public_net: { enable_ipv4: boolean; enable_ipv6: boolean }
  start_after_create: true
}

/** A listing that never ends is a fault of who answers: 50 a page. */
const mostPages = 400

export type HetznerCalls = ReturnType<typeof createHetznerCalls>

export function createHetznerCalls(transport: HetznerTransport) {
  async function ask<S extends TSchema>(check: Check<S>, what: Ask, signal: AbortSignal): Promise<Static<S>> {
    const body = await transport.ask(what, signal)
    if (!check.is(body)) {
      throw unreadable(`${what.method} ${what.path}`, what.method === 'GET' ? 'none' : 'unknown')
    }
    return body
  }

  type Page = { meta?: { pagination?: { next_page?: number | null } | null } | null }
  /** To the last page. A thing that moves to the next page meanwhile is told twice, and counts once. */
  async function all<S extends TSchema, Item extends { id: number } | { name: string }>(
    path: string,
    check: Check<S>,
    items: (page: Static<S>) => readonly Item[],
    next: (page: Static<S>) => Page,
    query: Query,
    signal: AbortSignal,
  ): Promise<Item[]> {
    const found = new Map<number | string, Item>()
    for (let page = 1, asked = 0; asked < mostPages; asked++) {
      const paged: Query = [...query, ['page', String(page)], ['per_page', '50']]
      const body = await ask(check, { method: 'GET', path, query: paged, repeat: 'always' }, signal)
      const before = found.size
      for (const item of items(body)) found.set('id' in item ? item.id : item.name, item)
      const following = next(body).meta?.pagination?.next_page ?? null
      // A server that knows no pages tells all of it each time: the second has nothing new.
      if (following === null || (asked > 0 && found.size === before)) return [...found.values()]
      if (following <= page) break
      page = following
    }
    throw unreadable(`GET ${path}: its pages do not end`, 'none')
  }

  const put = (path: string, body: unknown, signal: AbortSignal) =>
    transport.ask({ method: 'PUT', path, body, repeat: 'always' }, signal)
  const start = async (method: 'POST' | 'DELETE', path: string, body: unknown, signal: AbortSignal) => {
    const reply = await ask(begun, { method, path, body, repeat: 'always' }, signal)
    return [...(reply?.action ? [reply.action] : []), ...(reply?.actions ?? [])]
  }

  return {
    locations: (signal: AbortSignal) =>
      all(
        '/locations',
        lists.locations,
        page => page.locations,
        page => page,
        [],
        signal,
      ),
    servers: (query: Query, signal: AbortSignal) =>
      all(
        '/servers',
        lists.servers,
        page => page.servers,
        page => page,
        query,
        signal,
      ),
    serverTypes: (query: Query, signal: AbortSignal) =>
      all(
        '/server_types',
        lists.server_types,
        page => page.server_types,
        page => page,
        query,
        signal,
      ),
    images: (query: Query, signal: AbortSignal) =>
      all(
        '/images',
        lists.images,
        page => page.images,
        page => page,
        query,
        signal,
      ),
    firewalls: (query: Query, signal: AbortSignal) =>
      all(
        '/firewalls',
        lists.firewalls,
        page => page.firewalls,
        page => page,
        query,
        signal,
      ),
    sshKeys: (query: Query, signal: AbortSignal) =>
      all(
        '/ssh_keys',
        lists.ssh_keys,
        page => page.ssh_keys,
        page => page,
        query,
        signal,
      ),
    volumes: (query: Query, signal: AbortSignal) =>
      all(
        '/volumes',
        lists.volumes,
        page => page.volumes,
        page => page,
        query,
        signal,
      ),
    primaryIps: (query: Query, signal: AbortSignal) =>
      all(
        '/primary_ips',
        lists.primary_ips,
        page => page.primary_ips,
        page => page,
        query,
        signal,
      ),
    floatingIps: (query: Query, signal: AbortSignal) =>
      all(
        '/floating_ips',
        lists.floating_ips,
        page => page.floating_ips,
        page => page,
        query,
        signal,
      ),
    /** All in one answer: this list has no pages. */
    actions: async (ids: readonly number[], signal: AbortSignal) => {
      const query: Query = ids.map(id => ['id', String(id)])
      return (await ask(lists.actions, { method: 'GET', path: '/actions', query, repeat: 'always' }, signal)).actions
    },
    pricing: async (signal: AbortSignal) =>
      (await ask(pricing, { method: 'GET', path: '/pricing', repeat: 'always' }, signal)).pricing,
    /** null: there is none. */
    server: async (id: string, signal: AbortSignal) => {
      const path = `/servers/${id}`
      return (await orNull(ask(oneServer, { method: 'GET', path, repeat: 'always' }, signal)))?.server ?? null
    },
    image: async (id: string, signal: AbortSignal) => {
      const path = `/images/${id}`
      return (await orNull(ask(oneImage, { method: 'GET', path, repeat: 'always' }, signal)))?.image ?? null
    },
    /** Never repeated from below: a server has no idempotency key, so the caller looks for its name first. */
    createServer: (body: ServerRequest, signal: AbortSignal) =>
      ask(createdServer, { method: 'POST', path: '/servers', body, repeat: 'never' }, signal),
    deleteServer: (id: string, signal: AbortSignal) => start('DELETE', `/servers/${id}`, undefined, signal),
    labelServer: (id: number, labels: Labels, signal: AbortSignal) => put(`/servers/${id}`, { labels }, signal),
    labelVolume: (id: number, labels: Labels, signal: AbortSignal) => put(`/volumes/${id}`, { labels }, signal),
    changePrimaryIp: (id: number, change: { labels?: Labels; auto_delete?: boolean }, signal: AbortSignal) =>
      put(`/primary_ips/${id}`, change, signal),
    createSshKey: async (body: { name: string; public_key: string; labels: Labels }, signal: AbortSignal) =>
      (await ask(createdSshKey, { method: 'POST', path: '/ssh_keys', body, repeat: 'refused' }, signal)).ssh_key,
    deleteSshKey: (id: number, signal: AbortSignal) => start('DELETE', `/ssh_keys/${id}`, undefined, signal),
    createFirewall: async (body: { name: string; labels: Labels; rules: readonly Rule[] }, signal: AbortSignal) =>
      (await ask(createdFirewall, { method: 'POST', path: '/firewalls', body, repeat: 'refused' }, signal)).firewall,
    setFirewallRules: (id: number, rules: readonly Rule[], signal: AbortSignal) =>
      start('POST', `/firewalls/${id}/actions/set_rules`, { rules }, signal),
    removeFirewallFrom: (id: number, server: number, signal: AbortSignal) =>
      start(
        'POST',
        `/firewalls/${id}/actions/remove_from_resources`,
        { remove_from: [{ type: 'server', server: { id: server } }] },
        signal,
      ),
    deleteFirewall: (id: number, signal: AbortSignal) => start('DELETE', `/firewalls/${id}`, undefined, signal),
  }
}

async function orNull<Value>(asked: Promise<Value>): Promise<Value | null> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof CloudError && error.failure === 'not-found') return null
    throw error
  }
}
