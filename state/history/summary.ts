// A mergeable summary of numbers: count, sum, extremes, and log-scaled buckets, so that the 95th percentile of a month
// can be had from its hours. Buckets are 4 % wide: a percentile is within 2 % of the true one.

const growth = Math.log(1.04)
/** Everything at or below zero shares one bucket; the extremes bound what is said about it. */
const floorBucket = -100_000

export interface Summary {
  count: number
  sum: number
  min: number
  max: number
  buckets: Map<number, number>
}

export function emptySummary(): Summary {
  return { count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, buckets: new Map() }
}

export function addValue(summary: Summary, value: number): void {
  summary.count += 1
  summary.sum += value
  if (value < summary.min) summary.min = value
  if (value > summary.max) summary.max = value
  const bucket = bucketOf(value)
  summary.buckets.set(bucket, (summary.buckets.get(bucket) ?? 0) + 1)
}

export function mergeSummary(into: Summary, other: Summary): void {
  if (other.count === 0) return
  into.count += other.count
  into.sum += other.sum
  into.min = Math.min(into.min, other.min)
  into.max = Math.max(into.max, other.max)
  for (const [bucket, count] of other.buckets) into.buckets.set(bucket, (into.buckets.get(bucket) ?? 0) + count)
}

/** The smallest value that at least `share` of all values do not exceed; null of nothing. */
export function percentile(summary: Summary, share: number): number | null {
  if (summary.count === 0) return null
  const wanted = Math.max(1, Math.ceil(share * summary.count))
  let seen = 0
  for (const bucket of [...summary.buckets.keys()].sort((a, b) => a - b)) {
    seen += summary.buckets.get(bucket) ?? 0
    if (seen >= wanted) return Math.min(summary.max, Math.max(summary.min, middleOf(bucket)))
  }
  return summary.max
}

/** Compact form: up to two values are kept as they are; more as `[count, sum, min, max, bucket, count, …]`. */
export function packSummary(summary: Summary): number[] {
  if (summary.count === 0) return []
  if (summary.count === 1) return [summary.min]
  if (summary.count === 2) return [summary.min, summary.max]
  const packed = [summary.count, round(summary.sum), summary.min, summary.max]
  let before = 0
  // Buckets as differences: small numbers compress better.
  for (const bucket of [...summary.buckets.keys()].sort((a, b) => a - b)) {
    packed.push(bucket - before, summary.buckets.get(bucket) ?? 0)
    before = bucket
  }
  return packed
}

export function unpackSummary(packed: readonly number[]): Summary {
  const summary = emptySummary()
  if (packed.length < 3) {
    for (const value of packed) addValue(summary, value)
    return summary
  }
  const [count = 0, sum = 0, min = 0, max = 0] = packed
  Object.assign(summary, { count, sum, min, max })
  let bucket = 0
  for (let i = 4; i + 1 < packed.length; i += 2) {
    bucket += packed[i] ?? 0
    summary.buckets.set(bucket, packed[i + 1] ?? 0)
  }
  return summary
}

function bucketOf(value: number): number {
  return value > 0 ? Math.round(Math.log(value) / growth) : floorBucket
}

function middleOf(bucket: number): number {
  return bucket === floorBucket ? 0 : Math.exp(bucket * growth)
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
