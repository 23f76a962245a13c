// Where a key goes: into the line that is being typed if there is one, else to the action that has it.
import { forTerminal } from '../../state/primitives/node-text.ts'
import { choices, choose } from '../menu/choices.ts'
import { move } from '../overview/move.ts'
import type { Prompt } from '../room/view.ts'
import { actions, type Hands } from './actions.ts'
import type { Typed } from './tokenizer.ts'

const longestTyped = 200

export function press(key: Typed, hands: Hands): void {
  const { room } = hands
  const { prompt } = room.snapshot().view
  // These two work everywhere: a screen that is torn, a shell that is needed.
  if (key.kind === 'key' && (key.name === 'ctrl-l' || key.name === 'ctrl-z')) {
    run(key.name, hands)
    return
  }
  if (prompt) {
    type(key, prompt, hands)
    return
  }
  // A paste that nobody asked for is dropped: its letters are not commands.
  if (key.kind === 'key') run(key.name, hands)
}

function run(name: string, hands: Hands): void {
  const place = { snapshot: hands.room.snapshot() }
  actions.find(action => action.keys.includes(name) && action.when(place))?.run(hands)
}

function type(key: Typed, prompt: Prompt, hands: Hands): void {
  const { room } = hands
  const { view } = room.snapshot()
  const typed = prompt.kind === 'filter' ? view.filter : prompt.query
  const edited = edit(typed, key)
  if (edited !== null) {
    if (prompt.kind === 'filter') room.change({ filter: edited, scroll: 0 })
    else room.change({ prompt: { ...prompt, query: edited, at: 0 } })
    return
  }
  if (key.kind === 'paste') return
  switch (key.name) {
    case 'escape':
    case 'ctrl-c':
      room.change(prompt.kind === 'filter' ? { prompt: null, filter: prompt.before } : { prompt: null })
      return
    case 'enter':
      if (prompt.kind === 'filter') {
        room.change({ prompt: null })
        // The cursor follows into what is left.
        move(room, 'here')
      } else choose(prompt, hands)
      return
    case 'up':
    case 'down': {
      if (prompt.kind === 'filter') return
      const last = Math.max(0, choices(room.snapshot(), prompt).length - 1)
      const at = Math.min(last, Math.max(0, prompt.at + (key.name === 'up' ? -1 : 1)))
      room.change({ prompt: { ...prompt, at } })
      return
    }
    case 'backspace':
      // Nothing left to take away: the line itself goes.
      room.change({ prompt: null })
  }
}

/** The typed text after a key; null: the key is none that types. */
function edit(typed: string, key: Typed): string | null {
  if (key.kind === 'paste') {
    const [line = ''] = key.text.split(/\r\n|\n|\r/)
    return (typed + forTerminal(line)).slice(0, longestTyped)
  }
  if (key.name === 'space') return `${typed} `
  if (key.name === 'backspace') return typed === '' ? null : [...typed].slice(0, -1).join('')
  if (key.name === 'ctrl-u') return ''
  if (key.name === 'ctrl-w') return typed.replace(/\S*\s*$/, '')
  return [...key.name].length === 1 ? (typed + key.name).slice(0, longestTyped) : null
}
