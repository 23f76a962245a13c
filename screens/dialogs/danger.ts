// How much has to be typed before something acts outside: a yes by another key, and for many nodes or in production the
// fleet's name. Pure.
import type { Confirmation } from '../keys/action.ts'
import type { Snapshot } from '../room/room.ts'

/** More nodes than this are not hit by one key. */
const fewNodes = 10

/** The confirming key; no action that changes anything has it as its own. */
export const yesKey = 'Y'

/** What must be typed, or null where the key is enough. */
export function wordFor({ nodes }: Confirmation, { live }: Pick<Snapshot, 'live'>): string | null {
  const isGrave = live.fleet.environment === 'production' || nodes.length > fewNodes
  return isGrave ? live.fleet.name : null
}

/** Why the fleet's name is wanted. */
export function reasonFor({ nodes }: Confirmation, { live }: Pick<Snapshot, 'live'>): string {
  return live.fleet.environment === 'production' ? 'this is production' : `this hits ${nodes.length} nodes`
}
