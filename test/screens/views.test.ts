import stringWidth from 'string-width'
import { afterEach, describe, expect, test } from 'vitest'
import { densities } from '../../screens/overview/state.ts'
import { paint, pictureRows } from '../../screens/room/picture.ts'
import type { Room } from '../../screens/room/room.ts'
import { screenIds } from '../../screens/screens.ts'
import { capabilities, createTheme } from '../../screens/theme/tokens.ts'
import { filterBy } from '../../screens/widgets/filter.ts'
import { age, sparkline } from '../../screens/widgets/measure.ts'
import { shortRegion } from '../../screens/widgets/region.ts'
import { cut, piece, wrap } from '../../screens/widgets/row.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import { type FakeEngine, fakeEngine, nodeName, start } from './fake-engine.ts'
import { linesOf, type Operator, operate, theme } from './show.ts'

const open: Operator[] = []
let clock = start
function room(engine: FakeEngine, columns = 80, rows = 24): Operator {
  const operator = operate(engine, { columns, rows }, () => clock)
  open.push(operator)
  return operator
}
/** The engine's newest picture, without waiting for the calm pace. */
function refreshed(operator: Operator): string {
  operator.room.freeze(false)
  return operator.text()
}
afterEach(() => {
  clock = start
  for (const operator of open.splice(0)) operator.close()
})

const sizes = [
  [80, 24],
  [120, 36],
  [200, 60],
  [60, 15],
  [33, 7],
  [20, 5],
] as const

describe('every screen fits the terminal', () => {
  const fleets = [0, 1, 21, 1_000, 10_000].map(count => {
    const engine = fakeEngine(count)
    if (count > 0)
      engine.setHealth(nodeName(0), 'down', { severity: 'SEV1', reason: nodeText('no answer '.repeat(30)) })
    if (count > 1) engine.open({ nodes: [nodeName(1)], title: 'a title that goes on and on '.repeat(9) })
    return engine
  })

  test.each(sizes)(
    '%i×%i: header, footer and every row are exactly as wide and as many as the terminal',
    (columns, rows) => {
      for (const engine of fleets) {
        const operator = room(engine, columns, rows)
        const changes: ((room: Room) => void)[] = [
          () => {},
          ...densities.map(density => (room: Room) => room.set('overview', { density })),
          ...screenIds().map(screen => (room: Room) => room.open(screen, nodeName(0))),
          room => room.change({ prompt: { kind: 'help', query: '', at: 0 } }),
          room => room.change({ prompt: { kind: 'palette', query: 'node', at: 3 } }),
          room => {
            room.open('overview')
            room.set('overview', { filter: 'x'.repeat(300) })
            room.change({ prompt: { kind: 'filter', before: '' } })
          },
          room => room.change({ dialogs: [{ kind: 'text', title: 'a text', lines: ['漢'.repeat(300)], scroll: 0 }] }),
        ]
        for (const change of changes) {
          change(operator.room)
          const lines = operator.lines()
          expect(lines).toHaveLength(rows)
          for (const line of lines) expect(stringWidth(line)).toBe(columns)
        }
        operator.close()
      }
    },
  )

  test('21 tiles fit on 80×24 with header, one line of notice and footer', () => {
    const lines = room(fakeEngine(21)).lines()
    for (let index = 0; index < 21; index++) expect(lines.join('\n')).toContain(nodeName(index))
    expect(lines[0]).toContain('clavitor SANDBOX')
    expect(lines[23]).toContain('? help')
  })

  test('a small terminal says what it wants', () => {
    expect(room(fakeEngine(3), 60, 20).text()).toContain('60×20 is small')
    expect(room(fakeEngine(3), 20, 4).lines()[0]).toContain('20×4 is too small')
  })
})

