// What columns are sorted by: plain values, read without building anything for nodes that nobody sees. Pure.
import type { Health } from '../../src/watch/shapes.ts'
import type { Snapshot } from '../room/room.ts'
import { whereOf } from './nodes.ts'
import { generationOf, latest, measured, meshOf } from './readings.ts'
import type { ColumnId } from './state.ts'

/** Null: not known. */
export type SortValue = string | number | null

const badness: Readonly<Record<Health, number>> = { down: 0, degraded: 1, unknown: 2, maintenance: 3, up: 4 }

export function sortValue(column: ColumnId, name: string, { state, live }: Snapshot): SortValue {
  const node = live.fleet.nodes[name]
  const known = state.watch.nodes[name]
  const seen = { probes: live.probes[name] ?? {} }
  switch (column) {
    case 'health':
    case 'why':
      return badness[known?.health ?? 'unknown']
    case 'node':
      return name
    case 'region':
      return node ? whereOf(node) : null
    case 'city':
      return node?.city ?? null
    case 'provider':
      return node?.provider ?? null
    case 'type':
      return node?.type ?? null
    case 'mesh':
      return meshOf(seen)?.ms ?? null
    case 'http':
      return latest(seen, 'http')?.ms ?? null
    case 'ssh':
      return latest(seen, 'ssh')?.ms ?? null
    case 'tls':
    case 'cpu':
    case 'ram':
    case 'disk':
      return measured(seen, column)?.value ?? null
    case 'spark':
      return live.sparks[name]?.findLast(value => value !== null) ?? null
    case 'heartbeat':
      // The longest silence first.
      return latest(seen, 'heartbeat')?.at ?? null
    case 'generation': {
      const generation = generationOf(seen)
      if (generation === null) return null
      const number = Number(generation)
      // Numbers before names, and 9 before 10.
      return Number.isFinite(number) ? String(number).padStart(12, '0') : generation
    }
    case 'tags':
      return node && node.tags.length > 0 ? node.tags.join(' ') : null
    case 'address':
      return node?.address ?? null
    case 'since':
      return known ? -known.since : null
  }
}
