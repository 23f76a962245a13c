// A line as what it names. Only a whole name does something: what merely resembles one is offered, because nobody sees here
// what a list has under its cursor.
import type { Action, Hands } from '../keys/action.ts'
import { actions } from '../keys/actions.ts'
import { moveOn } from '../keys/movement.ts'
import { perform } from '../keys/perform.ts'
import { type Choice, choices } from '../menu/choices.ts'
import type { Snapshot } from '../room/room.ts'
import { placeOf } from '../room/view.ts'
import type { Speaker } from './speaker.ts'
import { tellNodes } from './tell.ts'

const mostMeant = 9
/** They change how things look, or are lines of their own here. */
const onlyLooks = new Set(
  'redraw suspend palette help theme glyphs density columns filter wrap times freeze right left page-down page-up'.split(
    ' ',
  ),
)

export function doLine(line: string, hands: Hands, speaker: Speaker): void {
  const { room } = hands
  const snapshot = room.snapshot()
  if (line.startsWith('/')) {
    const { screen } = placeOf(snapshot.view)
    if ('filter' in snapshot.view.screens[screen]) {
      room.set(screen, { filter: line.slice(1).trim() })
      // What the cursor was on may be gone, and is not to be acted on.
      moveOn(room, 'here')
    } else speaker.say(['There is nothing to filter here.'])
    return
  }
  const [name = ''] = line.split(/\s/)
  const argument = line.slice(name.length).trim()
  if (line === 'help' || line === '?') {
    speaker.read({ lines: ['What can be done here:', ...helpLines(snapshot)], offers: [], hint: null })
    return
  }
  if (line === 'nodes' && placeOf(snapshot.view).screen === 'overview') {
    speaker.read(tellNodes(snapshot))
    return
  }
  const known = actions.filter(one => one.id === name)
  const action = known.find(one => one.when(snapshot))
  if (action && (argument === '' || takesWords(action))) {
    perform(action, hands, argument)
    return
  }
  const node = name === 'open' ? argument : line
  if (snapshot.live.fleet.nodes[node]) {
    room.go('node', node)
    return
  }
  const [not] = known
  if (not && !action) {
    speaker.say([`That cannot be done here: ${not.title}.`])
    return
  }
  const meant = choices(snapshot, { kind: 'palette', query: line, at: 0 })
    .map(asLine)
    // Letters that are somewhere in a sentence are no name.
    .filter(({ says }) => says.toLowerCase().includes(line.toLowerCase()))
    .slice(0, mostMeant)
  if (meant.length === 0) speaker.say([`There is nothing by the name ${line}. \`help\` says what there is.`])
  else speaker.offerLines(`There is nothing by the name ${line}. A number takes what was meant:`, meant)
}

function takesWords(action: Action): boolean {
  return 'choose' in action || 'form' in action || ('argue' in action && action.argue !== undefined)
}

function asLine(choice: Choice): { line: string; says: string } {
  if (choice.kind === 'node') return { line: `open ${choice.name}`, says: `The node ${choice.name}.` }
  const { action, argument, label } = choice
  const line = argument === '' ? action.id : `${action.id} ${argument}`
  return { line, says: `${line}: ${label ?? action.title}.` }
}

function helpLines(snapshot: Snapshot): string[] {
  const told = actions.filter(action => action.when(snapshot) && !onlyLooks.has(action.id))
  return [
    ...told.map(({ id, title }) => `${id}: ${title}.`),
    'nodes: reads all nodes, on the overview.',
    'more: reads on where something was long.',
    'The name of a node opens it. /text filters. An empty line reads again.',
  ]
}
