// How machines and regions are kept: shortened, and compared without what changes by itself.
import type { Machine, Resource } from '../../infra/clouds/shapes.ts'
import type { MachinesSlice, RegionSight } from './shapes.ts'

export function regionKey(provider: string, region: string): string {
  return `${provider}/${region}`
}

/** Still there, or coming: what would be a second machine of its node. */
export function isAlive(machine: Pick<Machine, 'state'>): boolean {
  return machine.state !== 'gone' && machine.state !== 'terminating'
}

/** A provider chooses what it says of a machine, but not how much of it is kept. */
export function keptMachine(machine: Machine): Machine {
  return {
    ...machine,
    name: short(machine.name, 100),
    tags: keptTags(machine.tags),
    stateWhy: short(machine.stateWhy, 200),
    image: short(machine.image, 150),
    hostkeys: machine.hostkeys.slice(0, 8),
    resources: machine.resources.slice(0, 40).map(keptResource),
  }
}

export function keptResource(resource: Resource): Resource {
  return { ...resource, tags: keptTags(resource.tags) }
}

/** The same content: order, checks and host keys apart, which come and go without anything having changed. */
export function sameSight(a: RegionSight, b: RegionSight): boolean {
  if (a.listed !== b.listed || a.why !== b.why) return false
  return contentOf(a) === contentOf(b)
}

/** The slice with this machine as its region's sight shows it: or the next listing could not tell that it is missing. */
export function withSeen(regions: MachinesSlice['regions'], machine: Machine): MachinesSlice['regions'] {
  const key = regionKey(machine.provider, machine.region)
  const sight = Object.hasOwn(regions, key) ? regions[key] : undefined
  if (!sight) return regions
  const machines = [...sight.machines.filter(one => one.id !== machine.id), machine]
  return { ...regions, [key]: { ...sight, machines } }
}

export function withoutSeen(
  regions: MachinesSlice['regions'],
  provider: string,
  region: string,
  ids: readonly string[],
): MachinesSlice['regions'] {
  const key = regionKey(provider, region)
  const sight = Object.hasOwn(regions, key) ? regions[key] : undefined
  if (!sight?.machines.some(one => ids.includes(one.id))) return regions
  return { ...regions, [key]: { ...sight, machines: sight.machines.filter(one => !ids.includes(one.id)) } }
}

function contentOf(sight: RegionSight): string {
  const machines = sight.machines.map(machine => {
    const { checks: _checks, hostkeys: _hostkeys, stateWhy: _why, ...rest } = machine
    return stable({ ...rest, resources: machine.resources.map(stable).sort() })
  })
  return JSON.stringify([machines.sort(), sight.loose.map(stable).sort()])
}

/** JSON whose keys are in one order. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

function keptTags(tags: Machine['tags']): Machine['tags'] {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, short(value, 200)]))
}

function short<T extends string | null>(text: T, most: number): T | string {
  return text === null || text.length <= most ? text : `${text.slice(0, most - 1)}…`
}
