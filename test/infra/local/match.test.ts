// Matching in a thread of its own: what is slow ends alone, and who was slow makes nobody wait.
import { afterEach, expect, test } from 'vitest'
import { createMatcher, type Matcher } from '../../../infra/local/match.ts'
import { systemClock } from '../../../state/primitives/clock.ts'

const endless = { patterns: ['^(\\w+,?)+$'], texts: [`${'a'.repeat(60)}!`] }
const quick = { patterns: ['^b', 'x'], texts: ['abc', 'box'] }

const made: Matcher[] = []
function matcher(): Matcher {
  const one = createMatcher(systemClock)
  made.push(one)
  return one
}
afterEach(async () => {
  for (const one of made.splice(0)) await one.close()
})

test('each text is matched with each pattern, one request after the other', async () => {
  const { match } = matcher()
  const answers = await Promise.all([1, 2, 3].map(index => match({ about: `node-${index}`, ...quick })))
  expect(answers).toEqual(
    Array.from({ length: 3 }, () => [
      [false, false],
      [true, true],
    ]),
  )
})

test('one that takes too long is told as unknown, and the next is answered', async () => {
  const { match } = matcher()
  expect(await match({ about: 'hostile', ...endless })).toBeNull()
  expect(await match({ about: 'paris', ...quick })).toHaveLength(2)
})

test('who was too slow once waits behind the others, until he is in time again', async () => {
  const { match } = matcher()
  const order: string[] = []
  const note = (about: string, request: { patterns: string[]; texts: string[] }) =>
    match({ about, ...request }).then(() => order.push(about))
  await match({ about: 'hostile', ...endless })
  // The first is taken at once; of those that wait then, the hostile one comes last.
  await Promise.all([note('paris', quick), note('hostile', quick), note('lyon', quick)])
  await Promise.all([note('paris', quick), note('hostile', quick), note('lyon', quick)])
  expect(order).toEqual(['paris', 'lyon', 'hostile', 'paris', 'hostile', 'lyon'])
})

test('a pattern that is none is unknown, and the next is answered', async () => {
  const { match } = matcher()
  expect(await match({ about: 'paris', patterns: ['('], texts: ['a'] })).toBeNull()
  expect(await match({ about: 'paris', ...quick })).toHaveLength(2)
})

test('a queue of slow ones lets nobody wait for long', async () => {
  const { match } = matcher()
  const started = performance.now()
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) => match({ about: `hostile-${index}`, ...endless })),
  )
  expect(answers.every(answer => answer === null)).toBe(true)
  expect(performance.now() - started).toBeLessThan(8000)
})

test('closing answers all that wait', async () => {
  const one = matcher()
  const waiting = [one.match({ about: 'a', ...endless }), one.match({ about: 'b', ...quick })]
  await one.close()
  expect(await Promise.all(waiting)).toEqual([null, null])
  expect(await one.match({ about: 'c', ...quick })).toBeNull()
})
