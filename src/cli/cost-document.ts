// A cost report as scripts get it: one JSON document with snake_case names, or a CSV row a line.
import { nodeText } from '../../state/primitives/node-text.ts'
import type { CostReport } from '../money/shapes.ts'
import { isoOf, isoOrNull } from './amounts.ts'
import type { CostDocument } from './shapes-clouds.ts'

export function documentOfCost(report: CostReport): CostDocument {
  const { converted, ceiling, priceBook } = report
  return {
    month: report.month,
    at: isoOf(report.at),
    totals: report.totals.map(one => ({
      currency: one.currency,
      accrued_micros: one.accruedMicros,
      reported_micros: one.reportedMicros,
      reported_as_of: isoOrNull(one.reportedAsOf),
      projection_micros: one.projectionMicros,
    })),
    converted: converted && {
      currency: converted.currency,
      rate: converted.rates[0]?.rate ?? null,
      rate_date: converted.rates[0]?.date ?? null,
      rates: converted.rates,
      accrued_micros: converted.accruedMicros,
      projection_micros: converted.projectionMicros,
    },
    ceiling: ceiling && {
      currency: ceiling.currency,
      micros: ceiling.micros,
      warn_micros: ceiling.warnMicros,
      verdict: ceiling.verdict === 'warn' ? 'within' : ceiling.verdict,
      warned: ceiling.verdict === 'warn',
      over_micros: ceiling.overMicros,
    },
    unknown: report.unknown,
    lines: report.lines.map(line => ({
      node: line.node,
      resource: line.resource,
      sku: line.sku,
      quantity: line.quantity,
      provider: line.provider,
      region: line.region,
      currency: line.currency,
      unit_price_micros: line.unitPriceMicros,
      unit_price_nanos: line.unitPriceNanos,
      unit: line.unit,
      hours: line.hours,
      accrued_micros: line.accruedMicros,
      projection_micros: line.projectionMicros,
      monthly_micros: line.monthlyMicros,
      source: line.source,
      priced_at: isoOrNull(line.pricedAt),
      running: line.running,
    })),
    reported: report.reported.map(one => ({
      provider: one.provider,
      month: one.month,
      currency: one.currency,
      micros: one.micros,
      as_of: isoOf(one.asOf),
      estimated: one.estimated,
      source: one.source,
      evidence: one.evidence,
      by: one.by,
      query_cost: one.queryCost,
    })),
    differences: report.differences.map(one => ({
      provider: one.provider,
      currency: one.currency,
      accrued_micros: one.accruedMicros,
      reported_micros: one.reportedMicros,
    })),
    changes: report.changes.map(one => ({
      what: one.what,
      node: one.node,
      currency: one.currency,
      monthly_micros: one.monthlyMicros,
    })),
    hints: report.hints.map(one => ({
      what: one.what,
      nodes: one.nodes,
      currency: one.currency,
      monthly_micros: one.monthlyMicros,
    })),
    price_book: {
      oldest_at: isoOf(priceBook.oldestAt),
      newest_at: isoOf(priceBook.newestAt),
      sources: priceBook.sources,
    },
  }
}

/** RFC 4180, a heading first. */
export function csvOfCost(report: CostReport): string[] {
  const { lines } = documentOfCost(report)
  const rows = lines.map(line => [
    line.node,
    line.resource,
    line.sku,
    line.quantity,
    line.provider,
    line.region,
    line.currency,
    line.unit_price_nanos,
    line.unit,
    line.hours,
    line.accrued_micros,
    line.projection_micros,
    line.monthly_micros,
    line.source,
    line.priced_at,
  ])
  const head =
    'node,resource,sku,quantity,provider,region,currency,unit_price_nanos,unit,hours,accrued_micros,projection_micros,monthly_micros,source,priced_at'
  return [head, ...rows.map(row => row.map(csvCell).join(','))]
}

/** A spreadsheet runs a cell that begins like a formula: such text gets an apostrophe before it. */
function csvCell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const plain = nodeText(value).replace(/[\r\n]+/g, ' ')
  const harmless = /^[=+\-@\t]/.test(plain) ? `'${plain}` : plain
  return /[",]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
