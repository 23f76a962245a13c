// The registry of nouns, and what follows from it: the union of commands and events, and the fold of the journal.
import type { TSchema } from 'typebox'
import { Bug } from '../../state/primitives/errors.ts'
import { type AlertsCommand, type AlertsEvent, alertsNoun } from '../alerts/noun.ts'
import { type FleetCommand, type FleetEvent, fleetNoun } from '../fleet/noun.ts'
import { type IncidentsCommand, type IncidentsEvent, incidentsNoun } from '../incidents/noun.ts'
import { type MachinesCommand, type MachinesEvent, machinesNoun } from '../machines/noun.ts'
import { type MoneyCommand, type MoneyEvent, moneyNoun } from '../money/noun.ts'
import { type WatchCommand, type WatchEvent, watchNoun } from '../watch/noun.ts'
import { type ExecCommand, type ExecEvent, execNoun } from './exec/noun.ts'
import type { FleetState } from './fleet-state.ts'
import type { DecideContext, Effect, Noun } from './noun.ts'

export type AnyCommand =
  | FleetCommand
  | WatchCommand
  | IncidentsCommand
  | AlertsCommand
  | ExecCommand
  | MachinesCommand
  | MoneyCommand
export type AnyEvent = FleetEvent | WatchEvent | IncidentsEvent | AlertsEvent | ExecEvent | MachinesEvent | MoneyEvent

/** Every noun once. Their own types are checked where they are made; here they meet only by name. */
const registry = [fleetNoun, watchNoun, incidentsNoun, alertsNoun, execNoun, machinesNoun, moneyNoun]

// The one place where a noun's own types are forgotten: commands and events are routed by the schema-checked `type`.
type Forgotten = Noun<unknown, { type: string }, { type: string }>
const nouns: readonly Forgotten[] = registry.map(noun => noun as unknown as Forgotten)
const byCommand = new Map(nouns.flatMap(noun => Object.keys(noun.commands).map(type => [type, noun] as const)))
const byEvent = new Map(nouns.flatMap(noun => Object.keys(noun.events).map(type => [type, noun] as const)))

export const initialState: FleetState = {
  fleet: fleetNoun.initial,
  watch: watchNoun.initial,
  incidents: incidentsNoun.initial,
  alerts: alertsNoun.initial,
  exec: execNoun.initial,
  machines: machinesNoun.initial,
  money: moneyNoun.initial,
}

/** Every command that there is. */
export function commandTypes(): string[] {
  return [...byCommand.keys()]
}

export function commandSchema(type: string): TSchema | null {
  return byCommand.get(type)?.commands[type] ?? null
}

/** Pure. May give events of several nouns: one command is one commit. */
export function decide(state: FleetState, command: AnyCommand, context: DecideContext): AnyEvent[] {
  const noun = byCommand.get(command.type)
  if (!noun) throw new Bug({ name: 'unknown-command', message: `no noun decides ${command.type}` })
  return noun.decide(state, command, context) as AnyEvent[]
}

/** Pure and total. An event whose noun is gone leaves the state as it is. */
export function reduce(
  state: FleetState,
  event: { type: string },
  commit: { seq: number; at: number; by: string },
): FleetState {
  return reduceAll(state, [event], commit)
}

/** All events of one commit. A noun reads its own slice only, so each may fold its events at once. */
export function reduceAll(
  state: FleetState,
  events: readonly { type: string }[],
  commit: { seq: number; at: number; by: string },
): FleetState {
  let next = state
  for (const [noun, its] of byNoun(events)) {
    const key = noun.name as keyof FleetState
    const before = next[key]
    const after = noun.reduceAll
      ? noun.reduceAll(before, its, commit)
      : its.reduce((slice: unknown, event) => noun.reduce(slice, event, commit), before)
    if (after !== before) next = { ...next, [key]: after }
  }
  return next
}

function byNoun(events: readonly { type: string }[]): Map<Forgotten, { type: string }[]> {
  const found = new Map<Forgotten, { type: string }[]>()
  for (const event of events) {
    const noun = byEvent.get(event.type)
    if (!noun) continue
    const its = found.get(noun)
    if (its) its.push(event)
    else found.set(noun, [event])
  }
  return found
}

export function pending(state: FleetState): Effect[] {
  return nouns.flatMap(noun => noun.pending?.(state) ?? [])
}
