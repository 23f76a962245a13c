// The form that every noun has: shapes, commands → events (decide), events → state (reduce), effects from state.
// `nouns.ts` is the registry: adding a noun is one line there.
import type { TSchema } from 'typebox'
import type { FleetState } from './fleet-state.ts'

export interface DecideContext {
  /** Wall clock, ms since the epoch. */
  now: number
  /** Login proven by the kernel, or `engine`. */
  by: string
  /** Roles of `by` in the fleet file. */
  roles: readonly string[]
  /** A new unique id with a readable prefix: `id('inc')` → `inc-01jd…`. Injected, so that decisions stay pure in tests. */
  id(prefix: string): string
}

/** Something to do outside, started only because durable state says so. Its outcome comes back as a command with this id. */
export interface Effect {
  /** Stable over restarts: the same pending thing has the same id. */
  id: string
  kind: string
  [detail: string]: unknown
}

export interface Noun<Slice, Command extends { type: string }, Event extends { type: string }> {
  /** Key of its slice in FleetState; its events are named `<name>.<what>`. */
  name: string
  commands: { readonly [T in Command['type']]: TSchema }
  events: { readonly [T in Event['type']]: TSchema }
  initial: Slice
  /** Pure. Throws Refused or BadInput. No events: nothing changed, nothing is written. */
  decide(state: FleetState, command: Command, context: DecideContext): Event[]
  /** Pure and total: an event that lies in a journal can always be folded. */
  reduce(slice: Slice, event: Event, commit: { seq: number; at: number; by: string }): Slice
  /** The same as `reduce` with one event after the other, where doing it at once spares copies. */
  reduceAll?(slice: Slice, events: readonly Event[], commit: { seq: number; at: number; by: string }): Slice
  pending?(state: FleetState): Effect[]
}
