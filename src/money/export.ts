// A cost report as scripts and spreadsheets take it. The JSON shape only grows; names are snake_case, amounts micro-units.
import { type Static, Type } from 'typebox'
import { formatAmount } from '../../state/primitives/money.ts'
import type { CostLine, CostReport, PriceSource } from './shapes.ts'

const closed = { additionalProperties: false } as const
const micros = Type.Integer()
const microsOrNull = Type.Union([micros, Type.Null()])
const text = Type.String()
const textOrNull = Type.Union([text, Type.Null()])
const time = Type.String({ format: 'date-time' })
const timeOrNull = Type.Union([time, Type.Null()])

/** `cost --json`: one document. Times are ISO 8601 in UTC. */
export const costDocument = Type.Object(
  {
    /** Of UTC, as providers bill: `2026-11`. */
    month: text,
    at: time,
    totals: Type.Array(
      Type.Object(
        {
          currency: text,
          accrued_micros: micros,
          /** null: no provider has said anything. */
          reported_micros: microsOrNull,
          reported_as_of: timeOrNull,
          projection_micros: micros,
          /** A whole month of what is billed now; null: the month is over. */
          monthly_micros: microsOrNull,
        },
        closed,
      ),
    ),
    /** In the budget's currency; null: no budget, nothing to convert, or a rate is missing. */
    converted: Type.Union([
      Type.Object(
        {
          currency: text,
          /** null where several were used: see `rates`. */
          rate: textOrNull,
          /** Of the oldest rate in use. */
          rate_date: text,
          rates: Type.Array(Type.Object({ from: text, rate: text, date: text }, closed)),
          accrued_micros: micros,
          projection_micros: micros,
          monthly_micros: microsOrNull,
        },
        closed,
      ),
      Type.Null(),
    ]),
    ceiling: Type.Union([
      Type.Object(
        {
          currency: text,
          micros,
          /** `over`: even what is known is over it. `unknown`: what is known is within, but not all is known. */
          verdict: Type.Enum(['within', 'over', 'unknown']),
          /** Within, but past the level of the warning. */
          warn: Type.Boolean(),
          warn_micros: micros,
          /** Projection less ceiling; null: not known. */
          over_micros: microsOrNull,
          /** A whole month of what is billed now, less ceiling; null: not known, or the month is over. */
          monthly_over_micros: microsOrNull,
        },
        closed,
      ),
      Type.Null(),
    ]),
    /** What has no figure. It is not in the totals. */
    unknown: Type.Array(
      Type.Object(
        {
          node: textOrNull,
          what: text,
          why: text,
          /** Nobody measures it here (traffic): the verdict goes by everything else. */
          unmetered: Type.Boolean(),
        },
        closed,
      ),
    ),
    lines: Type.Array(
      Type.Object(
        {
          node: textOrNull,
          /** `instance`, `ipv4`, `disk`, `address`, `snapshot`, `traffic`, or `declared`: the fleet file's own `cost`. */
          resource: text,
          provider: text,
          region: text,
          /** Empty where no price is known. */
          currency: text,
          /** Of one `unit`, rounded; `unit_price_nanos` is exact. */
          unit_price_micros: microsOrNull,
          unit_price_nanos: Type.Union([Type.Integer(), Type.Null()]),
          unit: Type.Enum(['hour', 'month']),
          sku: text,
          quantity: Type.Number(),
          hours: Type.Union([Type.Number(), Type.Null()]),
          accrued_micros: microsOrNull,
          projection_micros: microsOrNull,
          monthly_micros: microsOrNull,
          running: Type.Boolean(),
          source: text,
          priced_at: timeOrNull,
        },
        closed,
      ),
    ),
    reported: Type.Array(
      Type.Object(
        {
          provider: text,
          currency: text,
          micros,
          as_of: time,
          estimated: Type.Boolean(),
          source: text,
          /** sha256 of the kept invoice. */
          evidence: textOrNull,
          by: text,
          /** What asking cost. */
          query_cost: Type.Union([Type.Object({ currency: text, micros }, closed), Type.Null()]),
        },
        closed,
      ),
    ),
    differences: Type.Array(
      Type.Object({ provider: text, currency: text, accrued_micros: micros, reported_micros: micros }, closed),
    ),
    /** Against a week ago, a month at full running each. */
    changes: Type.Array(Type.Object({ what: text, node: textOrNull, currency: text, monthly_micros: micros }, closed)),
    hints: Type.Array(
      Type.Object({ what: text, nodes: Type.Array(text), currency: text, monthly_micros: micros }, closed),
    ),
    price_book: Type.Object(
      {
        oldest_at: time,
        newest_at: time,
        sources: Type.Array(text),
        by_source: Type.Array(
          Type.Object(
            { source: text, oldest_at: time, newest_at: time, estimated: Type.Boolean(), prices: Type.Integer() },
            closed,
          ),
        ),
      },
      closed,
    ),
  },
  closed,
)
export type CostDocument = Static<typeof costDocument>

