// A provider in memory, with its own ledger: idempotency tokens, eventual consistency, every class of error, replies that
// are lost after the effect. What it holds is the truth that tests judge by, not what the engine believes.
import type { Cloud, DestroyOutcome, Listing, Offer, RegionState } from '../../../infra/clouds/cloud.ts'
import { CloudError, type CloudFailure } from '../../../infra/clouds/error.ts'
import type {
  Machine,
  MachineSpec,
  OwnerTags,
  Prepared,
  Price,
  ProviderName,
  Resource,
} from '../../../infra/clouds/shapes.ts'
import type { Clock } from '../../../state/primitives/clock.ts'

export type FakeAction = 'prepare' | 'launch' | 'find' | 'get' | 'destroy' | 'list' | 'tidy' | 'adopt'

export interface FakeFault {
  /** `reply-lost`: it took effect and no answer came; `hang`: it took effect and nothing ever comes back. */
  kind: CloudFailure | 'reply-lost' | 'hang'
  /** Of a class: whether the provider says for certain that nothing happened. */
  effect?: 'none' | 'unknown'
  retryAfterMs?: number
}

interface Instance {
  machine: Machine
  request: string
  createdAt: number
  /** From then on it is shown. */
  visibleAt: number
  runningAt: number
  checkedAt: number
  endedAt: number | null
  goneAt: number | null
}

export interface FakeCloudOptions {
  provider?: ProviderName
  clock: Clock
  /** 0 to 1. */
  random(): number
  /** What goes wrong now, asked once a call. */
  fault?(action: FakeAction, region: string, zone: string | null): FakeFault | null
  /** Awaited before anything happened, after the effect, and before the answer arrives: where an engine may die. */
  at?(point: 'before' | 'in-flight' | 'after', action: FakeAction): Promise<void>
  zones?: readonly string[]
  /** How long what was made is not shown, ms. */
  lagMs?(): number
  latencyMs?(): number
  /** How long its disk outlives a machine, ms; Infinity: it stays. */
  diskStaysMs?(): number
}

export interface FakeCloud extends Cloud {
  /** Machines that exist, lag or not, ended ones too. */
  truth(): readonly Machine[]
  /** Those that run or are coming: what would be billed. */
  alive(): readonly Machine[]
  /** The most machines that a node ever had alive at once. */
  mostAtOnce(): ReadonlyMap<string, number>
  calls(): readonly { action: FakeAction; region: string; token: string | null }[]
  /** A machine that somebody made by hand. */
  put(region: string, machine: Partial<Machine>): Machine
  /** Somebody ends it by hand. */
  end(id: string, why: string): void
  stop(id: string, why?: string): void
}

const endingMs = 20_000
const tombstoneMs = 3_600_000

