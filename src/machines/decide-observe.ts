// What a look at the regions says: only what changed becomes an event, and what costs follows from it.
import type { Machine } from '../../infra/clouds/shapes.ts'
import { own } from '../../state/primitives/record.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { CommandOf } from './commands.ts'
import type { StepEvent } from './decide-steps.ts'
import type { EventOf } from './events.ts'
import { bookOf, moneyOfLoose, moneyOfMachine, moneyOfVanished } from './lifetimes.ts'
import type { MachinesSlice, RegionSight } from './shapes.ts'
import { isAlive, keptMachine, keptResource, regionKey, sameSight } from './sights.ts'

/** No events: everything is as it was. Also asked by the census, which then does not even send it. */
export function observe(state: FleetState, command: CommandOf<'machines.observe'>): StepEvent[] {
  const slice = state.machines
  const sights = command.regions.map(keptSight)
  const changed = sights
    // A region that cannot be listed keeps what it last showed.
    .map(sight =>
      sight.listed
        ? sight
        : { ...(own(slice.regions, keyOf(sight)) ?? sight), listed: false, why: sight.why, at: sight.at },
    )
    .filter(sight => {
      const before = own(slice.regions, keyOf(sight))
      return !before || !sameSight(before, sight)
    })
  const book = bookOf(state.money)
  const whose = ownerOf(slice, command.fleet ?? null)
  const busy = new Set(Object.values(slice.open).map(op => op.node))
  const money = sights
    .filter(sight => sight.listed)
    .flatMap(sight => [
      ...sight.machines.flatMap(machine => {
        const node = whose(machine)
        const seen = { node, prices: command.prices, at: sight.at }
        // Of a machine that is just ending nothing begins anew.
        return node === undefined || machine.state === 'terminating'
          ? []
          : moneyOfMachine(book, machine, { ...seen, node })
      }),
      ...sight.loose.flatMap(resource =>
        command.fleet === undefined || resource.tags.fleet !== command.fleet
          ? []
          : moneyOfLoose(book, resource, sight, {
              node: resource.tags.node ?? null,
              prices: command.prices,
              at: sight.at,
            }),
      ),
      ...moneyOfVanished(book, sight, node => busy.has(node)),
    ])
  return [
    ...(changed.length > 0 ? [{ type: 'machines.observed' as const, regions: changed }] : []),
    ...recognised(slice, sights, command, busy),
    ...money,
  ]
}

/** So young, it may be of a launch that another home of this fleet has under way. */
const recognisedAfterMs = 5 * 60_000

/** Records that were lost, or never made here: the only machine that carries the tags of a declared node is its. */
function recognised(
  slice: MachinesSlice,
  sights: readonly RegionSight[],
  { fleet, declared = [] }: CommandOf<'machines.observe'>,
  busy: ReadonlySet<string>,
): EventOf<'machines.recognised'>[] {
  if (fleet === undefined || declared.length === 0) return []
  const names = new Set(declared)
  const nodeOf = (machine: Machine) =>
    isAlive(machine) && machine.tags.fleet === fleet ? machine.tags.node : undefined
  const latest = new Map(Object.entries(slice.regions))
  for (const sight of sights) if (sight.listed) latest.set(keyOf(sight), sight)
  const counts = new Map<string, number>()
  for (const machine of [...latest.values()].flatMap(sight => sight.machines)) {
    const node = nodeOf(machine)
    if (node !== undefined) counts.set(node, (counts.get(node) ?? 0) + 1)
  }
  return sights
    .filter(sight => sight.listed)
    .flatMap(sight =>
      sight.machines.flatMap(machine => {
        const node = nodeOf(machine)
        if (node === undefined || !names.has(node) || busy.has(node)) return []
        if (own(slice.machines, node) || counts.get(node) !== 1) return []
        const isYoung = machine.launchedAt === null || sight.at - machine.launchedAt < recognisedAfterMs
        return isYoung ? [] : [{ type: 'machines.recognised' as const, node, machine }]
      }),
    )
}

/** The node that a machine costs for; null: the fleet's, but no node's; undefined: not ours. */
function ownerOf(slice: MachinesSlice, fleet: string | null): (machine: Machine) => string | null | undefined {
  const recorded = new Map(
    Object.values(slice.machines).map(({ node, machine }) => [`${keyOf(machine)}/${machine.id}`, node] as const),
  )
  return machine => {
    const node = recorded.get(`${keyOf(machine)}/${machine.id}`)
    if (node !== undefined) return node
    return fleet !== null && machine.tags.fleet === fleet ? (machine.tags.node ?? null) : undefined
  }
}

function keyOf(where: { provider: string; region: string }): string {
  return regionKey(where.provider, where.region)
}

function keptSight(sight: RegionSight): RegionSight {
  return { ...sight, machines: sight.machines.map(keptMachine), loose: sight.loose.map(keptResource) }
}
