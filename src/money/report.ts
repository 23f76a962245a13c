// What a month costs, as the question `cost` answers it. Accrued (the ledger), reported (what providers say) and
// projection stand side by side and are never merged; what has no figure is listed, and never counted as 0.

import { own } from '../../state/primitives/record.ts'
import type { PricedNode } from '../engine/engine.ts'
import type { FleetState } from '../engine/fleet-state.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { bySource, type PriceBook } from './book.ts'
import { type Converted, ceilingOf, convert, type Sum } from './budget.ts'
import { changesSince } from './changes.ts'
import { declaredLines, pricedNode, type Unknown } from './declared.ts'
import { savingsHints } from './hints.ts'
import { keptMonths } from './ledger.ts'
import { ledgerLines } from './ledger-lines.ts'
import { monthOf, monthsFrom, monthWindow } from './month.ts'
import { isMonthOver } from './selectors.ts'
import type { CostLine, CostReport, Reported } from './shapes.ts'
import { unmeteredTraffic } from './traffic.ts'

const weekMs = 7 * 86_400_000
/** Above this many, nodes with the same trouble are told in one line. */
const mostAlike = 20

export interface CostQuestion {
  fleet: Fleet
  state: FleetState
  book: PriceBook
  now: number
  /** `2026-11`; null: this one. */
  month: string | null
}

export function costReport(question: CostQuestion): CostReport {
  const { fleet, state, book, now } = question
  const window = monthWindow(question.month ?? monthOf(now))
  const lifetimes = Object.values(state.money.lifetimes)
  const ledger = ledgerLines(lifetimes, book, window, now)
  const declared = declaredOf(question, window)
  const lines = [...ledger.lines, ...declared.lines].sort(inOrder)
  const reported = Object.values(state.money.reported).filter(one => one.month === window.month)
  const unpriced = [...ledger.unpriced, ...declared.unknown]
  const unknown = [...unpriced, ...ledger.unseen, ...declared.unseen, ...tooOld(window.month, now)]
  return assemble({
    fleet,
    book,
    now,
    month: window.month,
    lines,
    reported,
    unpriced: unpriced.length > 0,
    unknown,
    differences: differencesOf(question, reported),
    changes: changesSince(lifetimes, book, window, now - weekMs, now),
    hints: savingsHints({ fleet, state, book, lines, window }),
  })
}

/** Another fleet's nodes, each for a whole month. Nothing of it is spent. */
export function whatIfReport(
  nodes: readonly PricedNode[],
  options: { fleet: Fleet; book: PriceBook; now: number },
): CostReport {
  const { fleet, book, now } = options
  const window = monthWindow(monthOf(now))
  const found = nodes
    .filter(node => node.lifecycle !== 'retired')
    .map(node => declaredLines(node, book, window, window.from))
  const lines = found
    .flatMap(one => one.lines)
    .map(line => ({
      ...line,
      hours: null,
      accruedMicros: null,
      source: line.source.replace('declared, not seen; ', ''),
    }))
    .sort(inOrder)
  const unknown = found.flatMap(one => one.unknown)
  const nothingElse = { reported: [], differences: [], changes: [] }
  const hints = savingsHints({ fleet: null, state: null, book, lines, window })
  const unpriced = unknown.length > 0
  return assemble({ fleet, book, now, month: window.month, lines, unpriced, unknown, hints, ...nothingElse })
}

interface Parts
  extends Pick<CostReport, 'month' | 'lines' | 'unknown' | 'reported' | 'differences' | 'changes' | 'hints'> {
  fleet: Fleet
  book: PriceBook
  now: number
  /** Something has no price, so that the projection is a lower bound. */
  unpriced: boolean
}

