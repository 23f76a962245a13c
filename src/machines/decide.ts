// What people ask for: provision, teardown, adopt. Nothing is begun for a node that something is already done with, and a
// launch that may have been sent is never dropped, only cancelled: what it made must be known before it can be ended.
import { BadInput, Refused } from '../../state/primitives/errors.ts'
import { own } from '../../state/primitives/record.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { DecideContext } from '../engine/noun.ts'
import type { CommandOf } from './commands.ts'
import { becomes, type StepEvent } from './decide-steps.ts'
import type { EventOf, MachinesEvent } from './events.ts'
import type { MachinesSlice, Operation } from './shapes.ts'
import { isAlive, regionKey } from './sights.ts'

export function provision(
  { machines: slice }: FleetState,
  command: CommandOf<'machines.provision'>,
  context: DecideContext,
): MachinesEvent[] {
  if (isKnown(slice, command.id)) return []
  const busy = busyNodes(slice)
  const seen = new Set<string>()
  for (const { node, spec } of command.nodes) {
    if (seen.has(node)) throw new BadInput({ name: 'node-twice', message: `${node} is named twice in one batch` })
    seen.add(node)
    if (spec.provider === 'static') {
      throw new BadInput({
        name: 'provider-makes-nothing',
        message: `${node} is of the provider static: machines are not made there`,
        remedy: 'Name the provider, region and type of the node in the fleet file.',
      })
    }
    const open = busy.get(node)
    if (open) throw nodeBusy(open)
    const record = own(slice.machines, node)
    if (record && record.machine.state !== 'gone') {
      throw new Refused({
        name: 'node-has-machine',
        message: `${node} has a machine already: ${record.machine.id} in ${record.machine.provider} ${record.machine.region}`,
        remedy: `Tear it down first (\`watchfloor teardown ${node}\`) if it is to be made anew.`,
      })
    }
  }
  const launches = command.nodes.map(({ node, spec }) => ({ op: context.id('op'), node, spec }))
  const { id: batch, fleet = null, overBudget } = command
  return [{ type: 'machines.wanted', batch, fleet, launches, overBudget }]
}

export function teardown(
  state: FleetState,
  command: CommandOf<'machines.teardown'>,
  context: DecideContext,
): StepEvent[] {
  const slice = state.machines
  if (isKnown(slice, command.id)) return []
  const busy = busyNodes(slice)
  const cancelled: string[] = []
  const destroys: EventOf<'machines.unwanted'>['destroys'] = []
  for (const node of command.nodes) {
    const open = busy.get(node)
    if (open?.kind === 'adopt') throw nodeBusy(open)
    // It is being destroyed already: asked twice is asked once.
    if (open?.kind === 'destroy' || destroyOf(slice, node)) continue
    const places = placesOf(slice, node, command.fleet ?? null)
    if (open) {
      cancelled.push(open.id)
      // A first request that was never settled has made nothing.
      if (open.phase !== 'wanted' || open.attempt > 0) addPlace(places, open.spec.provider, open.spec.region, [])
    } else if (places.size === 0) {
      throw new Refused({
        name: 'node-has-no-machine',
        message: `nothing runs for ${node}: no machine is recorded for it or carries its name`,
        remedy: 'Look with `watchfloor drift` whether something else is there.',
      })
    }
    for (const place of places.values()) destroys.push({ op: context.id('op'), node, ...place })
  }
  if (cancelled.length === 0 && destroys.length === 0) return []
  return [
    { type: 'machines.unwanted', batch: command.id, fleet: command.fleet ?? null, cancelled, destroys },
    // That it stops answering is wanted from now on, and nobody is woken for it.
    ...[...new Set(destroys.map(one => one.node))].flatMap(node => becomes(state, node, 'retired', context)),
  ]
}

export function adopt(
  { machines: slice }: FleetState,
  command: CommandOf<'machines.adopt'>,
  context: DecideContext,
): MachinesEvent[] {
  if (isKnown(slice, command.id)) return []
  const { node, provider, region, machine } = command
  if (provider === 'static') {
    throw new BadInput({
      name: 'provider-has-nothing',
      message: 'a static host carries no tags: there is nothing to adopt',
      remedy: 'Name its address in the fleet file.',
    })
  }
  const open =
    busyNodes(slice).get(node) ?? Object.values(slice.open).find(op => op.kind === 'adopt' && op.machineId === machine)
  if (open) throw nodeBusy(open)
  for (const record of Object.values(slice.machines)) {
    const same =
      record.machine.provider === provider && record.machine.id === machine && record.machine.region === region
    if (same && record.node === node) return []
    if (same) {
      throw new Refused({
        name: 'machine-has-node',
        message: `${machine} runs for ${record.node} already`,
        remedy: `Tear ${record.node} down first if it is not to have it any more.`,
      })
    }
    if (record.node === node && record.machine.state !== 'gone') {
      throw new Refused({
        name: 'node-has-machine',
        message: `${node} has a machine already: ${record.machine.id} in ${record.machine.provider} ${record.machine.region}`,
        remedy: `Tear it down first (\`watchfloor teardown ${node}\`), or adopt for another node.`,
      })
    }
  }
  const op = context.id('op')
  return [
    { type: 'machines.adopting', batch: command.id, fleet: command.fleet ?? null, op, node, provider, region, machine },
  ]
}

interface Place {
  provider: EventOf<'machines.unwanted'>['destroys'][number]['provider']
  region: string
  machines: string[]
}

/** Where machines of a node are: recorded, or seen with its tags. */
function placesOf(slice: MachinesSlice, node: string, fleet: string | null): Map<string, Place> {
  const places = new Map<string, Place>()
  const record = own(slice.machines, node)
  if (record) addPlace(places, record.machine.provider, record.machine.region, [record.machine.id])
  for (const sight of Object.values(slice.regions)) {
    const its = sight.machines.filter(
      one =>
        one.tags.node === node &&
        one.tags.fleet !== undefined &&
        (fleet === null || one.tags.fleet === fleet) &&
        isAlive(one),
    )
    if (its.length > 0) {
      addPlace(
        places,
        sight.provider,
        sight.region,
        its.map(one => one.id),
      )
    }
  }
  return places
}

function addPlace(places: Map<string, Place>, provider: Place['provider'], region: string, machines: string[]): void {
  const key = regionKey(provider, region)
  const known = places.get(key)?.machines ?? []
  places.set(key, { provider, region, machines: [...new Set([...known, ...machines])] })
}

function isKnown(slice: MachinesSlice, batch: string): boolean {
  return Object.values(slice.open).some(op => op.batch === batch) || slice.closed.some(op => op.batch === batch)
}

/** Open operations by node; a launch comes before the destroy that waits for it. */
function busyNodes(slice: MachinesSlice): Map<string, Operation> {
  const busy = new Map<string, Operation>()
  for (const op of Object.values(slice.open)) {
    if (op.kind === 'launch' || !busy.has(op.node)) busy.set(op.node, op)
  }
  return busy
}

function destroyOf(slice: MachinesSlice, node: string): boolean {
  return Object.values(slice.open).some(op => op.kind === 'destroy' && op.node === node)
}

function nodeBusy(op: Operation): Refused {
  const what = { launch: 'is being launched', destroy: 'is being torn down', adopt: 'is being adopted' }[op.kind]
  return new Refused({
    name: 'node-busy',
    message: `${op.node} ${what} (${op.id}, since ${new Date(op.at).toISOString()}, by ${op.by})`,
    remedy: 'Wait until that has ended.',
  })
}
