import stringWidth from 'string-width'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { actions } from '../../screens/keys/actions.ts'
import { mostLines } from '../../screens/logs/book.ts'
import { logsScreen } from '../../screens/logs/screen.ts'
import { startFeeds } from '../../screens/room/feeds.ts'
import { pictureRows } from '../../screens/room/picture.ts'
import { createTheme, type Token } from '../../screens/theme/tokens.ts'
import type { ExecRun } from '../../src/engine/exec/shapes.ts'
import { type FakeEngine, fakeEngine, start } from './fake-engine.ts'
import { linesOf, type Operator, operate, theme } from './show.ts'

let engine: FakeEngine
let operator: Operator
let stop: () => void

beforeEach(() => {
  vi.useFakeTimers({ now: start })
  engine = fakeEngine(3, { names: ['zurich', 'paris', 'london'], now: () => Date.now() })
  operator = operate(engine, { columns: 80, rows: 24 }, () => Date.now())
  stop = startFeeds(operator.room, () => Date.now())
})
afterEach(() => {
  stop()
  operator.close()
  vi.useRealTimers()
})

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const state = () => operator.room.snapshot().view.screens.logs
async function opened(): Promise<void> {
  operator.room.open('logs', 'paris')
  await pass(0)
}
/** Lines `line 0.` … of one second each, read and on the screen. */
async function written(count: number): Promise<void> {
  for (let at = 0; at < count; at++) engine.log('paris', { at: start + at * 1_000, text: `line ${at}.` })
  await opened()
}
/** The row with the cursor. */
const cursorRow = () => operator.lines().find(line => line.startsWith('█')) ?? ''
/** Meanings in which the row with this text is painted. */
function tokensOf(text: string): Token[] {
  const rows = pictureRows(operator.room.snapshot(), theme)
  const row =
    rows.find(one =>
      one
        .map(piece => piece.text)
        .join('')
        .includes(text),
    ) ?? []
  return row.filter(piece => piece.text.trim() !== '').map(({ token }) => token)
}

describe('the way to a journal', () => {
  test('l opens the journal of the node under the cursor, and the trail says whose it is', async () => {
    operator.select('paris')
    operator.type('l')
    await pass(0)
    expect(operator.place()).toEqual({ screen: 'logs', subject: 'paris' })
    expect(operator.lines()[0]).toContain('clavitor SANDBOX ▸ paris ▸ journal')
    const [header = []] = pictureRows(operator.room.snapshot(), theme)
    expect(header.find(({ text }) => text === 'paris')?.token).toBe('dim')
    expect(header.find(({ text }) => text === 'journal')?.token).toBe('title')
  })

  test('l on the page of a node goes below it, and esc comes back there', async () => {
    operator.room.go('node', 'paris')
    operator.type('l')
    await pass(0)
    expect(operator.lines()[0]).toContain('▸ paris ▸ journal ')
    operator.type('\u001b')
    expect(operator.place()).toEqual({ screen: 'node', subject: 'paris' })
  })

  test('the journal of another node begins at its end', async () => {
    await written(100)
    operator.type('g')
    operator.room.open('overview')
    operator.select('london')
    operator.type('l')
    await pass(0)
    expect(state().follows).toBe(true)
  })

  test('left and right turn to the journals of the nodes beside', async () => {
    await written(3)
    operator.type('\u001b[D')
    await pass(0)
    expect(operator.place()).toEqual({ screen: 'logs', subject: 'london' })
    operator.type('\u001b[C')
    expect(operator.place()).toEqual({ screen: 'logs', subject: 'paris' })
  })

  test('a node that is not in the fleet any more has no journal to read', () => {
    operator.room.open('logs', 'berlin')
    expect(operator.text()).toContain('berlin is not in the fleet any more')
    expect(engine.asked.filter(({ kind }) => kind === 'logs')).toEqual([])
  })

  test('an empty journal says what was looked for', async () => {
    await opened()
    expect(operator.text()).toContain('no line: all that is kept, every priority, all units')
  })
})

