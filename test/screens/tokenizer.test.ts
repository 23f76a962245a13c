import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTokenizer, escapeMs, type Key } from '../../screens/keys/tokenizer.ts'

const esc = '\u001b'

function told(key: Key): string {
  switch (key.kind) {
    case 'paste':
      return `paste ${key.text}`
    case 'background':
      return `background ${[key.red, key.green, key.blue].map(part => part.toFixed(2)).join(' ')}`
    case 'key':
      return key.name
  }
}

/** A chunk is bytes; null: nothing came for as long as what waits may take. */
function keysOf(...chunks: (string | Uint8Array | null)[]): string[] {
  const keys: Key[] = []
  const tokenizer = createTokenizer(key => keys.push(key))
  for (const chunk of chunks) {
    if (chunk === null) tokenizer.flush()
    else tokenizer.push(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk)
  }
  tokenizer.flush()
  return keys.map(told)
}

describe('bytes become keys', () => {
  test.each<[string, (string | null)[], string[]]>([
    ['three letters in one packet are three keys', ['jjj'], ['j', 'j', 'j']],
    ['text and enter in one packet stay text and enter', ['yes\r'], ['y', 'e', 's', 'enter']],
    ['an arrow in two packets is one arrow', [esc, '[B'], ['down']],
    ['an arrow in three packets is one arrow', [esc, '[', 'A'], ['up']],
    ['a lone escape is escape once nothing follows', [esc], ['escape']],
    ['escape twice is escape twice', [`${esc}${esc}`], ['escape', 'escape']],
    ['application arrows are arrows', [`${esc}OA${esc}OB`], ['up', 'down']],
    ['control keys have names', ['\u0003\u000c\u001a'], ['ctrl-c', 'ctrl-l', 'ctrl-z']],
    [
      'so have those that are no letters',
      ['\u0000\u001c\u001d\u001e\u001f'],
      ['ctrl-space', 'ctrl-\\', 'ctrl-]', 'ctrl-^', 'ctrl-_'],
    ],
    ['a character of several bytes in two packets is one', ['\u00c3', '\u00a9'], ['é']],
    ['bytes that are no character are one that says so', ['\u00c3j\u00ff'], ['\ufffd', 'j', '\ufffd']],
    ['a control in two bytes is no key', ['\u00c2\u009bj'], ['j']],
    ['a paste is text and no keys', [`${esc}[200~q\rK${esc}[201~j`], ['paste q\rK', 'j']],
    ['a paste whose end comes in two packets ends', [`${esc}[200~qq${esc}[20`, '1~j'], ['paste qq', 'j']],
    ['a paste that is stuck on the link stays a paste', [`${esc}[200~q`, null, `K${esc}[201~`], ['paste qK']],
    ['unknown sequences are dropped, not typed', [`${esc}[99;7z${esc}[<0;10;10Mj`], ['j']],
    ['kitty keys are the keys they stand for', [`${esc}[106;5u`], ['ctrl-j']],
    ['alt is in front', [`${esc}j${esc}J${esc}\r${esc}\u0001`], ['alt-j', 'alt-J', 'alt-enter', 'ctrl-alt-a']],
    ['a sequence that was given up after its beginning is that key with alt', [`${esc}[`, null, 'j'], ['alt-[', 'j']],
    ['a sequence that was given up later is nothing', [`${esc}[1;`, null, 'j'], ['j']],
    ['an overlong sequence is dropped to its end', [`${esc}[${'1;'.repeat(5_000)}Aj`], ['j']],
  ])('%s', (_, chunks, expected) => {
    expect(keysOf(...chunks)).toEqual(expected)
  })
})

