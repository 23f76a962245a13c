// Keys of the overview. What chooses how it looks and what marks and rewinds stand in files of their own.
import type { Action } from '../keys/action.ts'
import { markActions } from './mark-actions.ts'
import { rewindActions } from './rewind-actions.ts'
import { densities } from './state.ts'
import { tableActions } from './table-actions.ts'

const always = () => true

export const overviewActions: readonly Action[] = [
  {
    id: 'open',
    keys: ['enter'],
    title: 'open the node under the cursor, as it is now',
    short: 'open',
    danger: 'looks',
    when: ({ view }) => view.screens.overview.selected !== null,
    run: ({ room }) => {
      const { selected } = room.snapshot().view.screens.overview
      if (selected === null) return
      // A node's page is live: what is done there must not be done to yesterday.
      room.set('overview', { at: null })
      room.go('node', selected)
    },
  },
  {
    id: 'faults',
    keys: ['f'],
    title: 'show faults only, or everything again',
    short: 'faults',
    danger: 'looks',
    when: always,
    run: ({ room }) =>
      room.set('overview', { faultsOnly: !room.snapshot().view.screens.overview.faultsOnly, scroll: 0 }),
  },
  {
    id: 'density',
    keys: ['d'],
    title: 'density: as it fits, tiles, compact, table, heat map',
    short: null,
    danger: 'looks',
    when: always,
    run: ({ room }) => {
      const at = densities.indexOf(room.snapshot().view.screens.overview.density)
      const density = densities[(at + 1) % densities.length] ?? 'auto'
      room.set('overview', { density, scroll: 0 })
      room.say(density === 'auto' ? 'density: as it fits' : `density: ${density}`)
    },
  },
  ...markActions,
  ...tableActions,
  ...rewindActions,
]
