// Which nodes the overview shows, in which order: trouble first, then by region. Pure.
import type { LiveProbe } from '../../src/engine/engine.ts'
import type { Health, NodeHealth } from '../../src/watch/shapes.ts'
import type { Snapshot } from '../room/room.ts'

export interface ShownNode {
  name: string
  where: string
  city: string | null
  health: Health
  known: NodeHealth | null
  isLive: boolean
  tags: readonly string[]
  probes: Readonly<Record<string, LiveProbe>>
  spark: readonly (number | null)[]
}

const worstFirst: readonly Health[] = ['down', 'degraded', 'unknown', 'maintenance', 'up']

export function shownNodes(snapshot: Snapshot): ShownNode[] {
  const { view } = snapshot
  const byHealth: Record<Health, ShownNode[]> = { down: [], degraded: [], unknown: [], maintenance: [], up: [] }
  for (const name of snapshot.order) {
    const node = shownNode(snapshot, name)
    if (!node || !matches(node, view.filter)) continue
    if (view.faultsOnly && (node.health === 'up' || !node.isLive)) continue
    byHealth[node.health].push(node)
  }
  return worstFirst.flatMap(health => byHealth[health])
}

export function shownNode({ state, live }: Snapshot, name: string): ShownNode | null {
  const node = live.fleet.nodes[name]
  if (!node) return null
  const known = state.watch.nodes[name] ?? null
  return {
    name,
    where: node.isHq ? 'HQ' : (node.region ?? node.provider),
    city: node.city,
    health: known?.health ?? 'unknown',
    known,
    isLive: (state.fleet.lifecycle[name] ?? node.lifecycle) === 'live',
    tags: node.tags,
    probes: live.probes[name] ?? {},
    spark: live.sparks[name] ?? [],
  }
}

/** `/` grammar: part of a name, region or health; `!` inverts, `-f` is fuzzy, `@` is a tag. */
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
export function isWithin(letters: string, text: string): boolean {
  let at = 0
  for (const letter of letters) {
    at = text.indexOf(letter, at) + 1
    if (at === 0) return false
  }
  return true
}

export function countByHealth(snapshot: Pick<Snapshot, 'order' | 'state'>): Readonly<Record<Health, number>> {
  const counts = { up: 0, degraded: 0, down: 0, unknown: 0, maintenance: 0 }
  for (const name of snapshot.order) counts[snapshot.state.watch.nodes[name]?.health ?? 'unknown'] += 1
  return counts
}
