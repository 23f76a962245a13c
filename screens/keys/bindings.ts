// Which keys an action has: its own, or those that the operator has set in their settings. What is set there is judged
// whole, so that a mistake is found when the room opens and not when the key is needed. Pure.
import type { Bindings } from '../room/room.ts'
import type { Action } from './action.ts'

export function keysOf(action: Pick<Action, 'id' | 'keys'>, bindings: Bindings): readonly string[] {
  return Object.hasOwn(bindings, action.id) ? (bindings[action.id] ?? action.keys) : action.keys
}
