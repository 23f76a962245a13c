// The fleet in groups, each under a heading: by region, provider, tag, batch or health. Pure.
import { directoryOf } from '../../src/fleet/selector.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { type Piece, piece, type Row, widthOf } from '../widgets/row.ts'
import { shownNames } from './names.ts'
import { countOf, whereOf } from './nodes.ts'
import { worstFirst } from './sort.ts'
import type { Grouping } from './state.ts'

export interface Group {
  /** Null: the whole fleet, without a heading. */
  title: string | null
  names: readonly string[]
}

export function groupsOf(snapshot: Snapshot): readonly Group[] {
  const names = shownNames(snapshot)
  const { group } = snapshot.view.screens.overview
  const { state, live, memo } = snapshot
  const on = [names, group, live.fleet, group === 'health' ? state.watch.nodes : null]
  return memo('overview groups', on, () =>
    group === 'none' ? [{ title: null, names }] : grouped(group, names, snapshot),
  )
}

function grouped(by: Exclude<Grouping, 'none'>, names: readonly string[], snapshot: Snapshot): readonly Group[] {
  const title = titles(by, snapshot)
  const found = new Map<string, string[]>()
  for (const name of names) {
    const key = title.of(name)
    const group = found.get(key)
    if (group) group.push(name)
    else found.set(key, [name])
  }
  const place = new Map(title.order.map((one, at) => [one, at]))
  const placed = [...found].map(([one, members]) => ({ title: one, names: members }))
  return placed.sort(
    (a, b) =>
      Number(a.title === title.rest) - Number(b.title === title.rest) ||
      (place.get(a.title) ?? place.size) - (place.get(b.title) ?? place.size) ||
      (a.title < b.title ? -1 : 1),
  )
}

interface Titles {
  of(name: string): string
  /** Those that come first, in this order; others follow by name. */
  order: readonly string[]
  /** The group of those that belong nowhere, always the last. */
  rest: string | null
}

/** A node is in one group: that of its first tag, of the first batch that has it. */
function titles(by: Exclude<Grouping, 'none'>, { state, live }: Snapshot): Titles {
  const { nodes, batches } = live.fleet
  switch (by) {
    case 'region':
      return { of: name => (nodes[name] ? whereOf(nodes[name]) : ''), order: ['HQ'], rest: null }
    case 'provider':
      return { of: name => nodes[name]?.provider ?? '', order: [], rest: null }
    case 'tag': {
      const rest = 'without a tag'
      return { of: name => nodes[name]?.tags[0] ?? rest, order: [], rest }
    }
    case 'batch': {
      const rest = 'in no batch'
      const batchOf = new Map<string, string>()
      const directory = directoryOf(Object.values(nodes), Object.entries(batches))
      for (const batch of Object.keys(batches)) {
        const selection = directory.select(batch)
        for (const name of selection.ok ? selection.nodes : []) if (!batchOf.has(name)) batchOf.set(name, batch)
      }
      return { of: name => batchOf.get(name) ?? rest, order: Object.keys(batches), rest }
    }
    case 'health':
      return { of: name => state.watch.nodes[name]?.health ?? 'unknown', order: worstFirst, rest: null }
  }
}

/** ` eu-west-3  3   ✖ 1  ● 2` */
export function headingRow(group: Group, snapshot: Snapshot, theme: Theme): Row {
  const { memo, state, columns } = snapshot
  const counts = memo(`overview group ${group.title ?? ''}`, [group, state.watch.nodes], () =>
    countOf(group.names, snapshot),
  )
  const byHealth = worstFirst
    .filter(health => counts[health] > 0)
    .map((health): Piece => piece(health, `  ${theme.glyphs.health[health]} ${counts[health]}`))
  const words = [piece('heading', ` ${group.title ?? ''}`), piece('dim', `  ${group.names.length}`), ...byHealth]
  const left = Math.max(0, columns - widthOf(words) - 2)
  return [...words, piece('rule', ` ${theme.glyphs.rule.repeat(left)}`)]
}
