// The rows of money as they are seen: what each costs, and how it has been for that. Pure.
import { isMonthOver } from '../../src/money/selectors.ts'
import type { CostLine } from '../../src/money/shapes.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { age } from '../widgets/measure.ts'
import { meter } from '../widgets/meter.ts'
import { shortRegion } from '../widgets/region.ts'
import { cut, fitted, type Piece, piece, type Row, rightward } from '../widgets/row.ts'
import { amountOf, type Sum, sumWords } from './amounts.ts'
import { type CostRow, monthSum, type Watched } from './rows.ts'
import { type Grouping, shownReport, type UptimeWindow, uptimeWindows } from './state.ts'

interface Widths {
  title: number
  region: number
  provider: number
  /** Of each of machine, address and disk; 0: not shown. */
  part: number
  accrued: number
  projection: number
  month: number
  share: number
  uptime: number
  /** One column for how much was watched; 0: each uptime has its own beside it. */
  watched: number
  price: number
}

const narrow = {
  region: 0,
  provider: 0,
  part: 0,
  accrued: 10,
  projection: 11,
  month: 10,
  uptime: 8,
  watched: 5,
  price: 0,
}
const wide = { ...narrow, region: 15, accrued: 12, projection: 12, month: 12, uptime: 12, watched: 0 }
const widest = { ...wide, region: 16, provider: 10, part: 10, uptime: 13, price: 28 }

function widthsFor(columns: number): Widths {
  const others = columns >= 160 ? widest : columns >= 116 ? wide : { ...narrow, watched: columns >= 80 ? 5 : 0 }
  const share = columns >= 160 ? 15 : columns >= 116 ? 11 : columns >= 80 ? 5 : 0
  const { region, provider, part, accrued, projection, month, uptime, watched, price } = others
  const taken = 2 + region + provider + part * 3 + accrued + projection + month + share + uptime * 3 + watched + price
  return { ...others, share, title: Math.max(8, Math.min(columns - taken, 40)) }
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
    ...rightward(dim('accrued'), widths.accrued),
    ...rightward(dim('projection'), widths.projection),
    ...rightward(dim('month'), widths.month),
    ...shareHead(widths),
    ...uptimeWindows.flatMap(window => rightward(dim(`up ${window}${widths.uptime > 8 ? ' %' : ''}`), widths.uptime)),
    ...rightward(dim(widths.watched > 0 ? 'seen' : ''), widths.watched),
    ...fitted([dim(widths.price > 0 ? '  price' : '')], widths.price),
  ]
}

export function costRowRow(row: CostRow, isHere: boolean, snapshot: Snapshot, theme: Theme): Row {
  const widths = widthsFor(snapshot.columns)
  const report = shownReport(snapshot)
  const isOver = report !== null && isMonthOver(report.month, report.at)
  const part = (kind: string): Row => {
    const lines = row.lines.filter(({ resource }) => resource === kind)
    if (lines.length === 0) return rightward(piece('dim', theme.glyphs.gap), widths.part)
    return amount(monthSum(lines, isOver), row.currency, widths.part, 'dim')
  }
  const isRunning = row.lines.length === 0 || row.lines.some(line => line.running)
  return [
    piece('accent', isHere ? theme.glyphs.selectedBar : ' '),
    piece('text', ' '),
    ...fitted([piece(isHere ? 'selected' : isRunning ? 'text' : 'dim', titleOf(row, widths.title - 1))], widths.title),
    ...fitted([piece('dim', widths.region > 0 ? shortRegion(row.region, widths.region - 1) : '')], widths.region),
    ...fitted([piece('dim', widths.provider > 0 ? row.provider : '')], widths.provider),
    ...(widths.part === 0 ? [] : [...part('instance'), ...part('ipv4'), ...part('disk')]),
    ...amount(row.accrued, row.currency, widths.accrued, 'dim'),
    ...amount(row.projection, row.currency, widths.projection, 'text'),
    ...amount(row.monthly, row.currency, widths.month, 'dim'),
    ...shareCell(row.share, widths.share, theme),
    ...uptimeWindows.flatMap(window => uptimeCell(row.uptime[window], window, widths)),
    ...(widths.watched > 0 ? rightward(watchedPiece(row.uptime['30 d']), widths.watched) : []),
    ...fitted(widths.price > 0 ? [piece('dim', `  ${priceWords(row.lines, snapshot)}`)] : [], widths.price),
  ]
}

/** A share of the bill is no trouble by itself. */
const never = { degraded: Number.POSITIVE_INFINITY, down: Number.POSITIVE_INFINITY }

/** A group says how many nodes it is, whatever its name loses for that. */
function titleOf({ title, node, nodes }: CostRow, width: number): string {
  if (node !== null || nodes.length === 0) return cut(title, width)
  const count = ` (${nodes.length})`
  const room = Math.max(1, width - count.length)
  return `${cut(shortRegion(title, room), room)}${count}`
}

function shareHead({ share }: Widths): Row {
  return share > 5 ? fitted([piece('dim', '   share')], share) : rightward(piece('dim', share > 0 ? '%' : ''), share)
}

/** Of all in the same currency; where there is no room for a bar, the figure alone. */
function shareCell(share: number | null, width: number, theme: Theme): Row {
  if (width === 0) return []
  const words = share === null ? '?' : share > 0 && share < 1 ? '<1' : String(Math.round(share))
  if (width <= 5) return rightward(piece('dim', words), width)
  return [
    piece('text', '   '),
    ...meter(share, width - 7, theme, never),
    ...fitted(rightward(piece('dim', words), 4), 4),
  ]
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
  const hours = line.hours === null || line.unit === 'month' ? '' : ` × ${Math.round(line.hours)} h`
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
