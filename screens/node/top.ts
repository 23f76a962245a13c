// The top of a node's page, always in sight: what it is, why it is not well, what follows, where to look first. Pure.
import type { ShownNode } from '../overview/nodes.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { clock, exactAge } from '../widgets/measure.ts'
import { type Piece, piece, type Row, widthOf, wrap } from '../widgets/row.ts'
import { hintFor } from './hints.ts'

export function topRows(snapshot: Snapshot, node: ShownNode, theme: Theme): Row[] {
  return [...factRows(snapshot, node), ...reasonRows(snapshot, node, theme)]
}

/** What is there, in one or two lines; facts that nobody declared are left out, not invented. */
function factRows({ live, columns }: Snapshot, node: ShownNode): Row[] {
  const facts = live.fleet.nodes[node.name]
  if (!facts) return []
  const cost = facts.cost ? `${(facts.cost.monthlyMicros / 1e6).toFixed(2)} ${facts.cost.currency} a month` : null
  const parts = [
    [facts.region, facts.city].filter(Boolean).join(' '),
    [facts.provider, facts.type, facts.arch].filter(Boolean).join(' '),
    facts.mesh ? `mesh ${facts.mesh}` : null,
    facts.address ? `public ${facts.address}` : null,
    facts.host,
    facts.tags.length > 0 ? facts.tags.map(tag => `@${tag}`).join(' ') : null,
    cost,
  ].filter((part): part is string => part !== null && part !== '')
  const rows: Piece[][] = [[]]
  for (const part of parts) {
    const last = rows.at(-1) ?? []
    const next = piece('dim', `${last.length === 0 ? ' ' : ' · '}${part}`)
    if (last.length > 0 && widthOf([...last, next]) > columns) rows.push([piece('dim', ` ${part}`)])
    else last.push(next)
  }
  return rows
}

/** Why it is not well, what follows if it stays so, and the remedy beside the trouble. */
function reasonRows(snapshot: Snapshot, node: ShownNode, theme: Theme): Row[] {
  const { now, columns } = snapshot
  const { known, health, probes } = node
  if (!known || health === 'up' || known.reason === '') return []
  const { reason, remedy } = parted(known.reason)
  const lines = wrap(reason, columns - 2, 2).map(
    (line): Row => [piece(health === 'down' ? 'down' : 'text', ` ${line}`)],
  )
  const hint = health === 'maintenance' ? null : (hintFor(probes, known.since, now) ?? remedy)
  return [...joined(lines, sinceRow(snapshot, known), columns), ...hintRows(hint, columns, theme)]
}

function sinceRow({ now }: Snapshot, { since, worsensAt }: NonNullable<ShownNode['known']>): Row {
  const said = [piece('dim', ` since ${clock(since, now)}`)]
  if (worsensAt === undefined || worsensAt <= now) return said
  return [...said, piece('dim', ', SEV1 in '), piece('text', exactAge(worsensAt, now)), piece('dim', ' if it stays so')]
}

/** On the last line where there is room for it, else on one of its own. */
function joined(rows: readonly Row[], last: Row, columns: number): Row[] {
  const before = rows.at(-1)
  if (!before || widthOf(before) + widthOf(last) + 1 > columns) return [...rows, last]
  return [...rows.slice(0, -1), [...before, piece('text', ' '), ...last]]
}

function hintRows(hint: string | null, columns: number, theme: Theme): Row[] {
  if (hint === null) return []
  const arrow = ` ${theme.glyphs.keys.right ?? '->'} `
  return wrap(hint, columns - arrow.length - 1, 2).map((line, at): Row => {
    return [piece('accent', at === 0 ? arrow : ' '.repeat(arrow.length)), piece('text', line)]
  })
}

/** The engine ends some reasons with where to look; here that has a line of its own. */
function parted(reason: string): { reason: string; remedy: string | null } {
  const at = reason.lastIndexOf('; ')
  const remedy = at < 0 ? '' : reason.slice(at + 2)
  return remedy.includes('look at ') ? { reason: reason.slice(0, at), remedy } : { reason, remedy: null }
}
