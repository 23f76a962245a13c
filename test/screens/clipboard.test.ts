import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { copyBytes, saveCopy, textToCopy } from '../../screens/terminal/clipboard.ts'

const esc = '\u001b'
const xterm = { TERM: 'xterm-256color' }

/** What a terminal that takes `bytes` has in its clipboard. */
function pasted(bytes: string | null): string {
  const payload = /\u001b\]52;c;([A-Za-z0-9+/=]*)\u0007/.exec(bytes ?? '')?.[1] ?? ''
  return Buffer.from(payload, 'base64').toString()
}

describe('what is copied', () => {
  test('is what was written, characters of any language included', () => {
    expect(pasted(copyBytes('10.84.0.17\nMünchen 東京', xterm))).toBe('10.84.0.17\nMünchen 東京')
  })

  test('has its lines from the caller: a line break inside of a line cannot end it', () => {
    expect(textToCopy(['rm -rf /\nreboot\rnow', `${esc}[31mred${esc}[0m`, 'a\tb'])).toBe(
      'rm -rf /⏎reboot⏎now\nred\na b',
    )
  })

  test('never has a control, whatever the text', () => {
    const nasty = fc.string({
      unit: fc.constantFrom(esc, '\u0007', '\u009b', '\u009d', '\\', '[', '201~', 'x', '\n', '\r', '\u202e'),
    })
    fc.assert(
      fc.property(nasty, text => {
        expect(pasted(copyBytes(text, xterm))).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
      }),
    )
  })
})

describe('how it is wrapped', () => {
  const plain = `${esc}]52;c;aGk=\u0007`

  test.each([
    ['a terminal', xterm],
    ['one over SSH without anything between', { TERM: 'xterm-kitty', SSH_TTY: '/dev/pts/1' }],
  ])('for %s: not at all', (_, env) => {
    expect(copyBytes('hi', env)).toBe(plain)
  })

  test.each([
    ['in it', { TERM: 'screen-256color', TMUX: '/tmp/tmux-0/default,1,0' }],
    ['on the other end of SSH', { TERM: 'tmux-256color' }],
  ])('for tmux %s: passed through with its escapes doubled, and plain', (_, env) => {
    expect(copyBytes('hi', env)).toBe(`${esc}Ptmux;${esc}${plain}${esc}\\${plain}`)
  })

  test('for GNU screen: passed through in pieces that it takes, and plain', () => {
    const text = 'x'.repeat(1_000)
    const bytes = copyBytes(text, { TERM: 'screen' }) ?? ''
    const pieces = [...bytes.matchAll(/\u001bP(.*?)\u001b\\/g)].map(match => match[1] ?? '')
    expect(pieces.length).toBeGreaterThan(4)
    expect(Math.max(...pieces.map(piece => piece.length))).toBeLessThan(250)
    expect(pasted(pieces.join(''))).toBe(text)
    expect(copyBytes('hi', { TERM: 'xterm', STY: '1.pts' })).toBe(`${esc}P${plain}${esc}\\${plain}`)
  })

  test.each([{ TERM: 'linux' }, { TERM: 'dumb' }, { TERM: '' }, {}])('%j cannot', env => {
    expect(copyBytes('hi', env)).toBeNull()
  })

  test('more than terminals take is refused before one drops it', () => {
    expect(copyBytes('x'.repeat(56_244), xterm)).not.toBeNull()
    expect(copyBytes('x'.repeat(56_247), xterm)).toBeNull()
  })
})

describe('a copy in a file', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'watchfloor-copy-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test("is its owner's alone, in a folder that is, too, and is replaced whole by the next", async () => {
    const directory = path.join(folder, 'state', 'files')
    expect(await saveCopy('one', directory)).toEqual({ how: 'file', path: path.join(directory, 'copied.txt') })
    await saveCopy('two', directory)
    expect(readdirSync(directory)).toEqual(['copied.txt'])
    expect(readFileSync(path.join(directory, 'copied.txt'), 'utf8')).toBe('two\n')
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(statSync(path.join(directory, 'copied.txt')).mode & 0o777).toBe(0o600)
  })

  test('takes the rights of others from a folder that was there', async () => {
    mkdirSync(path.join(folder, 'files'))
    chmodSync(path.join(folder, 'files'), 0o755)
    await saveCopy('one', path.join(folder, 'files'))
    expect(statSync(path.join(folder, 'files')).mode & 0o777).toBe(0o700)
  })

  test('is not written through a link, and leaves nothing behind when it cannot take its place', async () => {
    mkdirSync(path.join(folder, 'elsewhere'))
    symlinkSync('elsewhere', path.join(folder, 'files'))
    expect(await saveCopy('one', path.join(folder, 'files'))).toMatchObject({ how: 'failed' })
    expect(readdirSync(path.join(folder, 'elsewhere'))).toEqual([])
    mkdirSync(path.join(folder, 'taken', 'copied.txt'), { recursive: true })
    expect(await saveCopy('one', path.join(folder, 'taken'))).toMatchObject({ how: 'failed' })
    expect(readdirSync(path.join(folder, 'taken'))).toEqual(['copied.txt'])
  })

  test('that cannot be written says why', async () => {
    writeFileSync(path.join(folder, 'files'), '')
    expect(await saveCopy('one', path.join(folder, 'files'))).toMatchObject({ how: 'failed', why: expect.any(String) })
  })
})
