// The book of slots: turns what is told about nodes, and the passing of watched time, into settled slots, and answers
// how long each node was what. Slots are weighed by time, never by how many samples there were.
import { type SlotState, slotMs, slotStates, type UptimeRow } from './history.ts'
import { codeAt, countSlots, dayMs, SlotDay, slotsPerDay, unsettled } from './slot-days.ts'
import { type Span, slotStart, Timeline } from './slot-timeline.ts'

/** A silence of `tick` longer than this was not watched. The engine ticks every second. */
const silenceMs = 10_000
/** Wall and monotonic clock may part by this much between two ticks before it counts as a jump. */
const jumpMs = 5_000
/** News about a slot may come this much after its end. */
const graceMs = 2_000
const noneCode = 0
const unknownCode = 4

export interface Settled {
  /** Start of the slot. */
  start: number
  nodes: string[]
  codes: number[]
}

/** Days that are not in memory, oldest first, and how to get one. */
export interface SlotArchive {
  days(): readonly number[]
  /** Totals only, unless `rows`. Null when the day cannot be read. */
  load(day: number, rows: boolean): SlotDay | null
}

export class SlotBook {
  readonly #archive: SlotArchive
  readonly #days = new Map<number, SlotDay>()
  /** Old days whose slots somebody looks at right now (rewind). */
  readonly #visited = new Map<number, SlotDay>()
  readonly #timelines = new Map<string, Timeline>()
  #blind: Span[] = []
  #last: { now: number; mono: number }
  #settledUntil: number
  #oldest: { day: number; at: number } | null = null

  constructor(archive: SlotArchive, now: number, mono: number) {
    this.#archive = archive
    this.#last = { now, mono }
    this.#settledUntil = slotStart(now)
    this.#blind = [{ from: this.#settledUntil, to: now }]
  }

  /** Puts a day into memory that was read from disk. */
  adopt(day: SlotDay): void {
    this.#days.set(day.start, day)
  }

  /** A node known before the engine began is unknown until something is told about it. */
  resume(nodes: Iterable<string>): void {
    for (const node of nodes) this.#timelines.set(node, new Timeline('unknown'))
  }

