// A report as JSON and as a table for spreadsheets: complete, exact, and no formula of somebody else.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bookOf } from '../../../src/money/book.ts'
import { costCsv, costDocument, costJson } from '../../../src/money/export.ts'
import { costReport } from '../../../src/money/report.ts'
import { checker } from '../../../state/primitives/schema.ts'
import { fleet, node } from '../fleet/sample.ts'
import { at, lifetimeFrom, rateFrom, stateWith } from './ledger.ts'

const now = at('11-16 00:00:00')
const october = at('10-01 00:00:00')

function reportOf(name: string, source = 'AWS Pricing API', sku = 'nobody-knows') {
  const lifetimes = [
    lifetimeFrom(october, { node: name, rates: [rateFrom(october, { hourlyNanos: 4_200_000, source })] }),
    lifetimeFrom(october, { node: name, sku, rates: [] }),
  ]
  const rates = [{ currency: 'EUR', rate: '1.1637', date: '2026-05-27' }]
  const state = stateWith(lifetimes, {
    reported: {
      x: {
        provider: 'aws',
        month: '2026-11',
        currency: 'USD',
        micros: 9_000_000,
        asOf: at('11-15 00:00:00'),
        estimated: true,
        source: 'Cost Explorer',
        evidence: null,
        by: 'engine',
        queryCost: { currency: 'USD', micros: 10_000 },
      },
    },
  })
  const nodes = [node('zurich', { cost: { monthlyMicros: 3_900_000, currency: 'EUR' } })]
  const budget = { ceilingMicros: 9_000_000, currency: 'USD', warnRatio: 0.8, rates }
  return costReport({ fleet: fleet(nodes, { budget }), state, book: bookOf(state.money), now, month: null })
}

/** A strict reader of the table. */
function cells(csv: string): string[][] {
  const rows: string[][] = [[]]
  let rest = csv
  while (rest.length > 0) {
    const found = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\n|$)/.exec(rest)
    if (!found) throw new Error(`not a cell: ${rest.slice(0, 40)}`)
    rows.at(-1)?.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '')
    rest = rest.slice(found[0].length)
    if (found[3] === '\n' && rest.length > 0) rows.push([])
  }
  return rows
}

describe('the JSON document', () => {
  test('has the published shape, with its names in snake case', () => {
    const document = costJson(reportOf('virginia'))
    expect(checker(costDocument).errors(document)).toEqual([])
    expect(document.totals[1]).toEqual({
      currency: 'USD',
      accrued_micros: 1_512_000,
      reported_micros: 9_000_000,
      reported_as_of: '2026-11-15T00:00:00.000Z',
      monthly_micros: 3_024_000,
      projection_micros: 3_024_000,
    })
    // 1.512 + 1.95 × 1.1637; 3.024 + 3.90 × 1.1637
    expect(document.converted).toMatchObject({
      currency: 'USD',
      rate: '1.1637',
      rate_date: '2026-05-27',
      accrued_micros: 3_781_215,
      projection_micros: 7_562_430,
    })
    expect(document.ceiling).toMatchObject({ verdict: 'unknown', warn: false, over_micros: null })
    expect(document.lines[0]).toMatchObject({
      node: 'virginia',
      resource: 'instance',
      unit_price_micros: null,
      accrued_micros: null,
      priced_at: null,
    })
    expect(document.lines[1]).toMatchObject({ unit_price_micros: 4_200, unit_price_nanos: 4_200_000, hours: 360 })
  })

  test('says within and that it warns, since its verdict has three words', () => {
    const report = reportOf('virginia')
    const verdict = 'warn' as const
    const ceiling = { currency: 'USD', micros: 9, warnMicros: 7, verdict, overMicros: -1, monthlyOverMicros: 2 }
    expect(costJson({ ...report, ceiling }).ceiling).toMatchObject({
      verdict: 'within',
      warn: true,
      monthly_over_micros: 2,
    })
  })
})

describe('the table', () => {
  test('has a line each, amounts as they are, and empty cells where nothing is known', () => {
    const [head = [], ...rows] = cells(costCsv(reportOf('virginia')))
    const row = (sku: string) =>
      Object.fromEntries(head.map((name, index) => [name, rows.find(one => one[3] === sku)?.[index]]))
    expect(row('t4g.nano')).toMatchObject({
      month: '2026-11',
      node: 'virginia',
      unit_price: '0.0042',
      hours: '360',
      accrued: '1.512',
      projection: '3.024',
    })
    expect(row('nobody-knows')).toMatchObject({ unit_price: '', hours: '', accrued: '', projection: '', monthly: '' })
    expect(rows.at(-1)?.at(-1)).toMatch(/^traffic of aws: not metered here/)
    expect(rows.at(-2)?.at(-1)).toBe('instance nobody-knows in aws us-east-1: no price is known: read prices anew')
  })

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =cmd|" /C calc"!A0', '＝1+1'])(
    'makes no formula of %j',
    text => {
      const found = cells(costCsv(reportOf(text, text, text)))
      expect(found.flat().filter(cell => cell === `'${text}`).length).toBeGreaterThanOrEqual(3)
    },
  )

  test('whatever text comes from outside, no cell begins like a formula, and every row has every cell', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), text => {
        const rows = cells(costCsv(reportOf(text, text, text)))
        for (const row of rows) {
          expect(row).toHaveLength(18)
          for (const cell of row) expect(cell).not.toMatch(/^\s*[=+\-@]/)
        }
      }),
    )
  })
})
