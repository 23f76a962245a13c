// The room and its terminal: every way in and out, on a real pseudo-terminal, with an engine in memory.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { bundleFixture } from './bundle-fixture.ts'
import { type Rig, startRig } from './rig.ts'

let folder = ''
let program = ''
const rigs: Rig[] = []

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'watchfloor-fake-room-'))
  program = await bundleFixture('fake-room', folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(async () => {
  for (const rig of rigs.splice(0)) {
    rig.thaw()
    rig.kill('SIGKILL')
    await rig.exited
  }
})

function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', HOME: folder, ...more }
}

function start(
  columns: number,
  rows: number,
  env: Readonly<Record<string, string>> = {},
  argv = [process.execPath, program],
): Rig {
  const rig = startRig({ argv, env: environment(env), columns, rows, cwd: folder })
  rigs.push(rig)
  return rig
}

const isOpen = (_: readonly string[], text: string) => text.includes('clavitor SANDBOX') && text.includes('? help')

function isAlternate(rig: Rig): boolean {
  return rig.terminal.buffer.active.type === 'alternate'
}

/** CPU seconds that a process has used. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

describe('the terminal is given back', () => {
  test.each([
    ['q', (rig: Rig) => rig.press('q'), 'detached: the engine goes on'],
    ['ctrl-c', (rig: Rig) => rig.press('\u0003'), 'detached: the engine goes on'],
    ['SIGTERM', (rig: Rig) => rig.kill('SIGTERM'), ''],
    ['SIGHUP', (rig: Rig) => rig.kill('SIGHUP'), ''],
    ['SIGINT', (rig: Rig) => rig.kill('SIGINT'), ''],
  ] as const)('after %s', async (_, end, farewell) => {
    const rig = start(80, 24)
    await rig.until('the room is open', isOpen)
    expect(isAlternate(rig)).toBe(true)
    end(rig)
    expect(await rig.exited).toEqual({ code: 0, signal: 0 })
    await rig.until('the old screen', (_lines, text) => !isAlternate(rig) && text.includes(farewell))
    const left = rig.transcript().slice(rig.transcript().lastIndexOf('\u001b[?1049l') - 40)
    for (const code of ['\u001b[?25h', '\u001b[?2004l', '\u001b[?7h', '\u001b[?1049l']) expect(left).toContain(code)
  })

  test('after a bug of ours, and the error is told on the screen that was there before', async () => {
    const rig = start(80, 24, { FAKE_FAILS_AFTER: '300' })
    await rig.until('the room is open', isOpen)
    expect(await rig.exited).toEqual({ code: 70, signal: 0 })
    await rig.until('the error', (_, text) => text.includes('told after leaving: a planted bug') && !isAlternate(rig))
  })

  test('a terminal that vanishes ends the room at once', async () => {
    const rig = start(80, 24, { FAKE_CHANGES: '50' })
    await rig.until('the room is open', isOpen)
    const begun = performance.now()
    rig.hangUp()
    const { code } = await rig.exited
    expect(code).toBe(0)
    expect(performance.now() - begun).toBeLessThan(3_000)
  })

  test('SIGTERM ends a room whose terminal does not read', async () => {
    const rig = start(80, 24, { FAKE_CHANGES: '50' })
    await rig.until('the room is open', isOpen)
    rig.freeze()
    // More than a terminal holds back: from here on nothing can be written.
    for (let index = 0; index < 300; index++) rig.press('\u000c')
    const begun = performance.now()
    rig.kill('SIGTERM')
    const waited = rig.exited.then(() => performance.now() - begun)
    setTimeout(() => rig.thaw(), 2_000).unref()
    expect(await waited).toBeLessThan(6_000)
  })
})

describe('a terminal that stops reading', () => {
  test('gets the newest picture when it reads again, not all the old ones', async () => {
    const rig = start(120, 36, { FAKE_CHANGES: '100', FAKE_NODES: '21' })
    await rig.until('the room is open', isOpen)
    rig.written()
    rig.freeze()
    const used = cpuSeconds(rig.pid)
    for (let index = 0; index < 200; index++) rig.press('d')
    rig.press('0')
    rig.press('/unfrozen')
    // The program has read its keys when it has used some time for them; it must not wait for the terminal to do so.
    await expect.poll(() => cpuSeconds(rig.pid) - used, { timeout: 5_000 }).toBeGreaterThan(0.05)
    rig.thaw()
    await rig.until(
      'the newest',
      (lines, text) => text.includes('/ unfrozen') && lines[0]?.includes('clavitor') === true,
    )
    // 200 changes of density would be some 600 kB.
    expect(rig.written().bytes).toBeLessThan(200_000)
  })
})

describe('suspending', () => {
  test('ctrl-z stops the room and gives the shell its screen; fg brings the room back whole', async () => {
    const rig = start(80, 24, { PS1: 'prompt> ', TERM: 'xterm-256color' }, ['/bin/bash', '--norc', '--noprofile', '-i'])
    await rig.until('a shell', (_, text) => text.includes('prompt>'))
    rig.press(`${process.execPath} ${program}\r`)
    await rig.until('the room is open', isOpen)
    rig.press('\u001a')
    await rig.until('the shell', (_, text) => !isAlternate(rig) && text.includes('Stopped'))
    rig.press('echo $((6*7))\r')
    await rig.until('the shell works', (lines, _) => lines.some(line => line.trim() === '42'))
    rig.press('fg\r')
    await rig.until('the room again', (lines, text) => isAlternate(rig) && isOpen(lines, text))
    rig.press('q')
    await rig.until('the shell again', (_, text) => text.includes('detached'))
  })

  test('where nobody can continue it, ctrl-z comes back by itself', async () => {
    const rig = start(80, 24)
    await rig.until('the room is open', isOpen)
    rig.written()
    rig.press('\u001a')
    await rig.until('the room again', () => rig.transcript().split('\u001b[?1049h').length === 3 && isAlternate(rig))
    rig.press('?')
    await rig.until('keys work', (_, text) => text.includes('type to search'))
  })
})

describe('the screen', () => {
  test.each([
    [80, 24],
    [120, 36],
    [200, 60],
  ])('%i×%i: header on top, footer at the foot, nothing scrolled away', async (columns, rows) => {
    const rig = start(columns, rows, { FAKE_NODES: '1000' })
    await rig.until('the room is open', isOpen)
    const lines = rig.lines()
    expect(lines[0]).toMatch(/^ clavitor SANDBOX/)
    expect(lines[rows - 1]).toMatch(/\? help/)
    expect(rig.terminal.buffer.active.baseY).toBe(0)
  })

  test('a resize paints the new size whole', async () => {
    const rig = start(120, 36)
    await rig.until('the room is open', isOpen)
    for (const [columns, rows] of [
      [80, 24],
      [200, 60],
      [60, 16],
      [100, 30],
    ] as const) {
      rig.resize(columns, rows)
      await rig.until(
        `${columns}×${rows}`,
        lines => /^ clavitor/.test(lines[0] ?? '') && /\? help/.test(lines[rows - 1] ?? ''),
      )
    }
  })

  test('ctrl-l repairs what another program wrote over it', async () => {
    const rig = start(80, 24)
    await rig.until('the room is open', isOpen)
    const before = rig.text()
    await new Promise<void>(resolve => rig.terminal.write('\u001b[5;5Hwall: the machine goes down', resolve))
    expect(rig.text()).toContain('wall:')
    rig.press('\u000c')
    await rig.until('repaired', (_, text) => text === before)
  })

  test('keys in one chunk are keys: jjj moves three, /yes and enter filters', async () => {
    const rig = start(80, 24, { FAKE_NODES: '21' })
    await rig.until('the room is open', isOpen)
    rig.press('jjj')
    await rig.until('three rows down', lines => /^█. node/.test(lines[2 + 9] ?? ''))
    rig.press('/')
    rig.press('-0001\r')
    await rig.until('filtered', (_, text) => text.includes('filter -0001') && !text.includes('node-00002 '))
    rig.press('\u001b')
    await rig.until('all again', (_, text) => text.includes('faults first'))
  })

  test('an arrow that arrives in two pieces is an arrow', async () => {
    const rig = start(80, 24)
    await rig.until('the room is open', isOpen)
    rig.press('\u001b')
    rig.press('[B')
    await rig.until('one row down', lines => /^█. node/.test(lines[2 + 3] ?? ''))
  })

  test('a tile that goes down and comes back costs at most 400 bytes each time, header and all, and no cleared screen', async () => {
    const rig = start(120, 36, { FAKE_NODES: '21', TERM: 'xterm-256color', COLORTERM: 'truecolor' })
    await rig.until('the room is open', isOpen)
    rig.press('j')
    await rig.until('the cursor is elsewhere', lines => !/^█/.test(lines[3] ?? ''))
    await rig.until('the header tells of money', lines => lines[0]?.includes('over $100.00') === true)
    for (const [word, glyph] of [
      ['down', '✖ 1 down'],
      ['up', '● 21 up'],
      ['down', '✖ 1 down'],
    ] as const) {
      rig.written()
      rig.kill('SIGUSR2')
      await rig.until(
        word,
        (lines, text) => text.includes(glyph) && lines[3]?.includes(word === 'down' ? '✖' : '●') === true,
      )
      const { bytes, clears } = rig.written()
      expect(bytes).toBeGreaterThan(50)
      expect(bytes).toBeLessThanOrEqual(400)
      expect(clears).toBe(0)
    }
  })
})