describe('following', () => {
  test('what is written appears at the end, under the cursor', async () => {
    await written(100)
    expect(cursorRow()).toContain('line 99.')
    expect(operator.lines()[0]).toContain('● following')
    engine.log('paris', 'the newest')
    await pass(3_000)
    expect(cursorRow()).toContain('the newest')
    expect(operator.lines().at(-2)).toBe(cursorRow())
  })

  test('going up stops it and says so, and nothing moves when lines come', async () => {
    await written(100)
    operator.type('kkk')
    expect(operator.text()).toContain('not following any more: G follows again')
    expect(operator.lines()[0]).toContain('○ not following')
    expect(cursorRow()).toContain('line 96.')
    const body = operator.lines().slice(2, -1)
    engine.log('paris', 'the newest')
    await pass(9_000)
    expect(operator.lines().slice(2, -1)).toEqual(body)
    expect(operator.lines()[1]).toContain('4 below  G')
  })

  test('G goes to the end, reads what came at once, and follows again', async () => {
    await written(100)
    operator.type('kkkk')
    await pass(7_000)
    engine.log('paris', 'while away')
    operator.type('G')
    await pass(0)
    expect(cursorRow()).toContain('while away')
    expect(state().follows).toBe(true)
    engine.log('paris', 'the newest')
    await pass(3_000)
    expect(cursorRow()).toContain('the newest')
  })

  test('f stops it where it is, and follows again', async () => {
    await written(100)
    operator.type('f')
    expect(cursorRow()).toContain('line 99.')
    expect(operator.lines().at(-2)).toBe(cursorRow())
    engine.log('paris', 'the newest')
    await pass(9_000)
    expect(cursorRow()).toContain('line 99.')
    operator.type('f')
    await pass(3_000)
    expect(cursorRow()).toContain('the newest')
  })

  test('down from the last line goes on following', async () => {
    await written(100)
    operator.type('jj')
    expect(state().follows).toBe(true)
  })
})

describe('moving', () => {
  test('the page stands still until the cursor comes to its edge', async () => {
    await written(100)
    const at = () => operator.lines().findIndex(line => line.startsWith('█'))
    expect(at()).toBe(22)
    operator.type('k'.repeat(20))
    expect(at()).toBe(2)
    expect(cursorRow()).toContain('line 79.')
    operator.type('k')
    expect(at()).toBe(2)
    expect(cursorRow()).toContain('line 78.')
    operator.type('j')
    expect(at()).toBe(3)
  })

  test('g goes to the first line, pages go by what fits', async () => {
    await written(100)
    operator.type('g')
    expect(cursorRow()).toContain('line 0.')
    expect(operator.lines()[2]).toContain('nothing older')
    operator.type('\u001b[6~')
    expect(cursorRow()).toContain('line 20.')
    operator.type('\u001b[6~\u001b[5~')
    expect(cursorRow()).toContain('line 20.')
  })

  test('with wrapped lines every line can be gone to, up and down again, and is on the screen', async () => {
    for (let at = 0; at < 60; at++) engine.log('paris', `${at}. ${'word '.repeat((at * 7) % 90)}`)
    await opened()
    operator.type('w')
    const seen: string[] = []
    for (let at = 0; at < 60; at++) {
      seen.push(/nginx +(\d+)\./.exec(cursorRow())?.[1] ?? 'none')
      operator.type('k')
    }
    expect(seen).toEqual(Array.from({ length: 60 }, (_, at) => String(59 - at)))
    for (let at = 1; at < 60; at++) {
      operator.type('j')
      expect(cursorRow()).toContain(` ${at}. `)
    }
  })
})

