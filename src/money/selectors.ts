// What the command line and the room both read out of a cost report.
import { monthWindow } from './month.ts'
import type { CostReport } from './shapes.ts'

/** Nothing of it is to come any more. */
export function isMonthOver(month: string, now: number): boolean {
  return monthWindow(month).to <= now
}

/**
 * By how much a whole month misses the ceiling, where this month alone would hide it: what was launched lately has cost
 * only some of its days. null: it does not, or this month says as much, to a hundredth of the ceiling.
 */
export function missedByFullMonth(ceiling: NonNullable<CostReport['ceiling']>): number | null {
  const { micros, overMicros, monthlyOverMicros } = ceiling
  if (monthlyOverMicros === null || monthlyOverMicros <= 0) return null
  return (monthlyOverMicros - Math.max(0, overMicros ?? 0)) * 100 > micros ? monthlyOverMicros : null
}
