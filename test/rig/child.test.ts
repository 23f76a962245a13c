// Other programs on the room's terminal: they have it alone, and the room has it back, whatever they do to it.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type FixturePlace, isAlternate, makeFixturePlace } from './fixture-place.ts'
import type { Rig } from './rig.ts'

let place: FixturePlace
beforeAll(async () => {
  place = await makeFixturePlace('fake-terminal')
})
afterAll(() => place.remove())
afterEach(() => place.endRigs())

async function open(env: Record<string, string> = {}): Promise<Rig> {
  const rig = place.start({ env: { FAKE_RUN: '["ssh","-t","node-1"]', ...env } })
  await rig.until('the fixture', (_, text) => isAlternate(rig) && text.includes('fixture 80x24'))
  return rig
}

/** Run from an interactive shell, which can stop and continue it. */
async function openInShell(): Promise<Rig> {
  const rig = place.start({
    env: { FAKE_RUN: '["ssh"]' },
    argv: ['/bin/bash', '--norc', '--noprofile', '-i'],
  })
  await rig.until('a shell', (_, text) => text.includes('prompt>'))
  rig.press(`${process.execPath} ${place.program}\r`)
  await rig.until('the fixture', (_, text) => isAlternate(rig) && text.includes('fixture 80x24'))
  return rig
}

async function isBack(rig: Rig, news: string): Promise<void> {
  await rig.until(
    'the room again',
    (lines, text) => isAlternate(rig) && text.includes('fixture') && text.includes(news) && lines.includes('foot'),
  )
}

/** Keys are heard again a moment after the program has gone. */
async function presses(rig: Rig, key: string): Promise<void> {
  await expect
    .poll(
      () => {
        rig.press(key)
        return rig.lines()[1]
      },
      { timeout: 5_000 },
    )
    .toMatch(new RegExp(` ${key}$`))
}

/** Past the words of a program that failed. */
async function goesOn(rig: Rig, key: string): Promise<void> {
  await expect
    .poll(
      () => {
        if (!isAlternate(rig)) rig.press(key)
        return isAlternate(rig)
      },
      { timeout: 5_000 },
    )
    .toBe(true)
}

