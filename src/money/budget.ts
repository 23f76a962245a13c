// All currencies in the budget's one, and the ceiling's verdict. A rate counts only with its date; what has no figure is
// never taken to be 0: it makes `within` into `unknown`, and never an `over` into anything else.
import type { Fleet } from '../fleet/fleet.ts'
import { decimal, type Exact, measured, nothing, plus, rounded, times, whole } from './exact.ts'
import type { CostReport } from './shapes.ts'

type Budget = NonNullable<Fleet['budget']>
type Ceiling = Omit<NonNullable<CostReport['ceiling']>, 'monthlyOverMicros'>
export interface Sum {
  currency: string
  accruedMicros: number
  projectionMicros: number
}

export interface Converted {
  /** null as the report says it. */
  converted: Omit<NonNullable<CostReport['converted']>, 'monthlyMicros'> | null
  /** What is known in the budget's currency: all of it, or what could be converted. */
  known: { accruedMicros: number; projectionMicros: number }
  /** Currencies without a rate. */
  without: string[]
}

export function convert(sums: readonly Sum[], budget: Budget): Converted {
  let accrued: Exact = nothing
  let projection: Exact = nothing
  const used: NonNullable<CostReport['converted']>['rates'] = []
  const without: string[] = []
  for (const sum of sums) {
    const rate = rateTo(budget, sum.currency)
    if (rate === null) {
      without.push(sum.currency)
      continue
    }
    accrued = plus(accrued, times(whole(sum.accruedMicros), rate.factor))
    projection = plus(projection, times(whole(sum.projectionMicros), rate.factor))
    if (rate.dated) used.push({ from: sum.currency, ...rate.dated })
  }
  const known = { accruedMicros: rounded(accrued), projectionMicros: rounded(projection) }
  // Without a rate in use nothing was converted: the totals say it already.
  const converted =
    without.length > 0 || used.length === 0 ? null : { currency: budget.currency, rates: used, ...known }
  return { converted, known, without }
}

interface UsedRate {
  factor: Exact
  dated: { rate: string; date: string } | null
}

function rateTo(budget: Budget, currency: string): UsedRate | null {
  if (currency === budget.currency) return { factor: whole(1), dated: null }
  // Of several, the latest day.
  const said = [...(budget.rates ?? [])].filter(one => one.currency === currency)
  const latest = said.sort((a, b) => a.date.localeCompare(b.date)).at(-1)
  const factor = latest ? decimal(latest.rate) : null
  return latest && factor ? { factor, dated: { rate: latest.rate, date: latest.date } } : null
}

/** `incomplete`: something that is spent has no figure in the budget's currency. */
export function ceilingOf(budget: Budget, projectionMicros: number, incomplete: boolean): Ceiling {
  const micros = budget.ceilingMicros
  const warnMicros = rounded(times(whole(micros), measured(budget.warnRatio)))
  const common = { currency: budget.currency, micros, warnMicros }
  const overMicros = projectionMicros - micros
  if (overMicros > 0) return { ...common, verdict: 'over', overMicros }
  if (incomplete) return { ...common, verdict: 'unknown', overMicros: null }
  return { ...common, verdict: projectionMicros >= warnMicros ? 'warn' : 'within', overMicros }
}
