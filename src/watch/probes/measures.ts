// Limits as operators write them: percentages, durations, comparisons. One schema and one reader for each.
import { type TSchema, Type } from 'typebox'
import { durationOptions, parseDuration } from '../../../state/primitives/duration.ts'

export const percentPattern = '^\\d{1,3}(\\.\\d+)?%$'

export function duration(description: string): TSchema {
  return Type.String({ ...durationOptions, description: `${description} A duration: \`30s\`, \`5m\`, \`14d\`.` })
}

/** `30s` → 30,000; null for anything else. A plain number is taken as milliseconds (the loader may have read it). */
export function durationMs(value: unknown): number | null {
  if (typeof value === 'number') return value
  return typeof value === 'string' ? parseDuration(value) : null
}

/** `25%` → 25; null for anything else. */
export function percentOf(value: unknown): number | null {
  const found = typeof value === 'string' ? /^(\d{1,3}(?:\.\d+)?)%$/.exec(value) : null
  return found ? Number(found[1]) : null
}

/** Strings of a list, or of a single string; anything else is left out. */
export function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter(entry => typeof entry === 'string') : []
}

export function numbers(value: unknown): number[] {
  if (typeof value === 'number') return [value]
  return Array.isArray(value) ? value.filter(entry => typeof entry === 'number') : []
}

/** A record's own entry, or undefined: options come from a file. */
export function entry(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Readonly<Record<string, unknown>>)[key]
}

export const limitSchema = Type.Union([
  Type.Number(),
  Type.String({ pattern: '^(\\d+(\\.\\d+)?%|[<>]=?\\s*-?\\d+(\\.\\d+)?)$' }),
])

/** `90` and `90%` mean over 90; `<7` means under 7. */
export function isBeyond(value: number, limit: unknown): boolean {
  if (typeof limit === 'number') return value > limit
  if (typeof limit !== 'string') return false
  const share = percentOf(limit)
  if (share !== null) return value > share
  const found = /^([<>]=?)\s*(-?\d+(?:\.\d+)?)$/.exec(limit)
  const bound = Number(found?.[2])
  switch (found?.[1]) {
    case '<':
      return value < bound
    case '<=':
      return value <= bound
    case '>':
      return value > bound
    case '>=':
      return value >= bound
    default:
      return false
  }
}

/** Rounds for people and for history: three significant decimals are more than any of these measures has. */
export function round(value: number, decimals = 1): number {
  const factor = 10 ** decimals
  return Math.round(value * factor) / factor
}

export function days(ms: number): string {
  const count = ms / 86_400_000
  return Math.abs(count) >= 2 ? `${Math.floor(count)} days` : `${round(ms / 3_600_000)} h`
}

/** `42 s`, `5 min`, `3 h`, `12 days`. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return days(ms)
}
