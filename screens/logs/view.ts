// The journal of a node: only the rows that fit are built. Pure.
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { cut, piece, type Row, widthOf } from '../widgets/row.ts'
import { type Arranged, arrange } from './arrange.ts'
import { type Book, isFull } from './book.ts'
import { lineRows, needleOf, sentence } from './line.ts'
import { priorityWords, settingOf, spanWords, unitWords } from './setting.ts'
import { bookOf, type Item, missingWords, moment, nodeOf, type Shown } from './shown.ts'

export function logsRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  if (settingOf(snapshot) === null) return [[], [piece('dim', ` ${nodeOf(snapshot)} is not in the fleet any more`)]]
  const book = bookOf(snapshot)
  if (!book || (!book.isRead && !book.failure))
    return [[], [piece('dim', ` reading the journal of ${nodeOf(snapshot)} …`)]]
  const arranged = arrange(snapshot, height)
  const { shown, anchor, row } = arranged
  const build = builder(snapshot, book, arranged, theme)
  const below: Row[] = []
  for (let at = anchor; at < shown.items.length && below.length < height - row; at++) below.push(...build(at))
  let above: Row[] = []
  for (let at = anchor - 1; at >= 0 && above.length < row; at--) above = [...build(at), ...above]
  return [...above.slice(above.length - row), ...below].slice(0, height)
}

function builder(snapshot: Snapshot, book: Book, arranged: Arranged, theme: Theme): (at: number) => Row[] {
  const { shown, look, place } = arranged
  const { marked, filter } = snapshot.view.screens.logs
  const marks = snapshot.memo('logs.marks', [marked], () => new Set(marked))
  const needle = needleOf(filter)
  const selected = shown.lines[place] ?? -1
  return at => {
    const item = shown.items[at]
    if (!item) return []
    if (item.kind !== 'line') return betweenRows(item, snapshot, book, arranged, theme)
    const state = { isSelected: at === selected, isMarked: marks.has(item.line.cursor), needle }
    return lineRows(item.line, look, state, theme)
  }
}

/** Rows that are no line of the journal. */
function betweenRows(
  item: Exclude<Item, { kind: 'line' }>,
  snapshot: Snapshot,
  book: Book,
  { shown, look }: Arranged,
  theme: Theme,
): Row[] {
  const { columns } = snapshot
  switch (item.kind) {
    case 'top':
      return [[piece('dim', `  ${cut(topWords(book, shown), columns - 3)}`)]]
    case 'day':
      return [ruled(new Date(item.at).toISOString().slice(0, 10), columns, theme)]
    case 'boot': {
      const words = `the node started again · boot ${item.boot.slice(0, 8)} from ${moment(item.at)}`
      return [ruled(`${theme.glyphs.event.boot} ${words}`, columns, theme)]
    }
    case 'gap':
    case 'trouble': {
      const { unknown, degraded } = theme.glyphs.health
      const sign = item.kind === 'gap' ? unknown : degraded
      return sentence(missingWords(item) ?? '', look).map((text, at) => [
        piece('degraded', `  ${at === 0 ? sign : ' '} `),
        piece('degraded', text),
      ])
    }
  }
}

function ruled(words: string, columns: number, theme: Theme): Row {
  const { rule } = theme.glyphs
  const head: Row = [piece('rule', `  ${rule}${rule} `), piece('dim', words), piece('text', ' ')]
  return [...head, piece('rule', rule.repeat(Math.max(0, columns - widthOf(head) - 1)))]
}

/** What there is to say of what is older; where nothing is shown at all, why not. */
function topWords(book: Book, { lines: { length: count }, total }: Shown): string {
  const { setting } = book
  const scope = `${spanWords(setting.span)}, ${priorityWords(setting.priority)}, ${unitWords(setting.unit)}`
  const isHeld = book.older === 'let go' || isFull(book)
  if (book.isReachingBack) return 'reading older lines …'
  if (book.olderFailed !== null) return `older lines were not read: ${book.olderFailed}; trying again`
  if (count === 0 && total > 0) {
    const further = book.older === 'more' && !isHeld ? 'g looks further back, ' : ''
    return `none of ${counted(total)} is what the filter asks for; ${further}esc drops it`
  }
  if (count === 0) return book.isRead ? `no line: ${scope}` : `nothing is known yet: ${scope}`
  if (book.older === 'end') return `nothing older: ${scope}`
  if (isHeld)
    return `older lines are not shown: no more than these ${grouped(total)} fit here; i, p and u choose others`
  return 'older lines come when you go up'
}

/** `1 line`, `20,000 lines`. */
export function counted(lines: number): string {
  return `${grouped(lines)} ${lines === 1 ? 'line' : 'lines'}`
}

export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}
