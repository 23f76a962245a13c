import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quoteArgv } from '../../../infra/ssh/quote.ts'

const gauntlet = Number(process.env.WATCHFLOOR_GAUNTLET ?? 0.1)
const shells = ['/bin/sh', '/bin/dash', '/bin/bash'].filter(shell => existsSync(shell))
const hostile = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '-n',
    '--',
    '~',
    '~root',
    '*',
    '$(id)',
    '`id`',
    '$HOME',
    "'",
    '"',
    '\\',
    "'\\''",
    '!',
    '\n',
    ';',
    '&',
    '|',
    '#',
    'A=b',
  ),
  fc.string({
    unit: fc.constantFrom(
      "'",
      '"',
      '\\',
      '$',
      '`',
      '\n',
      '\t',
      '\r',
      ' ',
      '!',
      '*',
      '?',
      '[',
      '~',
      'a',
      '\u0001',
      '\u001b',
      'é',
      '💥',
    ),
  }),
  fc.string({ unit: 'binary' }).filter(text => !text.includes('\0') && text.isWellFormed()),
)

describe.each(shells)('quoted for %s', shell => {
  test('every word arrives as it was, whatever it holds', () => {
    const words = fc.array(fc.array(hostile, { minLength: 1, maxLength: 6 }), { minLength: 20, maxLength: 20 })
    fc.assert(
      fc.property(words, many => {
        const lines = many.map(argv => `${quoteArgv(['printf', '%s\\0', ...argv])}\nprintf '\\0'`)
        const done = spawnSync(shell, ['-c', lines.join('\n')], {
          env: { PATH: process.env.PATH ?? '/usr/bin:/bin', SHLVL: '2' },
        })
        expect(done.stderr.toString()).toBe('')
        const expected = many.map(argv => `${argv.join('\0')}\0\0`).join('')
        expect(done.stdout.toString('utf8')).toBe(expected)
      }),
      { numRuns: Math.ceil(400 * gauntlet) },
    )
  })
})

test('a NUL byte is refused, since no argv can carry it', () => {
  expect(() => quoteArgv(['echo', 'a\0b'])).toThrow('NUL')
})

test('half a character is refused, since it would arrive as another', () => {
  expect(() => quoteArgv(['echo', '\ud800'])).toThrow('surrogate')
})

test('an empty command is refused', () => {
  expect(() => quoteArgv([])).toThrow('at least one word')
})

test.each([
  [['systemctl', 'is-active', 'sshd.service'], 'systemctl is-active sshd.service'],
  [['A=b'], `'A=b'`],
  [['~/x'], `'~/x'`],
  [['it’s', "it's"], `'it’s' 'it'\\''s'`],
  [[''], `''`],
])('%j is written %s', (argv, line) => {
  expect(quoteArgv(argv)).toBe(line)
})
