// The rows of money as they are seen: what each costs, and how it has been for that. Pure.
import type { CostLine } from '../../src/money/shapes.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { age } from '../widgets/measure.ts'
import { meter } from '../widgets/meter.ts'
import { shortRegion } from '../widgets/region.ts'
import { cut, fitted, type Piece, piece, type Row, rightward } from '../widgets/row.ts'
import { amountOf, type Sum, sumOf, sumWords } from './amounts.ts'
import type { CostRow, Watched } from './rows.ts'
import { type Grouping, type UptimeWindow, uptimeWindows } from './state.ts'

interface Widths {
  title: number
  region: number
  provider: number
  /** Of each of machine, address and disk; 0: not shown. */
  part: number
  amount: number
  share: number
  uptime: number
  /** One column for how much was watched; 0: each uptime has its own. */
  watched: number
  price: number
}

function widthsFor(columns: number): Widths {
  const mark = 2
  const others =
    columns >= 160
      ? { region: 16, provider: 9, part: 10, amount: 12, share: 12, uptime: 13, watched: 0, price: 28 }
      : columns >= 116
        ? { region: 15, provider: 0, part: 0, amount: 12, share: 7, uptime: 12, watched: 0, price: 0 }
        : { region: 0, provider: 0, part: 0, amount: 11, share: columns >= 80 ? 6 : 0, uptime: 8, watched: 0, price: 0 }
  const watched = columns >= 116 ? 0 : columns >= 78 ? 5 : 0
  const taken =
    mark + others.region + others.provider + others.part * 3 + others.amount * 3 + others.share + others.uptime * 3
  const left = columns - taken - watched - others.price
  return { ...others, watched, title: Math.max(8, Math.min(left, 40)) }
}

const titles: Readonly<Record<Grouping, string>> = { node: 'node', region: 'region', provider: 'provider' }

export function tableHead(group: Grouping, snapshot: Snapshot): Row {
  const widths = widthsFor(snapshot.columns)
  const dim = (text: string) => piece('dim', text)
  const parts = widths.part === 0 ? [] : ['machine', 'ipv4', 'disk'].flatMap(word => rightward(dim(word), widths.part))
  return [
    piece('text', '  '),
    ...fitted([dim(titles[group])], widths.title),
    ...fitted([dim(widths.region > 0 ? 'region' : '')], widths.region),
    ...fitted([dim(widths.provider > 0 ? 'provider' : '')], widths.provider),
    ...parts,
    ...rightward(dim('accrued'), widths.amount),
    ...rightward(dim('projection'), widths.amount),
    ...rightward(dim('month'), widths.amount),
    ...fitted([dim(widths.share > 0 ? ' share' : '')], widths.share),
    ...uptimeWindows.flatMap(window => rightward(dim(`up ${window}`), widths.uptime)),
    ...rightward(dim(widths.watched > 0 ? 'seen' : ''), widths.watched),
    ...fitted([dim(widths.price > 0 ? '  price' : '')], widths.price),
  ]
}

export function costRowRow(row: CostRow, isHere: boolean, snapshot: Snapshot, theme: Theme): Row {
  const widths = widthsFor(snapshot.columns)
  const part = (kind: string): Row => {
    const lines = row.lines.filter(({ resource }) => resource === kind)
    if (lines.length === 0) return rightward(piece('dim', theme.glyphs.gap), widths.part)
    return amount(sumOf(lines.map(({ monthlyMicros }) => monthlyMicros)), row.currency, widths.part, 'dim')
  }
  const isRunning = row.lines.length === 0 || row.lines.some(line => line.running)
  return [
    piece('accent', isHere ? theme.glyphs.selectedBar : ' '),
    piece('text', ' '),
    ...fitted(
      [piece(isHere ? 'selected' : isRunning ? 'text' : 'dim', cut(titleOf(row), widths.title - 1))],
      widths.title,
    ),
    ...fitted([piece('dim', widths.region > 0 ? shortRegion(row.region, widths.region - 1) : '')], widths.region),
    ...fitted([piece('dim', widths.provider > 0 ? row.provider : '')], widths.provider),
    ...(widths.part === 0 ? [] : [...part('instance'), ...part('ipv4'), ...part('disk')]),
    ...amount(row.accrued, row.currency, widths.amount, 'dim'),
    ...amount(row.projection, row.currency, widths.amount, 'text'),
    ...amount(row.monthly, row.currency, widths.amount, 'dim'),
    ...fitted([piece('text', ' '), ...meter(row.share, widths.share - 2, theme, never)], widths.share),
    ...uptimeWindows.flatMap(window => uptimeCell(row.uptime[window], window, widths)),
    ...(widths.watched > 0 ? rightward(watchedPiece(row.uptime['30 d']), widths.watched) : []),
    ...fitted(widths.price > 0 ? [piece('dim', `  ${priceWords(row.lines, snapshot)}`)] : [], widths.price),
  ]
}

