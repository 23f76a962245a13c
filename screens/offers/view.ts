// What can be had where: a row a type and region, cheapest first, with what it really costs a month and how far it is. Pure.
import type { OfferRow, OffersReport } from '../../src/money/shapes.ts'
import { amountOf } from '../money/amounts.ts'
import type { Snapshot } from '../room/room.ts'
import type { Theme } from '../theme/tokens.ts'
import { filterBy } from '../widgets/filter.ts'
import { keyUnder, type Line, type LinesState, lineRows, plainLine } from '../widgets/lines.ts'
import { age, milliseconds } from '../widgets/measure.ts'
import { cut, fitted, type Piece, piece, type Row, rightward } from '../widgets/row.ts'

export interface OffersState extends LinesState {
  filter: string
}
export interface OffersFound {
  report: OffersReport | null
  failed: string | null
}

const keyOf = ({ provider, region, type }: OfferRow) => `${provider}/${region}/${type}`

/** What cannot be had last, before it what has no price: it cannot be chosen by it. Amounts of two currencies stay apart. */
function shownOffers({ found, view, memo }: Snapshot): readonly OfferRow[] {
  const { report } = found.offers
  const { filter } = view.screens.offers
  return memo('offers', [report, filter], () => {
    const fits = filterBy(filter)
    const text = (row: OfferRow) =>
      `${row.provider} ${row.region} ${row.type} ${row.arch} ${row.note ?? ''}`.toLowerCase()
    return (report?.rows ?? [])
      .filter(row => filter === '' || fits({ text: text(row), tags: [row.provider, row.region] }))
      .sort(
        (a, b) =>
          Number(a.available === false) - Number(b.available === false) ||
          (a.currency ?? '').localeCompare(b.currency ?? '') * Number(a.currency !== null && b.currency !== null) ||
          (a.monthlyMicros ?? Number.MAX_SAFE_INTEGER) - (b.monthlyMicros ?? Number.MAX_SAFE_INTEGER) ||
          (keyOf(a) < keyOf(b) ? -1 : 1),
      )
  })
}

export function offerRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  const head = headRows(snapshot, height, theme)
  const lines = offerLines(snapshot, theme)
  return [...head, ...lineRows(lines, snapshot.view.screens.offers, Math.max(1, height - head.length))]
}

/** Rows that scroll, below those that always stand. */
export function scrolledHeight(snapshot: Snapshot, height: number, theme: Theme): number {
  return Math.max(1, height - headRows(snapshot, height, theme).length)
}

interface Widths {
  provider: number
  region: number
  type: number
  size: number
  month: number
  latency: number
  price: number
}

function widthsFor(columns: number): Widths {
  const price = columns >= 140 ? 13 : 0
  return columns >= 116
    ? { provider: 10, region: 17, type: 14, size: 25, month: 12, latency: 10, price }
    : { provider: 9, region: 16, type: 11, size: 0, month: 11, latency: 9, price: 0 }
}

function headRows(snapshot: Snapshot, height: number, theme: Theme): Row[] {
  const { report, failed } = snapshot.found.offers
  const { columns } = snapshot
  const widths = widthsFor(columns)
  const dim = (text: string) => piece('dim', text)
  const [first, ...more] = report?.unknown ?? []
  const unknown: Row[] = first
    ? [
        [
          piece('unknown', ` ${theme.glyphs.health.unknown} unknown: `),
          piece('text', cut(`${first.provider} ${first.region}: ${first.why}`, Math.max(10, columns - 32))),
          dim(more.length === 0 ? '' : ` and ${more.length} more regions`),
        ],
      ]
    : []
  const failure: Row[] = failed === null ? [] : [[piece('degraded', ' offers cannot be had: '), piece('text', failed)]]
  const titles: Row = [
    dim('  '),
    ...fitted([dim('provider')], widths.provider),
    ...fitted([dim('region')], widths.region),
    ...fitted([dim('type')], widths.type),
    ...fitted([dim(widths.size > 0 ? 'size' : '')], widths.size),
    ...rightward(dim('a month'), widths.month),
    ...rightward(dim('from HQ'), widths.latency),
    ...rightward(dim(widths.price > 0 ? 'price read' : ''), widths.price),
    dim('   to be had'),
  ]
  return [...failure, ...unknown, noteRow(columns), titles].slice(0, Math.max(0, height - 1))
}

