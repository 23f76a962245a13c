// Money as the room knows it: what the fleet costs, and how it has been for that.

import type { Snapshot } from '../room/room.ts'
import type { Screen } from '../room/screen.ts'
import { createTheme } from '../theme/tokens.ts'
import { movedOn } from '../widgets/lines.ts'
import { piece, type Row } from '../widgets/row.ts'
import { moneyActions } from './actions.ts'
import { sumWords } from './amounts.ts'
import { feedMoney } from './feed.ts'
import { costRows } from './rows.ts'
import { firstMoney, type MoneyFound, type MoneyState, nothingFound, restoreMoney, shownReport } from './state.ts'
import { moneyLines, moneyRows, pointedNodes, scrolledHeight } from './view.ts'

/** How many lines there are does not depend on how they look. */
const plain = createTheme('none', 'ascii')

export const moneyScreen: Screen<MoneyState, MoneyFound> = {
  title: 'money',
  key: '5',
  initial: firstMoney,
  nothing: nothingFound,
  restore: restoreMoney,
  subject: id => id,
  head: moneyHead,
  quiet: () => null,
  rows: moneyRows,
  move(room, where, height) {
    const snapshot = room.snapshot()
    const { money } = snapshot.view.screens
    room.set('money', movedOn(moneyLines(snapshot, plain), money, where, scrolledHeight(snapshot, height, plain)))
  },
  nodes: snapshot => pointedNodes(snapshot, plain),
  copies(snapshot) {
    const rows = costRows(snapshot)
    if (rows.length === 0) return []
    const head = 'name\tprovider\tregion\taccrued\tprojection\ta month'
    const lines = rows.map(row =>
      [
        row.title,
        row.provider,
        row.region,
        ...[row.accrued, row.projection, row.monthly].map(sum => sumWords(sum, row.currency)),
      ].join('\t'),
    )
    return [{ label: 'the table', lines: [head, ...lines] }]
  },
  undo(room) {
    const { filter, month, expanded } = room.snapshot().view.screens.money
    if (filter !== '') room.set('money', { filter: '', scroll: 0 })
    else if (expanded.length > 0) room.set('money', { expanded: [] })
    else if (month !== null) room.set('money', { month: null, scroll: 0 })
    else return false
    return true
  },
  actions: moneyActions,
  feed: feedMoney,
}

const orders = {
  monthly: 'dearest first',
  accrued: 'most accrued first',
  projection: 'highest projection first',
  uptime: 'worst uptime first',
  name: 'by name',
  region: 'by region',
} as const

function moneyHead(snapshot: Snapshot): Row {
  const { group, sort, isReversed, filter } = snapshot.view.screens.money
  const report = shownReport(snapshot)
  if (report === null) return []
  const nodes = new Set(report.lines.flatMap(({ node }) => node ?? [])).size
  return [
    piece(
      'dim',
      `   ${nodes} ${nodes === 1 ? 'node' : 'nodes'} · by ${group} · ${orders[sort]}${isReversed ? ', reversed' : ''}`,
    ),
    ...(filter === '' ? [] : [piece('accent', ` · filter ${filter}`)]),
  ]
}
