// Keys while something is asked: they go to the dialog on top and to nothing below it.

import type { Hands } from '../keys/action.ts'
import { actions } from '../keys/actions.ts'
import { edited } from '../keys/edit.ts'
import type { Typed } from '../keys/tokenizer.ts'
import type { Snapshot } from '../room/room.ts'
import type { Dialog } from '../room/view.ts'
import { offered } from './choose.ts'
import { wordFor, yesKey } from './danger.ts'
import { advance, type ConfirmDialog, type FormDialog, isForm, replaceTop, send } from './form.ts'
import { confirmScroll, textHeight } from './view.ts'

export function pressDialog(dialog: Dialog, key: Typed, hands: Hands): void {
  if (key.kind === 'key' && (key.name === 'escape' || key.name === 'ctrl-c')) {
    close(hands)
    return
  }
  // What is on its way cannot be changed any more; it can only be left to go its way.
  if ((dialog.kind === 'form' || dialog.kind === 'confirm') && dialog.isSending) return
  switch (dialog.kind) {
    case 'form':
      pressForm(dialog, key, hands)
      break
    case 'confirm':
      pressConfirm(dialog, key, hands)
      break
    case 'choose':
      pressChoose(dialog, key, hands)
      break
    case 'text':
      if (key.kind === 'key') pressText(dialog, key.name, hands)
      break
  }
}

function close({ room }: Hands): void {
  room.change({ dialogs: room.snapshot().view.dialogs.slice(0, -1) })
}

function pressForm(dialog: FormDialog, key: Typed, hands: Hands): void {
  const action = actions.find(one => one.id === dialog.action)
  if (!isForm(action)) {
    close(hands)
    return
  }
  const { fields } = action.form
  const field = fields[dialog.at]
  const goTo = (at: number) => replaceTop(hands, dialog, { ...dialog, at: (at + fields.length) % fields.length })
  if (key.kind === 'key') {
    switch (key.name) {
      case 'enter':
        if (dialog.at < fields.length - 1) goTo(dialog.at + 1)
        else advance(dialog, action, hands)
        return
      case 'tab':
      case 'down':
        goTo(dialog.at + 1)
        return
      case 'shift-tab':
      case 'up':
        goTo(dialog.at - 1)
        return
    }
  }
  if (!field) return
  const text = edited(dialog.values[field.name] ?? '', key)
  if (text === null) return
  const { [field.name]: _mended, ...errors } = dialog.errors
  replaceTop(hands, dialog, { ...dialog, errors, values: { ...dialog.values, [field.name]: text } })
}

function pressConfirm(dialog: ConfirmDialog, key: Typed, hands: Hands): void {
  const action = actions.find(one => one.id === dialog.action)
  if (!isForm(action) || !action.form.confirm) {
    close(hands)
    return
  }
  const snapshot = hands.room.snapshot()
  const word = wordFor(action.form.confirm(dialog.subject, dialog.values, snapshot), snapshot)
  const act = () => void send(dialog, action, hands, dialog.values)
  if (key.kind === 'key') {
    switch (key.name) {
      case 'tab':
      case 'shift-tab':
      case 'left':
      case 'right':
        replaceTop(hands, dialog, { ...dialog, isOnYes: !dialog.isOnYes })
        return
      case 'enter':
        if (!dialog.isOnYes) close(hands)
        else if (word === null || dialog.typed === word) act()
        else replaceTop(hands, dialog, { ...dialog, failed: `${word} is not what is typed` })
        return
      case 'up':
      case 'down':
      case 'pageup':
      case 'pagedown':
        replaceTop(hands, dialog, { ...dialog, scroll: scrolledTo(dialog, key.name, snapshot) })
        return
      case yesKey:
        if (word === null) {
          act()
          return
        }
    }
  }
  if (word === null) return
  const typed = edited(dialog.typed, key)
  // The last letter of the name moves on to the button: enter is then what it looks like.
  if (typed !== null) replaceTop(hands, dialog, { ...dialog, typed, isOnYes: typed === word, failed: null })
}

function scrolledTo(dialog: ConfirmDialog, key: string, snapshot: Snapshot): number {
  const { last, page } = confirmScroll(dialog, snapshot)
  const steps: Readonly<Record<string, number>> = { up: -1, down: 1, pageup: -page, pagedown: page }
  return Math.max(0, Math.min(last, Math.min(dialog.scroll, last) + (steps[key] ?? 0)))
}

function pressChoose(dialog: Extract<Dialog, { kind: 'choose' }>, key: Typed, hands: Hands): void {
  const action = actions.find(one => one.id === dialog.action)
  if (!action || !('choose' in action)) {
    close(hands)
    return
  }
  const options = offered(dialog, action.choose, hands.room.snapshot())
  const last = Math.max(0, options.length - 1)
  if (key.kind === 'key') {
    switch (key.name) {
      case 'down':
      case 'ctrl-n':
      case 'tab':
        replaceTop(hands, dialog, { ...dialog, at: dialog.at >= last ? 0 : dialog.at + 1 })
        return
      case 'up':
      case 'ctrl-p':
      case 'shift-tab':
        replaceTop(hands, dialog, { ...dialog, at: dialog.at <= 0 ? last : dialog.at - 1 })
        return
      case 'enter': {
        const option = options[dialog.at]
        if (!option) return
        if (!action.choose.stays) close(hands)
        action.choose.pick(hands, option.id, dialog.subject)
        return
      }
    }
  }
  const query = edited(dialog.query, key)
  if (query !== null) replaceTop(hands, dialog, { ...dialog, query, at: 0 })
}

function pressText(dialog: Extract<Dialog, { kind: 'text' }>, key: string, hands: Hands): void {
  const { room } = hands
  const height = textHeight(room.snapshot())
  const last = Math.max(0, dialog.lines.length - height)
  const to = (scroll: number) => replaceTop(hands, dialog, { ...dialog, scroll: Math.max(0, Math.min(last, scroll)) })
  switch (key) {
    case 'j':
    case 'down':
      to(dialog.scroll + 1)
      break
    case 'k':
    case 'up':
      to(dialog.scroll - 1)
      break
    case 'pagedown':
    case 'ctrl-d':
    case 'ctrl-f':
    case 'space':
      to(dialog.scroll + height - 1)
      break
    case 'pageup':
    case 'ctrl-u':
    case 'ctrl-b':
      to(dialog.scroll - height + 1)
      break
    case 'g':
    case 'home':
      to(0)
      break
    case 'G':
    case 'end':
      to(last)
      break
    case 'y':
      void hands.copy(dialog.lines, dialog.title)
      break
    case 'q':
    case 'enter':
      close(hands)
  }
}