describe('keys with modifiers have one name, whichever terminal sends them', () => {
  test.each<[string, string[]]>([
    ['ctrl-left', ['[1;5D', 'O1;5D', 'O5D', 'Od', '[1;5:1D', '[57417;5u']],
    ['shift-up', ['[1;2A', '[a']],
    ['alt-right', ['[1;3C']],
    ['ctrl-home', ['[1;5H', '[7^', '[1;5~']],
    ['ctrl-alt-shift-end', ['[1;8F', '[4;8~']],
    ['insert', ['[2~', '[57425u']],
    ['delete', ['[3~', '[3;1~']],
    ['shift-delete', ['[3;2~', '[3$']],
    ['ctrl-shift-delete', ['[3;6~', '[3@']],
    ['ctrl-pageup', ['[5;5~', '[5^']],
    ['shift-tab', ['[Z', '[9;2u', '[27;2;9~', '[1;2Z']],
    ['ctrl-shift-tab', ['[9;6u', '[1;5Z']],
    ['f1', ['OP', '[11~', '[[A', '[P']],
    ['f3', ['OR', '[13~', '[[C', '[1;1R']],
    ['f5', ['[15~', '[[E']],
    ['f12', ['[24~']],
    ['ctrl-f4', ['[1;5S', '[14;5~', 'O5S']],
    ['shift-f6', ['[17;2~']],
    ['ctrl-space', ['[32;5u', '[27;5;32~']],
    ['ctrl-\\', ['[92;5u']],
    ['ctrl-a', ['[97;5u', '[27;5;97~', '[65;5u', '[97;69u']],
    ['ctrl-shift-a', ['[97;6u', '[97:65;6u', '[27;6;65~']],
    ['ctrl-alt-shift-a', ['[97;8u']],
    ['ctrl-_', ['[45:95;6u']],
    ['alt-A', ['A', '[97;4u', '[97:65;4u']],
    ['A', ['[97;2u', '[97:65;2u', '[97;2;65u', '[27;2;65~', '[97;65u']],
    ['!', ['[49:33;2u', '[49;2;33u']],
    ['é', ['[233u', '[0;;233u']],
    ['escape', ['[27u', '[27;2u', '[91;5u']],
    ['enter', ['[13u', '[13;2u', '[57414u', 'OM', '[109;5u']],
    ['backspace', ['[127;2u', '[104;5u']],
    ['space', ['[32;2u']],
    ['tab', ['[105;5u', '[9u']],
    ['7', ['[57406u', 'Ow']],
    ['+', ['[57413u', 'Ok']],
    ['𐀍', ['[65549u']],
    ['up', ['[57419u', '[1;1:2A', '[1;129A']],
  ])('%s', (name, sequences) => {
    for (const sequence of sequences) expect([sequence, keysOf(esc + sequence)]).toEqual([sequence, [name]])
  })

  test.each([
    ['a release', ['[106;1:3u', '[1;1:3A', '[3;1:3~']],
    ['a modifier, a lock or a media key alone', ['[57441u', '[57358u', '[57430u']],
    ['a key of the window system', ['[99;9u', '[1;9A']],
    ['a code that is no character', ['[1114112u', '[55296u', '[10u', '[0u', '[u', '[155u', `[${'9'.repeat(100)}u`]],
  ])('%s is no key', (_, sequences) => {
    for (const sequence of sequences) expect([sequence, keysOf(`${esc}${sequence}j`)]).toEqual([sequence, ['j']])
  })
})

describe('what the terminal says is no key', () => {
  const answers: [string, string][] = [
    ['which terminal it is', `${esc}[?62;22;52c`],
    ['which version', `${esc}P>|XTerm(396)${esc}\\`],
    ['which keyboard flags', `${esc}[?1u`],
    ['a mode', `${esc}[?2026;2$y`],
    ['that it works', `${esc}[0n`],
    ['where the cursor is', `${esc}[24;80R`],
    ['its size', `${esc}[8;24;80t`],
    ['its title', `${esc}]lK q\u0007`],
    ['its clipboard', `${esc}]52;c;S0tL${esc}\\`],
    ['an application command', `${esc}_Gi=1;OK${esc}\\`],
    ['a private message', `${esc}^K${esc}\\`],
    ['a string', `${esc}XK${esc}\\`],
    ['that it has the focus', `${esc}[I`],
    ['that it has lost it', `${esc}[O`],
    ['a mouse report', `${esc}[<35;40;12M${esc}[<0;1;1m`],
    ['a mouse report of the old kind', `${esc}[M Kq`],
    ['one from far right, which is no UTF-8', `${esc}[M\u0020\u00c3\u00ff`],
    ['one that looks like a sequence', `${esc}[M${esc}[A`],
    ['a mouse report of the urxvt kind', `${esc}[32;40;12M`],
  ]
  test.each(answers)('%s', (_, answer) => {
    expect(keysOf(`${answer}j`)).toEqual(['j'])
    expect(keysOf(...answer, 'j')).toEqual(['j'])
  })

  test.each([
    ['rgb:1e1e/1e1e/2e2e', '0.12 0.12 0.18'],
    ['rgb:FFFF/ffff/ffff', '1.00 1.00 1.00'],
    ['rgb:00/80/ff', '0.00 0.50 1.00'],
    ['rgb:0/8/f', '0.00 0.53 1.00'],
    ['rgba:0000/0000/0000/cccc', '0.00 0.00 0.00'],
  ])('its background %s is its background, with either end, whole or in pieces', (colour, expected) => {
    for (const end of ['\u0007', `${esc}\\`]) {
      const answer = `${esc}]11;${colour}${end}`
      expect(keysOf(`${answer}j`)).toEqual([`background ${expected}`, 'j'])
      expect(keysOf(...answer, 'j')).toEqual([`background ${expected}`, 'j'])
    }
  })

  test.each(['rgb:zz/00/00', 'rgb:1e1e/1e1e', 'rgb:12345/0/0', '?', '#102030'])('%s is no background', colour => {
    expect(keysOf(`${esc}]11;${colour}\u0007j`)).toEqual(['j'])
  })
})

