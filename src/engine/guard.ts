// What is refused before it is decided, for everyone and everywhere: read-only engines, and people without a role.
import type { Actor } from './committer.ts'
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

export function createGuard(options: { readOnly: boolean }): (command: AnyCommand, actor: Actor) => string | null {
  return (command, actor) => {
    if (isOwn(actor)) return null
    if (options.readOnly) return `this engine is read-only: ${command.type} is refused`
    return mayAct(actor) ? null : mayOnlyLook(actor)
  }
}
