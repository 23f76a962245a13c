// What provisioning would create and cost, node by node, before anything is created; and how far it is once it goes. Pure.
import type { ProvisionPlan } from '../../src/machines/shapes.ts'
import { openOperations, operationLines } from '../machines/operations.ts'
import { amountOf, sumOf, sumWords } from '../money/amounts.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { type Line, lineRows, plainLine } from '../widgets/lines.ts'
import { age } from '../widgets/measure.ts'
import { cut, fitted, piece, type Row, rightward, wrap } from '../widgets/row.ts'
import { plannedNodes, shownPlan } from './state.ts'

export function planRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  return lineRows(planLines(snapshot, theme), snapshot.view.screens.provisioning, height)
}

export function planLines(snapshot: Snapshot, theme: Theme): Line[] {
  const operations = openOperations(snapshot, plannedNodes(snapshot))
  const going =
    operations.length === 0
      ? []
      : [plainLine([piece('heading', ' under way')]), ...operationLines(operations, snapshot, theme), plainLine([])]
  const found = shownPlan(snapshot)
  if (found?.plan == null) {
    const words = found?.failed == null ? 'asking what would be created …' : `no plan can be made: ${found.failed}`
    const tone = found?.failed == null ? 'dim' : 'degraded'
    return [...going, plainLine([piece(tone, ` ${words}`)])]
  }
  const { plan } = found
  return [
    ...verdictLines(plan, snapshot, theme),
    plainLine([]),
    ...going,
    ...refusedLines(plan, snapshot, theme),
    ...nodeLines(plan, snapshot, theme),
  ]
}

/** Before and after, and whether the ceiling allows it. */
function verdictLines(plan: ProvisionPlan, { columns }: Snapshot, theme: Theme): Line[] {
  const { nodes, monthly, projection, warnings } = plan
  const cost = monthly
    .map(({ currency, micros }) => sumWords({ micros, isWhole: micros !== null }, currency))
    .join(' and ')
  const count = `${nodes.length} ${nodes.length === 1 ? 'machine' : 'machines'}`
  const first: Row =
    nodes.length === 0
      ? [piece('degraded', ' nothing can be created')]
      : [piece('title', ` would create ${count}`), piece('text', cost === '' ? '' : `, ${cost} a month`)]
  return [first, ...projectionRows(projection), verdictRow(plan, theme), ...warningRows(warnings, columns)].map(
    plainLine,
  )
}

function projectionRows(projection: ProvisionPlan['projection']): Row[] {
  if (projection === null) return []
  const { currency, beforeMicros, afterMicros } = projection
  const words = (micros: number | null) => (micros === null ? 'unknown' : amountOf(micros, currency))
  return [
    [
      piece('dim', ' projection of this month '),
      piece(beforeMicros === null ? 'unknown' : 'text', words(beforeMicros)),
      piece('dim', ' now, '),
      piece(afterMicros === null ? 'unknown' : 'title', words(afterMicros)),
      piece('dim', ' with them'),
    ],
  ]
}

function verdictRow({ verdict, nodes }: ProvisionPlan, theme: Theme): Row {
  const { health } = theme.glyphs
  if (nodes.length === 0) return []
  switch (verdict) {
    case 'within':
      return [piece('up', ` ${health.up} within the ceiling`)]
    case 'warn':
      return [piece('degraded', ` ${health.degraded} within the ceiling, but near it`)]
    case 'over':
      return [
        piece('degraded', ` ${health.down} over the ceiling`),
        piece('dim', ': it is refused unless you say that you want it all the same'),
      ]
    case 'unknown':
      return [
        piece('unknown', ` ${health.unknown} unknown whether the ceiling allows it`),
        piece('dim', ': not all prices are known'),
      ]
    case 'no-budget':
      return [piece('dim', ' no ceiling is set in the fleet file')]
  }
}

function warningRows(warnings: readonly string[], columns: number): Row[] {
  return warnings.flatMap(warning =>
    wrap(warning, columns - 4, 3).map(
      (line, at): Row => [piece('degraded', at === 0 ? ' ! ' : '   '), piece('text', line)],
    ),
  )
}

function refusedLines({ refused }: ProvisionPlan, { columns }: Snapshot, theme: Theme): Line[] {
  if (refused.length === 0) return []
  const lines = refused.flatMap(({ node, why, remedy }): Line[] => [
    {
      key: `refused ${node}`,
      row: isHere => [
        piece('accent', isHere ? theme.glyphs.selectedBar : ' '),
        piece('unknown', ` ${theme.glyphs.health.unknown} `),
        piece(isHere ? 'selected' : 'text', node),
        piece('dim', ` ${why}`),
      ],
    },
    ...wrap(remedy, columns - 6, 2).map(line => plainLine([piece('text', `     ${line}`)])),
  ])
  return [plainLine([piece('heading', ` not these (${refused.length})`)]), ...lines, plainLine([])]
}

function nodeLines({ nodes }: ProvisionPlan, snapshot: Snapshot, theme: Theme): Line[] {
  if (nodes.length === 0) return []
  const { columns, now } = snapshot
  const wide = Math.min(28, Math.max(24, ...nodes.map(({ node }) => node.length + 2)))
  return nodes.flatMap(({ node, spec, lines }): Line[] => {
    const monthly = sumOf(lines.map(({ monthlyMicros }) => monthlyMicros))
    const currency = lines[0]?.currency ?? ''
    const facts = [
      `${spec.provider} ${spec.region}`,
      spec.type,
      spec.arch,
      spec.diskGb === null ? null : `${spec.diskGb} GB`,
      spec.ipv4 ? 'IPv4 and IPv6' : 'IPv6 only',
      spec.image === null ? 'newest image' : spec.image,
      spec.sshOpen ? 'SSH open to the world' : null,
    ].filter(Boolean)
    const first: Line = {
      key: `node ${node}`,
      row: isHere => [
        piece('accent', isHere ? theme.glyphs.selectedBar : ' '),
        ...fitted([piece(isHere ? 'selected' : 'title', ` ${cut(node, wide - 2)}`)], wide),
        ...rightward(piece(monthly.isWhole ? 'text' : 'unknown', sumWords(monthly, currency)), 14),
        piece('dim', `   ${facts.join(' · ')}`),
      ],
    }
    const resources = lines.map(line => {
      const amount = line.monthlyMicros === null ? 'unknown' : amountOf(line.monthlyMicros, line.currency)
      const count = line.quantity === 1 ? '' : ` × ${line.quantity}`
      const from = line.pricedAt === null ? line.source : `${line.source}, ${age(now, line.pricedAt, 'just read')} old`
      return plainLine([
        ...fitted([piece('dim', `   ${line.resource} ${line.sku}${count}`)], wide + 1),
        ...rightward(piece(line.monthlyMicros === null ? 'unknown' : 'dim', amount), 14),
        piece('dim', `   ${cut(from, Math.max(0, columns - wide - 18))}`),
      ])
    })
    // Of many nodes the sums are what is read; the lines of each are on the page of money once it runs.
    return nodes.length > 8 ? [first] : [first, ...resources]
  })
}

export function planHead(snapshot: Snapshot): Row {
  const nodes = plannedNodes(snapshot)
  const going = openOperations(snapshot, nodes).length
  return going === 0 ? [] : [piece('accent', `   ${going} under way`)]
}
