// Machines at providers: asked for by people, made and ended by the engine, each step written down before the next.
import { Refused } from '../../state/primitives/errors.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { DecideContext, Effect, Noun } from '../engine/noun.ts'
import { type MachinesCommand, machinesCommands } from './commands.ts'
import { adopt, provision, teardown } from './decide.ts'
import { observe } from './decide-observe.ts'
import { adopted, asked, created, destroyed, reachable, type StepEvent, settle, trouble } from './decide-steps.ts'
import { type MachinesEvent, machinesEvents } from './events.ts'
import { reduceMachines } from './reduce.ts'
import type { MachinesSlice } from './shapes.ts'

export type { MachinesCommand } from './commands.ts'
export type { MachinesEvent } from './events.ts'

/** What a machine costs, and what its node is by now, is decided in the same commit: its events are of three nouns. */
export const machinesNoun: Omit<Noun<MachinesSlice, MachinesCommand, MachinesEvent>, 'decide'> & {
  decide(state: FleetState, command: MachinesCommand, context: DecideContext): StepEvent[]
} = {
  name: 'machines',
  commands: machinesCommands,
  events: machinesEvents,
  initial: { open: {}, closed: [], machines: {}, regions: {} },
  decide: decideMachines,
  reduce: reduceMachines,
  pending: pendingMachines,
}

function decideMachines(state: FleetState, command: MachinesCommand, context: DecideContext): StepEvent[] {
  switch (command.type) {
    case 'machines.provision':
      return provision(state, command, context)
    case 'machines.teardown':
      return teardown(state, command, context)
    case 'machines.adopt':
      return adopt(state, command, context)
  }
  // What a provider did is seen by the engine, not claimed by a person.
  if (context.by !== 'engine') {
    throw new Refused({
      name: 'engine-only',
      message: `only the engine says how far an operation is (${command.type})`,
    })
  }
  switch (command.type) {
    case 'machines.settle':
      return settle(state, command)
    case 'machines.created':
      return created(state, command, context)
    case 'machines.trouble':
      return trouble(state, command, context)
    case 'machines.reachable':
      return reachable(state, command, context)
    case 'machines.asked':
      return asked(state, command)
    case 'machines.destroyed':
      return destroyed(state, command, context)
    case 'machines.adopted':
      return adopted(state, command, context)
    case 'machines.observe':
      return observe(state, command)
  }
}

/** An operation's effect has the same id from its first moment to its last, over restarts too. */
function pendingMachines({ machines: { open } }: FleetState): Effect[] {
  const ops = Object.values(open)
  if (ops.length === 0) return []
  const launching = new Set(ops.filter(op => op.kind === 'launch').map(op => op.node))
  return ops
    .filter(op => op.kind !== 'destroy' || !launching.has(op.node))
    .map(op => ({ id: `machines.${op.id}`, kind: `machines.${op.kind}`, op: op.id }))
}
