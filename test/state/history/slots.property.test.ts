// The book of slots against a model so naive that it can be believed: one entry a second, counted by hand.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type SlotState, slotStates } from '../../../state/history/history.ts'
import { SlotBook } from '../../../state/history/slot-book.ts'

const start = Date.parse('2026-03-01T23:00Z')
const nothingStored = { days: () => [], load: () => null }
const runs = 60 * Number(process.env.WATCHFLOOR_GAUNTLET ?? 1)

type Step = { kind: 'watch'; seconds: number } | { kind: 'tell'; state: SlotState } | { kind: 'dark'; seconds: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('watch' as const), seconds: fc.integer({ min: 1, max: 900 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('tell' as const), state: fc.constantFrom(...slotStates.slice(1)) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('dark' as const), seconds: fc.integer({ min: 11, max: 5000 }) }),
  },
)

/** Graver wins a tie; unknown before any that claims to know. */
const order: SlotState[] = ['none', 'up', 'degraded', 'down', 'maintenance', 'unknown']

function mostOf(seconds: readonly SlotState[]): SlotState {
  const count = (state: SlotState) => seconds.filter(other => other === state).length
  return order.toSorted((a, b) => count(b) - count(a) || order.indexOf(b) - order.indexOf(a))[0] ?? 'none'
}

test('slots and uptime are what counting seconds by hand gives', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), fc.nat(), fc.nat(), (steps, a, b) => {
      const book = new SlotBook(nothingStored, start, 0)
      const seconds: SlotState[] = []
      let state: SlotState = 'none'
      const now = () => start + seconds.length * 1000
      for (const done of steps) {
        switch (done.kind) {
          case 'tell':
            state = done.state
            book.tell('paris', state, now())
            break
          case 'watch':
            for (let i = 0; i < done.seconds; i += 1) {
              seconds.push(state)
              book.advance(now(), now() - start)
            }
            break
          case 'dark':
            for (let i = 0; i < done.seconds; i += 1) seconds.push(state === 'none' ? 'none' : 'unknown')
            book.advance(now(), now() - start)
            break
        }
      }
      const slots: SlotState[] = []
      for (let i = 0; i < seconds.length; i += 30) slots.push(mostOf(seconds.slice(i, i + 30)))
      const whole = { from: start, to: now() }
      expect(book.slots('paris', whole, now())).toEqual(slots)

      const from = a % (seconds.length + 1)
      const to = Math.max(from, b % (seconds.length + 1))
      const held = (wanted: SlotState) => {
        let sum = 0
        for (let i = from; i < to; i += 1) if (slots[Math.floor(i / 30)] === wanted) sum += 1
        return sum
      }
      const [row] = book.uptime({ from: start + from * 1000, to: start + to * 1000 }, ['paris'], now())
      expect(row).toMatchObject({
        upS: held('up'),
        degradedS: held('degraded'),
        downS: held('down'),
        unknownS: held('unknown'),
        maintenanceS: held('maintenance'),
      })
      const judged = held('up') + held('degraded') + held('down')
      expect(row?.ratio).toBe(judged === 0 ? null : (held('up') + held('degraded')) / judged)
    }),
    { numRuns: runs, seed: 20_260_302 },
  )
})
