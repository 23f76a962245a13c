// The open form of raw samples: one file per hour and writer, JSON lines. The first line is the header; nodes, probes
// and value names get a number in a table row of their own just before they are first used; samples are positional:
// `[node, probe, ms since the hour began, ok, duration, value name, value, …]`.
import type { HistoryRow } from './history.ts'

export const sampleSchema = 1
export const hourMs = 3_600_000

/** Numbers given to names within one file. */
export interface NameTables {
  node: Map<string, number>
  probe: Map<string, number>
  value: Map<string, number>
}

export function emptyTables(): NameTables {
  return { node: new Map(), probe: new Map(), value: new Map() }
}

export function headerLine(hour: number): string {
  return `${JSON.stringify({ schema: sampleSchema, hour })}\n`
}

/** Encodes rows, giving numbers to new names. `forget` takes those back when the write failed. */
export function encodeRows(
  rows: readonly HistoryRow[],
  hour: number,
  tables: NameTables,
): { text: string; forget: () => void } {
  const before = { node: tables.node.size, probe: tables.probe.size, value: tables.value.size }
  let text = ''
  const number = (kind: keyof NameTables, name: string): number => {
    const known = tables[kind].get(name)
    if (known !== undefined) return known
    const next = tables[kind].size
    tables[kind].set(name, next)
    text += `${JSON.stringify([kind, next, name])}\n`
    return next
  }
  for (const row of rows) {
    const node = number('node', row.node)
    const probe = number('probe', row.probe)
    let line = `[${node},${probe},${Math.floor(row.at - hour)},${row.ok === null ? 'null' : row.ok ? 1 : 0},${tidy(row.ms)}`
    if (row.values) {
      for (const [name, value] of Object.entries(row.values)) {
        if (Number.isFinite(value)) line += `,${number('value', name)},${value}`
      }
    }
    text += `${line}]\n`
  }
  const forget = () => {
    for (const kind of ['node', 'probe', 'value'] as const) {
      for (const [name, index] of tables[kind]) if (index >= before[kind]) tables[kind].delete(name)
    }
  }
  return { text, forget }
}

/** Hundredths of a millisecond are finer than anything a probe over a network can mean. */
function tidy(ms: number | null): number | null {
  return ms === null || !Number.isFinite(ms) ? null : Math.round(ms * 100) / 100
}

/** Reads lines in order. Bad lines are counted and skipped: one flipped byte does not take an hour with it. */
export class SampleReader {
  readonly #names = {
    node: new Map<number, string>(),
    probe: new Map<number, string>(),
    value: new Map<number, string>(),
  }
  #hour: number
  /** Lines that could not be used. */
  bad = 0
  /** Format that the header names; 0 until it was seen. */
  schema = 0

  constructor(hour: number) {
    this.#hour = hour
  }

  nodeName(index: number): string | null {
    return this.#names.node.get(index) ?? null
  }

  /** The sample of a line; null for headers, table rows and bad lines. */
  read(line: string): HistoryRow | null {
    if (line.length === 0) return null
    let parsed: unknown
    try {
      parsed = JSON.parse(line)
    } catch {
      this.bad += 1
      return null
    }
    if (!Array.isArray(parsed)) {
      if (typeof parsed === 'object' && parsed !== null && 'schema' in parsed && typeof parsed.schema === 'number') {
        this.schema = parsed.schema
      } else {
        this.bad += 1
      }
      return null
    }
    const fields: readonly unknown[] = parsed
    const row = typeof fields[0] === 'string' ? this.#learn(fields) : this.#sample(fields)
    if (row === false) this.bad += 1
    return row || null
  }

  #learn(fields: readonly unknown[]): null | false {
    const [kind, index, name] = fields
    if (
      (kind !== 'node' && kind !== 'probe' && kind !== 'value') ||
      typeof index !== 'number' ||
      typeof name !== 'string'
    )
      return false
    this.#names[kind].set(index, name)
    return null
  }

  #sample(fields: readonly unknown[]): HistoryRow | false {
    const [nodeIndex, probeIndex, offset, ok, ms] = fields
    if (typeof nodeIndex !== 'number' || typeof probeIndex !== 'number' || typeof offset !== 'number') return false
    const node = this.#names.node.get(nodeIndex)
    const probe = this.#names.probe.get(probeIndex)
    if (node === undefined || probe === undefined || offset < 0 || offset >= hourMs) return false
    if ((ok !== null && ok !== 0 && ok !== 1) || (ms !== null && typeof ms !== 'number')) return false
    const row: HistoryRow = { node, probe, at: this.#hour + offset, ok: ok === null ? null : ok === 1, ms }
    if (fields.length > 5) {
      const values: Record<string, number> = {}
      for (let i = 5; i + 1 < fields.length; i += 2) {
        const index = fields[i]
        const value = fields[i + 1]
        const name = typeof index === 'number' ? this.#names.value.get(index) : undefined
        if (name === undefined || typeof value !== 'number') return false
        values[name] = value
      }
      row.values = values
    }
    return row
  }
}
