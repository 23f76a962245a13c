// What the palette and the help offer: the registry's actions, and in the palette every node, best match first. Pure but
// for `choose`.
import { type Action, actions, type Hands } from '../keys/actions.ts'
import { isWithin } from '../overview/nodes.ts'
import type { Snapshot } from '../room/room.ts'
import type { Prompt } from '../room/view.ts'

export type Menu = Extract<Prompt, { kind: 'help' | 'palette' }>

export type Choice =
  | { kind: 'action'; action: Action; isPossible: boolean }
  | { kind: 'node'; name: string; where: string }

/** A palette that lists a thousand nodes helps nobody. */
const mostNodes = 200

export function choices(snapshot: Snapshot, menu: Menu): Choice[] {
  const query = menu.query.trim().toLowerCase()
  // What runs in the list's place runs on the screen below it.
  const place = { snapshot: { ...snapshot, view: { ...snapshot.view, prompt: null } } }
  const found = actions
    .map(action => ({ action, isPossible: action.when(place), rank: rankOf(action, query) }))
    .filter(({ rank, isPossible }) => rank !== null && (menu.kind === 'help' || isPossible))
    .sort((a, b) => Number(b.isPossible) - Number(a.isPossible) || (a.rank ?? 0) - (b.rank ?? 0))
    .map(({ action, isPossible }): Choice => ({ kind: 'action', action, isPossible }))
  if (menu.kind === 'help' || query === '') return found
  const nodes = snapshot.order
    .filter(name => isWithin(query, name.toLowerCase()) || query.startsWith(`open ${name.slice(0, 1).toLowerCase()}`))
    .filter(name => !query.startsWith('open ') || name.toLowerCase().startsWith(query.slice(5)))
    .sort((a, b) => Number(b.toLowerCase().startsWith(query)) - Number(a.toLowerCase().startsWith(query)))
    .slice(0, mostNodes)
    .map((name): Choice => {
      const node = snapshot.live.fleet.nodes[name]
      return { kind: 'node', name, where: node?.region ?? node?.provider ?? '' }
    })
  return [...found, ...nodes]
}

/** The lower the better; null: no match. A key's own name is the best match, so that `:q` is what it is elsewhere. */
function rankOf(action: Action, query: string): number | null {
  if (query === '') return 0
  if (action.keys.some(key => key.toLowerCase() === query) || action.id === query) return 0
  if (action.id.startsWith(query) || action.short?.startsWith(query)) return 1
  if (action.title.toLowerCase().includes(query)) return 2
  return null
}

/** Runs the chosen entry on the screen below the list. */
export function choose(menu: Menu, hands: Hands): void {
  const { room } = hands
  const choice = choices(room.snapshot(), menu)[menu.at]
  if (!choice) return
  if (choice.kind === 'action' && !choice.isPossible) return
  room.change({ prompt: null })
  if (choice.kind === 'node') room.change({ screen: 'node', selected: choice.name, nodeScroll: 0 })
  else choice.action.run(hands)
}
