// One node's health between the last settled slot and now, and how a slot is judged: by the state that held the most of
// it. Time in which nobody watched is unknown, whatever was told before.
import { type SlotState, slotMs, slotStates } from './history.ts'

export interface Span {
  from: number
  to: number
}

export class Timeline {
  /** In order of time; the first holds from before the last settled slot. */
  #told: { at: number; code: number }[]

  constructor(state: SlotState) {
    this.#told = [{ at: Number.NEGATIVE_INFINITY, code: slotStates.indexOf(state) }]
  }

  /** News that comes late counts from when it can still count; news never goes back behind older news. */
  tell(state: SlotState, at: number, earliest: number): void {
    const last = this.#told.at(-1)
    const from = Math.max(at, earliest, last?.at ?? at)
    if (last && last.at === from) this.#told.pop()
    this.#told.push({ at: from, code: slotStates.indexOf(state) })
  }

  /** Forgets when the latest state began: the clock was set back. */
  rebase(): void {
    this.#told = [{ at: Number.NEGATIVE_INFINITY, code: this.latest() }]
  }

  latest(): number {
    return this.#told.at(-1)?.code ?? 0
  }

  /** Forgets changes that only settled slots could need. */
  settled(until: number): void {
    while ((this.#told[1]?.at ?? Number.POSITIVE_INFINITY) <= until) this.#told.shift()
  }

  /** State of the slot that begins at `start`, judged by its time up to `end`. */
  judge(start: number, end: number, blind: readonly Span[]): number {
    const first = this.#told[0]
    const second = this.#told[1]
    if (first && first.code === 0 && second === undefined) return 0
    if (first && blind.length === 0 && (second === undefined || second.at >= end)) return first.code
    const held = [0, 0, 0, 0, 0, 0]
    const add = (code: number, ms: number) => {
      held[code] = (held[code] ?? 0) + ms
    }
    this.#told.forEach((entry, i) => {
      const from = Math.max(start, entry.at)
      const to = Math.min(end, this.#told[i + 1]?.at ?? Number.POSITIVE_INFINITY)
      if (to <= from) return
      // A node that is not known is not known in the dark either.
      const dark = entry.code === 0 ? 0 : overlap(blind, from, to)
      add(entry.code, to - from - dark)
      add(4, dark)
    })
    return longest(held)
  }
}

function overlap(spans: readonly Span[], from: number, to: number): number {
  let sum = 0
  for (const span of spans) sum += Math.max(0, Math.min(span.to, to) - Math.max(span.from, from))
  return Math.min(sum, to - from)
}

/** Of states that held equally long the graver one counts, and unknown before any that claims to know. */
const gravity = [0, 1, 2, 3, 5, 4] as const

function longest(held: readonly number[]): number {
  let best = 0
  held.forEach((ms, code) => {
    const more = ms - (held[best] ?? 0)
    if (more > 0 || (more === 0 && ms > 0 && (gravity[code] ?? 0) > (gravity[best] ?? 0))) best = code
  })
  return best
}

export function slotStart(at: number): number {
  return Math.floor(at / slotMs) * slotMs
}