describe('trouble is seen first', () => {
  test('the header names the worst severity and how many incidents are open', () => {
    const engine = fakeEngine(21)
    engine.open({ nodes: [nodeName(3)], severity: 'SEV2' })
    engine.open({ nodes: [nodeName(4)], severity: 'SEV1' })
    expect(room(engine).lines()[0]).toContain('SEV1 2 open')
  })

  test('a blind HQ is said above everything else', () => {
    const engine = fakeEngine(21)
    engine.setState(state => ({
      ...state,
      watch: { ...state.watch, blind: { since: start, why: 'the gateway does not answer' } },
    }))
    expect(room(engine).lines()[1]).toContain('HQ is blind since 10:42:07Z: the gateway does not answer')
  })

  test('a lost link is said with its age, and goes when the link is back', () => {
    const engine = fakeEngine(21)
    const operator = room(engine)
    engine.tell({ kind: 'link', up: false, why: 'the engine closed the link' })
    clock = start + 12_000
    expect(refreshed(operator)).toContain('link to the engine lost for 12 s, what you see is old')
    engine.tell({ kind: 'link', up: true, why: null })
    expect(refreshed(operator)).not.toContain('link to the engine')
  })

  test('troubles of the engine and a fleet file that waits are one line each; on 24 rows the rest is counted', () => {
    const engine = fakeEngine(21)
    engine.setLive(live => ({ ...live, engine: { ...live.engine, troubles: ['the disk is full', 'no ping program'] } }))
    engine.setState(state => ({
      ...state,
      fleet: {
        ...state.fleet,
        proposed: {
          sha256: 'a'.repeat(64),
          at: start,
          changes: [
            {
              path: 'nodes.paris.address',
              kind: 'changed',
              from: '1',
              to: '2',
              guarded: 'changes where HQ connects to',
            },
          ],
        },
      },
    }))
    expect(room(engine, 80, 24).lines()[1]).toMatch(/engine: the disk is full.* and 2 more/)
    const tall = room(engine, 120, 36).text()
    expect(tall).toContain('engine: no ping program')
    expect(tall).toMatch(
      /a changed fleet file waits for a yes · F .*nodes\.paris\.address changes where HQ connects to/,
    )
  })

  test('a read-only engine wears its badge', () => {
    const engine = fakeEngine(3)
    engine.setLive(live => ({ ...live, engine: { ...live.engine, readOnly: true, homeKind: 'real' } }))
    const [header] = room(engine).lines()
    expect(header).toContain('READ-ONLY')
    expect(header).not.toContain('SANDBOX')
  })
})

describe('old values are not shown as new', () => {
  test('frozen: the picture stays while the fleet goes on, and says since when', () => {
    const engine = fakeEngine(21)
    const operator = room(engine)
    operator.type('z')
    engine.setHealth(nodeName(3), 'down', { reason: nodeText('gone') })
    clock = start + 60_000
    operator.room.change({})
    expect(operator.text()).toContain('frozen since 10:42:07Z')
    expect(operator.text()).not.toContain('gone')
    operator.type('z')
    expect(operator.text()).toContain('gone')
    expect(operator.text()).not.toContain('frozen')
  })
})

