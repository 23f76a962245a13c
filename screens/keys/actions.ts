// Everything the operator can do, once: dispatch, footer, help and palette all come from these records. Lower case looks;
// what writes anything down is a capital.
import { openIncidents } from '../overview/incidents.ts'
import { move } from '../overview/move.ts'
import type { Room, Snapshot } from '../room/room.ts'
import { chartWindows, densities, firstView } from '../room/view.ts'
import type { Theme } from '../theme/tokens.ts'

/** Where an action would run: decides whether it can. */
export interface ActionPlace {
  snapshot: Snapshot
}

/** What an action may use. */
export interface Hands {
  room: Room
  redraw(): void
  suspend(): void
  detach(): void
}

export interface Action {
  id: string
  /** The first one is shown. */
  keys: readonly string[]
  title: string
  /** Its word in the footer; null: it is not shown there. */
  short: string | null
  /** `looks` changes nothing but the view; `records` writes to the journal; `changes` acts outside and confirms. */
  danger: 'looks' | 'records' | 'changes'
  when(place: ActionPlace): boolean
  run(hands: Hands): void
}

const always = () => true
const inOverview = ({ snapshot }: ActionPlace) => snapshot.view.screen === 'overview'
const inNode = ({ snapshot }: ActionPlace) => snapshot.view.screen === 'node'

function view(room: Room): Snapshot['view'] {
  return room.snapshot().view
}

export const actions: readonly Action[] = [
  {
    id: 'open',
    keys: ['enter'],
    title: 'open the selected node',
    short: 'open',
    danger: 'looks',
    when: inOverview,
    run: ({ room }) => {
      if (view(room).selected === null) move(room, 'here')
      if (view(room).selected !== null) room.change({ screen: 'node', nodeScroll: 0 })
    },
  },
  {
    id: 'back',
    keys: ['escape', 'backspace'],
    title: 'back to the overview; there, drop filter and faults only',
    short: 'back',
    danger: 'looks',
    when: ({ snapshot: { view } }) => view.screen === 'node' || view.filter !== '' || view.faultsOnly,
    run: ({ room }) =>
      room.change(view(room).screen === 'node' ? { screen: 'overview' } : { filter: '', faultsOnly: false, scroll: 0 }),
  },
  {
    id: 'acknowledge',
    keys: ['K'],
    title: "acknowledge the node's open incident: it is yours now",
    short: 'acknowledge',
    danger: 'records',
    when: ({ snapshot }) => unclaimed(snapshot) !== null,
    run: ({ room }) => void acknowledge(room),
  },
  {
    id: 'filter',
    keys: ['/'],
    title: 'filter: part of a name, region or health · ! not · @ tag · -f fuzzy',
    short: 'filter',
    danger: 'looks',
    when: inOverview,
    run: ({ room }) => room.change({ prompt: { kind: 'filter', before: view(room).filter } }),
  },
  {
    id: 'faults',
    keys: ['f'],
    title: 'show faults only, or everything again',
    short: 'faults',
    danger: 'looks',
    when: inOverview,
    run: ({ room }) => room.change({ faultsOnly: !view(room).faultsOnly, scroll: 0 }),
  },
  {
    id: 'density',
    keys: ['d'],
    title: 'density: as it fits, tiles, compact, table, heat map',
    short: 'density',
    danger: 'looks',
    when: inOverview,
    run: ({ room }) => {
      const density = densities[(densities.indexOf(view(room).density) + 1) % densities.length] ?? 'auto'
      room.change({ density, scroll: 0 })
      room.say(density === 'auto' ? 'density: as it fits' : `density: ${density}`)
    },
  },
  {
    id: 'window',
    keys: ['w'],
    title: 'span of the chart: ten minutes, an hour, a day, a week',
    short: 'span',
    danger: 'looks',
    when: inNode,
    run: ({ room }) => {
      const shown = view(room).window ?? room.snapshot().chart?.window ?? '24 h'
      const window = chartWindows[(chartWindows.indexOf(shown) + 1) % chartWindows.length] ?? '24 h'
      room.change({ window })
    },
  },
  {
    id: 'next-node',
    keys: ['right', 'tab'],
    title: 'the next node',
    short: 'next',
    danger: 'looks',
    when: inNode,
    run: ({ room }) => move(room, 'next'),
  },
  {
    id: 'previous-node',
    keys: ['left', 'shift-tab'],
    title: 'the node before',
    short: null,
    danger: 'looks',
    when: inNode,
    run: ({ room }) => move(room, 'previous'),
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
  ...movement(),
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
    title: 'the view as it was at the beginning',
    short: null,
    danger: 'looks',
    when: always,
    run: ({ room }) => room.change({ ...firstView, selected: view(room).selected }),
  },
]

function movement(): Action[] {
  const moves = [
    { id: 'down', keys: ['j', 'down'], title: 'down', when: always },
    { id: 'up', keys: ['k', 'up'], title: 'up', when: always },
    { id: 'right', keys: ['right', 'tab'], title: 'right', when: inOverview },
    { id: 'left', keys: ['left', 'shift-tab'], title: 'left', when: inOverview },
    { id: 'first', keys: ['g', 'home'], title: 'to the first', when: always },
    { id: 'last', keys: ['G', 'end'], title: 'to the last', when: always },
    { id: 'page-down', keys: ['pagedown', 'ctrl-d', 'ctrl-f'], title: 'a page down', when: always },
    { id: 'page-up', keys: ['pageup', 'ctrl-u', 'ctrl-b'], title: 'a page up', when: always },
  ] as const
  return moves.map(({ id, keys, title, when }) => ({
    id,
    keys,
    title,
    short: null,
    danger: 'looks',
    when,
    run: ({ room }) => move(room, id),
  }))
}

/** The selected node's open incident that is nobody's yet. */
function unclaimed(snapshot: Snapshot): { id: string; title: string; severity: string } | null {
  const { selected } = snapshot.view
  if (selected === null) return null
  return (
    openIncidents(snapshot).find(incident => incident.acknowledged === null && incident.nodes.includes(selected)) ??
    null
  )
}

async function acknowledge(room: Room): Promise<void> {
  const incident = unclaimed(room.snapshot())
  if (!incident) return
  try {
    await room.engine.do({ type: 'incidents.ack', id: incident.id })
    room.say(`acknowledged: ${incident.severity} ${incident.title}`)
  } catch (error) {
    room.say(`not acknowledged: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const words: Readonly<Record<string, string>> = { escape: 'esc', pagedown: 'pgdn', pageup: 'pgup' }

/** A key as the footer and the help write it. */
export function keyLabel(key: string, theme: Pick<Theme, 'glyphs'>): string {
  return theme.glyphs.keys[key] ?? words[key] ?? key
}
