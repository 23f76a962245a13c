// Keys of the incidents: of the list and of one incident's page.
import type { Action } from '../keys/action.ts'
import type { Snapshot } from '../room/room.ts'
import { createTheme } from '../theme/tokens.ts'
import { wrap } from '../widgets/row.ts'
import { pointedEntry } from './entries.ts'
import { pointedEvent, pointedNode } from './page.ts'

/** What is under the cursor does not depend on how it looks. */
const plain = createTheme('none', 'ascii')

function listed(snapshot: Snapshot): string | null {
  const entry = pointedEntry(snapshot)
  return entry && 'incident' in entry ? entry.incident.id : null
}

export const incidentsActions: readonly Action[] = [
  {
    id: 'open-incident',
    keys: ['enter'],
    title: 'open the incident under the cursor',
    short: 'open',
    danger: 'looks',
    when: snapshot => listed(snapshot) !== null,
    run: ({ room }) => {
      const id = listed(room.snapshot())
      if (id === null) return
      room.set('incident', { selected: null, scroll: 0 })
      room.go('incident', id)
    },
  },
  {
    id: 'open-only',
    keys: ['f'],
    title: 'open incidents only, or the closed ones too',
    short: 'open only',
    danger: 'looks',
    when: () => true,
    run: ({ room }) => {
      const { openOnly } = room.snapshot().view.screens.incidents
      room.set('incidents', { openOnly: !openOnly, scroll: 0 })
    },
  },
]

export const incidentActions: readonly Action[] = [
  {
    id: 'open-node-of-incident',
    keys: ['enter'],
    title: 'open the node under the cursor, or read the note whole',
    short: 'open',
    danger: 'looks',
    when: snapshot => pointedNode(snapshot, plain) !== null || pointedEvent(snapshot, plain) !== null,
    run: ({ room }) => {
      const snapshot = room.snapshot()
      const node = pointedNode(snapshot, plain)
      const words = pointedEvent(snapshot, plain)
      if (node !== null && Object.hasOwn(snapshot.live.fleet.nodes, node)) room.go('node', node)
      else if (node !== null) room.say(`${node} is not in the fleet any more`, 'failed')
      else if (words !== null) {
        const lines = wrap(words, snapshot.columns - 2, 200)
        room.change({
          dialogs: [...snapshot.view.dialogs, { kind: 'text', title: 'as it was said', lines, scroll: 0 }],
        })
      }
    },
  },
]
