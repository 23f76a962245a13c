// Our count of columns against two others, an old one (an emulator's Unicode 6) and a new one (string-width): for every
// code point that the screens show, all three agree.
import headless from '@xterm/headless'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { forScreen } from '../../../state/primitives/node-text.ts'
import { isAgreed, isNarrow, textWidth, withAgreed } from '../../../state/primitives/width.ts'

const last = 0x10ffff

/** Columns of each text in an emulator, asked by where the cursor is afterwards. */
async function columnsInEmulator(texts: readonly string[]): Promise<number[]> {
  const terminal = new headless.Terminal({ cols: 40, rows: 2, allowProposedApi: true })
  const columns: number[] = []
  terminal.onData(answer => columns.push(Number(/;(\d+)R/.exec(answer)?.[1]) - 1))
  for (let at = 0; at < texts.length; at += 5_000) {
    const bytes = texts.slice(at, at + 5_000).map(text => `\r${text}\u001b[6n`)
    await new Promise<void>(resolve => terminal.write(bytes.join(''), resolve))
  }
  return columns
}

test('for every code point of Unicode, what a screen shows of it is counted alike by old and new rules and by ours', async () => {
  // Behind a letter, so that marks have something to stand on; the sign for what is not shown is asked once.
  const shown = new Set<string>()
  for (let code = 0; code <= last; code++) shown.add(forScreen(`a${String.fromCodePoint(code)}`))
  const texts = [...shown]
  expect(texts.length).toBeGreaterThan(100_000)
  const emulated = await columnsInEmulator(texts)
  expect(emulated).toHaveLength(texts.length)
  const disputed = texts.filter(
    (text, index) => emulated[index] !== textWidth(text) || stringWidth(text) !== textWidth(text),
  )
  expect(disputed).toEqual([])
})

test('braille is one column wide, also in the emulator', async () => {
  const all = Array.from({ length: 256 }, (_, dots) => String.fromCharCode(0x2800 + dots))
  expect(all.filter(sign => !isNarrow(sign) || textWidth(sign) !== 1)).toEqual([])
  expect(new Set(await columnsInEmulator(all))).toEqual(new Set([1]))
})

test.each([
  ['plain', 5, true],
  ['漢字', 4, true],
  ['e\u0301e\u0301', 2, true],
  ['か\u3099', 2, true],
  ['ｶﾅ', 2, true],
  ['Привет', 6, true],
  ['한국', 4, true],
  ['✅', 2, false],
  ['👩‍👧', 2, false],
  ['🇩🇪', 2, false],
  ['हि', 2, false],
  ['\ue000', 1, false],
  ['', 0, true],
])('%j takes %i columns, and terminals agree on it: %s', (text, width, agreed) => {
  expect(textWidth(text)).toBe(width)
  expect(isAgreed(text)).toBe(agreed)
})

test('what terminals do not count alike is replaced, one sign for each character', () => {
  expect(withAgreed('a😀\ud800b\ue001', '?')).toBe('a??b?')
})
