// What a node prints, on its way to a terminal: hostile text costs no more time and no more room than any other.
import { expect, test } from 'vitest'
import { forTerminal, harmless, linesForTerminal, nodeText } from '../../../state/primitives/node-text.ts'

test.each([
  ['one\ntwo\r\nthree\n', 'one⏎two⏎three'],
  ['⏎⏎', ''],
  ['a⏎ ⏎', 'a⏎ '],
  ['\n\u001b[31m\n', ''],
  ['', ''],
])('line breaks at the end of %j are cut off, those within are shown', (text, shown) => {
  expect(forTerminal(text)).toBe(shown)
})

test('a hundred thousand signs for a line break take no longer than other text', () => {
  const hostile = nodeText(`${'⏎'.repeat(100_000)}x`, 1_000_000)
  const started = performance.now()
  expect(linesForTerminal(hostile)).toEqual([hostile])
  // In time that grows with the square of the text, this is several seconds.
  expect(performance.now() - started).toBeLessThan(1000)
})

test.each([
  ['a tower of marks', `a${'\u0301'.repeat(500)}b`, `a${'\u0301'.repeat(4)}b`],
  ['one with invisible characters between them', `a${'\u0301\u200d'.repeat(500)}b`, `a${'\u0301'.repeat(4)}b`],
  ['marks as languages pile them up', 'Việt กี่ \u05e9\u05c1\u05b8\u05bc', 'Việt กี่ \u05e9\u05c1\u05b8\u05bc'],
])('%s takes no more than four', (_what, text, shown) => {
  expect(forTerminal(text)).toBe(shown)
})

test.each([
  ['a window title', '\u001b]0;PWNED\u0007x', ']0;PWNED\\u0007x'],
  ['an 8-bit sequence inside JSON', '{"a":"\u009b2J"}', '{"a":"\\u009b2J"}'],
  ['a bidirectional override', 'a\u202eb', 'a\\u202eb'],
  ['our own colours', '\u001b[31mred\u001b[0m', '\u001b[31mred\u001b[0m'],
])('%s leaves the program harmless', (_what, dirty, clean) => {
  expect(harmless(dirty)).toBe(clean)
})

test('JSON made harmless is the same document', () => {
  const value = { text: '\u009b2J\u202e\u2028 ünï ⏎ 😀' }
  expect(JSON.parse(harmless(JSON.stringify(value)))).toEqual(value)
})
