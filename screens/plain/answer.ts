// A line as the keys that would have said it to a dialog.
import { wordFor, yesKey } from '../dialogs/danger.ts'
import { isForm } from '../dialogs/form.ts'
import { pressDialog } from '../dialogs/press.ts'
import type { Hands } from '../keys/action.ts'
import { actions } from '../keys/actions.ts'
import type { Dialog } from '../room/view.ts'
import { optionFor, optionsOf } from './ask.ts'
import type { Speaker } from './speaker.ts'

export function answer(dialog: Dialog, line: string, hands: Hands, speaker: Speaker): void {
  const { room } = hands
  const press = (name: string) => {
    const top = room.snapshot().view.dialogs.at(-1)
    if (top) pressDialog(top, { kind: 'key', name }, hands)
  }
  const write = (text: string) => {
    press('ctrl-u')
    const top = room.snapshot().view.dialogs.at(-1)
    if (top) pressDialog(top, { kind: 'paste', text }, hands)
  }
  if (line === 'cancel') {
    // Out of the question, not back to the one before it.
    for (let left = room.snapshot().view.dialogs.length; left > 0; left--) press('escape')
    speaker.say(['Cancelled.'])
    return
  }
  switch (dialog.kind) {
    case 'form':
      if (line === 'previous') press('shift-tab')
      else {
        if (line !== '') write(line)
        press('enter')
      }
      break
    case 'choose': {
      const option = optionFor(line, dialog, room.snapshot())
      if (option) {
        press('ctrl-u')
        const at = optionsOf({ ...dialog, query: '' }, room.snapshot()).findIndex(({ id }) => id === option.id)
        if (at < 0) write(line)
        for (let step = 0; step < at; step++) press('down')
        press('enter')
      } else write(line)
      break
    }
    case 'text':
      press('escape')
      break
    case 'confirm':
      confirm(dialog, line, hands, { press, write, speaker })
  }
}

/** Anything but the yes is a no. */
function confirm(
  dialog: Extract<Dialog, { kind: 'confirm' }>,
  line: string,
  { room }: Hands,
  { press, write, speaker }: { press(name: string): void; write(text: string): void; speaker: Speaker },
): void {
  const snapshot = room.snapshot()
  const action = actions.find(one => one.id === dialog.action)
  const asked = isForm(action) ? action.form.confirm?.(dialog.subject, dialog.values, snapshot) : undefined
  const word = asked ? wordFor(asked, snapshot) : null
  if (word === null && line === 'yes') press(yesKey)
  else if (word !== null && line === word) {
    write(word)
    press('enter')
  } else {
    for (let left = snapshot.view.dialogs.length; left > 0; left--) press('escape')
    speaker.say(['Cancelled: nothing was done.'])
  }
}
