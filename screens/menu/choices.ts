// What the palette and the help offer: the registry's actions with what can be said behind their names, and in the palette
// every node, best match first. Pure but for `choose`.
import type { Action, Hands } from '../keys/action.ts'
import { actions } from '../keys/actions.ts'
import { keysOf } from '../keys/bindings.ts'
import { perform } from '../keys/perform.ts'
import type { Snapshot } from '../room/room.ts'
import type { Prompt } from '../room/view.ts'
import { isWithin } from '../widgets/filter.ts'

export type Menu = Extract<Prompt, { kind: 'help' | 'palette' }>

export type Choice =
  | { kind: 'action'; action: Action; isPossible: boolean; argument: string; label: string | null }
  | { kind: 'node'; name: string; where: string }

/** A palette that lists a thousand nodes helps nobody. */
const mostNodes = 200
const mostOptions = 50

export function choices(snapshot: Snapshot, menu: Menu): Choice[] {
  const query = menu.query.trimStart().toLowerCase()
  // What runs in the list's place runs on the screen below it.
  const below = { ...snapshot, view: { ...snapshot.view, prompt: null } }
  const named = menu.kind === 'palette' ? withArgument(below, menu.query.trimStart()) : null
  if (named) return named
  const ranked = actions
    .map((action, at) => ({ action, at, isPossible: action.when(below), rank: rankOf(action, query.trim(), snapshot) }))
    .filter(({ rank, isPossible }) => rank !== null && (menu.kind === 'help' || isPossible))
    .sort((a, b) => Number(b.isPossible) - Number(a.isPossible) || (a.rank ?? 0) - (b.rank ?? 0) || a.at - b.at)
  const found = ranked.map(
    ({ action, isPossible }): Choice => ({ kind: 'action', action, isPossible, argument: '', label: null }),
  )
  if (menu.kind === 'help' || query === '') return found
  const nodes = nodesFor(query, snapshot)
  // A node's own name is what was meant, unless an action is called so.
  const isAction = ranked.some(({ rank }) => rank === 0)
  const starts = nodes.some(node => node.kind === 'node' && node.name.toLowerCase().startsWith(query.trim()))
  const isVague = ranked.every(({ rank }) => (rank ?? 9) > 1)
  return !isAction && starts && isVague ? [...nodes, ...found] : [...found, ...nodes]
}

/** `group region`, `silence paris 4h disks are being changed`: an action's whole name and what is said behind it. */
function withArgument(snapshot: Snapshot, query: string): Choice[] | null {
  const name = /^(\S+)\s/.exec(query)?.[1]?.toLowerCase()
  if (name === undefined) return null
  const action = actions.find(one => one.id === name && one.when(snapshot))
  if (!action) return null
  const argument = query.slice(name.length).trim()
  if ('choose' in action) {
    const typed = argument.toLowerCase()
    const options = action.choose
      .options(action.choose.subject(snapshot), snapshot)
      .filter(({ id, label }) => `${label} ${id}`.toLowerCase().includes(typed))
      .sort((a, b) => Number(b.id.toLowerCase().startsWith(typed)) - Number(a.id.toLowerCase().startsWith(typed)))
    const own = typed === '' ? null : (action.choose.typed?.(argument) ?? null)
    const offered = own === null || options.some(({ id }) => id === own.id) ? options : [own, ...options]
    return offered.slice(0, mostOptions).map(({ id, label }) => ({
      kind: 'action',
      action,
      isPossible: true,
      argument: id,
      label,
    }))
  }
  // What takes no words is not meant by them: `open paris` opens paris.
  const takesWords = 'form' in action || ('argue' in action && action.argue !== undefined)
  if (!takesWords && argument !== '') return null
  return [{ kind: 'action', action, isPossible: true, argument, label: null }]
}

function nodesFor(query: string, snapshot: Snapshot): Choice[] {
  const wanted = query.trim().replace(/^open\s+/, '')
  return snapshot.order
    .filter(name => isWithin(wanted, name.toLowerCase()))
    .sort((a, b) => Number(b.toLowerCase().startsWith(wanted)) - Number(a.toLowerCase().startsWith(wanted)))
    .slice(0, mostNodes)
    .map((name): Choice => {
      const node = snapshot.live.fleet.nodes[name]
      return { kind: 'node', name, where: node?.region ?? node?.provider ?? '' }
    })
}

/** The lower the better; null: no match. A key's own name is the best match, so that `:q` is what it is elsewhere. */
function rankOf(action: Action, query: string, { bindings }: Snapshot): number | null {
  if (query === '') return 0
  if (keysOf(action, bindings).some(key => key.toLowerCase() === query) || action.id === query) return 0
  if (action.id.startsWith(query) || action.short?.startsWith(query)) return 1
  const title = action.title.toLowerCase()
  if (title.includes(query)) return 2
  return query.length >= 2 && isWithin(query, `${action.id} ${title}`) ? 3 : null
}

/** Tab writes out the name of the entry under the cursor, ready for what follows it. */
export function complete(snapshot: Snapshot, menu: Menu): { query: string; at: number } {
  const choice = choices(snapshot, menu)[menu.at]
  if (!choice) return menu
  if (choice.kind === 'node') return { query: `open ${choice.name}`, at: 0 }
  const name = choice.action.id
  return { query: choice.argument === '' ? `${name} ` : `${name} ${choice.argument}`, at: 0 }
}

/** Runs the chosen entry on the screen below the list. */
export function choose(menu: Menu, hands: Hands): void {
  const { room } = hands
  const choice = choices(room.snapshot(), menu)[menu.at]
  if (!choice) return
  if (choice.kind === 'action' && !choice.isPossible) return
  room.change({ prompt: null })
  if (choice.kind === 'node') room.go('node', choice.name)
  else perform(choice.action, hands, choice.argument)
}
