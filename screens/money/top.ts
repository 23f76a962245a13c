// The top of the page of money, always in sight: the three figures of the month, each by itself, and what the ceiling says
// of them; then what must be known before any of them is believed. Pure.
import type { CostReport } from '../../src/money/shapes.ts'
import { openOperations, operationWords } from '../machines/operations.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { ago } from '../widgets/measure.ts'
import { cut, fitted, type Piece, piece, type Row, rightward } from '../widgets/row.ts'
import { amountOf, changeOf, monthWords, sumWords } from './amounts.ts'
import { verdictRow, withoutFigure } from './verdict.ts'

const widths = { label: 18, accrued: 14, reported: 30, projection: 14 }

/** At least one row stays for the table; where there are few, the figures are what is wanted. */
export function topRows(report: CostReport, snapshot: Snapshot, height: number, theme: Theme): Row[] {
  const spare = snapshot.rows >= 30 ? [[]] : []
  const rows = [
    ...figureRows(report, snapshot),
    verdictRow(report, theme),
    ...findingRows(report, snapshot, theme),
    ...spare,
  ]
  return rows.slice(0, Math.max(0, height - 3))
}

function figureRows(report: CostReport, snapshot: Snapshot): Row[] {
  const { totals, converted } = report
  const head = line(
    [piece('heading', ` ${monthWords(report.month)}`)],
    piece('dim', 'accrued'),
    piece('dim', 'reported'),
    piece('dim', 'projection'),
  )
  if (totals.length === 0) return [head, [piece('dim', ' nothing that costs is known')]]
  const linesIn = (currency: string) => report.lines.filter(one => one.currency === currency)
  const rows = totals.map(total =>
    line(
      [piece('text', ` ${total.currency}`)],
      known(
        total.accruedMicros,
        total.currency,
        linesIn(total.currency).map(one => one.accruedMicros),
        'text',
      ),
      reported(total, snapshot),
      known(
        total.projectionMicros,
        total.currency,
        linesIn(total.currency).map(one => one.projectionMicros),
        'title',
      ),
    ),
  )
  if (converted === null) return [head, ...rows]
  const { currency, accruedMicros, projectionMicros, rates } = converted
  const dated = rates.map(({ from, rate, date }) => `1 ${from} = ${rate} ${currency}, ${date}`).join(' · ')
  const all = line(
    [piece('text', ` all in ${currency}`)],
    known(
      accruedMicros,
      currency,
      report.lines.map(one => one.accruedMicros),
      'text',
    ),
    // A rate is no figure: it stands where nothing is reported.
    piece('dim', cut(dated, widths.reported - 1)),
    known(
      projectionMicros,
      currency,
      report.lines.map(one => one.projectionMicros),
      'title',
    ),
  )
  return [head, ...rows, all]
}

/** A sum of which a part is missing says so; of which all is missing, it is unknown and not 0. */
function known(micros: number, currency: string, parts: readonly (number | null)[], token: 'text' | 'title'): Piece {
  const isWhole = parts.every(part => part !== null)
  const isNothing = parts.length > 0 && parts.every(part => part === null)
  return piece(isWhole ? token : 'unknown', sumWords({ micros: isNothing ? null : micros, isWhole }, currency))
}

function line(label: Row, accrued: Piece, said: Piece, projection: Piece): Row {
  return [
    ...fitted(label, widths.label),
    ...rightward(accrued, widths.accrued),
    ...rightward(said, widths.reported),
    ...rightward(projection, widths.projection),
  ]
}

function reported({ currency, reportedMicros, reportedAsOf }: CostReport['totals'][number], { now }: Snapshot): Piece {
  if (reportedMicros === null) return piece('dim', 'nobody has said')
  const since = reportedAsOf === null ? 'of when is unknown' : `${ago(now, reportedAsOf)}`
  return piece('text', `${amountOf(reportedMicros, currency)}, ${reportedAsOf === null ? since : `as of ${since}`}`)
}

/** One line of what was found, in full further down; and what is missing, with why. */
function findingRows(report: CostReport, snapshot: Snapshot, theme: Theme): Row[] {
  const { found, columns } = snapshot
  const rows: Row[] = []
  const [first, ...more] = withoutFigure(report)
  if (first) {
    const what = `${first.node === null ? '' : `${first.node}: `}${first.what}: ${first.why}`
    const others = more.length === 0 ? '' : ` and ${more.length} more below`
    rows.push([
      piece('unknown', ` ${theme.glyphs.health.unknown} unknown: `),
      piece('text', cut(what, Math.max(10, columns - 13 - others.length))),
      piece('dim', others),
    ])
  }
  rows.push(...underWay(snapshot, theme))
  const { failed } = found.money
  if (failed !== null) rows.push([piece('degraded', ' old figures, the newest cannot be had: '), piece('text', failed)])
  const parts = [...changed(report), ...saved(report), ...differing(report)]
  if (parts.length > 0) rows.push([piece('dim', ` ${parts.join(' · ')} · below`)])
  return rows
}

/** What is being made or ended, with its trouble first; all of it stands below the table. */
function underWay(snapshot: Snapshot, theme: Theme): Row[] {
  const operations = openOperations(snapshot)
  const worst = operations.find(({ trouble }) => trouble !== null) ?? operations[0]
  if (!worst) return []
  const words = worst.trouble === null ? operationWords(worst) : `${operationWords(worst)}: ${worst.trouble.message}`
  const token = worst.trouble === null ? 'accent' : 'degraded'
  return [
    [
      piece(token, ` ${theme.glyphs.health.degraded} ${operations.length} under way: `),
      piece('text', cut(`${worst.node} ${words}`, Math.max(10, snapshot.columns - 18))),
    ],
  ]
}

function changed({ changes }: CostReport): string[] {
  const sums = new Map<string, number>()
  for (const { currency, monthlyMicros } of changes) sums.set(currency, (sums.get(currency) ?? 0) + monthlyMicros)
  if (sums.size === 0) return []
  return [`since last week ${[...sums].map(([currency, micros]) => changeOf(micros, currency)).join(' ')} a month`]
}

function saved({ hints }: CostReport): string[] {
  const [first, ...more] = hints
  if (!first) return []
  const words = more.length === 0 ? 'a hint saves' : `${hints.length} hints, the first saves`
  return [`${words} ${amountOf(first.monthlyMicros, first.currency)}`]
}

function differing({ differences }: CostReport): string[] {
  return differences.length === 0
    ? []
    : [`accrued and reported differ: ${differences.map(one => one.provider).join(' ')}`]
}
