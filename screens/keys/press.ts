// Where a key goes: to the dialog on top if there is one, else into the line that is being typed, else to its action.
import { pressDialog } from '../dialogs/press.ts'
import { choices, choose, complete, type Menu } from '../menu/choices.ts'
import { menuRoom } from '../menu/view.ts'
import { bodyHeightOf } from '../room/notices.ts'
import { filterOf, type Prompt, placeOf } from '../room/view.ts'
import type { Hands } from './action.ts'
import { actions } from './actions.ts'
import { keysOf } from './bindings.ts'
import { edited } from './edit.ts'
import { moveOn } from './movement.ts'
import { perform } from './perform.ts'
import type { Typed } from './tokenizer.ts'

export function press(key: Typed, hands: Hands): void {
  const { view } = hands.room.snapshot()
  const giveUp = hands.program.opening()
  if (giveUp) {
    // What is typed ahead for a shell must not act in the room.
    if (key.kind === 'key' && (key.name === 'escape' || key.name === 'ctrl-c')) giveUp()
    return
  }
  // These two work everywhere: a screen that is torn, a shell that is needed.
  if (key.kind === 'key' && (key.name === 'ctrl-l' || key.name === 'ctrl-z')) {
    run(key.name, hands)
    return
  }
  const dialog = view.dialogs.at(-1)
  if (dialog) pressDialog(dialog, key, hands)
  else if (view.prompt) type(key, view.prompt, hands)
  // A paste that nobody asked for is dropped: its letters are not commands.
  else if (key.kind === 'key') run(key.name, hands)
}

function run(name: string, hands: Hands): void {
  const snapshot = hands.room.snapshot()
  const action = actions.find(one => keysOf(one, snapshot.bindings).includes(name) && one.when(snapshot))
  if (action) perform(action, hands)
}

function type(key: Typed, prompt: Prompt, hands: Hands): void {
  const { room } = hands
  const { view } = room.snapshot()
  const typed = prompt.kind === 'filter' ? filterOf(view) : prompt.query
  const next = edited(typed, key)
  if (next !== null) {
    if (prompt.kind === 'filter') setFilter(hands, next)
    else room.change({ prompt: { ...prompt, query: next, at: 0 } })
    return
  }
  if (key.kind === 'paste') return
  switch (key.name) {
    case 'escape':
    case 'ctrl-c':
      if (prompt.kind === 'filter') setFilter(hands, prompt.before)
      room.change({ prompt: null })
      return
    case 'enter':
      if (prompt.kind === 'filter') {
        room.change({ prompt: null })
        // The cursor follows into what is left.
        moveOn(room, 'here')
      } else choose(prompt, hands)
      return
    case 'tab':
      if (prompt.kind === 'palette') room.change({ prompt: { ...prompt, ...complete(room.snapshot(), prompt) } })
      return
    case 'up':
    case 'down':
    case 'ctrl-p':
    case 'ctrl-n':
    case 'pageup':
    case 'pagedown':
    case 'home':
    case 'end':
      if (prompt.kind !== 'filter') moveInMenu(prompt, key.name, room)
      return
    case 'backspace':
      // Nothing left to take away: the line itself goes.
      room.change({ prompt: null })
  }
}

function moveInMenu(menu: Menu, name: string, room: Hands['room']): void {
  const snapshot = room.snapshot()
  const last = Math.max(0, choices(snapshot, menu).length - 1)
  const page = Math.max(1, menuRoom(bodyHeightOf(snapshot)) - 1)
  const steps: Readonly<Record<string, number>> = {
    up: -1,
    'ctrl-p': -1,
    pageup: -page,
    pagedown: page,
    home: -last,
    end: last,
  }
  // Where typing has left fewer than the cursor has passed, it goes on from the last.
  const at = Math.min(last, menu.at) + (steps[name] ?? 1)
  room.change({ prompt: { ...menu, at: Math.min(last, Math.max(0, at)) } })
}

function setFilter({ room }: Hands, filter: string): void {
  const { screen } = placeOf(room.snapshot().view)
  room.set(screen, { filter })
}