  tell(node: string, state: SlotState, at: number): void {
    let timeline = this.#timelines.get(node)
    if (!timeline) {
      if (state === 'none') return
      timeline = new Timeline('none')
      this.#timelines.set(node, timeline)
    }
    timeline.tell(state, at, this.#settledUntil)
  }

  /** Time passes. Returns the slots that were settled. */
  advance(now: number, mono: number): Settled[] {
    const { now: before, mono: monoBefore } = this.#last
    const jumped = Math.abs(now - before - (mono - monoBefore)) > jumpMs
    // A small step back (time being corrected) only makes this tick last longer.
    if (now < before && !jumped) return []
    this.#last = { now, mono }
    if (!jumped && now - before <= silenceMs) return this.#settleUntil(now - graceMs)
    const current = slotStart(before)
    if (now >= before && slotStart(now) === current) {
      this.#blind.push({ from: before, to: now })
      return this.#settleUntil(now - graceMs)
    }
    // Nobody knows how long the slot really was in which the clock was set back: all of it is unknown.
    // After a silence the first dark slot is written down too: who was known in it stays so until the light is back.
    const end = current + (now < before ? slotMs : Math.min(2 * slotMs, slotStart(now) - current))
    this.#blind.push({ from: now < before ? current : before, to: end })
    const settled = this.#settleUntil(end)
    this.#settledUntil = slotStart(now)
    this.#blind = [{ from: this.#settledUntil, to: now }]
    if (now < before) for (const timeline of this.#timelines.values()) timeline.rebase()
    else for (const timeline of this.#timelines.values()) timeline.settled(this.#settledUntil)
    return settled
  }

  /** The process ends: the slot it ends in is settled if most of it was seen, so that a quick restart loses nothing. */
  finish(): Settled[] {
    const end = this.#settledUntil + slotMs
    const settled = this.#settleUntil(this.#last.now)
    if (end > this.#last.now && this.#last.now - this.#settledUntil >= slotMs / 2) {
      this.#blind.push({ from: this.#last.now, to: this.#settledUntil + slotMs })
      settled.push(...this.#settleUntil(this.#settledUntil + slotMs))
    }
    return settled
  }

  #settleUntil(until: number): Settled[] {
    const settled: Settled[] = []
    while (this.#settledUntil + slotMs <= until) {
      settled.push(this.#settle(this.#settledUntil))
      this.#settledUntil += slotMs
    }
    if (settled.length > 0) this.#blind = this.#blind.filter(span => span.to > this.#settledUntil)
    return settled
  }

  #settle(start: number): Settled {
    const dayStart = Math.floor(start / dayMs) * dayMs
    const day = this.#writable(dayStart)
    const slot = (start - dayStart) / slotMs
    const settled: Settled = { start, nodes: [], codes: [] }
    for (const [node, timeline] of this.#timelines) {
      const code = timeline.judge(start, start + slotMs, this.#blind)
      timeline.settled(start + slotMs)
      if (day.settle(node, slot, code)) {
        settled.nodes.push(node)
        settled.codes.push(code)
      }
      // A node that left is written down as gone for the rest of its day; the next day simply does not have it.
      if (code === noneCode && slot === slotsPerDay - 1 && timeline.latest() === noneCode) this.#timelines.delete(node)
    }
    return settled
  }

  #writable(start: number): SlotDay {
    const known = this.#days.get(start)
    if (known) return known
    const day = (this.#archive.days().includes(start) ? this.#archive.load(start, true) : null) ?? new SlotDay(start)
    this.#days.set(start, day)
    return day
  }

  /** Days in memory that ended before `at` give their slots back and keep their counts. */
  shrink(before: number): void {
    this.#visited.clear()
    for (const day of this.#days.values()) if (day.start + dayMs <= before) day.shrink()
  }

  #day(start: number, rows: boolean): SlotDay | null {
    const known = this.#days.get(start)
    if (known && (!rows || known.rows.size > 0)) return known
    const visited = this.#visited.get(start)
    if (visited) return visited
    if (!known && !this.#archive.days().includes(start)) return null
    const loaded = this.#archive.load(start, rows)
    if (!loaded) return known ?? null
    if (!rows) this.#days.set(start, loaded)
    else {
      if (this.#visited.size >= 4) this.#visited.delete([...this.#visited.keys()][0] ?? 0)
      this.#visited.set(start, loaded)
    }
    return loaded
  }

  /** Was the node part of the fleet just before `at`? */
  #knownBefore(node: string, at: number): boolean {
    const dayStart = Math.floor(at / dayMs) * dayMs
    const row = this.#day(dayStart, true)?.rows.get(node)
    if (row) {
      for (let slot = Math.floor((at - dayStart) / slotMs) - 1; slot >= 0; slot -= 1) {
        const code = codeAt(row, slot)
        if (code !== unsettled) return code !== noneCode
      }
    }
    const earlier = this.#dayBefore(dayStart)
    return earlier !== null && this.#day(earlier, false)?.totals(node)?.known === true
  }

  /** The last day before this one in which anybody watched. */
  #dayBefore(dayStart: number): number | null {
    let found: number | null = null
    for (const day of this.#days.keys()) if (day < dayStart && day > (found ?? 0)) found = day
    const stored = this.#archive.days()
    for (let i = stored.length - 1; i >= 0; i -= 1) {
      const day = stored[i] ?? 0
      if (day < dayStart) return Math.max(day, found ?? 0)
    }
    return found
  }

  /** Until when there is something to say at time `now`: until the last tick, or now if that was a moment ago. */
  #seenUntil(now: number): number {
    const since = now - this.#last.now
    return since >= 0 && since <= silenceMs ? now : this.#last.now
  }

  /** Code of one slot; `known` is whether the node was known before it. Looks no further than `end`. */
  #code(node: string, start: number, end: number, known: boolean, seenUntil: number): number {
    const dayStart = Math.floor(start / dayMs) * dayMs
    const code = this.#day(dayStart, true)?.code(node, (start - dayStart) / slotMs) ?? unsettled
    if (code !== unsettled) return code
    const until = Math.min(start + slotMs, end, seenUntil)
    if (start >= this.#settledUntil && until > start) {
      return this.#timelines.get(node)?.judge(start, until, this.#blind) ?? noneCode
    }
    return known ? unknownCode : noneCode
  }

  slots(node: string, window: { from: number; to: number }, now: number): SlotState[] {
    const states: SlotState[] = []
    const seenUntil = this.#seenUntil(now)
    let known = this.#knownBefore(node, slotStart(window.from))
    for (let start = slotStart(window.from); start < window.to; start += slotMs) {
      const code = start >= now ? noneCode : this.#code(node, start, now, known, seenUntil)
      known = code !== noneCode
      states.push(slotStates[code] ?? 'unknown')
    }
    return states
  }

  /** Start of the first slot that was settled; null: none is. */
  oldest(): number | null {
    const days = [...this.#days.keys(), ...this.#archive.days()]
    if (days.length === 0) return null
    const first = days.reduce((least, day) => Math.min(least, day))
    if (this.#oldest?.day === first) return this.#oldest.at
    const day = this.#day(first, false)
    let lead = slotsPerDay
    for (const node of day?.nodes() ?? []) lead = Math.min(lead, day?.totals(node)?.lead ?? slotsPerDay)
    if (lead === slotsPerDay) return first
    // It stays the first slot until its whole day is removed.
    this.#oldest = { day: first, at: first + lead * slotMs }
    return this.#oldest.at
  }

  uptime(window: { from: number; to: number }, wanted: readonly string[] | null, now: number): UptimeRow[] {
    const to = Math.min(window.to, now)
    const rows: UptimeRow[] = []
    for (const node of wanted ?? this.#nodesIn(window.from, to)) {
      const ms = this.#held(node, window.from, to, now)
      const row = uptimeRow(node, ms)
      if (wanted || row.coverage > 0 || row.unknownS > 0) rows.push(row)
    }
    return rows
  }

  #nodesIn(from: number, to: number): Set<string> {
    const nodes = new Set(this.#timelines.keys())
    for (let day = Math.floor(from / dayMs) * dayMs; day < to; day += dayMs) {
      for (const node of this.#day(day, false)?.nodes() ?? []) nodes.add(node)
    }
    return nodes
  }

  /** Milliseconds in each state. */
  #held(node: string, from: number, to: number, now: number): number[] {
    const ms = [0, 0, 0, 0, 0, 0]
    const seenUntil = this.#seenUntil(now)
    let known = this.#knownBefore(node, slotStart(from))
    let at = from
    while (at < to) {
      const dayStart = Math.floor(at / dayMs) * dayMs
      const dayEnd = dayStart + dayMs
      const solidUntil = Math.min(to, dayEnd, this.#settledUntil)
      if (at === dayStart && solidUntil === dayEnd) {
        known = this.#wholeDay(node, dayStart, known, ms)
        at = dayEnd
        continue
      }
      const start = slotStart(at)
      const wholeSlots = at === start ? Math.floor((solidUntil - at) / slotMs) : 0
      const row = wholeSlots > 0 ? this.#day(dayStart, true)?.rows.get(node) : undefined
      if (wholeSlots > 0) {
        const counts = [0, 0, 0, 0, 0, 0]
        const first = (at - dayStart) / slotMs
        if (row) known = countSlots(row, first, first + wholeSlots, known, counts)
        else counts[this.#absent(dayStart, known)] = wholeSlots
        if (!row && this.#day(dayStart, false)) known = false
        counts.forEach((count, code) => {
          ms[code] = (ms[code] ?? 0) + count * slotMs
        })
        at += wholeSlots * slotMs
        continue
      }
      const end = Math.min(start + slotMs, to)
      const code = this.#code(node, start, end, known, seenUntil)
      known = code !== noneCode
      ms[code] = (ms[code] ?? 0) + end - at
      at = end
    }
    return ms
  }

  /** A day that was watched and does not have the node means that it was gone; a day nobody watched means nothing. */
  #absent(dayStart: number, known: boolean): number {
    return known && !this.#day(dayStart, false) ? unknownCode : noneCode
  }

  #wholeDay(node: string, dayStart: number, known: boolean, ms: number[]): boolean {
    const totals = this.#day(dayStart, false)?.totals(node)
    if (!totals) {
      const code = this.#absent(dayStart, known)
      ms[code] = (ms[code] ?? 0) + dayMs
      return code !== noneCode
    }
    const lead = known ? unknownCode : noneCode
    ms[lead] = (ms[lead] ?? 0) + totals.lead * slotMs
    totals.counts.forEach((count, code) => {
      ms[code] = (ms[code] ?? 0) + count * slotMs
    })
    return totals.known ?? known
  }
}

function uptimeRow(name: string, ms: readonly number[]): UptimeRow {
  const [, up = 0, degraded = 0, down = 0, unknown = 0, maintenance = 0] = ms.map(value => value / 1000)
  const judged = up + degraded + down
  const watched = judged + maintenance
  return {
    name,
    upS: up,
    degradedS: degraded,
    downS: down,
    unknownS: unknown,
    maintenanceS: maintenance,
    ratio: judged === 0 ? null : (up + degraded) / judged,
    coverage: watched + unknown === 0 ? 0 : watched / (watched + unknown),
  }
}
