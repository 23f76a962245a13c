// What the month comes to against its ceiling, as sign, words and colour: short for the header, whole for the page. Pure.
import { missedByFullMonth } from '../../src/money/selectors.ts'
import type { CostReport } from '../../src/money/shapes.ts'
import type { Theme, Token } from '../theme/tokens.ts'
import { type Piece, piece, type Row } from '../widgets/row.ts'
import { amountOf, sumWords } from './amounts.ts'

type Ceiling = NonNullable<CostReport['ceiling']>

const looks = { within: 'up', warn: 'degraded', over: 'degraded', unknown: 'unknown' } as const satisfies Record<
  Ceiling['verdict'],
  Token
>

function verdictSign(verdict: Ceiling['verdict'], theme: Theme): Piece {
  const look = looks[verdict]
  return piece(look, theme.glyphs.health[look])
}

/** The month's projection in the ceiling's currency; null: it cannot be said in it. */
function projectionIn({ totals, converted, ceiling }: CostReport): { currency: string; micros: number } | null {
  if (converted !== null) return { currency: converted.currency, micros: converted.projectionMicros }
  const [only, ...more] = totals
  if (!only || more.length > 0 || (ceiling !== null && only.currency !== ceiling.currency)) return null
  return { currency: only.currency, micros: only.projectionMicros }
}

/** In the header of every screen: `◐ $163.90 over $100.00`. Within the ceiling it is quiet. */
export function shortVerdict(report: CostReport, theme: Theme): Row {
  const { ceiling } = report
  const projection = projectionIn(report)
  const isWhole = withoutFigure(report).length === 0
  const sum = projection === null ? null : sumWords({ micros: projection.micros, isWhole }, projection.currency)
  if (ceiling === null) return sum === null ? [] : [piece('dim', sum)]
  const most = amountOf(ceiling.micros, ceiling.currency)
  const { verdict } = ceiling
  switch (verdict) {
    case 'within':
      return [piece('dim', `${sum ?? '?'} of ${most}`)]
    case 'warn':
      return [verdictSign(verdict, theme), piece(looks.warn, ` ${sum ?? '?'} near ${most}`)]
    case 'over':
      return [verdictSign(verdict, theme), piece(looks.over, ` ${sum ?? '?'} over ${most}`)]
    case 'unknown':
      return [verdictSign(verdict, theme), piece(looks.unknown, ` ${sum ?? '?'} of ${most}`)]
  }
}

/** On the page: how far from the ceiling, and why that may not be all. */
export function verdictRow(report: CostReport, theme: Theme): Row {
  const { ceiling } = report
  const unknown = withoutFigure(report)
  if (ceiling === null) {
    return [piece('dim', ' no ceiling is set: `budget` in the fleet file sets one')]
  }
  const most = amountOf(ceiling.micros, ceiling.currency)
  const { verdict, overMicros } = ceiling
  const gap = overMicros === null ? null : amountOf(Math.abs(overMicros), ceiling.currency)
  const missing = missingWords(unknown.length)
  const sign = [piece('text', ' '), verdictSign(verdict, theme)]
  const tail = [
    ...fullMonth(ceiling),
    ...(unknown.length === 0 || verdict === 'unknown' ? [] : [piece('unknown', ` · ${missing}`)]),
  ]
  switch (verdict) {
    case 'within': {
      const left = gap === null ? '' : `, ${gap} left`
      return [...sign, piece('up', ' within the ceiling'), piece('dim', ` of ${most}${left}`), ...tail]
    }
    case 'warn': {
      const left = gap === null ? `near the ceiling of ${most}` : `only ${gap} left of ${most}`
      return [...sign, piece('degraded', ` ${left}`), ...tail]
    }
    case 'over':
      return [
        ...sign,
        piece('degraded', gap === null ? ' over' : ` over by ${gap}`),
        piece('dim', ` · ceiling ${most}`),
        ...tail,
      ]
    case 'unknown':
      return [
        ...sign,
        piece('unknown', ` unknown: ${missing}`),
        piece('dim', ` · what is known is within ${most}`),
        ...tail,
      ]
  }
}

function fullMonth(ceiling: Ceiling): Row {
  const over = missedByFullMonth(ceiling)
  return over === null ? [] : [piece('degraded', ` · a full month is over by ${amountOf(over, ceiling.currency)}`)]
}

/** What should have a figure and has none. Traffic never has one: named further down, it hides no other lack. */
export function withoutFigure({ unknown }: CostReport): CostReport['unknown'] {
  return unknown.filter(one => !one.isUnmetered)
}

function missingWords(count: number): string {
  return count === 1 ? '1 thing has no figure' : `${count} things have no figure`
}
