// What the journal is chosen by: window, priority, unit. The list names what is usual; what is typed counts as well.
import { forTerminal } from '../../state/primitives/node-text.ts'
import type { Chooser, Hands, Option } from '../keys/action.ts'
import { placeOf } from '../room/view.ts'
import { follow } from './move.ts'
import { priorities, priorityWords, spanWords } from './setting.ts'
import type { LogsState } from './state.ts'
import { isSpan } from './state.ts'

const spans = ['now', '5m', '1h', '6h', 'today', 'boot', 'all']
/** A list of hundreds helps nobody. */
const mostUnits = 200
/** As systemd names units, and short forms of them. */
const unitShape = /^[A-Za-z0-9][A-Za-z0-9:_.\\@-]{0,254}$/

/** Other lines are read: what was selected and marked among the old ones is not taken along. */
function read({ room }: Hands, change: Partial<LogsState>): void {
  room.set('logs', { ...change, marked: [] })
  follow(room)
}

export const spanChooser: Chooser = {
  title: 'lines of when? a duration may be typed: 90m, 2d',
  subject: ({ view }) => placeOf(view).subject ?? '',
  options: (_, { view }) => spans.map(id => ({ id, label: spanWords(id), isOn: view.screens.logs.span === id })),
  typed: words => (isSpan(words) ? { id: words, label: spanWords(words) } : null),
  pick: (hands, id) => {
    const { round } = hands.room.snapshot().view.screens.logs
    if (isSpan(id)) read(hands, { span: id, round: round + 1 })
  },
}

export const priorityChooser: Chooser = {
  title: 'lines how bad?',
  subject: ({ view }) => placeOf(view).subject ?? '',
  options: (_, { view }) =>
    [null, 6, 5, 4, 3, 2, 1, 0].map(priority => ({
      id: priority === null ? 'everything' : (priorities[priority] ?? ''),
      label: priority === null ? 'everything' : priorityWords(priority),
      isOn: view.screens.logs.priority === priority,
    })),
  pick: (hands, id) => {
    const at = priorities.indexOf(id)
    read(hands, { priority: at < 0 ? null : at })
  },
}

export const unitChooser: Chooser = {
  title: 'lines of which unit? its name may be typed',
  subject: ({ view }) => placeOf(view).subject ?? '',
  options: (_, { view, found }) => unitOptions(found.logs?.units ?? new Map(), view.screens.logs.unit),
  typed: words => (unitShape.test(words) ? { id: fullName(words), label: fullName(words) } : null),
  pick: (hands, id) => read(hands, { unit: id === allUnits ? null : id }),
}

/** No unit is called so. */
const allUnits = 'all units'

function unitOptions(units: ReadonlyMap<string, number>, chosen: string | null): readonly Option[] {
  const seen = [...units].filter(([unit]) => unitShape.test(unit)).sort(([, a], [, b]) => b - a)
  const named = chosen === null || units.has(chosen) ? seen : [[chosen, 0] as const, ...seen]
  return [
    { id: allUnits, label: allUnits, isOn: chosen === null },
    ...named.slice(0, mostUnits).map(([unit, lines]) => ({
      id: unit,
      label: forTerminal(unit),
      note: lines === 0 ? '' : `${lines} ${lines === 1 ? 'line' : 'lines'} seen`,
      isOn: unit === chosen,
    })),
  ]
}

/** `nginx` is a service unless it says otherwise. */
function fullName(unit: string): string {
  return /\.(?:service|socket|timer|mount|automount|path|scope|slice|swap|target|device)$/.test(unit)
    ? unit
    : `${unit}.service`
}
