// In which order nodes are shown. Values that change all the time must not make the picture twitch: by them the order is
// renewed at a calm pace, and at once when the operator asks. Pure.
import type { Health } from '../../src/watch/shapes.ts'
import type { Snapshot } from '../room/room.ts'
import { type SortValue, sortValue } from './values.ts'

const calmMs = 5_000

export const worstFirst: readonly Health[] = ['down', 'degraded', 'unknown', 'maintenance', 'up']

/** All nodes in the order that the operator wants. Equal ones stay as they are: by place. */
export function ordered(snapshot: Snapshot): readonly string[] {
  const { order, state, live, memo, now, view } = snapshot
  const { sort, at } = view.screens.overview
  // Of the past only what is on the screen has readings, and what is on the screen cannot follow from them.
  const by = at === null ? sort.by : 'faults'
  const isReversed = at === null && sort.isReversed
  if (by === 'faults') {
    return memo('overview order', [order, state.watch.nodes, 'faults', isReversed], () =>
      faultsFirst(snapshot, isReversed),
    )
  }
  const round = Math.floor((now - sort.since) / calmMs)
  return memo('overview order', [order, live.fleet, sort, round], () => {
    const rows = order.map(name => ({ name, value: sortValue(by, name, snapshot) }))
    return rows.sort((a, b) => compare(a.value, b.value, isReversed)).map(({ name }) => name)
  })
}

function faultsFirst({ order, state }: Snapshot, isReversed: boolean): readonly string[] {
  const byHealth: Record<Health, string[]> = { down: [], degraded: [], unknown: [], maintenance: [], up: [] }
  for (const name of order) byHealth[state.watch.nodes[name]?.health ?? 'unknown'].push(name)
  return (isReversed ? worstFirst.toReversed() : worstFirst).flatMap(health => byHealth[health])
}

/** What is not known comes last, whichever way round. */
function compare(a: SortValue, b: SortValue, isReversed: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  const first = a < b ? -1 : a > b ? 1 : 0
  return isReversed ? -first : first
}
