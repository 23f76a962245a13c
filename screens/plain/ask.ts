// What is asked, as questions that are answered by a line each. Pure.

import { offered } from '../dialogs/choose.ts'
import { wordFor } from '../dialogs/danger.ts'
import { isForm } from '../dialogs/form.ts'
import type { Option } from '../keys/action.ts'
import { actions } from '../keys/actions.ts'
import type { Snapshot } from '../room/room.ts'
import type { Dialog } from '../room/view.ts'

type Form = Extract<Dialog, { kind: 'form' }>
type Confirm = Extract<Dialog, { kind: 'confirm' }>
type Choose = Extract<Dialog, { kind: 'choose' }>

/** More than this is not read out in one breath. */
const mostOptions = 20

export function ask(dialog: Dialog, snapshot: Snapshot, isNew: boolean): string[] {
  switch (dialog.kind) {
    case 'form':
      return askForm(dialog, snapshot, isNew)
    case 'confirm':
      return askConfirm(dialog, snapshot)
    case 'choose':
      return askChoose(dialog, snapshot)
    case 'text':
      return [
        `${dialog.title}:`,
        ...dialog.lines.map(line => line.trim().replace(/ {2,}/g, ' ')).filter(line => line !== ''),
      ]
  }
}

function askForm(dialog: Form, snapshot: Snapshot, isNew: boolean): string[] {
  const action = actions.find(one => one.id === dialog.action)
  if (!isForm(action)) return []
  const { form } = action
  const lines = isNew
    ? [
        `${form.title(dialog.subject, snapshot)}.`,
        ...form.describe(dialog.subject, dialog.values, snapshot).map(line => `Note: ${line}.`),
        ...form.fields.slice(0, dialog.at).map(({ name, label }) => `${label} is ${dialog.values[name] ?? ''}.`),
        'A line answers. `cancel` gives up, `previous` goes back a question.',
      ]
    : []
  for (const { name, label } of form.fields) {
    const wrong = dialog.errors[name]
    if (wrong !== undefined) lines.push(`Refused, ${label}: ${wrong}.`)
  }
  if (dialog.failed !== null) lines.push(`Not done: ${dialog.failed}`)
  const field = form.fields[dialog.at]
  if (field) {
    const value = dialog.values[field.name] ?? ''
    const now = value === '' ? field.hint : `an empty line keeps ${value}`
    lines.push(`Question ${dialog.at + 1} of ${form.fields.length}, ${field.label} (${now}):`)
  }
  return lines
}

function askConfirm(dialog: Confirm, snapshot: Snapshot): string[] {
  const action = actions.find(one => one.id === dialog.action)
  if (!isForm(action) || !action.form.confirm) return []
  if (dialog.isSending) return ['The engine is at it.']
  const asked = action.form.confirm(dialog.subject, dialog.values, snapshot)
  const word = wordFor(asked, snapshot)
  const { nodes } = asked
  return [
    asked.question,
    ...(nodes.length === 0
      ? []
      : [`It hits ${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}: ${nodes.join(', ')}.`]),
    ...asked.command.map(line => `Exactly: ${line}`),
    ...(dialog.failed === null ? [] : [`Not done: ${dialog.failed}`]),
    word === null
      ? 'Type `yes` to do it. Anything else cancels.'
      : `Type the name of the fleet, ${word}, to do it. Anything else cancels.`,
  ]
}

function askChoose(dialog: Choose, snapshot: Snapshot): string[] {
  const options = optionsOf(dialog, snapshot)
  const action = actions.find(one => one.id === dialog.action)
  const rest = options.length - mostOptions
  return [
    `${action && 'choose' in action ? action.choose.title : dialog.action}.`,
    ...options.slice(0, mostOptions).map(({ label, note, isOn }, at) => {
      return `${at + 1}. ${label}${note === undefined ? '' : `, ${note}`}${isOn === true ? ', chosen now' : ''}.`
    }),
    ...(rest > 0 ? [`And ${rest} more: type a part of the name.`] : []),
    'A number or a name chooses. `cancel` closes.',
  ]
}

export function optionsOf(dialog: Choose, snapshot: Snapshot): readonly Option[] {
  const action = actions.find(one => one.id === dialog.action)
  return action && 'choose' in action ? offered(dialog, action.choose, snapshot) : []
}

/** The option that an answer means; null: none, or more than one. */
export function optionFor(answer: string, dialog: Choose, snapshot: Snapshot): Option | null {
  const options = optionsOf(dialog, snapshot)
  const wanted = answer.toLowerCase()
  const named = options.find(({ id, label }) => id.toLowerCase() === wanted || label.toLowerCase() === wanted)
  if (named) return named
  if (/^\d+$/.test(answer)) {
    const counted = options[Number(answer) - 1]
    if (counted) return counted
  }
  const matching = optionsOf({ ...dialog, query: answer }, snapshot)
  return matching.length === 1 ? (matching[0] ?? null) : null
}
