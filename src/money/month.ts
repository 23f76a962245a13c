// Months as providers bill them: calendar months of UTC, each as long as it really is.

export interface MonthWindow {
  /** `2026-11` */
  month: string
  from: number
  to: number
}

export function monthWindow(month: string): MonthWindow {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return { month, from: Date.UTC(year, number - 1, 1), to: Date.UTC(year, number, 1) }
}

export function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7)
}

/** `2027-01` and -2 → `2026-11`. */
export function monthsFrom(month: string, months: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return monthOf(Date.UTC(year, number - 1 + months, 1))
}

/** `2026-11-24 18:31 UTC`. */
export function momentText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

export function dayText(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
