// Keys that choose what the fleet is shown by: columns, order, groups.
import type { Action } from '../keys/action.ts'
import type { Room } from '../room/room.ts'
import { columns } from './columns.ts'
import { columnIds, type Grouping, groupings, type Sort } from './state.ts'
import { tableOf } from './table.ts'

const always = () => true

export const tableActions: readonly Action[] = [
  {
    id: 'columns',
    keys: ['c'],
    title: 'columns of the table',
    short: null,
    danger: 'looks',
    when: always,
    choose: {
      title: 'columns of the table',
      stays: true,
      subject: () => '',
      options: (_, snapshot) => {
        const { columns: chosen } = snapshot.view.screens.overview
        const shown = chosen ?? tableOf(snapshot).columns.map(({ id }) => id)
        return [
          { id: 'auto', label: 'as it fits', note: 'those that the width has room for', isOn: chosen === null },
          ...columnIds.map(id => ({
            id,
            label: columns[id].title.trim(),
            note: columns[id].note,
            isOn: shown.includes(id),
          })),
        ]
      },
      pick: ({ room }, option) => toggleColumn(room, option),
    },
  },
  {
    id: 'sort',
    keys: ['o'],
    title: 'order of the nodes; the same once more turns it round',
    short: null,
    danger: 'looks',
    when: always,
    choose: {
      title: 'order of the nodes: the same once more turns it round',
      subject: () => '',
      options: (_, snapshot) => {
        const { sort } = snapshot.view.screens.overview
        const shown = tableOf(snapshot).columns.map(({ id }) => id)
        const isOn = (by: Sort['by']) => sort.by === by
        return [
          { id: 'faults', label: 'faults first', note: 'then by region', isOn: isOn('faults') },
          ...shown.map(id => ({ id, label: columns[id].title.trim(), note: columns[id].note, isOn: isOn(id) })),
        ]
      },
      pick: ({ room }, option) => sortBy(room, option),
    },
  },
  {
    id: 'group',
    keys: ['b'],
    title: 'group by region, provider, tag, batch or health',
    short: null,
    danger: 'looks',
    when: always,
    choose: {
      title: 'group by',
      subject: () => '',
      options: (_, { view }) =>
        groupings.map(id => ({ id, label: id, note: groupNotes[id], isOn: view.screens.overview.group === id })),
      pick: ({ room }, option) => {
        const group = groupings.find(one => one === option)
        if (group) room.set('overview', { group, scroll: 0 })
      },
    },
  },
]

const groupNotes: Readonly<Record<Grouping, string>> = {
  none: 'one list',
  region: 'HQ first',
  provider: '',
  tag: 'by the first tag of each',
  batch: 'by the first batch of the fleet file that has it',
  health: 'worst first',
}

function toggleColumn(room: Room, option: string): void {
  if (option === 'auto') {
    room.set('overview', { columns: null })
    return
  }
  const snapshot = room.snapshot()
  const shown = snapshot.view.screens.overview.columns ?? tableOf(snapshot).columns.map(({ id }) => id)
  const next = columnIds.filter(id => (id === option ? !shown.includes(id) : shown.includes(id)))
  // A table without columns says nothing.
  if (next.length > 0) room.set('overview', { columns: next })
}

function sortBy(room: Room, option: string): void {
  const { view, now } = room.snapshot()
  const by = (['faults', ...columnIds] as const).find(one => one === option)
  if (!by) return
  const { sort } = view.screens.overview
  const isReversed = sort.by === by ? !sort.isReversed : false
  room.set('overview', { sort: { by, isReversed, since: now }, scroll: 0 })
}
