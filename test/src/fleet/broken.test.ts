// Broken fleet files, each with exactly what an operator is told about it. After a change of the wording, look at the
// difference and write the new text with `UPDATE_FIXTURES=1`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { renderFleetErrors } from '../../../src/fleet/errors.ts'
import { loadFleet } from '../../../src/fleet/load.ts'
import { kinds } from './kinds.ts'

const folder = path.join(import.meta.dirname, 'fixtures')
const good = 'clavitor.yaml'
const broken = readdirSync(folder).filter(file => file.endsWith('.yaml') && file !== good)

function told(text: string | Uint8Array): string {
  const loaded = loadFleet({ path: 'fleet.yaml', text }, { kinds })
  return loaded.ok ? 'fine' : renderFleetErrors(loaded.errors, { colour: false })
}

describe('a broken fleet file is told with place, caret, what is allowed and what was probably meant', () => {
  test.each(broken)('%s', file => {
    const expected = path.join(folder, file.replace('.yaml', '.txt'))
    const text = `${told(readFileSync(path.join(folder, file)))}\n`
    if (process.env.UPDATE_FIXTURES === '1') writeFileSync(expected, text)
    expect(text).toBe(readFileSync(expected, 'utf8'))
  })

  test.each([
    ['an empty file', '', 'the file is empty'],
    ['a file of spaces', '  \n \n', 'the file is empty'],
    ['text in UTF-16', new Uint8Array([0xff, 0xfe, 0x66, 0x00, 0x6c, 0x00]), 'not UTF-8'],
    ['text in Latin-1', new Uint8Array([0x66, 0x3a, 0x20, 0xfc, 0x0a]), 'not UTF-8'],
    ['a zero byte', 'fleet: a\u0000b\n', 'not UTF-8'],
    ['ten megabytes', `fleet: a\n# ${'x'.repeat(10_000_000)}\n`, 'the file has 10000012 bytes'],
    ['a hundred thousand brackets', '['.repeat(100_000), 'nested too deeply'],
    ['a flow map inside a flow map, a thousand deep', '{a: '.repeat(1000), 'fleet.yaml'],
  ])('%s is refused in a sentence', (_name, text, sentence) => {
    expect(told(text)).toContain(sentence)
  })

  test('a byte order mark is no mistake, and does not move the column', () => {
    const bytes = new TextEncoder().encode('\ufefffleet: a b\n')
    expect(told(bytes)).toContain('fleet.yaml:1:8 fleet: "a b" is not a name')
  })

  test('Windows line ends are no mistake, and do not reach the excerpt', () => {
    const text = told('fleet: ok\r\ntimezone: Mars/Olympus\r\n')
    expect(text).toContain('fleet.yaml:2:11 timezone:')
    expect(text).not.toContain('\r')
  })
})

test('no planted secret is in any error about the file that holds it', () => {
  const file = readFileSync(path.join(folder, 'secrets-open.yaml'))
  // Proves that the search would find it.
  expect(file.toString()).toContain('hunter2')
  const loaded = loadFleet({ path: 'fleet.yaml', text: file }, { kinds })
  expect(loaded.ok).toBe(false)
  expect(JSON.stringify(loaded)).not.toContain('hunter2')
  expect(told(file)).not.toContain('hunter2')
})

test.each([
  ['a mistyped key', 'fleet: a\ndefaults: { ssh: { pasword: hunter2 } }\n'],
  ['a syntax error on the same line', 'fleet: a\ndefaults: { ssh: { passphrase: hunter2, user: @x } }\n'],
  ['a list of keys', 'fleet: a\ndefaults: { ssh: { identity: [hunter2, "file:x"] } }\n'],
  ['a block of text', 'fleet: a\ndefaults:\n  ssh:\n    passphrase: |\n      hunter2\n    prot: 3\n'],
])('%s does not print the secret beside it', (_name, text) => {
  const said = told(text)
  expect(said).toContain('fleet.yaml:')
  expect(said).not.toContain('hunter2')
})

test('terminal escapes in a fleet file stay out of the terminal', () => {
  const said = told('fleet: "a\u009b31m\u202eb"\nnodes: { "x\\e[2Jy": {} }\n')
  expect(said).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
})

test('a thousand mistakes are counted, not listed', () => {
  const nodes = Array.from({ length: 1000 }, (_, index) => `  n${index}: { adress: x }`).join('\n')
  const said = told(`fleet: a\nnodes:\n${nodes}\n`)
  expect(said).toContain('and 450 more of 500 or more')
})

test('errors are painted only when asked', () => {
  const loaded = loadFleet({ path: 'fleet.yaml', text: 'fleet: a b\n' }, { kinds })
  if (loaded.ok) throw new Error('must be refused')
  expect(renderFleetErrors(loaded.errors, { colour: true })).toContain('\u001b[1;31m^^^')
  expect(renderFleetErrors(loaded.errors, { colour: false })).not.toContain('\u001b')
})

const manyLines = 10_000
const timedLoad = (lines: (index: number) => string) => {
  const body = Array.from({ length: manyLines }, (_, index) => lines(index)).join('\n')
  const began = performance.now()
  const loaded = loadFleet({ path: 'fleet.yaml', text: `fleet: a\nnodes:\n${body}\n` }, { kinds })
  return { loaded, ms: performance.now() - began }
}
let goodMs = 0
beforeAll(() => {
  const good = timedLoad(index => `  n${index}: { address: 10.0.0.1, tags: [a] }`)
  expect(good.loaded.ok).toBe(true)
  goodMs = good.ms
})

test.each<[string, (index: number) => string]>([
  ['an unknown key in every node', i => `  n${i}: { address: 10.0.0.1, q${i}: 1 }`],
  ['the same mesh address in every node', i => `  n${i}: { mesh: 10.0.0.1 }`],
  ['the same key on every line', () => '  a:'],
  ['a broken line after the other', () => '  a: @'],
])('%s of a huge file costs no more than a few good files of that size', (_name, line) => {
  const { loaded, ms } = timedLoad(line)
  expect(loaded.ok).toBe(false)
  expect(loaded.ok ? 0 : loaded.errors.length).toBeLessThanOrEqual(500)
  expect(ms).toBeLessThan(4 * goodMs)
})