export function costJson(report: CostReport): CostDocument {
  const { converted, ceiling, priceBook } = report
  return {
    month: report.month,
    at: iso(report.at),
    totals: report.totals.map(total => ({
      currency: total.currency,
      accrued_micros: total.accruedMicros,
      reported_micros: total.reportedMicros,
      reported_as_of: isoOrNull(total.reportedAsOf),
      projection_micros: total.projectionMicros,
      monthly_micros: total.monthlyMicros,
    })),
    converted: converted && {
      currency: converted.currency,
      rate: converted.rates.length === 1 ? (converted.rates[0]?.rate ?? null) : null,
      rate_date: converted.rates.map(rate => rate.date).sort()[0] ?? '',
      rates: converted.rates,
      accrued_micros: converted.accruedMicros,
      projection_micros: converted.projectionMicros,
      monthly_micros: converted.monthlyMicros,
    },
    ceiling: ceiling && {
      currency: ceiling.currency,
      micros: ceiling.micros,
      verdict: ceiling.verdict === 'warn' ? 'within' : ceiling.verdict,
      warn: ceiling.verdict === 'warn',
      warn_micros: ceiling.warnMicros,
      over_micros: ceiling.overMicros,
      monthly_over_micros: ceiling.monthlyOverMicros,
    },
    unknown: report.unknown.map(({ node, what, why, isUnmetered = false }) => ({
      node,
      what,
      why,
      unmetered: isUnmetered,
    })),
    lines: report.lines.map(lineJson),
    reported: report.reported.map(said => ({
      provider: said.provider,
      currency: said.currency,
      micros: said.micros,
      as_of: iso(said.asOf),
      estimated: said.estimated,
      source: said.source,
      evidence: said.evidence,
      by: said.by,
      query_cost: said.queryCost,
    })),
    differences: report.differences.map(one => ({
      provider: one.provider,
      currency: one.currency,
      accrued_micros: one.accruedMicros,
      reported_micros: one.reportedMicros,
    })),
    changes: report.changes.map(({ what, node, currency, monthlyMicros }) => ({
      what,
      node,
      currency,
      monthly_micros: monthlyMicros,
    })),
    hints: report.hints.map(({ what, nodes, currency, monthlyMicros }) => ({
      what,
      nodes,
      currency,
      monthly_micros: monthlyMicros,
    })),
    price_book: {
      oldest_at: iso(priceBook.oldestAt),
      newest_at: iso(priceBook.newestAt),
      sources: priceBook.sources,
      by_source: priceBook.bySource.map(bySourceJson),
    },
  }
}

export function bySourceJson(one: PriceSource): CostDocument['price_book']['by_source'][number] {
  const { source, oldestAt, newestAt, isEstimated, prices } = one
  return { source, oldest_at: iso(oldestAt), newest_at: iso(newestAt), estimated: isEstimated, prices }
}

function lineJson(line: CostLine): CostDocument['lines'][number] {
  return {
    node: line.node,
    resource: line.resource,
    provider: line.provider,
    region: line.region,
    currency: line.currency,
    unit_price_micros: line.unitPriceMicros,
    unit_price_nanos: line.unitPriceNanos,
    unit: line.unit,
    sku: line.sku,
    quantity: line.quantity,
    hours: line.hours,
    accrued_micros: line.accruedMicros,
    projection_micros: line.projectionMicros,
    monthly_micros: line.monthlyMicros,
    running: line.running,
    source: line.source,
    priced_at: isoOrNull(line.pricedAt),
  }
}

const columns = [
  ...['month', 'node', 'resource', 'sku', 'quantity', 'provider', 'region', 'currency', 'unit', 'unit_price', 'hours'],
  ...['accrued', 'projection', 'monthly', 'running', 'source', 'priced_at', 'unknown'],
] as const

/**
 * A line each, and after them what has no figure. Unknown is an empty cell, never 0. Names and sources come from outside:
 * none of them becomes a formula of the spreadsheet that opens it.
 */
export function costCsv(report: CostReport): string {
  const rows = report.lines.map(line => [
    report.month,
    safe(line.node ?? ''),
    safe(line.resource),
    safe(line.sku),
    String(line.quantity),
    safe(line.provider),
    safe(line.region),
    safe(line.currency),
    line.unit,
    unitPriceText(line.unitPriceNanos),
    line.hours === null ? '' : String(line.hours),
    amountText(line.accruedMicros),
    amountText(line.projectionMicros),
    amountText(line.monthlyMicros),
    line.running ? 'yes' : 'no',
    safe(line.source),
    isoOrNull(line.pricedAt) ?? '',
    '',
  ])
  const unknown = report.unknown.map(one => {
    const cells = columns.map(() => '')
    cells[0] = report.month
    cells[1] = safe(one.node ?? '')
    cells[columns.length - 1] = safe(`${one.what}: ${one.why}`)
    return cells
  })
  return `${[[...columns], ...rows, ...unknown].map(row => row.map(quoted).join(',')).join('\n')}\n`
}

/** A spreadsheet computes what begins so, also behind blanks; the apostrophe makes it text. */
function safe(cell: string): string {
  return /^[\s\p{Cc}]*[=+\-@＝＋－＠]|^[\t\r]/u.test(cell) ? `'${cell}` : cell
}

function quoted(cell: string): string {
  return /[",;\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

function amountText(amount: number | null): string {
  return amount === null ? '' : formatAmount(amount)
}

/** Billionths: 4,200,000 → `0.0042`. */
function unitPriceText(nanos: number | null): string {
  if (nanos === null) return ''
  const fraction = String(nanos % 1_000_000_000)
    .padStart(9, '0')
    .replace(/0{1,7}$/, '')
  return `${Math.floor(nanos / 1_000_000_000)}.${fraction}`
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at)
}
