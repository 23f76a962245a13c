// The fleet file in the journal: a first file is taken as it is (the operator started it), later ones run at once unless
// they change what runs on HQ, whom HQ trusts or where it connects to: those wait until an operator has said yes.
import { BadInput, Refused } from '../../state/primitives/errors.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { DecideContext, Noun } from '../engine/noun.ts'
import type { FleetNode, Lifecycle } from './fleet.ts'
import { type FleetCommand, type FleetEvent, type FleetSlice, fleetCommands, fleetEvents } from './shapes.ts'

export type { FleetCommand, FleetEvent } from './shapes.ts'

export const fleetNoun: Noun<FleetSlice, FleetCommand, FleetEvent> = {
  name: 'fleet',
  commands: fleetCommands,
  events: fleetEvents,
  initial: { accepted: null, proposed: null, refused: null, lifecycle: {} },
  decide: (state, command, context) => decideFleet(state.fleet, command, context),
  reduce: reduceFleet,
}

/** The lifecycle that counts: what was observed, else what the file declares. */
export function lifecycleOf(
  node: Pick<FleetNode, 'name' | 'lifecycle'>,
  slice: Pick<FleetSlice, 'lifecycle'>,
): Lifecycle {
  return Object.hasOwn(slice.lifecycle, node.name) ? (slice.lifecycle[node.name] ?? node.lifecycle) : node.lifecycle
}

function decideFleet(slice: FleetState['fleet'], command: FleetCommand, context: DecideContext): FleetEvent[] {
  switch (command.type) {
    case 'fleet.load':
      onlyEngine(context, 'load a fleet file')
      return load(slice, command)
    case 'fleet.refuse': {
      onlyEngine(context, 'refuse a fleet file')
      const { sha256, errors } = command
      return slice.refused?.sha256 === sha256 ? [] : [{ type: 'fleet.refused', sha256, errors }]
    }
    case 'fleet.accept': {
      if (context.by === 'engine') {
        throw new Refused({
          name: 'accept-needs-person',
          message: 'only a person can accept a change of the fleet file',
        })
      }
      if (!context.roles.includes('operator') && !context.roles.includes('owner')) {
        throw new Refused({
          name: 'role-missing',
          message: `${context.by} is neither operator nor owner of this fleet`,
          remedy: 'Ask someone who is, or be named under `people:` in the fleet file.',
        })
      }
      const { proposed } = slice
      if (proposed?.sha256 !== command.sha256) {
        throw new Refused({
          name: 'change-not-waiting',
          message: proposed ? 'another change of the fleet file waits by now' : 'no change of the fleet file waits',
          remedy: proposed ? 'Read it with `watchfloor fleet show` and accept that one.' : 'There is nothing to do.',
        })
      }
      return [{ type: 'fleet.accepted', sha256: proposed.sha256, changes: proposed.changes }]
    }
    case 'fleet.lifecycle': {
      const now = Object.hasOwn(slice.lifecycle, command.node) ? slice.lifecycle[command.node] : undefined
      if (now === command.to) return []
      if (now && !mayBecome[now].includes(command.to)) {
        throw new BadInput({
          name: 'lifecycle-impossible',
          message: `${command.node} is ${now} and cannot become ${command.to}`,
          remedy: `From ${now} it can become ${mayBecome[now].join(' or ')}.`,
        })
      }
      return [{ type: 'fleet.lifecycle-changed', node: command.node, to: command.to }]
    }
  }
}

const mayBecome: Readonly<Record<Lifecycle, readonly Lifecycle[]>> = {
  planned: ['provisioning', 'live', 'retired'],
  provisioning: ['live', 'planned', 'retired'],
  live: ['retired', 'provisioning'],
  // Live again: its end could not be had, or a machine was adopted for it.
  retired: ['planned', 'provisioning', 'live'],
}

function load(slice: FleetSlice, command: Extract<FleetCommand, { type: 'fleet.load' }>): FleetEvent[] {
  const { sha256, against, changes } = command
  if (slice.accepted?.sha256 === sha256) {
    return slice.proposed || slice.refused ? [{ type: 'fleet.withdrawn', sha256 }] : []
  }
  if (slice.accepted && slice.accepted.sha256 !== against) {
    throw new Refused({
      name: 'change-outdated',
      message: 'the changes were computed against a fleet file that does not run',
      remedy: 'Compare with the accepted file and load again.',
    })
  }
  if (slice.proposed?.sha256 === sha256) return slice.refused ? [{ type: 'fleet.proposed', sha256, changes }] : []
  const waits = slice.accepted !== null && changes.some(change => change.guarded !== null)
  return [waits ? { type: 'fleet.proposed', sha256, changes } : { type: 'fleet.accepted', sha256, changes }]
}

function onlyEngine(context: DecideContext, what: string): void {
  // A client that could name its own changes could call a guarded one harmless.
  if (context.by !== 'engine') throw new Refused({ name: 'engine-only', message: `only the engine can ${what}` })
}

function reduceFleet(slice: FleetSlice, event: FleetEvent, commit: { at: number; by: string }): FleetSlice {
  switch (event.type) {
    case 'fleet.accepted':
      return {
        accepted: { sha256: event.sha256, at: commit.at, by: commit.by },
        proposed: null,
        refused: null,
        lifecycle: withoutDeclared(slice.lifecycle, event.changes),
      }
    case 'fleet.proposed':
      return { ...slice, proposed: { sha256: event.sha256, at: commit.at, changes: event.changes }, refused: null }
    case 'fleet.withdrawn':
      return { ...slice, proposed: null, refused: null }
    case 'fleet.refused':
      return { ...slice, refused: { sha256: event.sha256, at: commit.at, errors: event.errors } }
    case 'fleet.lifecycle-changed':
      return { ...slice, lifecycle: { ...slice.lifecycle, [event.node]: event.to } }
    default:
      return slice
  }
}

/** Where the file newly says what a node is, or drops the node, what was observed before no longer counts. */
function withoutDeclared(
  observed: FleetSlice['lifecycle'],
  changes: readonly { redeclares?: string }[],
): FleetSlice['lifecycle'] {
  const redeclared = new Set(changes.map(change => change.redeclares))
  const kept = Object.entries(observed).filter(([node]) => !redeclared.has(node))
  return kept.length === Object.keys(observed).length ? observed : Object.fromEntries(kept)
}