describe('a program that is run', () => {
  test('has screen and keys alone, and the room is back whole when it ends', async () => {
    place.script('ssh', 'echo "ssh says $*"; read line; echo "heard $line"; read line')
    const rig = await open()
    rig.press('r')
    await rig.until('the program', (_, text) => !isAlternate(rig) && text.includes('ssh says -t node-1'))
    expect(rig.text()).toContain('now in the program')
    rig.press('qrK\r')
    await rig.until('it heard', (_, text) => text.includes('heard qrK'))
    rig.written()
    rig.press('\r')
    await isBack(rig, 'news {"code":0,"signal":null}')
    expect(rig.written().clears).toBe(1)
    await presses(rig, 'x')
    expect(rig.lines()[1]).toMatch(/^keys r( x)+$/)
  })

  test('gives the keyboard protocol back before it, and asks for it after it', async () => {
    place.script('ssh', 'echo here')
    const rig = await open()
    rig.press('r')
    await isBack(rig, 'code')
    const told = rig.transcript().match(/\u001b\[>1u|\u001b\[<u|here|\u001b\[\?1049[hl]/g)
    expect(told).toEqual([
      '\u001b[?1049h',
      '\u001b[>1u',
      '\u001b[<u',
      '\u001b[?1049l',
      'here',
      '\u001b[?1049h',
      '\u001b[>1u',
    ])
  })

  test('may see the window change: the room comes back in the new size', async () => {
    place.script('ssh', 'echo here; read line')
    const rig = await open()
    rig.press('r')
    await rig.until('the program', (_, text) => text.includes('here'))
    rig.resize(100, 30)
    rig.press('\r')
    await rig.until('the new size', lines => lines[0]?.startsWith('fixture 100x30') === true && lines[29] === 'foot')
  })

  test('writes and reads as on any terminal: waiting, not failing', async () => {
    place.script('ssh', 'grep flags /proc/self/fdinfo/0 /proc/self/fdinfo/1 /proc/self/fdinfo/2; read line')
    const rig = await open()
    rig.press('r')
    await rig.until('all three', (_, text) => (text.match(/flags:/g) ?? []).length === 3)
    const flags = [...rig.text().matchAll(/flags:\s+([0-7]+)/g)].map(match => parseInt(match[1] ?? '', 8))
    expect(flags.map(flag => flag & 0o4000)).toEqual([0, 0, 0])
  })

  test('that ends while somebody still types leaves the room no keys', async () => {
    place.script('ssh', 'echo here; until [ -f go ]; do sleep 0.05; done; rm go')
    const rig = await open()
    rig.press('r')
    await rig.until('the program', (_, text) => text.includes('here'))
    rig.press('qqq')
    await rig.until('they are there', (_, text) => text.includes('qqq'))
    place.touch('go')
    await isBack(rig, 'code')
    await presses(rig, 'x')
    expect(rig.lines()[1]).toMatch(/^keys r( x)+$/)
  })

  test('that leaves mouse reports and its own screen on does not leave them to the room', async () => {
    place.script('ssh', "printf '\\033[?1049h\\033[?1003h\\033[?1006h\\033[?1h'; kill -KILL $$")
    const rig = await open()
    rig.press('r')
    await rig.until('its end', (_, text) => text.includes('press a key') && !isAlternate(rig))
    await goesOn(rig, '\r')
    await isBack(rig, '"signal":"SIGKILL"')
    expect(rig.terminal.modes.mouseTrackingMode).toBe('none')
    expect(rig.terminal.modes.applicationCursorKeysMode).toBe(false)
  })
})

describe('a program that fails', () => {
  test('and is missing is told without leaving the screen', async () => {
    const rig = await open({ FAKE_RUN: '["no-such-program"]' })
    rig.press('r')
    await rig.until('the reason', (_, text) => text.includes('{"failed":"no-such-program is not installed'))
    expect(rig.transcript()).not.toContain('\u001b[?1049l')
  })

  test.each(['255', '1'])(
    'at once with %s keeps its words on the screen until a key is pressed, which does nothing else',
    async code => {
      place.script('ssh', `echo "Permission denied (publickey)."; exit ${code}`)
      const rig = await open()
      rig.press('r')
      await rig.until('its words', (_, text) => /Permission denied.*— press a key to go back —/s.test(text))
      expect(isAlternate(rig)).toBe(false)
      // What the terminal answers is no key.
      rig.press('\u001b]11;rgb:00/00/00\u0007')
      await goesOn(rig, 'q')
      await isBack(rig, `{"code":${code},"signal":null}`)
      expect(rig.lines()[1]).toBe('keys r')
    },
  )
})

describe('keys for the program do not end or strand the room', () => {
  test.each([
    ['ctrl-c', '\u0003', 'SIGINT'],
    ['ctrl-\\', '\u001c', 'SIGQUIT'],
  ])('%s ends the program, and once more the next time', async (_, key, signal) => {
    place.script('ssh', 'echo here; exec sleep 1000')
    const rig = await open()
    for (const turn of [1, 2]) {
      rig.press('r')
      await rig.until('the program', () => rig.transcript().split('here').length === turn + 1)
      rig.press(key)
      if (signal === 'SIGQUIT') {
        await rig.until('its end', (_lines, text) => text.includes('press a key'))
        await goesOn(rig, ' ')
      }
      await isBack(rig, `"signal":"${signal}"`)
      await presses(rig, 'x')
    }
    // The room's own handler is in its place again.
    rig.kill('SIGINT')
    expect(await rig.exited).toEqual({ code: 0, signal: 0 })
    expect(rig.transcript()).toContain('ended: SIGINT')
  })

  test('ctrl-z stops both; fg continues both', async () => {
    place.script('ssh', 'echo here; read line; echo "heard $line"')
    const rig = await openInShell()
    rig.press('r')
    await rig.until('the program', (_, text) => text.includes('here'))
    rig.press('\u001a')
    await rig.until('the shell', (_, text) => text.includes('Stopped'))
    rig.press('fg\r')
    await rig.until('the job', (_, text) => /fg\s+\S*node/.test(text))
    rig.press('words\r')
    await rig.until('the program goes on', () => rig.transcript().includes('heard words'))
    await isBack(rig, '{"code":0,"signal":null}')
  })

  test('a program that stops itself alone gives the shell its prompt; fg continues it', async () => {
    place.script('ssh', 'echo here; kill -TSTP $$; echo goes on; read line')
    const rig = await openInShell()
    rig.press('r')
    await rig.until('the shell', (_, text) => text.includes('here') && text.includes('Stopped'))
    rig.press('fg\r')
    await rig.until('the program goes on', (_, text) => text.includes('goes on'))
    rig.press('\r')
    await isBack(rig, '{"code":0,"signal":null}')
  })

  test('where no shell could continue it, it goes on by itself', async () => {
    place.script('ssh', 'echo here; kill -STOP $$; echo goes on')
    const rig = await open()
    rig.press('r')
    await isBack(rig, '{"code":0,"signal":null}')
    expect(rig.transcript()).toContain('goes on')
  })
})

describe('what is said to the terminal between frames', () => {
  test('a copy comes whole and in one piece, however many frames there are', async () => {
    const rig = await open({ FAKE_FRAMES: '100', FAKE_COPY: JSON.stringify(['10.84.0.17', 'x'.repeat(20_000)]) })
    rig.press('y')
    await rig.until('it is copied', (_, text) => text.includes('news {"how":"terminal"}'))
    const payload = /\u001b\]52;c;([^\u0007]*)\u0007/.exec(rig.transcript())?.[1] ?? ''
    expect(Buffer.from(payload, 'base64').toString()).toBe(`10.84.0.17\n${'x'.repeat(20_000)}`)
  })

  test('where no clipboard is, a copy is a private file', async () => {
    const rig = await open({ TERM: 'linux', FAKE_COPY: '["10.84.0.17"]' })
    rig.press('y')
    await rig.until('it is saved', (_, text) => text.includes('{"how":"file"'))
    expect(rig.transcript()).not.toMatch(/\u001b\]|\u001b\[[<>]/)
  })

  test('the background is asked for, and the answer is a colour and no keys', async () => {
    const rig = await open()
    rig.press('b')
    await rig.until('asked', () => rig.transcript().includes('\u001b]11;?\u001b\\'))
    for (const piece of ['\u001b]11;rgb:', 'ffff/ffff/', 'ffff\u001b', '\\j']) rig.press(piece)
    await rig.until('told', (_, text) => text.includes('news {"red":1,"green":1,"blue":1}'))
    await rig.until('and typed on', lines => lines[1] === 'keys b j')
  })

  test('an answer that never ends takes the typing for two seconds and no longer', async () => {
    const rig = await open()
    rig.press('\u001b]11;rgb:')
    await presses(rig, 'x')
    expect(rig.lines()[1]).toMatch(/^keys( x)+$/)
  })
})