describe('what a line looks like', () => {
  test('w shows long lines whole, and cuts them again', async () => {
    engine.log('paris', `begin ${'word '.repeat(30)}end.`)
    await opened()
    expect(operator.text()).not.toContain('end.')
    expect(cursorRow()).toContain('…')
    operator.type('w')
    expect(operator.text()).toContain('end.')
    operator.type('w')
    expect(operator.text()).not.toContain('end.')
  })

  test('tabs stand where they would on a terminal', async () => {
    engine.log('paris', 'a\tb')
    await opened()
    expect(cursorRow()).toContain('a       b')
  })

  test('t shows the time, then day and milliseconds, then nothing', async () => {
    await written(1)
    expect(cursorRow()).toContain('█ 10:42:07 ')
    operator.type('t')
    expect(cursorRow()).toContain('█ 2026-11-22 10:42:07.000Z ')
    operator.type('t')
    expect(cursorRow()).not.toContain('10:42:07')
    operator.type('t')
    expect(cursorRow()).toContain('█ 10:42:07 ')
  })

  test.each([
    [2, '✖', 'down'],
    [3, '✖', 'down'],
    [4, '◐', 'degraded'],
    [7, '·', 'dim'],
  ] as const)('priority %i has its sign, and its colour says the same', async (priority, sign, token) => {
    engine.log('paris', { text: 'a message', priority })
    await opened()
    expect(cursorRow()).toContain(` ${sign} nginx`)
    expect(tokensOf('a message')).toContain(token)
  })

  test('where there is room the priority is a word', async () => {
    engine.log('paris', { text: 'a message', priority: 3 })
    operator.room.resize({ columns: 120, rows: 36 })
    await opened()
    expect(cursorRow()).toMatch(/✖ err +nginx +a message/)
  })

  test('a reboot is a rule with words', async () => {
    engine.log('paris', 'before')
    engine.log('paris', { text: 'after', boot: 'b'.repeat(32) })
    await opened()
    expect(operator.text()).toMatch(/── ↻ the node started again · boot bbbbbbbb from 10:42:07Z ──/)
  })

  test('hostile lines stay one row each and as wide as the screen, and nothing of theirs reaches the terminal', async () => {
    const hostile = [
      '\u001b[2J\u001b[31mred',
      'a\nb\r\nc',
      '\u0007\u009b2J',
      '👩‍👩‍👧 e\u0301\u202e',
      '漢'.repeat(99),
      '\t\tx',
    ]
    for (const text of hostile) engine.log('paris', { text, unit: '\u001b]0;x\u0007evil.service', source: '\u202e' })
    await opened()
    for (const wraps of [false, true]) {
      operator.room.set('logs', { wraps })
      for (const [columns, rows] of [
        [80, 24],
        [200, 60],
        [33, 10],
      ] as const) {
        operator.room.resize({ columns, rows })
        for (const chosen of [theme, createTheme('none', 'ascii')]) {
          const lines = linesOf(operator.room.snapshot(), chosen)
          expect(lines).toHaveLength(rows)
          for (const line of lines) {
            expect(stringWidth(line)).toBe(columns)
            expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
          }
        }
      }
    }
  })
})

describe('the filter', () => {
  test('it counts and inverts what it finds, and esc drops it', async () => {
    await written(40)
    operator.type('/ne 3')
    operator.type('\r')
    expect(operator.lines()[0]).toContain('11 of 40 lines')
    expect(operator.text()).not.toContain('line 29.')
    expect(tokensOf('line 39.')).toContain('selected')
    operator.type('\u001b')
    expect(operator.lines()[0]).toContain('40 lines')
    expect(operator.text()).toContain('line 29.')
  })

  test('a filter that nothing passes says how to get rid of it', async () => {
    await written(5)
    operator.type('/nothing like it\r')
    expect(operator.text()).toContain('none of 5 lines is what the filter asks for; esc drops it')
  })

  test('the cursor stays near its line when that is filtered away', async () => {
    await written(60)
    operator.type('k'.repeat(10))
    operator.type('/e 3\r')
    expect(cursorRow()).toContain('line 39.')
  })

  test('it stays when the operator comes back', async () => {
    await written(40)
    operator.type('/ne 3\r')
    operator.room.open('overview')
    operator.type('-')
    await pass(3_000)
    expect(operator.lines()[0]).toContain('11 of 40 lines')
  })
})

