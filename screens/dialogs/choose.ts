// The options of a list that are left after what was typed. Pure.
import type { Chooser, Option } from '../keys/action.ts'
import type { Snapshot } from '../room/room.ts'
import type { Dialog } from '../room/view.ts'
import { isWithin } from '../widgets/filter.ts'

export function offered(
  dialog: Pick<Extract<Dialog, { kind: 'choose' }>, 'subject' | 'query'>,
  chooser: Chooser,
  snapshot: Snapshot,
): readonly Option[] {
  const query = dialog.query.trim().toLowerCase()
  const options = chooser.options(dialog.subject, snapshot)
  if (query === '') return options
  const rank = ({ id, label }: Option) => {
    const words = `${label} ${id}`.toLowerCase()
    if (words.startsWith(query)) return 0
    return words.includes(query) ? 1 : isWithin(query, words) ? 2 : 3
  }
  const found = options
    .map(option => ({ option, rank: rank(option) }))
    .filter(one => one.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map(one => one.option)
  const typed = chooser.typed?.(dialog.query.trim()) ?? null
  return typed === null || found.some(({ id }) => id === typed.id) ? found : [...found, typed]
}
