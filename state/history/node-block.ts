// One node's hour in columns: what a closed segment keeps of it. Columns of like numbers compress far better than rows.
import type { HistoryRow } from './history.ts'

interface ProbeColumns {
  /** ms since the hour began, each as difference to the one before. */
  t: number[]
  /** One character a sample: `1` ok, `0` failed, `-` could not look. */
  ok: string
  ms: (number | null)[]
  /** Value name → one entry a sample, null where it had none. */
  v?: Record<string, (number | null)[]>
}

/** Packs the rows of one node, in any order, into its block. */
export function packNode(rows: readonly HistoryRow[], hour: number): Buffer {
  const byProbe = Map.groupBy(rows, row => row.probe)
  const block: [string, ProbeColumns][] = []
  for (const [probe, unsorted] of byProbe) {
    const sorted = unsorted.toSorted((a, b) => a.at - b.at)
    const names = new Set(sorted.flatMap(row => (row.values ? Object.keys(row.values) : [])))
    const columns: ProbeColumns = { t: [], ok: '', ms: [] }
    let before = 0
    for (const row of sorted) {
      const offset = row.at - hour
      columns.t.push(offset - before)
      before = offset
      columns.ok += row.ok === null ? '-' : row.ok ? '1' : '0'
      columns.ms.push(row.ms)
    }
    if (names.size > 0) {
      columns.v = Object.fromEntries([...names].map(name => [name, sorted.map(row => row.values?.[name] ?? null)]))
    }
    block.push([probe, columns])
  }
  return Buffer.from(JSON.stringify(Object.fromEntries(block)))
}

/** Rows of a block, oldest first within each probe. Only the wanted probe when one is named. */
export function unpackNode(bytes: Buffer, node: string, hour: number, wanted?: string): HistoryRow[] {
  const parsed: unknown = JSON.parse(bytes.toString('utf8'))
  const rows: HistoryRow[] = []
  if (typeof parsed !== 'object' || parsed === null) return rows
  for (const [probe, columns] of Object.entries(parsed)) {
    if (wanted !== undefined && probe !== wanted) continue
    if (!isColumns(columns)) continue
    const values = columns.v === undefined ? [] : Object.entries(columns.v)
    let at = hour
    for (let i = 0; i < columns.t.length; i += 1) {
      at += columns.t[i] ?? 0
      const mark = columns.ok[i]
      const row: HistoryRow = { node, probe, at, ok: mark === '-' ? null : mark === '1', ms: columns.ms[i] ?? null }
      const own: [string, number][] = []
      for (const [name, column] of values) {
        const value = column[i]
        if (typeof value === 'number') own.push([name, value])
      }
      if (own.length > 0) row.values = Object.fromEntries(own)
      rows.push(row)
    }
  }
  return rows
}

function isColumns(value: unknown): value is ProbeColumns {
  return (
    typeof value === 'object' &&
    value !== null &&
    't' in value &&
    Array.isArray(value.t) &&
    'ok' in value &&
    typeof value.ok === 'string' &&
    'ms' in value &&
    Array.isArray(value.ms)
  )
}