describe('what is read is chosen', () => {
  test('i offers windows, and enter takes one', async () => {
    await written(3)
    operator.type('i')
    expect(operator.text()).toContain('lines of when?')
    operator.type('this boot\r')
    expect(state().span).toBe('boot')
    expect(operator.lines()[1]).toContain('i this boot')
  })

  test.each([
    ['1h', 'i the last 1h, since 09:42:07Z '],
    ['now', 'i from 10:42:07Z '],
    ['today', 'i today (UTC) '],
  ])('the window %s is named with the moment where it begins', async (typed, words) => {
    await opened()
    operator.type(`:interval ${typed}\r`)
    await pass(0)
    expect(operator.lines()[1]).toContain(words)
  })

  test('p offers priorities, and enter takes one', async () => {
    engine.log('paris', { text: 'harmless', priority: 6 })
    engine.log('paris', { text: 'bad', priority: 3 })
    await opened()
    operator.type('p')
    operator.type('err\r')
    await pass(0)
    expect(operator.text()).toContain('bad')
    expect(operator.text()).not.toContain('harmless')
    expect(operator.lines()[1]).toContain('p err and worse')
    operator.type('p')
    operator.type('everything\r')
    await pass(0)
    expect(operator.text()).toContain('harmless')
  })

  test('u offers the units that were seen, and takes one that was not by its name', async () => {
    engine.log('paris', { text: 'from sshd', unit: 'sshd.service' })
    engine.log('paris', { text: 'from nginx' })
    await opened()
    operator.type('u')
    expect(operator.text()).toMatch(/sshd\.service +1 line seen/)
    operator.type('sshd\r')
    await pass(0)
    expect(operator.text()).not.toContain('from nginx')
    operator.type('u')
    expect(operator.text()).toMatch(/nginx\.service +1 line seen/)
    operator.type('cron.timer\r')
    expect(state().unit).toBe('cron.timer')
  })

  test('a unit whose name could be anything else is not taken', async () => {
    await opened()
    operator.type('u')
    operator.type('--vacuum-size=1')
    expect(operator.text()).toContain('nothing by that name')
    operator.type('\r')
    expect(state().unit).toBeNull()
  })

  test('other lines begin at their end, without the marks of the old ones', async () => {
    await written(50)
    operator.type('kkm')
    operator.type(':interval 1h\r')
    expect(state()).toMatchObject({ follows: true, marked: [] })
  })
})

describe('single lines', () => {
  test('enter opens the whole line with what is known of it', async () => {
    engine.log('paris', { text: `first\nsecond ${'word '.repeat(40)}end.`, priority: 4 })
    await opened()
    operator.type('\r')
    const text = operator.text()
    expect(text).toContain('a line of paris')
    expect(text).toContain('written   2026-11-22T10:42:07.000Z')
    expect(text).toContain('priority  warning (4)')
    expect(text).toContain('unit      nginx.service')
    expect(text).toContain(`boot      ${'a'.repeat(32)}`)
    expect(text).toContain('end.')
    expect(operator.lines().some(line => line.startsWith(' first '))).toBe(true)
  })

  test('m marks the line and takes the mark away, and esc drops all marks', async () => {
    await written(5)
    operator.type('m')
    expect(cursorRow()).toContain('█◆')
    operator.type('m')
    expect(cursorRow()).not.toContain('◆')
    operator.type('mkm')
    expect(operator.lines()[1]).toContain('2 marked')
    operator.type('\u001b')
    expect(state().marked).toEqual([])
    expect(operator.place().screen).toBe('logs')
  })

  test('y copies the line under the cursor, or the marked ones in their order', async () => {
    await written(5)
    operator.type('y')
    expect(operator.did).toEqual(['copy a line of paris: 2026-11-22T10:42:11.000Z nginx.service: line 4.'])
    operator.type('mkkm')
    operator.type('y')
    expect(operator.did[1]).toBe(
      'copy 2 lines of paris: 2026-11-22T10:42:09.000Z nginx.service: line 2.⏎2026-11-22T10:42:11.000Z nginx.service: line 4.',
    )
  })
})

