// What a node prints, on its way to a terminal: hostile text costs no more time and no more room than any other.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forScreen, forTerminal, harmless, linesForTerminal, nodeText } from '../../../state/primitives/node-text.ts'
import { isAgreed } from '../../../state/primitives/width.ts'

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

test.each([
  ['a flag', '🇩🇪 up', 'DE up'],
  ['a face with a colour of skin', '👍🏽 ok', '\ufffd ok'],
  ['a family', '👨‍👩‍👧', '\ufffd\ufffd\ufffd'],
  ['jamo that make a syllable', '\u1112\u1161\u11ab', '한'],
  ['a jamo alone', '\u1112', '\ufffd'],
  ['half-width kana with its mark', 'ｶﾞｷ', 'ガｷ'],
  ['a Thai vowel that counts twice', 'น้ำ', 'น\u0e49\u0e4d\u0e32'],
  ['blanks that are none', 'a\u00a0b\u3000c\u2003d', 'a b c d'],
  ['a mark without a letter', '\u0301a \u0301b', 'a b'],
  ['half of a surrogate pair', 'a\ud83db', 'a\ufffdb'],
  ['a character for private use', 'a\ue000b', 'a\ufffdb'],
  ['letters of many languages', 'Ærø Привет 東京 서울 שלום', 'Ærø Привет 東京 서울 שלום'],
])('%s is shown in columns that every terminal counts alike', (_what, text, shown) => {
  expect(forScreen(text)).toBe(shown)
})

test('what is safe for a screen stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const once = forScreen(text)
      expect(forScreen(once)).toBe(once)
      expect(isAgreed(once)).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test.each([
  ['emoji', '😀'],
  ['towers', `e${'\u0301'.repeat(30)}`],
  ['marks without letters', ' \u0301'],
  ['sequences that do not end', '\u001b['],
  ['strings that do not end', '\u001b]0;'],
  ['8-bit strings', '\u009d'],
  ['flags', '🇩🇪'],
  ['jamo', '\u1112\u1161\u11ab'],
])('300 kB of %s take milliseconds', (_what, unit) => {
  const text = unit.repeat(Math.ceil(300_000 / unit.length))
  const started = performance.now()
  forScreen(text)
  // What grows with the square takes minutes; this takes about 20 ms where nobody else is at work.
  expect(performance.now() - started).toBeLessThan(1_000)
})
