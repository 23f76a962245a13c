// A form's way from its opening to what the engine says: everything that is wrong at once, and nothing that was typed is
// lost when it is refused.

import { WatchfloorError } from '../../state/primitives/errors.ts'
import type { Acting, Action, Asking, Hands, Values } from '../keys/action.ts'
import type { Dialog } from '../room/view.ts'

export type FormDialog = Extract<Dialog, { kind: 'form' }>
export type ConfirmDialog = Extract<Dialog, { kind: 'confirm' }>
export type FormAction = Asking | Acting

/** What is put down when an action opens: its first values, and over them the words typed behind its name. */
export function openForm(action: FormAction, hands: Hands, argument: string): void {
  const { room } = hands
  const snapshot = room.snapshot()
  const { form } = action
  const subject = form.subject(snapshot)
  if (subject === null) {
    room.say(`nothing here to do that to: ${action.title}`, 'failed')
    return
  }
  const words = spoken(argument, form.fields.length)
  const values = Object.fromEntries(
    form.fields.map((field, at) => [field.name, words[at] ?? field.initial(subject, snapshot)]),
  )
  const empty = form.fields.findIndex(({ name }) => values[name] === '')
  const dialog: FormDialog = {
    kind: 'form',
    action: action.id,
    subject,
    values,
    at: Math.max(0, empty),
    errors: {},
    failed: null,
    isSending: false,
  }
  room.change({ dialogs: [...snapshot.view.dialogs, dialog] })
  // Nothing to ask, or everything said in the palette: on to what comes next.
  if (form.fields.length === 0 || words.length >= form.fields.length) advance(dialog, action, hands)
}

/** A word for each field and for the last one the rest, as it was typed: a command's blanks are its own. */
function spoken(argument: string, fields: number): string[] {
  const words: string[] = []
  let rest = argument.trim()
  while (rest !== '' && words.length < fields - 1) {
    const [word = ''] = /^\S+/.exec(rest) ?? []
    words.push(word)
    rest = rest.slice(word.length).trimStart()
  }
  return rest === '' || fields === 0 ? words : [...words, rest]
}

/** Enter on the last field: judged whole, then asked once more if it acts outside, else sent. */
export function advance(dialog: FormDialog, action: FormAction, hands: Hands): void {
  const { room } = hands
  if (dialog.isSending) return
  const snapshot = room.snapshot()
  const { form } = action
  const { subject, values } = dialog
  const errors: Record<string, string> = {}
  for (const { name, check } of form.fields) {
    const wrong = check(values[name] ?? '', subject, snapshot)
    if (wrong !== null) errors[name] = wrong
  }
  const first = form.fields.findIndex(({ name }) => errors[name] !== undefined)
  if (first >= 0) {
    replaceTop(hands, dialog, { ...dialog, errors, at: first, failed: null })
    return
  }
  if (form.confirm) {
    const asked: ConfirmDialog = {
      kind: 'confirm',
      action: action.id,
      subject,
      values,
      isOnYes: false,
      typed: '',
      scroll: 0,
      failed: null,
      isSending: false,
    }
    const { dialogs } = snapshot.view
    const below = form.fields.length === 0 ? dialogs.slice(0, -1) : dialogs
    room.change({ dialogs: [...below, asked] })
    return
  }
  void send(dialog, action, hands, values)
}

/** Does it; the dialogs that asked for it go when it is done, and stay with the reason when it is not. */
export async function send(
  dialog: FormDialog | ConfirmDialog,
  action: FormAction,
  hands: Hands,
  values: Values,
): Promise<void> {
  const { room } = hands
  // Twice enter on a slow link must not do it twice.
  if (dialog.isSending) return
  const sent = { ...dialog, isSending: true, failed: null }
  replaceTop(hands, dialog, sent)
  try {
    const words = await action.form.submit(hands, dialog.subject, values)
    const { dialogs } = room.snapshot().view
    // Of the same asking only: another one of this action may have been opened meanwhile.
    room.change({ dialogs: dialogs.filter(one => !isOf(one, sent)) })
    room.say(words, 'done')
  } catch (error) {
    const why = reasonOf(error)
    const isThere = room.snapshot().view.dialogs.includes(sent)
    if (isThere) replaceTop(hands, sent, { ...sent, isSending: false, failed: why })
    else room.say(`not done: ${why}`, 'failed')
  }
}

/** A dialog of the same asking: the form, or the yes that it led to. */
function isOf(one: Dialog, sent: FormDialog | ConfirmDialog): boolean {
  const isAsking = one.kind === 'form' || one.kind === 'confirm'
  return isAsking && one.action === sent.action && one.values === sent.values
}

/** What went wrong and what to do about it, in one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const remedy = error instanceof WatchfloorError ? error.remedy : null
  return remedy === null ? error.message : `${error.message}. ${remedy}`
}

export function replaceTop({ room }: Pick<Hands, 'room'>, from: Dialog, to: Dialog): void {
  const { dialogs } = room.snapshot().view
  room.change({ dialogs: dialogs.map(one => (one === from ? to : one)) })
}

export function isForm(action: Action | undefined): action is FormAction {
  return action !== undefined && 'form' in action
}
