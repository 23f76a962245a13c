// The engine's own steps of an operation. Each is decided against the durable operation: a step that a cancelled or
// already taken one has overtaken changes nothing, so that a step may be told twice.
import { Refused } from '../../state/primitives/errors.ts'
import { own } from '../../state/primitives/record.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { DecideContext } from '../engine/noun.ts'
import type { Lifecycle } from '../fleet/fleet.ts'
import { type FleetEvent, fleetNoun } from '../fleet/noun.ts'
import type { MoneyEvent } from '../money/shapes.ts'
import type { CommandOf } from './commands.ts'
import type { MachinesEvent } from './events.ts'
import { bookOf, moneyOfDestroyed, moneyOfMachine } from './lifetimes.ts'
import type { LaunchOp } from './shapes.ts'
import { keptMachine, keptResource } from './sights.ts'
import { tokenOf } from './token.ts'

/** A machine's step also tells what costs, and what the node is by now, in the same commit. */
export type StepEvent = MachinesEvent | MoneyEvent | FleetEvent

export function settle({ machines }: FleetState, command: CommandOf<'machines.settle'>): StepEvent[] {
  const op = launchOf(machines.open, command.op)
  if (op?.phase !== 'wanted') return []
  const fleet = op.fleet ?? command.fleet
  if (fleet === undefined) {
    throw new Refused({ name: 'fleet-unknown', message: `${op.id} is of no fleet: its machine could not be tagged` })
  }
  const attempt = op.attempt + 1
  const token = tokenOf(fleet, op.id, attempt)
  return [{ type: 'machines.settled', op: op.id, fleet, attempt, token, prepared: command.prepared }]
}

export function created(
  state: FleetState,
  command: CommandOf<'machines.created'>,
  context: DecideContext,
): StepEvent[] {
  const op = launchOf(state.machines.open, command.op)
  if (!op || op.phase === 'created') return []
  const machine = keptMachine(command.machine)
  return [
    { type: 'machines.created', op: op.id, machine },
    ...moneyOfMachine(bookOf(state.money), machine, { node: op.node, prices: command.prices, at: context.now }),
    ...(op.cancelled ? [] : becomes(state, op.node, 'provisioning', context)),
  ]
}

export function trouble(
  state: FleetState,
  command: CommandOf<'machines.trouble'>,
  context: DecideContext,
): StepEvent[] {
  const op = own(state.machines.open, command.op)
  if (!op) return []
  const { next, trouble: what } = command
  // The same again says nothing new, and a cloud that is down for a night must not fill the journal.
  const isSame = op.trouble?.failure === what.failure && op.trouble.code === what.code
  if (next === 'again' && isSame && command.machine === undefined) return []
  const machine = command.machine && keptMachine(command.machine)
  return [
    { type: 'machines.troubled', op: op.id, trouble: what, next, ...(machine ? { machine } : {}) },
    ...(machine ? moneyOfMachine(bookOf(state.money), machine, { node: op.node, prices: [], at: context.now }) : []),
    // What could not be ended runs on, and is watched again.
    ...(op.kind === 'destroy' && next === 'end' && own(state.machines.machines, op.node)
      ? becomes(state, op.node, 'live', context)
      : []),
  ]
}

export function reachable(
  state: FleetState,
  command: CommandOf<'machines.reachable'>,
  context: DecideContext,
): StepEvent[] {
  const op = launchOf(state.machines.open, command.op)
  if (op?.phase !== 'created') return []
  const machine = keptMachine(command.machine)
  return [
    { type: 'machines.reachable', op: op.id, machine },
    ...moneyOfMachine(bookOf(state.money), machine, {
      node: op.node,
      prices: command.prices ?? [],
      at: context.now,
    }),
    ...becomes(state, op.node, 'live', context),
  ]
}

export function asked({ machines }: FleetState, command: CommandOf<'machines.asked'>): StepEvent[] {
  const op = own(machines.open, command.op)
  if (op?.kind !== 'destroy') return []
  const isNew = op.phase === 'wanted' || command.machines.some(id => !op.machines.includes(id))
  return isNew ? [{ type: 'machines.asked', op: op.id, machines: command.machines }] : []
}

export function destroyed(
  state: FleetState,
  command: CommandOf<'machines.destroyed'>,
  context: DecideContext,
): StepEvent[] {
  const op = own(state.machines.open, command.op)
  if (op?.kind !== 'destroy') return []
  const leftovers = command.leftovers.map(keptResource)
  const { provider, region, node } = op
  const gone = { provider, region, node, machines: command.machines, leftovers }
  const elsewhere = own(state.machines.machines, node)
  const isElsewhere = elsewhere && (elsewhere.machine.provider !== provider || elsewhere.machine.region !== region)
  return [
    { type: 'machines.destroyed', op: op.id, machines: command.machines, leftovers },
    ...moneyOfDestroyed(bookOf(state.money), gone, context.now),
    ...(isElsewhere ? [] : becomes(state, node, 'retired', context)),
  ]
}

export function adopted(
  state: FleetState,
  command: CommandOf<'machines.adopted'>,
  context: DecideContext,
): StepEvent[] {
  const op = own(state.machines.open, command.op)
  if (op?.kind !== 'adopt') return []
  const machine = keptMachine(command.machine)
  return [
    { type: 'machines.adopted', op: op.id, machine },
    ...moneyOfMachine(bookOf(state.money), machine, { node: op.node, prices: command.prices, at: context.now }),
    ...becomes(state, op.node, 'live', context),
  ]
}

function launchOf(open: FleetState['machines']['open'], id: string): LaunchOp | null {
  const op = own(open, id)
  return op?.kind === 'launch' ? op : null
}

/** What the node is by now, where it may become that; else nothing: its machine is what it is all the same. */
export function becomes(state: FleetState, node: string, to: Lifecycle, context: DecideContext): FleetEvent[] {
  try {
    return fleetNoun.decide(state, { type: 'fleet.lifecycle', node, to }, context) as FleetEvent[]
  } catch {
    return []
  }
}