/** A share of the bill is no trouble by itself. */
const never = { degraded: Number.POSITIVE_INFINITY, down: Number.POSITIVE_INFINITY }

function titleOf({ title, node, nodes }: CostRow): string {
  return node !== null || nodes.length === 0 ? title : `${title} (${nodes.length})`
}

function amount(sum: Sum, currency: string, width: number, token: 'text' | 'dim'): Row {
  return rightward(piece(sum.isWhole ? token : 'unknown', sumWords(sum, currency)), width)
}

function uptimeCell(watched: Watched | null, window: UptimeWindow, { uptime, watched: own }: Widths): Row {
  if (watched === null) return rightward(piece('dim', ''), uptime)
  const { ratio } = watched
  if (ratio === null) return rightward(piece('unknown', 'unknown'), uptime)
  const words = uptimeWords(ratio)
  const token = ratio < 0.99 ? 'degraded' : window === '24 h' ? 'text' : 'dim'
  if (own > 0 || uptime < 12) return rightward(piece(token, words), uptime)
  const seen = watchedPiece(watched)
  return [...rightward(piece(token, words), uptime - 5), ...rightward(seen, 5)]
}

/** Only what was never down is 100. */
export function uptimeWords(ratio: number): string {
  return ratio >= 1 ? '100' : Math.min(99.99, Math.floor(ratio * 10_000) / 100).toFixed(2)
}

function watchedPiece(watched: Watched | null): Piece {
  if (watched === null) return piece('dim', '')
  const percent = Math.floor(watched.coverage * 100)
  return piece(percent < 90 ? 'unknown' : 'dim', `${percent}%`)
}

function priceWords(lines: readonly CostLine[], { now }: Snapshot): string {
  const priced = lines.flatMap(({ pricedAt }) => pricedAt ?? [])
  if (lines.length === 0 || priced.length === 0) return 'no price'
  const oldest = `${age(now, Math.min(...priced), 'just read')}`
  const [source = '', ...more] = new Set(lines.map(line => line.source))
  return `${oldest} · ${source}${more.length === 0 ? '' : ` +${more.length}`}`
}

/** What one thing of a row costs, and why it is that much. */
export function lineRow(line: CostLine, isLast: boolean, snapshot: Snapshot, theme: Theme): Row {
  const { columns, now } = snapshot
  const { branch } = theme.glyphs
  const per =
    line.unitPriceNanos === null ? 'no price is known' : `${priceOf(line)} an ${line.unit}`.replace('an m', 'a m')
  const hours = line.hours === null ? '' : ` × ${Math.round(line.hours)} h`
  const monthly = line.monthlyMicros === null ? 'unknown' : `${amountOf(line.monthlyMicros, line.currency)} a month`
  const source = line.pricedAt === null ? line.source : `${line.source}, ${age(now, line.pricedAt, 'just read')} old`
  const count = line.quantity === 1 ? '' : ` × ${line.quantity}`
  const where = line.running ? '' : ' · runs no more'
  return [
    piece('dim', `   ${isLast ? branch.last : branch.entry} `),
    ...fitted([piece('text', `${line.resource} `), piece('dim', `${line.sku}${count}`)], columns >= 116 ? 34 : 26),
    ...rightward(piece(line.monthlyMicros === null ? 'unknown' : 'text', monthly), 18),
    piece('dim', `   ${per}${hours}${where} · ${source}`),
  ]
}

/** `$0.0047`: as exact as the provider has it. */
function priceOf({ unitPriceNanos, currency }: CostLine): string {
  const exact = ((unitPriceNanos ?? 0) / 1e9).toFixed(9).replace(/(\.\d\d\d*?)0+$/, '$1')
  return currency === 'USD' ? `$${exact}` : `${exact} ${currency}`
}
