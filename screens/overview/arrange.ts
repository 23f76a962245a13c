// Which nodes are where on the screen: what the keys walk through and the rows are made from. A list of units (headings,
// rows of tiles, lines), of which those that fit are shown. Pure.
import type { Snapshot } from '../room/room.ts'
import { type Group, groupsOf } from './groups.ts'
import { type Layout, layoutOf } from './layout.ts'
import { timelineHeight } from './timeline.ts'

/** A heading, or the nodes from here up to and without there that stand side by side. */
export type Unit = { group: Group } | { from: number; to: number }
export type RowUnit = Extract<Unit, { from: number }>

export interface Arrangement {
  /** In the order in which they are shown, group after group. */
  names: readonly string[]
  layout: Layout
  units: readonly Unit[]
  /** Index of the selected node; -1: it is not among those shown. */
  at: number
  /** Units that are shown: from here up to and without there. */
  scroll: number
  end: number
}

export function arrange(snapshot: Snapshot, height: number): Arrangement {
  const { columns, memo } = snapshot
  const { density, selected, scroll: wanted } = snapshot.view.screens.overview
  const groups = groupsOf(snapshot)
  const room = Math.max(1, height - timelineHeight(snapshot))
  const names = namesOf(snapshot)
  const layout = memo('overview layout', [groups, columns, room, density], () =>
    layoutOf(
      groups.map(group => group.names.length),
      columns,
      room,
      density,
      groups.some(({ title }) => title !== null),
    ),
  )
  const across = layout.kind === 'table' ? 1 : layout.across
  const units = memo('overview units', [groups, across], () => unitsOf(groups, across))
  const at = selected === null ? -1 : memo('overview cursor', [names, selected], () => names.indexOf(selected))
  const cursor = Math.max(0, unitWith(units, Math.max(0, at)))
  const space = spaceFor(layout, room)
  const scroll = scrolled(units, cursor, wanted, layout, space)
  return { names, layout, units, at, scroll, end: endFrom(units, scroll, layout, space) }
}

/** Those that are shown, group after group. */
export function namesOf(snapshot: Snapshot): readonly string[] {
  const groups = groupsOf(snapshot)
  return snapshot.memo('overview names in groups', [groups], () =>
    groups.length === 1 ? (groups[0]?.names ?? []) : groups.flatMap(group => group.names),
  )
}

function unitsOf(groups: readonly Group[], across: number): readonly Unit[] {
  const units: Unit[] = []
  let first = 0
  for (const group of groups) {
    if (group.title !== null) units.push({ group })
    for (let from = 0; from < group.names.length; from += across) {
      units.push({ from: first + from, to: first + Math.min(group.names.length, from + across) })
    }
    first += group.names.length
  }
  return units
}

/** Lines that units may take. */
function spaceFor(layout: Layout, height: number): number {
  switch (layout.kind) {
    case 'tiles':
      // The last one needs no gap below it.
      return height + layout.gap
    case 'compact':
      return height
    case 'table':
      return height - 1
    case 'heat':
      // Below the map one line says what is selected.
      return height - 2
  }
}

function heightOf(unit: Unit, layout: Layout): number {
  if ('group' in unit || layout.kind !== 'tiles') return 1
  return layout.size.lines + layout.gap
}

/** The unit that the node is in: they are in order, so it is found by halves. */
export function unitWith(units: readonly Unit[], at: number): number {
  let low = 0
  let high = units.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const [first, last] = spanOf(units, middle)
    if (at < first) high = middle - 1
    else if (at >= last) low = middle + 1
    else return middle
  }
  return -1
}

/** Of a heading: nothing, just before the row below it. */
function spanOf(units: readonly Unit[], index: number): readonly [number, number] {
  const unit = units[index]
  if (unit === undefined) return [0, 0]
  if ('from' in unit) return [unit.from, unit.to]
  const [next] = spanOf(units, index + 1)
  return [next, next]
}

/** Keeps the unit with the cursor on the screen, its heading if it is the first below one, and moves as little as possible. */
function scrolled(units: readonly Unit[], cursor: number, wanted: number, layout: Layout, space: number): number {
  const least = startFor(units, cursor, layout, space)
  const above = units[cursor - 1]
  const top = above !== undefined && 'group' in above ? Math.max(least, cursor - 1) : cursor
  const most = startFor(units, units.length - 1, layout, space)
  return Math.max(0, Math.min(Math.max(least, Math.min(wanted, top)), most))
}

/** The first unit with which the unit `last` is still shown whole. */
function startFor(units: readonly Unit[], last: number, layout: Layout, space: number): number {
  let left = space
  let start = last
  for (let index = last; index >= 0; index--) {
    const unit = units[index]
    left -= unit ? heightOf(unit, layout) : 0
    if (left < 0) break
    start = index
  }
  return Math.max(0, start)
}

function endFrom(units: readonly Unit[], scroll: number, layout: Layout, space: number): number {
  let left = space
  for (let index = scroll; index < units.length; index++) {
    const unit = units[index]
    left -= unit ? heightOf(unit, layout) : 0
    // What is taller than the screen is shown as far as it fits.
    if (left < 0) return Math.max(scroll + 1, index)
  }
  return units.length
}

/** The nodes whose figures are on the screen. */
export function visibleNames(arrangement: Arrangement): readonly string[] {
  const pointed = arrangement.names[arrangement.at]
  // A map has no figures but those of the node under the cursor.
  if (arrangement.layout.kind === 'heat') return pointed === undefined ? [] : [pointed]
  const rows = arrangement.units.slice(arrangement.scroll, arrangement.end).filter(unit => 'from' in unit)
  const first = rows[0]?.from ?? 0
  return arrangement.names.slice(first, rows.at(-1)?.to ?? first)
}

/** The node after or before this one in the overview's order: for a node's page. */
export function neighbour(snapshot: Snapshot, node: string, step: -1 | 1): string | null {
  const names = namesOf(snapshot)
  return names[names.indexOf(node) + step] ?? null
}
