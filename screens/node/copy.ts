// What of a node an operator wants elsewhere: in a ticket, in a browser, in a shell of their own. Pure.
import { forTerminal } from '../../state/primitives/node-text.ts'
import { shownNode } from '../overview/nodes.ts'
import type { Snapshot } from '../room/room.ts'
import type { Copyable } from '../room/screen.ts'
import { placeOf } from '../room/view.ts'
import { type Entry, entryAt } from './entries.ts'
import { endOf, resultOf } from './entry-row.ts'
import { withUnit, wordsOf } from './values.ts'

/** Of the node whose page is shown, or of the one that is given; of a page also the row under its cursor. */
export function copyChoices(snapshot: Snapshot, name = placeOf(snapshot.view).subject): Copyable[] {
  const node = name === null ? null : shownNode(snapshot, name)
  const facts = name === null ? undefined : snapshot.live.fleet.nodes[name]
  if (!node || !facts) return []
  const { screen, subject } = placeOf(snapshot.view)
  const entry = screen === 'node' && subject === name ? entryAt(snapshot) : null
  const reach = facts.host ?? facts.address ?? facts.mesh
  const reason = node.health === 'up' ? '' : (node.known?.reason ?? '')
  const choices: readonly (readonly [string, string | null])[] = [
    ['row under the cursor', entry && rowWords(entry, node.name)],
    ['name', node.name],
    ['public address', facts.address],
    ['mesh address', facts.mesh],
    ['host', facts.host],
    ['ssh command', reach === null ? null : `ssh ${reach}`],
    ['why it is not well', reason === '' ? null : `${node.name} is ${node.health}: ${reason}`],
  ]
  return choices.flatMap(([label, text]) => (text === null ? [] : [{ label, lines: [forTerminal(text)] }]))
}

/** A line of the list without columns, in full. */
function rowWords(entry: Entry, node: string): string {
  switch (entry.kind) {
    case 'probe':
      return `${node} ${entry.probe.probe} ${entry.probe.target}: ${resultOf(entry.probe)}`
    case 'reading': {
      const { label } = wordsOf(entry.name)
      const said = typeof entry.value === 'number' ? withUnit(entry.name, entry.value) : entry.value
      return `${node} ${label === '' ? entry.name : label}: ${said}`
    }
    case 'unit':
      return `${node} ${entry.name}: ${entry.words}`
    case 'error':
      return entry.text
    case 'boot':
      return `${node} ${new Date(entry.at).toISOString()}: ${entry.words}`
    case 'incident':
      return `${entry.incident.severity} ${entry.incident.title}`
    case 'run':
      return `${entry.run.by} ran ${entry.run.argv.join(' ')}: ${endOf(entry.run, node).words}`
    case 'word':
      return `${entry.by} ${entry.did}${entry.text === '' ? '' : `: ${entry.text}`} (${entry.incident.title})`
  }
}
