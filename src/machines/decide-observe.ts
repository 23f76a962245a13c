// What a look at the regions says: only what changed becomes an event, and what costs follows from it.
import type { Machine } from '../../infra/clouds/shapes.ts'
import { own } from '../../state/primitives/record.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { CommandOf } from './commands.ts'
import type { StepEvent } from './decide-steps.ts'
import { bookOf, moneyOfLoose, moneyOfMachine, moneyOfVanished } from './lifetimes.ts'
import type { MachinesSlice, RegionSight } from './shapes.ts'
import { keptMachine, keptResource, regionKey, sameSight } from './sights.ts'

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
  return [...(changed.length > 0 ? [{ type: 'machines.observed' as const, regions: changed }] : []), ...money]
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
