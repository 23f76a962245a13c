// Questions about samples and rollups. Only the part of a file that belongs to the node is read.
import { readBlockFile } from './block-file.ts'
import { type Catalogue, dayMs, keptMs, type Part, type Tier } from './catalogue.ts'
import { isMissing } from './disk.ts'
import type { HistoryRow, Point } from './history.ts'
import { unpackNode } from './node-block.ts'
import { durationKey } from './rollup.ts'
import { hourMs, SampleReader } from './sample-lines.ts'
import { eachLine, leadingNode, readRollup } from './segment-close.ts'
import { addValue, emptySummary, mergeSummary, percentile, type Summary } from './summary.ts'

export interface SampleSource {
  catalogue: Catalogue
  /** Samples that are only in memory yet. */
  undurable(): readonly HistoryRow[]
  /** Told of a file that cannot be read: its time is a gap in the answer. */
  damaged(path: string, error: unknown): void
}

interface RowQuery {
  node: string
  probe?: string
  from: number
  to: number
}

function touches(part: Part, query: { from: number; to: number }): boolean {
  return part.start < query.to && part.start + part.spanMs > query.from
}

function matches(row: HistoryRow, query: RowQuery): boolean {
  return (
    row.node === query.node &&
    (query.probe === undefined || row.probe === query.probe) &&
    row.at >= query.from &&
    row.at < query.to
  )
}

/**
 * Rows of memory and of parts in the open form, as they were at one moment: what is written or closed while this reads
 * is neither missed nor counted twice. `read` is told the parts that need not be read in the closed form.
 */
async function* openRows(source: SampleSource, query: RowQuery, read: Set<string>): AsyncGenerator<HistoryRow[]> {
  const { catalogue } = source
  const parts = [...catalogue.open.values()]
    .filter(part => touches(part, query))
    .map(part => ({ part, end: part.bytes }))
  yield source.undurable().filter(row => matches(row, query))
  for (const { part, end } of parts) {
    const rows: HistoryRow[] = []
    const reader = new SampleReader(part.start)
    const done = await reading(source, catalogue.openPath(part), async path => {
      await eachLine(
        catalogue.disk,
        path,
        line => {
          const node = leadingNode(line)
          if (node >= 0 && reader.nodeName(node) !== query.node) return
          const row = reader.read(line)
          if (row && matches(row, query)) rows.push(row)
        },
        end,
      )
      return true
    })
    if (done) read.add(part.name)
    yield done ? rows : []
  }
}

async function closedRows(source: SampleSource, part: Part, query: RowQuery): Promise<HistoryRow[]> {
  const rows = await reading(source, source.catalogue.closedPath('samples', part), path =>
    readBlockFile(source.catalogue.disk, path, async (_index, block) => {
      const bytes = await block(query.node)
      return bytes ? unpackNode(bytes, query.node, part.start, query.probe) : []
    }),
  )
  return (rows ?? []).filter(row => matches(row, query))
}

/** One damaged file is a gap, not the end of the answer. A file that was closed or removed meanwhile is no damage. */
async function reading<T>(source: SampleSource, path: string, read: (path: string) => Promise<T>): Promise<T | null> {
  try {
    return await read(path)
  } catch (error) {
    if (!isMissing(error)) source.damaged(path, error)
    return null
  }
}

function byNewest(a: Part, b: Part): number {
  return b.start - a.start || b.number - a.number
}

export async function findRows(source: SampleSource, query: RowQuery & { limit: number }): Promise<HistoryRow[]> {
  const found: HistoryRow[] = []
  const read = new Set<string>()
  for await (const rows of openRows(source, query, read)) found.push(...rows)
  const parts = [...source.catalogue.closed.samples.values()].filter(
    part => touches(part, query) && !read.has(part.name),
  )
  for (const part of parts.sort(byNewest)) {
    // Older parts cannot hold anything newer than what is already enough.
    if (found.filter(row => row.at >= part.start + part.spanMs).length >= query.limit) break
    found.push(...(await closedRows(source, part, query)))
  }
  return found.sort((a, b) => b.at - a.at).slice(0, query.limit)
}

/** Raw samples for a day, minutes for a fortnight, hours for more; coarser where the finer ones are gone already. */
export function tierFor(window: { from: number; to: number }, now: number): Tier {
  const length = window.to - window.from
  if (length <= dayMs && window.from >= now - keptMs.samples) return 'samples'
  if (length <= 14 * dayMs && window.from >= now - keptMs.minutes) return 'minutes'
  return 'hours'
}

export async function findSeries(
  source: SampleSource,
  query: { node: string; probe: string; value: string; from: number; to: number; buckets: number },
  tier: Tier,
): Promise<Point[]> {
  const count = Math.max(1, Math.floor(query.buckets))
  const width = (query.to - query.from) / count
  const buckets = Array.from({ length: count }, (): { whole: Summary; exact: number[] } => ({
    whole: emptySummary(),
    exact: [],
  }))
  const bucketAt = (at: number) => buckets[Math.floor((at - query.from) / width)]
  const addRow = (row: HistoryRow) => {
    const value = query.value === durationKey ? row.ms : (row.values?.[query.value] ?? null)
    const bucket = value === null ? undefined : bucketAt(row.at)
    if (!bucket || value === null) return
    addValue(bucket.whole, value)
    bucket.exact.push(value)
  }
  const read = new Set<string>()
  for await (const rows of openRows(source, query, read)) rows.forEach(addRow)
  // While a part is open, its samples are read; rollups that a crash left beside it would count them twice.
  const parts = [...source.catalogue.closed[tier].values()].filter(
    part => touches(part, query) && !read.has(part.name) && !source.catalogue.open.has(part.name),
  )
  for (const part of parts) {
    if (tier === 'samples') {
      for (const row of await closedRows(source, part, query)) addRow(row)
      continue
    }
    const rollup = await reading(source, source.catalogue.closedPath(tier, part), () =>
      readRollup(source.catalogue, tier, part, query.node, query.probe),
    )
    for (const bucket of rollup?.get(query.probe) ?? []) {
      const summary = bucket.numbers.get(query.value)
      // An hour that began before the window and reaches into it counts where the window begins.
      const lengthMs = tier === 'minutes' ? 60_000 : hourMs
      const at = bucket.at < query.from && bucket.at + lengthMs > query.from ? query.from : bucket.at
      const target = bucketAt(at)
      if (summary && target) mergeSummary(target.whole, summary)
    }
  }
  return buckets.map(({ whole, exact }, i) => ({
    at: query.from + i * width,
    count: whole.count,
    min: whole.count === 0 ? null : whole.min,
    avg: whole.count === 0 ? null : whole.sum / whole.count,
    max: whole.count === 0 ? null : whole.max,
    p95: exact.length === whole.count && exact.length > 0 ? exactPercentile(exact, 0.95) : percentile(whole, 0.95),
  }))
}

function exactPercentile(values: number[], share: number): number | null {
  const sorted = values.sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null
}
