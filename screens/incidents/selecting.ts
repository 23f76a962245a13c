// From the nodes that are marked to the selector that a form begins with, and from a selector to what is wrong with it. Pure.
import { directoryOf } from '../../src/fleet/selector.ts'
import type { Snapshot } from '../room/room.ts'

/** The engine takes no longer one. */
const longestSelector = 500

type Chosen = { ok: true; nodes: readonly string[] } | { ok: false; why: string }

export function select(selector: string, { live, memo }: Pick<Snapshot, 'live' | 'memo'>): Chosen {
  const directory = memo('selector directory', [live.fleet], () =>
    directoryOf(Object.values(live.fleet.nodes), Object.entries(live.fleet.batches)),
  )
  const found = directory.select(selector)
  if (found.ok) return found
  const [near] = found.suggestions
  return { ok: false, why: `${found.message}${near === undefined ? `: ${found.allowed}` : `, did you mean ${near}?`}` }
}

/** Why the selector is refused, or null. */
export function wrongSelector(selector: string, snapshot: Pick<Snapshot, 'live' | 'memo'>): string | null {
  if (selector.length > longestSelector) {
    return `longer than ${longestSelector} letters: name a tag, a region or a batch instead`
  }
  const found = select(selector, snapshot)
  return found.ok ? null : found.why
}

/** The shortest way to say these nodes that stays true: all of them, or their names. */
export function selectorOf(nodes: readonly string[], { order }: Pick<Snapshot, 'order'>): string {
  return nodes.length > 1 && nodes.length === order.length ? '*' : nodes.join(',')
}

/** `3 nodes: a b c`, for what a form says it will do. */
export function nodesInWords(selector: string, snapshot: Pick<Snapshot, 'live' | 'memo'>): string {
  const found = select(selector, snapshot)
  if (!found.ok) return 'no nodes yet'
  const { nodes } = found
  const shown = nodes.slice(0, 12).join(' ')
  const more = nodes.length > 12 ? ` and ${nodes.length - 12} more` : ''
  return `${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}: ${shown}${more}`
}