function assemble(parts: Parts): CostReport {
  const { fleet, book, now, month, lines, reported } = parts
  const sums = sumsOf(lines)
  const converted: Converted | null = fleet.budget ? convert(sums, fleet.budget) : null
  const months = isMonthOver(month, now) ? null : wholeMonths(lines)
  const monthly = months && fleet.budget ? convert(months, fleet.budget) : null
  const unknown = [...alike(parts.unknown), ...unmeteredTraffic(lines)]
  for (const currency of converted?.without ?? []) {
    const what = `everything in ${currency}, in ${fleet.budget?.currency ?? ''}`
    unknown.push({ node: null, what, why: `the fleet file says no dated rate under \`budget\`` })
  }
  const incomplete = parts.unpriced || (converted?.without.length ?? 0) > 0
  return {
    month,
    at: now,
    totals: totalsOf(sums, months, reported),
    converted: converted?.converted
      ? { ...converted.converted, monthlyMicros: monthly?.known.projectionMicros ?? null }
      : null,
    ceiling:
      fleet.budget && converted
        ? {
            ...ceilingOf(fleet.budget, converted.known.projectionMicros, incomplete),
            // As with the verdict: over is over even if more is unknown, and room is only what is whole.
            monthlyOverMicros:
              monthly && ceilingOf(fleet.budget, monthly.known.projectionMicros, incomplete).overMicros,
          }
        : null,
    unknown,
    lines: [...lines],
    reported: [...reported].sort((a, b) => a.provider.localeCompare(b.provider)),
    differences: parts.differences,
    changes: parts.changes,
    hints: parts.hints,
    priceBook: bookOfLines(lines, book),
  }
}

/** Of rounded lines, so that the lines add up to the totals. A line without a figure adds nothing: it is in `unknown`. */
function sumsOf(lines: readonly CostLine[]): Sum[] {
  const sums = new Map<string, Sum>()
  for (const line of lines) {
    if (line.currency === '') continue
    const { currency } = line
    const before = sums.get(currency) ?? { currency, accruedMicros: 0, projectionMicros: 0 }
    const accruedMicros = before.accruedMicros + (line.accruedMicros ?? 0)
    sums.set(currency, {
      currency,
      accruedMicros,
      projectionMicros: before.projectionMicros + (line.projectionMicros ?? 0),
    })
  }
  return [...sums.values()]
}

/** A whole month of what is billed now, by currency. What ended or is stopped costs nothing of it. */
function wholeMonths(lines: readonly CostLine[]): Sum[] {
  const priced = lines.filter(line => line.running && line.monthlyMicros !== null)
  return [...Map.groupBy(priced, line => line.currency)].map(([currency, own]) => ({
    currency,
    accruedMicros: 0,
    projectionMicros: own.reduce((all, line) => all + (line.monthlyMicros ?? 0), 0),
  }))
}

function totalsOf(
  sums: readonly Sum[],
  months: readonly Sum[] | null,
  reported: readonly Reported[],
): CostReport['totals'] {
  const currencies = [...new Set([...sums.map(sum => sum.currency), ...reported.map(one => one.currency)])].sort()
  return currencies.map(currency => {
    const sum = sums.find(one => one.currency === currency)
    const said = reported.filter(one => one.currency === currency)
    return {
      currency,
      accruedMicros: sum?.accruedMicros ?? 0,
      reportedMicros: said.length === 0 ? null : said.reduce((all, one) => all + one.micros, 0),
      // A sum is as old as its oldest part.
      reportedAsOf: said.length === 0 ? null : Math.min(...said.map(one => one.asOf)),
      projectionMicros: sum?.projectionMicros ?? 0,
      monthlyMicros: months && monthlyIn(months, currency),
    }
  })
}

/** A month in which nothing runs costs 0; one of which nothing has a price is not known. */
function monthlyIn(months: readonly Sum[], currency: string): number | null {
  return months.find(one => one.currency === currency)?.projectionMicros ?? 0
}

/**
 * Declared costs, and live nodes that the ledger does not know: they are taken to run all month, and since when they do
 * nobody knows.
 */
function declaredOf(
  { fleet, state, book, now }: CostQuestion,
  window: ReturnType<typeof monthWindow>,
): { lines: CostLine[]; unknown: Unknown[]; unseen: Unknown[] } {
  const covered = new Set(
    Object.values(state.money.lifetimes)
      .filter(one => one.from < window.to && (one.to === null || one.to > window.from))
      .map(one => one.node),
  )
  const found = { lines: [] as CostLine[], unknown: [] as Unknown[], unseen: [] as Unknown[] }
  for (const node of fleet.nodes.values()) {
    const lifecycle = own(state.fleet.lifecycle, node.name) ?? node.lifecycle
    if (lifecycle !== 'live' || covered.has(node.name)) continue
    const { lines, unknown } = declaredLines(pricedNode(node), book, window, now)
    found.lines.push(...lines)
    found.unknown.push(...unknown)
    if (node.cost === null && lines.length > 0) {
      const why = 'it is declared live, but was never seen at its provider: since when it costs is not known'
      found.unseen.push({ node: node.name, what: 'what is accrued', why })
    }
  }
  return found
}

