// What probes remember on its way to the journal: nothing that a node says may be large or written often.
import { expect, test } from 'vitest'
import { createMemories } from '../../../src/watch/memories.ts'
import { watchNoun } from '../../../src/watch/noun.ts'
import { checker } from '../../../state/primitives/schema.ts'

const cursor = (index: number) => ({ cursor: `s=${'a'.repeat(120)};i=${index}` })
const minute = 60_000
const day = 24 * 60 * minute

/** A probe that remembers something new every 20 s for a day: how often and how much of it is written. */
function writeForADay(memoryAt: (index: number) => Record<string, string>) {
  const memories = createMemories(0)
  let times = 0
  let characters = 0
  for (let now = 0; now <= day; now += 20_000) {
    memories.keep({ node: 'paris', probe: 'journal', memory: memoryAt(now) })
    for (const one of memories.takeDue(now)) {
      times++
      characters += JSON.stringify(one).length
    }
  }
  return { times, characters }
}

test('a cursor that moves at every look is written within a minute, and then every ten', () => {
  expect(writeForADay(cursor).times).toBe(day / (10 * minute))
})

test('what was not written lately is not held up by a cursor of the same node', () => {
  const memories = createMemories(0)
  memories.keep({ node: 'paris', probe: 'journal', memory: cursor(1) })
  expect(memories.takeDue(minute)).toHaveLength(1)
  memories.keep({ node: 'paris', probe: 'journal', memory: cursor(2) })
  memories.keep({ node: 'paris', probe: 'boot', memory: { boot_id: 'b' } })
  expect(memories.takeDue(2 * minute).map(one => one.probe)).toEqual(['boot'])
  expect(memories.takeAll().map(one => one.memory)).toEqual([cursor(2)])
})

test('a thousand cursors that move at every look are less than 10 MB of journal a day, in few commits', () => {
  const memories = createMemories(0)
  const sizes: number[] = []
  for (let now = 0; now <= day; now += minute) {
    for (let node = 0; node < 1_000; node++)
      memories.keep({ node: `node-${node}`, probe: 'journal', memory: cursor(now + node) })
    const entries = memories.takeDue(now)
    if (entries.length > 0) sizes.push(JSON.stringify({ type: 'watch.remembered', entries }).length)
  }
  expect(sizes.length).toBeLessThan(50)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(10_000_000)
})

test('a node that fills its memories to the brim writes less than half a megabyte a day', () => {
  const brim = (index: number) =>
    Object.fromEntries(Array.from({ length: 128 }, (_, at) => [`${at}`.padEnd(256, 'k'), `${index}`.padEnd(1024, 'v')]))
  const { times, characters } = writeForADay(brim)
  expect(times).toBeGreaterThan(0)
  expect(characters).toBeLessThan(500_000)
})

test('one node that wrote a lot delays no other', () => {
  const memories = createMemories(0)
  memories.keep({ node: 'hostile', probe: 'units', memory: { a: 'x'.repeat(1000) } })
  expect(memories.takeDue(minute)).toHaveLength(1)
  for (const node of ['hostile', 'paris']) memories.keep({ node, probe: 'journal', memory: cursor(1) })
  expect(memories.takeDue(2 * minute).map(one => one.node)).toEqual(['paris'])
  expect(memories.get('hostile', 'journal')).toEqual(cursor(1))
  expect(memories.takeDue(10 * minute).map(one => one.node)).toEqual(['hostile'])
})

test('what could not be written goes out with the next, whatever its size', () => {
  const memories = createMemories(0)
  memories.keep({ node: 'paris', probe: 'units', memory: { a: 'x'.repeat(1000) } })
  const taken = memories.takeDue(minute)
  memories.putBack(taken)
  expect(memories.takeDue(2 * minute)).toEqual(taken)
})

test.each([
  ['a value that is too long', { cursor: 'x'.repeat(1025) }],
  ['a name that is too long', { ['x'.repeat(257)]: '1' }],
  ['too many', Object.fromEntries(Array.from({ length: 129 }, (_, at) => [`${at}`, '1']))],
])('%s is neither kept nor accepted in a command; what was remembered stays', (_what, memory) => {
  const memories = createMemories(0)
  memories.keep({ node: 'paris', probe: 'journal', memory: cursor(1) })
  memories.keep({ node: 'paris', probe: 'journal', memory })
  expect(memories.get('paris', 'journal')).toEqual(cursor(1))
  const command = checker(watchNoun.commands['watch.observe'])
  const observed = (one: Record<string, string>) => ({
    type: 'watch.observe',
    changes: [],
    memory: [{ node: 'paris', probe: 'journal', memory: one }],
  })
  expect([command.is(observed(cursor(1))), command.is(observed(memory))]).toEqual([true, false])
})
