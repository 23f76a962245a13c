// What is refused before it is decided, for everyone and everywhere: read-only engines, and people without a role.
import type { Actor } from './committer.ts'
import type { FleetState } from './fleet-state.ts'
import type { AnyCommand } from './nouns.ts'

/** Commands of the engine itself: what was seen and how things ended. They are never refused. */
function isOwn(actor: Actor): boolean {
  return actor.by === 'engine'
}

export function mayAct(actor: Actor): boolean {
  return actor.roles.includes('operator') || actor.roles.includes('owner')
}

export function mayOnlyLook(actor: Actor | null): string {
  return `${actor?.by ?? 'a stranger'} may look but not act: neither operator nor owner in the fleet file`
}

/** Judges what costs money against the state that the command will meet; null: nothing against it. */
export type JudgeSpending = (command: AnyCommand, state: FleetState) => string | null

export function createGuard(options: {
  readOnly: boolean
  judgeSpending?: JudgeSpending
}): (command: AnyCommand, actor: Actor, state: FleetState) => string | null {
  return (command, actor, state) => {
    if (isOwn(actor)) return null
    if (options.readOnly) return `this engine is read-only: ${command.type} is refused`
    if (!mayAct(actor)) return mayOnlyLook(actor)
    return options.judgeSpending?.(command, state) ?? null
  }
}
