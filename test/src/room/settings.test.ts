import { describe, expect, test } from 'vitest'
import { actions } from '../../../screens/keys/actions.ts'
import { readSettings } from '../../../src/room/settings.ts'
import type { Bindable } from '../../../src/room/shapes.ts'

const known: readonly Bindable[] = actions.map(({ id, keys, danger, screen }) => ({
  id,
  keys,
  danger,
  screen: screen ?? null,
}))
const read = (text: string) => readSettings('room.yaml', Buffer.from(text), known)

describe("the operator's settings", () => {
  test('set colours, signs and keys', () => {
    const { look, bindings, mistakes } = read(
      'theme: safe\nglyphs: ascii\nkeys:\n  faults: x\n  freeze: [ctrl-s, f5]\n  redraw: []\n',
    )
    expect(mistakes).toEqual([])
    expect(look).toEqual({ theme: 'safe', glyphs: 'ascii' })
    expect(bindings).toEqual({ faults: ['x'], freeze: ['ctrl-s', 'f5'], redraw: [] })
  })

  test('two actions may change their keys with each other', () => {
    expect(read('keys: { faults: d, density: f }')).toMatchObject({
      mistakes: [],
      bindings: { faults: ['d'], density: ['f'] },
    })
  })

  test.each([
    [
      'an unknown action, with the one that was meant',
      'keys: { fautls: x }',
      'room.yaml:1:9 keys.fautls: there is no action "fautls"; did you mean "faults"?',
    ],
    ['what is no key', 'keys: { faults: ctrl-space-x }', '"ctrl-space-x" is no key'],
    ['a key that is taken', 'keys: { faults: q }', '"q" is the key of detach'],
    ['a key that means the same everywhere', 'keys: { faults: ctrl-c }', 'ctrl-c means the same everywhere'],
    ['the key that confirms', 'keys: { faults: Y }', 'Y confirms in dialogs'],
    ['a lower-case key for what writes', 'keys: { acknowledge: k }', 'only a capital letter can do that, not "k"'],
    ['no key for what leads to all others', 'keys: { palette: [] }', 'it needs a key'],
    ['a word that is no theme', 'theme: pink', 'theme'],
    ['an unknown setting', 'colour: red', 'colour'],
    ['broken YAML', 'keys: {', 'room.yaml:1'],
  ])('refuse %s', (_, text, words) => {
    const { bindings, mistakes } = read(text)
    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]).toContain(words)
    expect(bindings).toEqual({})
  })

  test('all mistakes are told at once, and what is right counts', () => {
    const { bindings, mistakes } = read('keys:\n  freeze: f6\n  fautls: x\n  density: ctrl-l\n  acknowledge: k\n')
    expect(mistakes).toHaveLength(3)
    expect(mistakes.map(one => one.split(' ')[0])).toEqual(['room.yaml:3:3', 'room.yaml:4:12', 'room.yaml:5:16'])
    expect(bindings).toEqual({ freeze: ['f6'] })
  })
})