export function createFakeCloud(options: FakeCloudOptions): FakeCloud {
  const { clock, random, provider = 'aws', zones = ['a', 'b', 'c'] } = options
  const instances = new Map<string, Instance>()
  const loose: (Resource & { region: string; until: number })[] = []
  const byToken = new Map<string, string>()
  const most = new Map<string, number>()
  const calls: { action: FakeAction; region: string; token: string | null }[] = []
  let count = 0

  const lagMs = options.lagMs ?? (() => 0)
  const latencyMs = options.latencyMs ?? (() => 0)

  function sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      clock.after(ms, resolve)
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }

  async function call<T>(
    action: FakeAction,
    where: { region: string; zone?: string | null; token?: string },
    signal: AbortSignal,
    work: () => T,
  ): Promise<T> {
    const { region, zone = null, token = null } = where
    calls.push({ action, region, token })
    await options.at?.('before', action)
    const latency = latencyMs()
    if (latency > 0) await sleep(latency, signal)
    const fault = options.fault?.(action, region, zone) ?? null
    if (fault && fault.kind !== 'reply-lost' && fault.kind !== 'hang') {
      throw new CloudError({
        failure: fault.kind,
        effect: fault.effect ?? (fault.kind === 'unreachable' ? 'unknown' : 'none'),
        message: `${action} in ${region}: ${fault.kind}`,
        remedy: 'Do what this test says',
        code: `Fake${fault.kind}`,
        retryAfterMs: fault.retryAfterMs ?? null,
      })
    }
    const result = work()
    await options.at?.('in-flight', action)
    if (fault?.kind === 'hang') await new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
    if (fault?.kind === 'reply-lost') {
      throw new CloudError({ failure: 'unreachable', effect: 'unknown', message: `${action}: the reply was lost` })
    }
    if (latency > 0) await sleep(latency, signal)
    await options.at?.('after', action)
    return result
  }

  function shown(instance: Instance): Machine {
    const now = clock.now()
    const { machine, endedAt, goneAt } = instance
    if (goneAt !== null && now >= goneAt) return { ...machine, state: 'gone', checks: 'none', resources: [] }
    if (endedAt !== null) return { ...machine, state: 'terminating' }
    if (machine.state === 'stopped') return machine
    const state = now >= instance.runningAt ? 'running' : 'pending'
    return { ...machine, state, checks: now >= instance.checkedAt ? 'ok' : 'pending' }
  }

  function visible(region: string): Machine[] {
    const now = clock.now()
    return [...instances.values()]
      .filter(one => one.machine.region === region && now >= one.visibleAt)
      .filter(one => one.goneAt === null || now < one.goneAt + tombstoneMs)
      .map(shown)
  }

  function isAlive(one: Instance): boolean {
    return one.endedAt === null
  }

  function make(region: string, from: Partial<Machine>, request: string): Instance {
    count += 1
    const now = clock.now()
    const id = from.id ?? `i-${provider}-${count}`
    const tags = from.tags ?? {}
    const of = (part: string, kind: Resource['kind'], sku: string, quantity: number): Resource => ({
      id: part,
      kind,
      sku,
      quantity,
      createdAt: now,
      tags,
      machine: id,
    })
    const type = from.type ?? 't4g.nano'
    const machine: Machine = {
      provider,
      region,
      zone: null,
      id,
      name: tags.node ?? null,
      tags,
      token: null,
      state: 'pending',
      stateWhy: null,
      type,
      arch: 'arm64',
      image: 'ami-1',
      addresses: { ipv4: `192.0.2.${count % 250}`, ipv6: null, private: null },
      launchedAt: now,
      checks: 'pending',
      hostkeys: [],
      resources: [
        of(id, 'instance', type, 1),
        of(`${id}/ipv4`, 'ipv4', 'public-ipv4', 1),
        of(`vol-${id}`, 'disk', 'gp3', 8),
      ],
      ...from,
    }
    const runningAt = now + 5_000 + 20_000 * random()
    const instance: Instance = {
      machine,
      request,
      createdAt: now,
      visibleAt: now + lagMs(),
      runningAt,
      checkedAt: runningAt + 30_000 * random(),
      endedAt: null,
      goneAt: null,
    }
    instances.set(id, instance)
    if (tags.node !== undefined) {
      const alive = [...instances.values()].filter(one => isAlive(one) && one.machine.tags.node === tags.node).length
      most.set(tags.node, Math.max(most.get(tags.node) ?? 0, alive))
    }
    return instance
  }

  function end(instance: Instance, why: string): void {
    if (instance.endedAt !== null) return
    instance.endedAt = clock.now()
    instance.goneAt = instance.endedAt + endingMs
    instance.machine = { ...instance.machine, stateWhy: why }
    const stays = options.diskStaysMs?.() ?? 0
    const disk = instance.machine.resources.find(one => one.kind === 'disk')
    if (disk && stays > 0) {
      loose.push({ ...disk, machine: null, region: instance.machine.region, until: instance.goneAt + stays })
    }
  }

  return {
    provider,
    regions: async () => [...new Set([...instances.values()].map(one => one.machine.region))].map(enabled),
    offers: async (): Promise<Offer[]> => [],
    prepare: (spec: MachineSpec, tags: OwnerTags, zone, signal) =>
      call('prepare', { region: spec.region, zone }, signal, (): Prepared => {
        const chosen = zone ?? zones[0] ?? null
        return {
          provider,
          region: spec.region,
          zone: chosen,
          otherZones: zones.filter(one => one !== chosen),
          request: { type: spec.type, zone: chosen, node: tags.node, prepared: clock.now() },
          summary: [`${spec.type} in ${chosen}`],
          resources: [{ kind: 'instance', sku: spec.type, quantity: 1 }],
        }
      }),
    launch: (prepared, tags, token, signal) =>
      call('launch', { region: prepared.region, zone: prepared.zone, token }, signal, () => {
        const key = `${prepared.region} ${token}`
        const known = instances.get(byToken.get(key) ?? '')
        const request = JSON.stringify([prepared.request, tags])
        if (known && known.request !== request) throw conflict('IdempotentParameterMismatch')
        if (known && !isAlive(known)) throw conflict('IdempotentInstanceTerminated')
        if (known) return shown(known)
        const { type } = prepared.request as { type: string }
        const from = { tags: { ...tags }, token, zone: prepared.zone, type }
        const made = make(prepared.region, from, request)
        byToken.set(key, made.machine.id)
        return shown(made)
      }),
    find: (region, tags, signal) =>
      call('find', { region }, signal, () =>
        visible(region).filter(
          ({ tags: its }) =>
            its.fleet === tags.fleet && its.node === tags.node && (tags.op === undefined || its.op === tags.op),
        ),
      ),
    get: (region, id, signal) =>
      call('get', { region }, signal, () => visible(region).find(one => one.id === id) ?? null),
    destroy: (region, ids, tags, signal) =>
      call('destroy', { region }, signal, () =>
        ids.map((id): DestroyOutcome => {
          const seen = visible(region).find(one => one.id === id)
          const instance = instances.get(id)
          if (!seen || !instance) return { id, outcome: 'gone' }
          if (seen.tags.fleet !== tags.fleet || seen.tags.node !== tags.node) {
            return { id, outcome: 'refused', why: 'it does not carry our tags' }
          }
          end(instance, 'Client.UserInitiatedShutdown')
          return { id, outcome: 'asked' }
        }),
      ),
    tidy: (region, _fleet, signal) => call('tidy', { region }, signal, () => []),
    list: (region, signal) =>
      call(
        'list',
        { region },
        signal,
        (): Listing => ({
          machines: visible(region),
          loose: loose
            .filter(one => one.region === region && one.until > clock.now())
            .map(({ region: _region, until: _until, ...resource }) => resource),
        }),
      ),
    adopt: (region, id, tags, signal) =>
      call('adopt', { region }, signal, () => {
        const instance = instances.get(id)
        if (instance) instance.machine = { ...instance.machine, tags: { ...tags } }
      }),
    closeSsh: async () => {},
    prices: async (): Promise<Price[]> => [],
    truth: () => [...instances.values()].map(shown),
    alive: () => [...instances.values()].filter(isAlive).map(shown),
    mostAtOnce: () => most,
    calls: () => calls,
    put(region, machine) {
      const made = make(region, machine, 'by hand')
      made.visibleAt = 0
      made.runningAt = 0
      made.checkedAt = 0
      return shown(made)
    },
    end(id, why) {
      const instance = instances.get(id)
      if (instance) end(instance, why)
    },
    stop(id, why) {
      const instance = instances.get(id)
      const stateWhy = why ?? instance?.machine.stateWhy ?? null
      if (instance) instance.machine = { ...instance.machine, state: 'stopped', stateWhy }
    },
  }
}

function conflict(code: string): CloudError {
  return new CloudError({ failure: 'conflict', effect: 'none', code, message: `${code}: another token` })
}

function enabled(region: string): RegionState {
  return { region, status: 'enabled', why: null }
}
