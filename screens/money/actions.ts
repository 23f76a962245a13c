// Keys of money: what is under the cursor, how it is put together, and what is asked of providers.
import { randomUUID } from 'node:crypto'
import { forScreen } from '../../state/primitives/node-text.ts'
import { reasonOf } from '../dialogs/form.ts'
import type { Action } from '../keys/action.ts'
import type { Room, Snapshot } from '../room/room.ts'
import { createTheme } from '../theme/tokens.ts'
import { wrap } from '../widgets/row.ts'
import { monthBeside } from './amounts.ts'
import { billed, billingAction } from './billing.ts'
import { groupings, shownReport, sortings } from './state.ts'
import { pointedNodes, pointedNote, pointedRow } from './view.ts'

/** What is under the cursor does not depend on how it looks. */
const plain = createTheme('none', 'ascii')

function opensNode(snapshot: Snapshot): string | null {
  const [node, ...more] = pointedNodes(snapshot, plain)
  return node !== undefined && more.length === 0 ? node : null
}

function toMonth(room: Room, step: -1 | 1): void {
  const { view, found } = room.snapshot()
  const current = found.money.current?.month
  if (current === undefined) return
  const next = monthBeside(view.screens.money.month ?? current, step)
  // Of what is to come there is nothing to show but the projection of this month.
  if (next > current) return
  room.set('money', { month: next === current ? null : next, scroll: 0 })
}

export const moneyActions: readonly Action[] = [
  {
    id: 'open-cost',
    keys: ['enter'],
    title: 'open the node under the cursor; what is said below the table, whole',
    short: 'open',
    danger: 'looks',
    when: snapshot =>
      pointedNote(snapshot, plain) !== null || pointedRow(snapshot, plain) !== null || opensNode(snapshot) !== null,
    run: ({ room }) => {
      const snapshot = room.snapshot()
      const note = pointedNote(snapshot, plain)
      const node = opensNode(snapshot)
      const row = pointedRow(snapshot, plain)
      if (note !== null) {
        const lines = note.whole.flatMap(line => (line === '' ? [forScreen('')] : wrap(line, snapshot.columns - 2, 50)))
        room.change({ dialogs: [...snapshot.view.dialogs, { kind: 'text', title: 'whole', lines, scroll: 0 }] })
      } else if (node !== null) room.go('node', node)
      else if (row !== null) expand(room, row.key)
    },
  },
  {
    id: 'expand-cost',
    keys: ['x'],
    title: 'what it costs, line by line: machine, IPv4, disk; or the row alone again',
    short: 'lines',
    danger: 'looks',
    when: snapshot => pointedRow(snapshot, plain) !== null,
    run: ({ room }) => {
      const row = pointedRow(room.snapshot(), plain)
      if (row !== null) expand(room, row.key)
    },
  },
  {
    id: 'group-cost',
    keys: ['b'],
    title: 'rows by node, by region, by provider',
    short: 'group',
    danger: 'looks',
    when: () => true,
    run: ({ room }) => {
      const { group } = room.snapshot().view.screens.money
      const next = groupings[(groupings.indexOf(group) + 1) % groupings.length] ?? 'node'
      room.set('money', { group: next, selected: null, scroll: 0, expanded: [] })
    },
  },
  {
    id: 'sort-cost',
    keys: ['o'],
    title: 'order of the rows; the same once more turns it round',
    short: 'order',
    danger: 'looks',
    when: () => true,
    choose: {
      title: 'order by',
      subject: () => '',
      options: (_, { view }) => sortings.map(id => ({ id, label: id, isOn: view.screens.money.sort === id })),
      pick({ room }, id) {
        const { sort, isReversed } = room.snapshot().view.screens.money
        const next = sortings.find(one => one === id)
        if (next) room.set('money', { sort: next, isReversed: next === sort && !isReversed, scroll: 0 })
      },
    },
  },
  {
    id: 'month-before',
    keys: [','],
    title: 'the month before',
    short: null,
    danger: 'looks',
    when: ({ found }) => found.money.current !== null,
    run: ({ room }) => toMonth(room, -1),
  },
  {
    id: 'month-after',
    keys: ['.'],
    title: 'the month after, up to this one',
    short: null,
    danger: 'looks',
    when: ({ view }) => view.screens.money.month !== null,
    run: ({ room }) => toMonth(room, 1),
  },
  {
    id: 'open-drift',
    keys: ['d'],
    title: 'what is in the clouds other than in the fleet file and the records',
    short: 'drift',
    danger: 'looks',
    when: () => true,
    run: ({ room }) => room.go('drift'),
  },
  {
    id: 'refresh-prices',
    keys: ['Q'],
    title: 'read prices anew at all providers of the fleet',
    short: null,
    danger: 'records',
    when: () => true,
    run: ({ room, engine }) => {
      engine.do({ type: 'money.refresh-prices', id: `prices-${randomUUID()}`, provider: null }).then(
        () => room.say('prices are read anew; what changes is shown here', 'done'),
        error => room.say(`prices are not read anew: ${reasonOf(error)}`, 'failed'),
      )
    },
  },
  { ...billingAction, when: snapshot => billed(shownReport(snapshot)).length > 0 },
]

function expand(room: Room, key: string): void {
  const { expanded } = room.snapshot().view.screens.money
  room.set('money', { expanded: expanded.includes(key) ? expanded.filter(one => one !== key) : [...expanded, key] })
}
