import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quoteWords, splitWords } from '../../../state/primitives/argv.ts'

describe('a line becomes words as a shell would split it', () => {
  test.each<[string, string[]]>([
    ['uptime', ['uptime']],
    ['  df   -h  / ', ['df', '-h', '/']],
    ['', []],
    ['   ', []],
    ["echo 'a  b'", ['echo', 'a  b']],
    ['echo "a  b"', ['echo', 'a  b']],
    ['echo a\\ b', ['echo', 'a b']],
    ["echo ''", ['echo', '']],
    ['echo "" x', ['echo', '', 'x']],
    [`sh -c 'echo "$HOME"'`, ['sh', '-c', 'echo "$HOME"']],
    ['echo "say \\"yes\\" for \\$5 \\n"', ['echo', 'say "yes" for $5 \\n']],
    ["echo it\\'s", ['echo', "it's"]],
    [`echo a'b'"c"d`, ['echo', 'abcd']],
    ['echo\ta', ['echo', 'a']],
  ])('%j', (line, words) => {
    expect(splitWords(line)).toMatchObject({ ok: true, words })
  })

  test.each<[string, string[]]>([
    ['ls *.log', ['*']],
    ['cat a | grep b > c', ['|', '>']],
    ['echo $HOME ~ # no', ['$', '~', '#']],
    ['echo "$HOME" `date`', ['$', '`']],
    ["echo '$HOME | *'", []],
    ['echo \\$HOME a~b c#d', []],
  ])('what a shell would act on in %j stays text and is named', (line, literal) => {
    expect(splitWords(line)).toMatchObject({ ok: true, literal })
  })

  test.each<[string, string, number]>([
    ["echo 'a b", "the ' at place 6 is never closed", 5],
    ['echo "a b', 'the " at place 6 is never closed', 5],
    ['echo "a\\"', 'the " at place 6 is never closed', 5],
    ['echo \\', 'nothing follows the \\ at place 6', 5],
  ])('%j is refused with the place', (line, message, at) => {
    expect(splitWords(line)).toEqual({ ok: false, message, at })
  })
})

describe('words become a line that can be read', () => {
  test.each<[string[], string]>([
    [['uptime', '-p'], 'uptime -p'],
    [['echo', 'a b', ''], "echo 'a b' ''"],
    [['echo', "it's"], "echo 'it'\\''s'"],
    [['echo', '$HOME;'], "echo '$HOME;'"],
    [['echo', 'a\u202eb\u0007'], "echo $'a\\u202eb\\u0007'"],
    [['echo', '\u{1f600}'], "echo $'\\U0001f600'"],
  ])('%j', (words, line) => {
    expect(quoteWords(words)).toBe(line)
  })

  test('words of signs that can be shown are the same words when they are split again', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme-ascii' }), { minLength: 1 }), words => {
        expect(splitWords(quoteWords(words))).toMatchObject({ ok: true, words })
      }),
    )
  })
})
