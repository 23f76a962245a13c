// From an action to what it does: at once, or by a dialog that asks first. The one place that knows the kinds of action.
import { openForm } from '../dialogs/form.ts'
import type { Snapshot } from '../room/room.ts'
import type { Action, Hands } from './action.ts'

/** Does it, if it can be done here. `argument` is what was typed behind its name in the palette. */
export function perform(action: Action, hands: Hands, argument = ''): void {
  const { room } = hands
  const snapshot = room.snapshot()
  if (!action.when(snapshot)) return
  const refused = refusalOf(action, snapshot)
  if (refused !== null) {
    room.say(refused, 'failed')
    return
  }
  if ('choose' in action) {
    const subject = action.choose.subject(snapshot)
    const wanted = argument.trim().toLowerCase()
    const option =
      action.choose
        .options(subject, snapshot)
        .find(one => one.id.toLowerCase() === wanted || one.label.toLowerCase() === wanted) ??
      action.choose.typed?.(argument.trim())
    if (option) action.choose.pick(hands, option.id, subject)
    else {
      const opened = { kind: 'choose' as const, action: action.id, subject, query: argument.trim(), at: 0 }
      room.change({ dialogs: [...snapshot.view.dialogs, opened] })
    }
  } else if ('form' in action) openForm(action, hands, argument)
  else if ('argue' in action && action.argue && argument.trim() !== '') action.argue(hands, argument)
  else action.run(hands)
}

/** Why nothing that is written down can be done now, for a footer that must not promise it; the engine decides again. */
export function refusalOf(action: Pick<Action, 'danger' | 'title'>, { live, link }: Snapshot): string | null {
  if (action.danger === 'looks') return null
  if (live.engine.readOnly) return `this engine is read-only, nothing was done: ${action.title}`
  return link.up ? null : `the link to the engine is lost, nothing was done: ${action.title}`
}