function noteRow(columns: number): Row {
  const words = ' net of tax and traffic, with a public IPv4 address and the usual disk'
  return [piece('dim', columns >= 80 ? words : ' with IPv4 and disk, net')]
}

export function offerLines(snapshot: Snapshot, theme: Theme): Line[] {
  const { report, failed } = snapshot.found.offers
  if (report === null) return failed === null ? [plainLine([piece('dim', ' asking what can be had …')])] : []
  const rows = shownOffers(snapshot)
  if (rows.length === 0) {
    const words =
      snapshot.view.screens.offers.filter === '' ? 'no offers are known' : 'none that the filter lets through'
    return [plainLine([piece('dim', ` ${words}`)])]
  }
  return rows.map((row): Line => ({ key: keyOf(row), row: isHere => offerRow(row, isHere, snapshot, theme) }))
}

function offerRow(row: OfferRow, isHere: boolean, { columns, now }: Snapshot, theme: Theme): Row {
  const widths = widthsFor(columns)
  const size = `${row.vcpus} vCPU · ${gigabytes(row.memoryMib)} GB · ${row.arch}`
  const month =
    row.monthlyMicros === null || row.currency === null
      ? piece('unknown', 'unknown')
      : piece('text', amountOf(row.monthlyMicros, row.currency))
  const latency = row.latencyMs === null ? piece('dim', '') : piece('text', `${milliseconds(row.latencyMs)} ms`)
  const read = row.pricedAt === null ? '' : age(now, row.pricedAt, 'just now')
  const words = isHere ? 'selected' : row.available === false ? 'dim' : 'text'
  return [
    piece('accent', isHere ? `${theme.glyphs.selectedBar} ` : '  '),
    ...fitted([piece('dim', row.provider)], widths.provider),
    ...fitted([piece(words, cut(row.region, widths.region - 1))], widths.region),
    ...fitted([piece(words, cut(row.type, widths.type - 1))], widths.type),
    ...fitted([piece('dim', widths.size > 0 ? size : '')], widths.size),
    ...rightward(month, widths.month),
    ...rightward(latency, widths.latency),
    ...rightward(piece('dim', read), widths.price),
    piece('text', '   '),
    ...stock(row, theme),
  ]
}

function gigabytes(mebibytes: number): string {
  return String(Math.round((mebibytes / 1024) * 10) / 10)
}

function stock({ available, note }: OfferRow, theme: Theme): Piece[] {
  const { health } = theme.glyphs
  const said = note === null ? '' : ` · ${note}`
  switch (available) {
    case true:
      return [piece('up', health.up), piece('dim', ` yes${said}`)]
    case false:
      return [piece('degraded', `${health.down} no`), piece('text', said)]
    case null:
      return [piece('unknown', `${health.unknown} unknown`), piece('dim', said)]
  }
}

export function pointedOffer(snapshot: Snapshot, theme: Theme): OfferRow | null {
  const key = keyUnder(offerLines(snapshot, theme), snapshot.view.screens.offers)
  return shownOffers(snapshot).find(row => keyOf(row) === key) ?? null
}

/** What makes a node of it in the fleet file. */
export function nodeLines({ provider, region, type, arch }: OfferRow): readonly string[] {
  return [
    'nodes:',
    '  NAME:',
    `    provider: ${JSON.stringify(provider)}`,
    `    region: ${JSON.stringify(region)}`,
    `    type: ${JSON.stringify(type)}`,
    `    arch: ${JSON.stringify(arch)}`,
    '    lifecycle: planned',
  ]
}

export function offersHead(snapshot: Snapshot): Row {
  const { report } = snapshot.found.offers
  if (report === null) return []
  const shown = shownOffers(snapshot)
  const some = shown.length === report.rows.length ? `${shown.length}` : `${shown.length} of ${report.rows.length}`
  return [piece('dim', `   ${some} offers, the cheapest first`)]
}