/** Accrued up to the moment that the provider speaks of, since billing is a day behind. */
function differencesOf(question: CostQuestion, reported: readonly Reported[]): CostReport['differences'] {
  const { state, fleet, book, now } = question
  return reported.flatMap(said => {
    const window = monthWindow(said.month)
    const at = Math.min(now, said.asOf)
    const lifetimes = Object.values(state.money.lifetimes).filter(one => one.provider === said.provider)
    const ledger = ledgerLines(lifetimes, book, window, at)
    const declared = declaredOf({ fleet, state, book, now: at, month: said.month }, window)
    const costs = declared.lines.filter(line => line.provider === said.provider)
    const lines = [...ledger.lines, ...costs].filter(line => line.currency === said.currency)
    const accruedMicros = lines.reduce((all, line) => all + (line.accruedMicros ?? 0), 0)
    const incomplete =
      ledger.unpriced.length + ledger.unseen.length > 0 || costs.some(line => line.accruedMicros === null)
    // What is accrued is then only a lower bound, which a higher report does not contradict.
    if (incomplete && said.micros >= accruedMicros) return []
    const apart = Math.abs(accruedMicros - said.micros)
    const most = Math.max(Math.abs(accruedMicros), Math.abs(said.micros))
    if (apart <= 1_000_000 || apart * 10 <= most) return []
    return [{ provider: said.provider, currency: said.currency, accruedMicros, reportedMicros: said.micros }]
  })
}

function tooOld(month: string, now: number): Unknown[] {
  if (month >= monthsFrom(monthOf(now), -keptMonths)) return []
  const why = `the ledger keeps this month and ${keptMonths} before it; older ones are in the journal alone`
  return [{ node: null, what: `what was spent in ${month}`, why }]
}

/** Many nodes with the same trouble in one entry. */
function alike(unknown: readonly Unknown[]): Unknown[] {
  const groups = new Map<string, Unknown[]>()
  for (const one of unknown) {
    const key = JSON.stringify([one.what, one.why])
    const known = groups.get(key)
    if (known) known.push(one)
    else groups.set(key, [one])
  }
  return [...groups.values()].flatMap(group => {
    const [first] = group
    if (!first || group.length <= mostAlike) return group
    const names = group.slice(0, 3).map(one => one.node ?? '?')
    return [{ node: null, what: `${first.what} of ${group.length} nodes (${names.join(', ')}, …)`, why: first.why }]
  })
}

function bookOfLines(lines: readonly CostLine[], book: PriceBook): CostReport['priceBook'] {
  const used = lines.flatMap(({ source, pricedAt }) =>
    pricedAt === null ? [] : [{ source: source.replace('declared, not seen; ', ''), at: pricedAt }],
  )
  const prices = used.length === 0 ? book.all() : used
  const dates = prices.map(price => price.at)
  return {
    oldestAt: Math.min(...dates),
    newestAt: Math.max(...dates),
    sources: [...new Set(prices.map(price => price.source))].sort(),
    bySource: bySource(prices),
  }
}

const kindOrder = ['declared', 'instance', 'ipv4', 'disk', 'address', 'snapshot', 'traffic']

/** By node (those of none last), provider, region, and what it is. */
function inOrder(a: CostLine, b: CostLine): number {
  if ((a.node === null) !== (b.node === null)) return a.node === null ? 1 : -1
  return (
    (a.node ?? '').localeCompare(b.node ?? '') ||
    a.provider.localeCompare(b.provider) ||
    a.region.localeCompare(b.region) ||
    kindOrder.indexOf(a.resource) - kindOrder.indexOf(b.resource) ||
    a.sku.localeCompare(b.sku)
  )
}
