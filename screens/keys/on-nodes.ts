// What can be done to nodes wherever there are some: to the marked ones, else to the one under the cursor.
import type { Incident } from '../../src/incidents/shapes.ts'
import { openIncidents } from '../incidents/open.ts'
import { follow } from '../logs/move.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import { screens } from '../screens.ts'
import type { Action } from './action.ts'

/** The nodes that the screen's actions are about. */
export function nodesOf(snapshot: Snapshot): readonly string[] {
  return screens[placeOf(snapshot.view).screen].nodes(snapshot)
}

/** The open incident under the cursor, or of the node there, that is nobody's yet. */
function unclaimed(snapshot: Snapshot): Incident | null {
  const screen = screens[placeOf(snapshot.view).screen]
  const open = openIncidents(snapshot)
  const pointed = screen.incident?.(snapshot) ?? null
  if (pointed !== null) return open.find(({ id, acknowledged }) => id === pointed && acknowledged === null) ?? null
  const nodes = nodesOf(snapshot)
  return open.find(one => one.acknowledged === null && one.nodes.some(node => nodes.includes(node))) ?? null
}

const hasOne = (snapshot: Snapshot) => nodesOf(snapshot).length === 1
const hasAny = (snapshot: Snapshot) => nodesOf(snapshot).length > 0

export const onNodes: readonly Action[] = [
  {
    id: 'acknowledge',
    keys: ['K'],
    title: 'acknowledge the open incident: it is yours now',
    short: 'acknowledge',
    danger: 'records',
    when: snapshot => unclaimed(snapshot) !== null,
    run: ({ room, engine }) => {
      const incident = unclaimed(room.snapshot())
      if (!incident) return
      engine.do({ type: 'incidents.ack', id: incident.id }).then(
        () => room.say(`acknowledged: ${incident.severity} ${incident.title}`, 'done'),
        error => room.say(`not acknowledged: ${error instanceof Error ? error.message : String(error)}`, 'failed'),
      )
    },
  },
  {
    id: 'logs',
    keys: ['l'],
    title: 'the journal of the node, as it is written',
    short: 'logs',
    danger: 'looks',
    when: snapshot => hasOne(snapshot) && placeOf(snapshot.view).screen !== 'logs',
    run: ({ room }) => {
      const snapshot = room.snapshot()
      const [node] = nodesOf(snapshot)
      if (node === undefined) return
      // Where one was in the journal of another node says nothing here.
      if (snapshot.found.logs?.setting.node !== node) follow(room)
      room.go('logs', node)
    },
  },
  {
    id: 'shell',
    keys: ['s'],
    title: 'a shell on the node, by ssh: outside the room, nothing there is written down',
    short: 'ssh',
    danger: 'looks',
    when: snapshot => hasOne(snapshot) && !snapshot.live.engine.readOnly,
    run: ({ room, program }) => {
      const [node] = nodesOf(room.snapshot())
      if (node !== undefined) void program.shell(node)
    },
  },
  {
    id: 'look-now',
    keys: ['r'],
    title: 'look at the nodes now, with every probe',
    short: null,
    danger: 'looks',
    when: snapshot => hasAny(snapshot) && snapshot.link.up,
    run: ({ room, engine }) => {
      const nodes = nodesOf(room.snapshot())
      const what = nodes.length === 1 ? (nodes[0] ?? '') : `${nodes.length} nodes`
      room.say(`looking at ${what} …`)
      engine.ask('check', { selector: nodes.join(',') }).then(
        rows => {
          const failed = rows.flatMap(row => row.probes.filter(probe => probe.ok === false))
          const words = failed.length === 0 ? 'nothing fails' : `${failed.length} probes fail`
          room.say(`looked at ${what}: ${words}`, failed.length === 0 ? 'done' : 'failed')
        },
        error => room.say(`not looked: ${error instanceof Error ? error.message : String(error)}`, 'failed'),
      )
    },
  },
]