describe('keeping evidence', () => {
  const ended = (run: Partial<ExecRun>) =>
    engine.setState(before => ({ ...before, exec: { ...before.exec, closed: [run as ExecRun] } }))

  test('W keeps what was written between the marked lines, and says when it is kept', async () => {
    await written(50)
    operator.type('mkkkkm')
    operator.type('W')
    await pass(0)
    const [command] = engine.did
    expect(command).toMatchObject({ type: 'exec.start', nodes: ['paris'], deadlineMs: 30_000 })
    if (command?.type !== 'exec.start') throw new Error('no run was started')
    expect(command.id).toMatch(/^exec-[a-z0-9-]{1,64}$/)
    const first = (start + 45_000) / 1_000
    expect(command.argv.slice(4)).toEqual([`--since=@${first}.000`, `--until=@${first + 4}.001`])
    expect(operator.text()).toContain(`being kept as evidence: run ${command.id}`)
    ended({
      id: command.id,
      outcomes: { paris: { node: 'paris', outcome: 'ok', exit: 0, ms: 9, evidence: null, detail: null } },
    })
    await pass(200)
    expect(operator.text()).toContain(` kept as evidence: run ${command.id}`)
    await pass(10_000)
    engine.setHealth('london', 'down')
    await pass(200)
    expect(operator.text()).not.toContain('kept as evidence')
  })

  test('without marks W keeps what is on the screen', async () => {
    await written(50)
    operator.type('W')
    await pass(0)
    const [command] = engine.did
    if (command?.type !== 'exec.start') throw new Error('no run was started')
    const last = (start + 49_000) / 1_000
    expect(command.argv.slice(4)).toEqual([`--since=@${last - 20}.000`, `--until=@${last}.001`])
  })

  test('a run that fails is told as not kept', async () => {
    await written(5)
    operator.type('W')
    await pass(0)
    const [command] = engine.did
    if (command?.type !== 'exec.start') throw new Error('no run was started')
    const outcome = {
      node: 'paris',
      outcome: 'unreachable',
      exit: null,
      ms: 9,
      evidence: null,
      detail: 'no route to host',
    } as const
    ended({ id: command.id, outcomes: { paris: outcome } })
    await pass(200)
    expect(operator.text()).toContain('not kept, run exec-')
  })

  test('an engine that refuses the run is told, with its reason', async () => {
    await written(5)
    engine.refuse(new Error('this engine is read-only'))
    operator.type('W')
    await pass(0)
    expect(operator.text()).toContain('not kept: this engine is read-only')
  })

  test('a journal without lines has nothing to keep', async () => {
    await opened()
    operator.type('W')
    await pass(0)
    expect(engine.did).toEqual([])
  })
})

describe('size', () => {
  test('of 20,000 lines only those that fit are built for a key', async () => {
    for (let at = 0; at < mostLines; at++) engine.log('paris', `line ${at} ${'word '.repeat(at % 60)}`)
    await opened()
    for (let at = 0; at < 20; at++) {
      operator.type('g')
      await pass(0)
    }
    operator.type('w')
    const snapshot = operator.room.snapshot()
    const entries = snapshot.found.logs?.entries ?? []
    expect(entries).toHaveLength(mostLines)
    let read = 0
    const counted = entries.map(entry =>
      entry.kind !== 'line'
        ? entry
        : {
            ...entry,
            line: {
              ...entry.line,
              get text() {
                read += 1
                return entry.line.text
              },
            },
          },
    )
    if (snapshot.found.logs) operator.room.find('logs', { ...snapshot.found.logs, entries: counted })
    operator.type('jjj')
    operator.lines()
    expect(read).toBeGreaterThan(0)
    expect(read).toBeLessThan(1_000)
  })

  test('every action of the journal has a name of its own', () => {
    const ids = logsScreen.actions.map(({ id }) => id)
    for (const id of ids) expect(actions.filter(one => one.id === id)).toHaveLength(1)
  })
})
