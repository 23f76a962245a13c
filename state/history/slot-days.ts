// Settled slots in memory: four bits a slot, 1,440 bytes a node and day, and per day the counts that make a long
// window quick. A slot is settled once: nothing that is settled is ever rewritten.
import { slotMs } from './history.ts'

export const dayMs = 86_400_000
export const slotsPerDay = dayMs / slotMs
const rowBytes = slotsPerDay / 2
/** Nothing was settled: nobody watched, or the time has not come. Read as unknown of a known node, else as none. */
export const unsettled = 15
const noneCode = 0
const unknownCode = 4

/** What one node's day amounts to. `lead` slots came before the first settled one: the day before says what they are. */
export interface DayTotals {
  /** Slots by state code, without the leading ones. */
  counts: readonly number[]
  lead: number
  /** Is the node known at the day's end? Null when nothing of the day was settled. */
  known: boolean | null
}

export class SlotDay {
  readonly start: number
  readonly rows = new Map<string, Uint8Array>()
  readonly #totals = new Map<string, DayTotals>()

  constructor(start: number) {
    this.start = start
  }

  code(node: string, slot: number): number {
    const byte = this.rows.get(node)?.[slot >> 1]
    if (byte === undefined) return unsettled
    return slot & 1 ? byte >> 4 : byte & 15
  }

  /** Settles a slot, unless it is settled already. Returns whether it did. */
  settle(node: string, slot: number, code: number): boolean {
    let row = this.rows.get(node)
    if (!row) {
      row = new Uint8Array(rowBytes).fill(255)
      this.rows.set(node, row)
    }
    const byte = row[slot >> 1] ?? 255
    const before = slot & 1 ? byte >> 4 : byte & 15
    if (before !== unsettled) return false
    row[slot >> 1] = slot & 1 ? (byte & 15) | (code << 4) : (byte & 240) | code
    this.#totals.delete(node)
    return true
  }

  setRow(node: string, row: Uint8Array): void {
    this.rows.set(node, row)
    this.#totals.delete(node)
  }

  totals(node: string): DayTotals | null {
    const made = this.#totals.get(node)
    if (made) return made
    const row = this.rows.get(node)
    if (!row) return null
    const totals = countRow(row)
    this.#totals.set(node, totals)
    return totals
  }

  setTotals(node: string, totals: DayTotals): void {
    this.#totals.set(node, totals)
  }

  /** Nodes with slots or totals of this day. */
  nodes(): string[] {
    return [...new Set([...this.rows.keys(), ...this.#totals.keys()])]
  }

  /** Gives the slots' memory back and keeps the counts. */
  shrink(): void {
    for (const node of this.rows.keys()) this.totals(node)
    this.rows.clear()
  }
}

function countRow(row: Uint8Array): DayTotals {
  let first = 0
  while (first < slotsPerDay && codeAt(row, first) === unsettled) first += 1
  if (first === slotsPerDay) return { counts: [0, 0, 0, 0, 0, 0], lead: first, known: null }
  const counts = [0, 0, 0, 0, 0, 0]
  const known = countSlots(row, first, slotsPerDay, false, counts)
  return { counts, lead: first, known }
}

export function codeAt(row: Uint8Array, slot: number): number {
  const byte = row[slot >> 1] ?? 255
  return slot & 1 ? byte >> 4 : byte & 15
}

/**
 * Adds the slots [from, to) to `counts` and returns whether the node is known at the end. Runs of equal bytes are
 * counted at once: that is what makes a week of a thousand nodes a matter of milliseconds.
 */
export function countSlots(row: Uint8Array, from: number, to: number, knownBefore: boolean, counts: number[]): boolean {
  let known = knownBefore
  const add = (code: number, times: number) => {
    const real = code !== unsettled ? code : known ? unknownCode : noneCode
    counts[real] = (counts[real] ?? 0) + times
    known = real !== noneCode
  }
  let slot = from
  if (slot & 1 && slot < to) add(codeAt(row, slot++), 1)
  const lastByte = to >> 1
  let i = slot >> 1
  while (i < lastByte) {
    const byte = row[i] ?? 255
    let end = i + 1
    while (end < lastByte && row[end] === byte) end += 1
    const low = byte & 15
    const high = byte >> 4
    if (low === high) add(low, 2 * (end - i))
    else {
      // What an unsettled half means depends on the other half, the same way in each repetition but the first.
      add(low, 1)
      add(high, 1)
      if (end - i > 1) {
        add(low, end - i - 1)
        add(high, end - i - 1)
      }
    }
    i = end
  }
  slot = Math.max(slot, i * 2)
  if (slot < to) add(codeAt(row, slot), 1)
  return known
}
