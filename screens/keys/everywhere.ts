// What works on every screen: going back and about, finding, holding still, leaving.
import { glyphChoices, themeChoices } from '../../src/room/shapes.ts'
import { firstView, type Snapshot } from '../room/room.ts'
import type { Copyable, Screen } from '../room/screen.ts'
import { filterOf, placeOf } from '../room/view.ts'
import { screenIds, screens } from '../screens.ts'
import type { Action } from './action.ts'

const always = () => true

function copiesOn(snapshot: Snapshot): readonly Copyable[] {
  const screen: Pick<Screen<object, unknown>, 'copies'> = screens[placeOf(snapshot.view).screen]
  return screen.copies?.(snapshot) ?? []
}

export const everywhere: readonly Action[] = [
  {
    id: 'back',
    keys: ['escape', 'backspace'],
    title: 'drop filter and marks, then go back',
    short: 'back',
    danger: 'looks',
    when: always,
    run: ({ room }) => {
      const { screen } = placeOf(room.snapshot().view)
      if (screens[screen].undo(room) || room.back()) return
      if (screen !== 'overview') room.open('overview')
    },
  },
  {
    id: 'filter',
    keys: ['/'],
    title: 'filter: part of the text · ! not · @ tag · -f fuzzy',
    short: 'filter',
    danger: 'looks',
    when: ({ view }) => 'filter' in view.screens[placeOf(view).screen],
    run: ({ room }) => room.change({ prompt: { kind: 'filter', before: filterOf(room.snapshot().view) } }),
  },
  {
    id: 'before',
    keys: ['['],
    title: 'to what was on the screen before',
    short: null,
    danger: 'looks',
    when: ({ view }) => view.history.at > 0,
    run: ({ room }) => room.travel('before'),
  },
  {
    id: 'after',
    keys: [']'],
    title: 'forth again, to what was on the screen after',
    short: null,
    danger: 'looks',
    when: ({ view }) => view.history.at < view.history.paths.length - 1,
    run: ({ room }) => room.travel('after'),
  },
  {
    id: 'last-place',
    keys: ['-'],
    title: 'to the place before, and back again',
    short: null,
    danger: 'looks',
    when: ({ view }) => view.history.at > 0,
    run: ({ room }) => room.travel('last'),
  },
  {
    id: 'freeze',
    keys: ['z'],
    title: 'hold the picture still, or let it go on',
    short: 'freeze',
    danger: 'looks',
    when: always,
    run: ({ room }) => room.freeze(room.snapshot().frozenAt === null),
  },
  {
    id: 'theme',
    keys: [],
    title: 'colours: as the terminal is, dark, light, or safe for red-green blindness',
    short: null,
    danger: 'looks',
    when: always,
    choose: {
      title: 'colours',
      subject: () => '',
      options: (_, { view }) => themeChoices.map(id => ({ id, label: id, isOn: view.look.theme === id })),
      pick: ({ room }, id) => {
        const theme = themeChoices.find(one => one === id)
        if (theme) room.change({ look: { ...room.snapshot().view.look, theme } })
      },
    },
  },
  {
    id: 'glyphs',
    keys: [],
    title: 'signs: as the terminal can, drawn, or ASCII alone',
    short: null,
    danger: 'looks',
    when: always,
    choose: {
      title: 'signs',
      subject: () => '',
      options: (_, { view }) => glyphChoices.map(id => ({ id, label: id, isOn: view.look.glyphs === id })),
      pick: ({ room }, id) => {
        const glyphs = glyphChoices.find(one => one === id)
        if (glyphs) room.change({ look: { ...room.snapshot().view.look, glyphs } })
      },
    },
  },
  {
    id: 'copy',
    keys: ['y'],
    title: 'copy to your own clipboard: a name, an address, a reason',
    short: null,
    danger: 'looks',
    when: snapshot => copiesOn(snapshot).length > 0,
    choose: {
      title: 'copy',
      subject: () => '',
      options: (_, snapshot) =>
        copiesOn(snapshot).map(({ label, lines }) => ({ id: label, label, note: lines[0] ?? '' })),
      pick({ room, copy }, wanted) {
        const copyable = copiesOn(room.snapshot()).find(({ label }) => label === wanted)
        if (copyable) void copy(copyable.lines, copyable.label)
      },
    },
  },
  {
    id: 'settings',
    keys: [],
    title: 'what is wrong with your settings of the room',
    short: null,
    danger: 'looks',
    when: ({ mistakes }) => mistakes.length > 0,
    run: ({ room }) => {
      const { mistakes, view } = room.snapshot()
      room.change({ dialogs: [...view.dialogs, { kind: 'text', title: 'your settings', lines: mistakes, scroll: 0 }] })
    },
  },
  {
    id: 'edit',
    keys: ['e'],
    title: 'the fleet file in your editor, at the node under the cursor',
    short: null,
    danger: 'looks',
    when: always,
    run: ({ room, program }) => {
      const snapshot = room.snapshot()
      void program.edit(screens[placeOf(snapshot.view).screen].nodes(snapshot)[0] ?? null)
    },
  },
  {
    id: 'palette',
    keys: [':'],
    title: 'do anything by name, open any node',
    short: 'do',
    danger: 'looks',
    when: always,
    run: ({ room }) => room.change({ prompt: { kind: 'palette', query: '', at: 0 } }),
  },
  {
    id: 'help',
    keys: ['?', 'f1'],
    title: 'every key, searchable; enter does it',
    short: 'help',
    danger: 'looks',
    when: always,
    run: ({ room }) => room.change({ prompt: { kind: 'help', query: '', at: 0 } }),
  },
  {
    id: 'detach',
    keys: ['q', 'ctrl-c'],
    title: 'leave the room; the engine goes on watching',
    short: 'detach',
    danger: 'looks',
    when: always,
    run: ({ detach }) => detach(),
  },
  {
    id: 'redraw',
    keys: ['ctrl-l'],
    title: 'draw the screen again',
    short: null,
    danger: 'looks',
    when: always,
    run: ({ redraw }) => redraw(),
  },
  {
    id: 'suspend',
    keys: ['ctrl-z'],
    title: 'suspend the room; `fg` comes back to it',
    short: null,
    danger: 'looks',
    when: always,
    run: ({ suspend }) => suspend(),
  },
  {
    id: 'reset',
    keys: ['0'],
    title: 'every view as it was at the beginning',
    short: null,
    danger: 'looks',
    when: always,
    run: ({ room }) => {
      const { look, screens: views } = room.snapshot().view
      const first = firstView()
      const { selected } = views.overview
      room.change({ ...first, look })
      for (const id of screenIds()) room.set(id, first.screens[id])
      room.set('overview', { selected })
    },
  },
]
