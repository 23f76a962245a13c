// What is kept when raw samples go: per node, probe and minute (later hour) how many were ok, failed and unknown, and a
// mergeable summary of every number. Pure; the files are the store's.
import type { HistoryRow } from './history.ts'
import { addValue, emptySummary, mergeSummary, packSummary, type Summary, unpackSummary } from './summary.ts'

/** One bucket of one probe. `numbers` is keyed by `ms` or a value's name. */
interface Bucket {
  /** Start, ms since the epoch. */
  at: number
  ok: number
  failed: number
  unknown: number
  numbers: Map<string, Summary>
}

/** Probe → buckets in order of time. */
export type NodeRollup = Map<string, Bucket[]>

/** The key of the duration among the numbers: a value of the same name is not rolled up. */
export const durationKey = 'ms'

function emptyBucket(at: number): Bucket {
  return { at, ok: 0, failed: 0, unknown: 0, numbers: new Map() }
}

function addRow(bucket: Bucket, row: HistoryRow): void {
  if (row.ok === null) bucket.unknown += 1
  else if (row.ok) bucket.ok += 1
  else bucket.failed += 1
  for (const [name, value] of Object.entries(row.values ?? {})) {
    if (name !== durationKey) addValue(summaryOf(bucket, name), value)
  }
  if (row.ms !== null) addValue(summaryOf(bucket, durationKey), row.ms)
}

function summaryOf(bucket: Bucket, name: string): Summary {
  let summary = bucket.numbers.get(name)
  if (!summary) {
    summary = emptySummary()
    bucket.numbers.set(name, summary)
  }
  return summary
}

export function rollUp(rows: readonly HistoryRow[], lengthMs: number): NodeRollup {
  const rollup: NodeRollup = new Map()
  for (const [probe, own] of Map.groupBy(rows, row => row.probe)) {
    const buckets = new Map<number, Bucket>()
    for (const row of own) {
      const at = Math.floor(row.at / lengthMs) * lengthMs
      let bucket = buckets.get(at)
      if (!bucket) {
        bucket = emptyBucket(at)
        buckets.set(at, bucket)
      }
      addRow(bucket, row)
    }
    rollup.set(
      probe,
      [...buckets.values()].sort((a, b) => a.at - b.at),
    )
  }
  return rollup
}

/** Adds the buckets of `other`; buckets of the same start merge. */
export function mergeRollup(into: NodeRollup, other: NodeRollup): void {
  for (const [probe, buckets] of other) {
    const own = into.get(probe) ?? []
    for (const bucket of buckets) {
      const same = own.find(candidate => candidate.at === bucket.at)
      if (!same) {
        own.push(bucket)
        continue
      }
      same.ok += bucket.ok
      same.failed += bucket.failed
      same.unknown += bucket.unknown
      for (const [name, summary] of bucket.numbers) mergeSummary(summaryOf(same, name), summary)
    }
    into.set(
      probe,
      own.sort((a, b) => a.at - b.at),
    )
  }
}

interface PackedProbe {
  /** Bucket numbers since the file's start, as differences. */
  t: number[]
  /** ok, failed, unknown of each bucket. */
  n: [number, number, number][]
  /** Name → one packed summary a bucket. */
  v: Record<string, number[][]>
}

export function packRollup(rollup: NodeRollup, start: number, lengthMs: number): Buffer {
  const packed: [string, PackedProbe][] = []
  for (const [probe, buckets] of rollup) {
    const names = new Set(buckets.flatMap(bucket => [...bucket.numbers.keys()]))
    let before = 0
    const t = buckets.map(bucket => {
      const number = Math.round((bucket.at - start) / lengthMs)
      const step = number - before
      before = number
      return step
    })
    packed.push([
      probe,
      {
        t,
        n: buckets.map(bucket => [bucket.ok, bucket.failed, bucket.unknown]),
        v: Object.fromEntries(
          [...names].map(name => [
            name,
            buckets.map(bucket => packSummary(bucket.numbers.get(name) ?? emptySummary())),
          ]),
        ),
      },
    ])
  }
  return Buffer.from(JSON.stringify(Object.fromEntries(packed)))
}

export function unpackRollup(bytes: Buffer, start: number, lengthMs: number, wanted?: string): NodeRollup {
  const rollup: NodeRollup = new Map()
  const parsed: unknown = JSON.parse(bytes.toString('utf8'))
  if (typeof parsed !== 'object' || parsed === null) return rollup
  for (const [probe, packed] of Object.entries(parsed)) {
    if ((wanted !== undefined && probe !== wanted) || !isPacked(packed)) continue
    const names = Object.entries(packed.v)
    let number = 0
    rollup.set(
      probe,
      packed.t.map((step, i) => {
        number += step
        const [ok = 0, failed = 0, unknown = 0] = packed.n[i] ?? []
        const numbers = new Map<string, Summary>()
        for (const [name, column] of names) {
          const summary = column[i]
          if (summary && summary.length > 0) numbers.set(name, unpackSummary(summary))
        }
        return { at: start + number * lengthMs, ok, failed, unknown, numbers }
      }),
    )
  }
  return rollup
}

function isPacked(value: unknown): value is PackedProbe {
  return (
    typeof value === 'object' &&
    value !== null &&
    't' in value &&
    Array.isArray(value.t) &&
    'n' in value &&
    Array.isArray(value.n) &&
    'v' in value &&
    typeof value.v === 'object' &&
    value.v !== null
  )
}
