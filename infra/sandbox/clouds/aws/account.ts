// The account behind the emulator: its state, and the only ways in which billed things come into being and end. Each of
// them is a line in the ledger and a lifetime that Cost Explorer counts.
import type { Clock } from '../../../../state/primitives/clock.ts'
import type { CloudLedger } from '../ledger.ts'
import type { CloudWorld } from '../world.ts'
import type { AwsRegion } from './regions.ts'
import type { AwsKept, KeptInstance, KeptLife, KeptVolume } from './state.ts'

export interface AwsTimings {
  /** From the request until it runs, ms. */
  pending: number
  /** From running until both status checks say ok. */
  checks: number
  /** From running until the console shows the host keys. */
  console: number
  shuttingDown: number
  stopping: number
  /** How long a terminated instance is still listed. */
  tombstone: number
  /** From asking for a region until it is on. */
  enabling: number
  /** How late Cost Explorer is. */
  billing: number
}

export const usualTimings: AwsTimings = {
  pending: 5_000,
  checks: 10_000,
  console: 4_000,
  shuttingDown: 8_000,
  stopping: 8_000,
  tombstone: 3_600_000,
  enabling: 300_000,
  billing: 24 * 3_600_000,
}

export const accountId = '111122223333'
export const accountUser = 'arn:aws:iam::111122223333:user/watchfloor'

export interface Account {
  readonly state: AwsKept
  readonly regions: readonly AwsRegion[]
  readonly world: CloudWorld
  readonly clock: Clock
  readonly timings: AwsTimings
  /** Zones without room for any type. */
  readonly full: ReadonlySet<string>
  readonly costExplorer: { enabled: boolean; groupsPerPage: number }
  newId(prefix: string): string
  isEnabled(region: string): boolean
  startLife(life: Omit<KeptLife, 'from' | 'to'>, token: string | null): void
  endLife(id: string, token: string | null): void
  /** What costs nothing: groups and keys. */
  note(
    what: 'created' | 'deleted',
    thing: { region: string; kind: string; id: string; tags: Readonly<Record<string, string>> },
  ): void
  startInstance(instance: KeptInstance): void
  stopInstance(instance: KeptInstance): void
  endInstance(instance: KeptInstance): void
  addVolume(volume: KeptVolume, token: string | null): void
  deleteVolume(volume: KeptVolume): void
  /** Does what fell due since: what was to fail later fails. */
  settle(): void
  /** The state changed: its keeper is told before the answer goes out. */
  touch(): void
}

interface AccountOptions {
  state: AwsKept
  regions: readonly AwsRegion[]
  world: CloudWorld
  ledger: CloudLedger
  clock: Clock
  random(): number
  timings: AwsTimings
  full: ReadonlySet<string>
  costExplorer: { enabled: boolean; groupsPerPage: number }
  touch(): void
}

