// Which nodes the overview shows, in which order: trouble first, then by region. Pure.
import type { LiveProbe } from '../../src/engine/engine.ts'
import type { NodeHealth } from '../../src/watch/shapes.ts'
import type { Snapshot } from '../room/room.ts'

export interface ShownNode {
  name: string
  where: string
  health: NodeHealth['health']
  known: NodeHealth | null
  isLive: boolean
  tags: readonly string[]
  probes: Readonly<Record<string, LiveProbe>>
  spark: readonly (number | null)[]
}

const order: readonly NodeHealth['health'][] = ['down', 'degraded', 'unknown', 'maintenance', 'up']

export function shownNodes({ state, live, view }: Snapshot): ShownNode[] {
  const nodes = Object.values(live.fleet.nodes).map((node): ShownNode => {
    const known = state.watch.nodes[node.name] ?? null
    return {
      name: node.name,
      where: node.region ?? (node.isHq ? 'HQ' : node.provider),
      health: known?.health ?? 'unknown',
      known,
      isLive: (state.fleet.lifecycle[node.name] ?? node.lifecycle) === 'live',
      tags: node.tags,
      probes: live.probes[node.name] ?? {},
      spark: live.sparks[node.name] ?? [],
    }
  })
  const wanted = nodes.filter(node => matches(node, view.filter) && (!view.faultsOnly || node.health !== 'up'))
  return wanted.sort(
    (a, b) => order.indexOf(a.health) - order.indexOf(b.health) || a.where.localeCompare(b.where) || a.name.localeCompare(b.name),
  )
}

/** `/` grammar: part of a name or region; `!` inverts, `-f` is fuzzy, `@` is a tag, a health is a health. */
export function matches(node: Pick<ShownNode, 'name' | 'where' | 'health' | 'tags'>, filter: string): boolean {
  const words = filter.trim().toLowerCase()
  if (words === '') return true
  if (words.startsWith('!')) return words.length === 1 || !matches(node, words.slice(1))
  if (words.startsWith('@')) return node.tags.some(tag => tag.toLowerCase().startsWith(words.slice(1)))
  const text = `${node.name} ${node.where} ${node.health}`.toLowerCase()
  if (words.startsWith('-f')) return isWithin(words.slice(2).trim(), text)
  return text.includes(words)
}

/** Every letter, in order. */
function isWithin(letters: string, text: string): boolean {
  let at = 0
  for (const letter of letters) {
    at = text.indexOf(letter, at) + 1
    if (at === 0) return false
  }
  return true
}

export function countByHealth(nodes: readonly { health: NodeHealth['health'] }[]): Readonly<Record<NodeHealth['health'], number>> {
  const counts = { up: 0, degraded: 0, down: 0, unknown: 0, maintenance: 0 }
  for (const { health } of nodes) counts[health] += 1
  return counts
}