describe('what comes from outside is harmless', () => {
  const hostile = '\u001b[2J\u001b]0;owned\u0007\u009b31m\r\nup\u202edna\u0000'

  test('escape sequences in names, details, reasons, titles and troubles never reach the terminal', () => {
    const engine = fakeEngine(2, { names: ['zurich', `bad${hostile}`] })
    engine.sample(`bad${hostile}`, { probe: 'http', ok: false, detail: nodeText(hostile), target: hostile })
    engine.sample(`bad${hostile}`, { probe: 'heartbeat', facts: { [hostile]: hostile } })
    engine.setHealth(`bad${hostile}`, 'down', { reason: hostile })
    engine.open({ nodes: [`bad${hostile}`], title: hostile })
    engine.setLive(live => ({ ...live, engine: { ...live.engine, troubles: [hostile] } }))
    const operator = room(engine, 120, 50)
    for (const screen of ['overview', 'node'] as const) {
      operator.room.open(screen, `bad${hostile}`)
      const painted = paint(pictureRows(operator.room.snapshot(), theme), theme).join('')
      const withoutColours = painted.replace(/\u001b\[[0-9;]*m/g, '')
      expect(withoutColours).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
      expect(painted).toContain('dna')
    }
  })
})

describe('terminals of all kinds', () => {
  test.each([
    [
      { TERM: 'xterm-256color', NO_COLOR: '1' },
      { depth: 'none', glyphs: 'unicode' },
    ],
    [
      { TERM: 'xterm-256color', NO_COLOR: '' },
      { depth: '256', glyphs: 'unicode' },
    ],
    [
      { TERM: 'xterm', COLORTERM: 'truecolor' },
      { depth: 'truecolor', glyphs: 'unicode' },
    ],
    [{ TERM: 'xterm' }, { depth: '16', glyphs: 'unicode' }],
    [{ TERM: 'dumb' }, { depth: 'none', glyphs: 'unicode' }],
    [{ TERM: 'linux' }, { depth: '16', glyphs: 'ascii' }],
    [
      { TERM: 'xterm-256color', LC_ALL: 'C' },
      { depth: '256', glyphs: 'ascii' },
    ],
    [
      { TERM: 'xterm-256color', LANG: 'de_CH.UTF-8' },
      { depth: '256', glyphs: 'unicode' },
    ],
    [
      { TERM: 'xterm-256color', WATCHFLOOR_ASCII: '1' },
      { depth: '256', glyphs: 'ascii' },
    ],
  ])('%j', (env, expected) => {
    expect(capabilities(env)).toMatchObject(expected)
  })

  test('without colour nothing but the cursor is styled, and state is still told by glyph and word', () => {
    const engine = fakeEngine(21)
    engine.setHealth(nodeName(3), 'down', { severity: 'SEV1', reason: nodeText('gone') })
    const operator = room(engine)
    const plain = createTheme('none', 'unicode')
    const painted = paint(pictureRows(operator.room.snapshot(), plain), plain).join('\n')
    expect([...painted.matchAll(/\u001b\[([0-9;]*)m/g)].map(([, code]) => code)).toEqual(['7', '0'])
    expect(painted).toContain('✖ node-00003')
    expect(painted).toContain('down')
  })

  test('ASCII terminals get ASCII', () => {
    const engine = fakeEngine(21)
    engine.setHealth(nodeName(3), 'down', { severity: 'SEV1', reason: nodeText('gone') })
    engine.open({ nodes: [nodeName(3)] })
    const ascii = createTheme('16', 'ascii')
    for (const [columns, rows] of [
      [80, 24],
      [120, 36],
      [200, 60],
    ] as const) {
      const operator = room(engine, columns, rows)
      const changes: ((room: Room) => void)[] = [
        ...screenIds().map(screen => (room: Room) => room.open(screen, nodeName(3))),
        room => room.change({ prompt: { kind: 'help', query: '', at: 0 } }),
      ]
      for (const change of changes) {
        change(operator.room)
        const painted = paint(pictureRows(operator.room.snapshot(), ascii), ascii).join('\n')
        expect(painted.match(/[^\u0000-\u007f]/g)).toBeNull()
      }
    }
  })
})

describe('small parts', () => {
  const node = { text: 'virginia us-east-1 up', tags: ['pilot', 'america'] }
  test.each([
    ['', true],
    ['virg', true],
    ['VIRG', true],
    ['us-east', true],
    ['paris', false],
    ['!paris', true],
    ['!virg', false],
    ['!', true],
    ['@pil', true],
    ['@rest', false],
    ['!@pilot', false],
    ['-f vgna', true],
    ['-f vgx', false],
    ['up', true],
    ['down', false],
  ])('filter %j', (filter, expected) => {
    expect(filterBy(filter)(node)).toBe(expected)
  })

  test.each([
    [3_000, 'now'],
    [12_000, '10 s'],
    [119_000, '110 s'],
    [125_000, '2 m'],
    [7_300_000, '2 h'],
    [200_000_000, '2 d'],
    [-5_000, 'now'],
  ])('an age of %i ms is %s', (ms, expected) => {
    expect(age(start, start - ms)).toBe(expected)
  })

  test('a gap in a sparkline is a gap, the usual is low, a spike is high', () => {
    expect(sparkline([10, 10, null, 10, 100], 6, theme)).toBe('▂▂·▂█ ')
  })

  test('text is cut at cells, not inside a wide character', () => {
    expect(cut('漢字漢字', 5)).toBe('漢字…')
    expect(cut('漢字漢字', 4)).toBe('漢…')
  })

  test('wrapped text breaks between words and says what is missing', () => {
    expect(wrap('no answer from 10.84.0.17 in time', 12, 2)).toEqual(['no answer', 'from 10.84.…'])
    expect(wrap('short', 12, 2)).toEqual(['short'])
  })

  test('a long region keeps the number that tells it apart', () => {
    expect(shortRegion('ap-southeast-3', 10)).toBe('ap-se-3')
    expect(shortRegion('ap-southeast-3', 14)).toBe('ap-southeast-3')
  })

  test('a piece is one line, whatever it was', () => {
    expect(piece('text', 'a\nb\tc').text).toBe('a⏎b c')
  })

  test('the same snapshot gives the same rows', () => {
    const operator = room(fakeEngine(21))
    expect(linesOf(operator.room.snapshot())).toEqual(linesOf(operator.room.snapshot()))
  })
})