describe('an answer that does not end takes no more than its share of the typing', () => {
  test('after its time, keys are keys', () => {
    expect(keysOf(`${esc}]11;rgb:1e`, null, 'j')).toEqual(['j'])
  })

  test('a control that is typed into it works at once', () => {
    expect(keysOf(`${esc}]11;rgb:1e`, 'jj\u0003j')).toEqual(['ctrl-c', 'j'])
  })

  test('another sequence ends it', () => {
    expect(keysOf(`${esc}P1$r`, `${esc}[Aj`)).toEqual(['up', 'j'])
  })

  test('escape typed into it is escape', () => {
    expect(keysOf(`${esc}]11;`, esc, null, 'j')).toEqual(['escape', 'j'])
  })

  test('after 4,096 bytes, keys are keys', () => {
    expect(keysOf(`${esc}]${'x'.repeat(10_000)}`).length).toBe(10_000 - 4_097)
  })

  test('it waits longer than a lone escape, from its beginning on, and is told apart from the next', () => {
    const tokenizer = createTokenizer(() => undefined)
    expect(tokenizer.waiting()).toBeNull()
    tokenizer.push(Buffer.from(esc))
    const first = tokenizer.waiting()
    expect(first?.ms).toBe(escapeMs)
    tokenizer.push(Buffer.from(']11;'))
    const answer = tokenizer.waiting()
    expect(answer?.id).toBe(first?.id)
    expect(answer?.ms).toBeGreaterThan(escapeMs)
    tokenizer.push(Buffer.from(`rgb:${esc}`))
    expect(tokenizer.waiting()).toEqual(answer)
    tokenizer.push(Buffer.from('[1'))
    expect(tokenizer.waiting()?.id).not.toBe(first?.id)
    tokenizer.push(Buffer.from('A'))
    expect(tokenizer.waiting()).toBeNull()
  })
})

test('a paste is cut at a mebibyte and what follows it is typed', () => {
  const [paste, ...after] = keysOf(`${esc}[200~${'x'.repeat(1024 * 1024 + 5)}${esc}[201~j`)
  expect(paste?.length).toBe('paste '.length + 1024 * 1024)
  expect(after).toEqual(['j'])
})

describe('any bytes', () => {
  const pieces = fc.oneof(
    fc.constantFrom(
      esc,
      '[',
      'O',
      ']',
      'P',
      '_',
      'M',
      '200~',
      '201~',
      `${esc}[200~`,
      `${esc}[201~`,
      '\u0007',
      `${esc}\\`,
    ),
    fc.constantFrom(
      '11;rgb:1/2/3',
      '1;5',
      '27;5;',
      '97',
      'u',
      '~',
      '$',
      ';',
      ':',
      'A',
      'j',
      'é',
      '😀',
      '\u0003',
      '\u009b',
    ),
  )
  const streams = fc
    .array(
      fc.oneof({ weight: 5, arbitrary: pieces.map(piece => Buffer.from(piece)) }, fc.uint8Array({ maxLength: 4 })),
      {
        maxLength: 40,
      },
    )
    .map(parts => Buffer.concat(parts))
  const runs = 2_000 * Number(process.env.WATCHFLOOR_GAUNTLET ?? '1')

  test('give the same keys however they are split', () => {
    fc.assert(
      fc.property(streams, fc.array(fc.nat(200), { maxLength: 20 }), (bytes, cuts) => {
        const at = [0, ...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end))
        expect(keysOf(...chunks)).toEqual(keysOf(bytes))
      }),
      { numRuns: runs },
    )
  })

  test('give keys whose names have no controls, and after a pause a letter is a letter', () => {
    fc.assert(
      fc.property(streams, bytes => {
        const end = Buffer.from(`${esc}[201~`)
        const keys = keysOf(bytes, null, end, null, 'j')
        expect(keys.at(-1)).toBe('j')
        for (const key of keys) if (!key.startsWith('paste ')) expect(key).not.toMatch(/\p{Cc}/u)
      }),
      { numRuns: runs },
    )
  })
})