export function createAccount(options: AccountOptions): Account {
  const { state, regions, world, ledger, clock, timings, touch } = options
  const provider = 'aws'
  const bill = (life: Omit<KeptLife, 'from' | 'to'>) =>
    void state.lives.push({ ...life, tags: { ...life.tags }, from: clock.now(), to: null })
  const endBill = (id: string): KeptLife | null => {
    const life = state.lives.find(other => other.id === id && other.to === null)
    if (life) life.to = clock.now()
    return life ?? null
  }

  const account: Account = {
    state,
    regions,
    world,
    clock,
    timings,
    full: options.full,
    costExplorer: options.costExplorer,
    touch,
    newId(prefix) {
      const number = state.next
      state.next += 1
      const noise = Math.floor(options.random() * 0x100000000)
      return `${prefix}-0${noise.toString(16).padStart(8, '0')}${number.toString(16).padStart(8, '0')}`
    },
    isEnabled(name) {
      const since = state.enabled[name]
      if (since !== undefined) return since <= clock.now()
      const region = regions.find(other => other.name === name)
      return region !== undefined && region.optIn !== 'not-opted-in'
    },
    startLife(life, token) {
      const { id, kind, region, tags } = life
      bill(life)
      ledger.add({ what: 'created', provider, region, kind, id, tags: { ...tags }, token })
      touch()
    },
    endLife(id, token) {
      const life = endBill(id)
      if (!life) return
      const { region, kind, tags } = life
      ledger.add({ what: 'deleted', provider, region, kind, id, tags: { ...tags }, token })
      touch()
    },
    note(what, { region, kind, id, tags }) {
      ledger.add({ what, provider, region, kind, id, tags: { ...tags }, token: null })
      touch()
    },
    startInstance(instance) {
      const { id, region, type, tags, token } = instance
      // One that was stopped is the same one as before, though it is billed anew.
      const isNew = instance.stoppedAt === null
      instance.startedAt = clock.now()
      instance.stoppedAt = null
      bill({ id, kind: 'instance', sku: type, region, quantity: 1, tags })
      if (isNew) ledger.add({ what: 'created', provider, region, kind: 'instance', id, tags: { ...tags }, token })
      touch()
      if (instance.failsAt !== null) return
      bootInstance(world, instance)
      if (!instance.interface.public || hasElastic(state, instance)) return
      const ipv4 = { id: `${id}/ipv4`, kind: 'ipv4', sku: 'public-ipv4', region, quantity: 1, tags } as const
      account.startLife(ipv4, token)
    },
    stopInstance(instance) {
      instance.stoppedAt = clock.now()
      instance.ipv4 = null
      world.end(instance.id)
      account.endLife(`${instance.id}/ipv4`, instance.token)
      endBill(instance.id)
      touch()
    },
    endInstance(instance) {
      if (instance.endedAt !== null) return
      const { id, region, tags, token } = instance
      instance.endedAt = clock.now()
      instance.ipv4 = null
      world.end(id)
      account.endLife(`${id}/ipv4`, token)
      endBill(id)
      ledger.add({ what: 'deleted', provider, region, kind: 'instance', id, tags: { ...tags }, token })
      for (const address of state.addresses) if (address.instance === id) address.instance = null
      for (const volume of state.volumes.filter(other => other.instance === id)) {
        if (volume.endsWithInstance) account.deleteVolume(volume)
        else volume.instance = null
      }
      touch()
    },
    addVolume(volume, token) {
      const { id, type: sku, region, sizeGb: quantity, tags } = volume
      state.volumes.push(volume)
      account.startLife({ id, kind: 'disk', sku, region, quantity, tags }, token)
    },
    deleteVolume(volume) {
      state.volumes = state.volumes.filter(other => other !== volume)
      account.endLife(volume.id, null)
    },
    settle() {
      for (const instance of state.instances) {
        if (instance.endedAt === null && instance.failsAt !== null && instance.failsAt <= clock.now()) {
          account.endInstance(instance)
        }
      }
    },
  }
  return account
}

/** Whether it is made or made again after a restart of the sandbox, its addresses are those of the world now. */
export function bootInstance(world: CloudWorld, instance: KeptInstance): void {
  const { id, region, type, sshKeys, tags } = instance
  const node = tags.node ?? tags['watchfloor:node'] ?? tags.Name ?? null
  const born = world.begin({ provider: 'aws', region, id, node, type, sshKeys })
  instance.ipv4 = instance.interface.public ? born.ipv4 : null
  instance.private = born.private
  instance.hostkeys = [...born.hostkeys]
}

const hasElastic = (state: AwsKept, { id }: KeptInstance): boolean =>
  state.addresses.some(({ instance }) => instance === id)

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated'

export function stateOf(instance: KeptInstance, now: number, timings: AwsTimings): InstanceState {
  // What failed at its start goes straight to its end.
  const down = instance.failsAt === null ? timings.shuttingDown : 0
  if (instance.endedAt !== null) return now < instance.endedAt + down ? 'shutting-down' : 'terminated'
  if (instance.stoppedAt !== null) return now < instance.stoppedAt + timings.stopping ? 'stopping' : 'stopped'
  return now < instance.startedAt + timings.pending ? 'pending' : 'running'
}

/** It is still listed. */
export function isListed(instance: KeptInstance, now: number, timings: AwsTimings): boolean {
  if (now < instance.seenFrom) return false
  return instance.endedAt === null || now < instance.endedAt + timings.shuttingDown + timings.tombstone
}
