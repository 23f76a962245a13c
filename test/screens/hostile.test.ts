// Hostile text cannot change how a screen looks: every string of the corpus, in every place where a screen shows text from
// outside, through the real painter into a terminal emulator.
import headless from '@xterm/headless'
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { paint, pictureRows } from '../../screens/room/picture.ts'
import { createRoom, type Room } from '../../screens/room/room.ts'
import { createPainter } from '../../screens/terminal/painter.ts'
import { createTheme, type Theme } from '../../screens/theme/tokens.ts'
import { cut, fitted, piece, type Row, widthOf, wrap } from '../../screens/widgets/row.ts'
import { forTerminal, harmless, linesForTerminal, nodeText } from '../../state/primitives/node-text.ts'
import { textWidth } from '../../state/primitives/width.ts'
import { start } from './fake-engine.ts'
import { hostile, isHarmlessOnTerminal, isHarmlessOutput } from './hostile.ts'
import { places, smallFleet, victim, views } from './hostile-places.ts'

const corpus = Object.entries(hostile)
const unicode = createTheme('256', 'unicode')
const ascii = createTheme('16', 'ascii')

const textOf = (row: Row) => row.map(({ text }) => text).join('')

type Emulator = InstanceType<typeof headless.Terminal>
function emulator(cols: number, rows: number): Emulator {
  return new headless.Terminal({ cols, rows, allowProposedApi: true })
}
function write(terminal: Emulator, bytes: string): Promise<void> {
  return new Promise(resolve => terminal.write(bytes, resolve))
}

test('the corpus is large', () => {
  expect(corpus.length).toBeGreaterThanOrEqual(80)
})

test('the emulator is one that hostile text changes: written as they are, most strings leave another picture', async () => {
  let changed = 0
  for (const [, text] of corpus) {
    const terminal = emulator(20, 3)
    await write(terminal, `sentinel\r\n${text.slice(0, 2_000)}\u001b[6n`)
    const first = terminal.buffer.active.getLine(0)?.translateToString(true)
    if (first !== 'sentinel' || terminal.buffer.active.cursorY !== 1) changed += 1
  }
  expect(changed).toBeGreaterThan(20)
})

describe('each hostile string', () => {
  const widths = Array.from({ length: 40 }, (_, index) => index + 1)

  test.each(corpus)(
    '%s: is fitted, cut and wrapped to exact widths without anything a terminal acts on',
    (_name, text) => {
      const whole = piece('text', text)
      expect(isHarmlessOnTerminal(whole.text)).toBe(true)
      expect(stringWidth(whole.text)).toBe(textWidth(whole.text))
      for (const width of widths) {
        const row = fitted([piece('text', ' '), whole, piece('dim', 'end')], width)
        expect(widthOf(row)).toBe(width)
        expect(stringWidth(textOf(row))).toBe(width)
        const parts = [cut(text, width), ...wrap(text, width, 3)]
        expect(parts.filter(part => textWidth(part) > width || !isHarmlessOnTerminal(part))).toEqual([])
        expect(wrap(text, width, 3).length).toBeLessThanOrEqual(3)
      }
    },
  )

  test('takes the columns in the emulator that it takes by our rules, at every width', async () => {
    const asked: { name: string; width: number }[] = []
    const answers: number[] = []
    const terminal = emulator(50, 2)
    terminal.onData(answer => answers.push(Number(/;(\d+)R/.exec(answer)?.[1]) - 1))
    const bytes: string[] = []
    for (const [name, text] of corpus) {
      for (const width of widths) {
        asked.push({ name, width })
        bytes.push(`\u001b[H\u001b[K${textOf(fitted([piece('text', text)], width))}\u001b[6n`)
      }
    }
    await write(terminal, bytes.join(''))
    expect(answers).toHaveLength(asked.length)
    expect(asked.filter(({ width }, index) => answers[index] !== width)).toEqual([])
  })

  test.each(corpus)('%s: is nothing but ASCII on an ASCII terminal, and as wide', (_name, text) => {
    const { text: safe } = piece('text', cut(text, 500))
    const painted = ascii.paint('text', safe)
    expect(painted).toMatch(/^[\x20-\x7e]*$/)
    expect(painted).toHaveLength(textWidth(safe))
  })

  test.each(corpus)(
    '%s: leaves as a line of plain output and as a log line without anything a terminal acts on',
    (_name, text) => {
      expect(isHarmlessOutput(harmless(`node: ${forTerminal(text)}`))).toBe(true)
      for (const line of linesForTerminal(nodeText(text, 200_000))) expect(isHarmlessOutput(line)).toBe(true)
      // A log line is JSON: it stays the same document and does not become two lines.
      const line = harmless(JSON.stringify({ level: 30, msg: text }))
      expect(isHarmlessOutput(line)).toBe(true)
      expect(line).not.toContain('\n')
      expect(line).not.toContain('\u001b')
      expect(JSON.parse(line)).toEqual({ level: 30, msg: text })
    },
  )
})

/** A room whose picture is taken by hand; everything is in place already. */
function shown(text: string, where: typeof places, size: { columns: number; rows: number }): Room {
  const engine = smallFleet()
  const room = createRoom(engine, size, () => start)
  for (const place of where) place.put({ engine, room }, text)
  room.freeze(false)
  room.set('overview', { selected: victim })
  return room
}

function pictures(room: Room, theme: Theme): { name: string; rows: Row[] }[] {
  return views.map(({ name, show }) => {
    room.change({ prompt: null })
    room.set('node', { scroll: 0 })
    show(room)
    return { name, rows: pictureRows(room.snapshot(), theme) }
  })
}

test.each(places.filter(({ isUnseen }) => !isUnseen))('$name is on a screen', place => {
  const room = shown('zqx', [place], { columns: 120, rows: 36 })
  const seen = pictures(room, unicode).filter(({ rows }) => rows.some(row => textOf(row).includes('zqx')))
  room.close()
  expect(seen.length).toBeGreaterThan(0)
})

test.each(places)('with any hostile string as $name, every row is exactly as wide as the screen', place => {
  const size = { columns: 80, rows: 24 }
  const torn: string[] = []
  for (const [name, text] of corpus) {
    const room = shown(text, [place], size)
    for (const picture of pictures(room, unicode)) {
      const isWhole =
        picture.rows.length === size.rows &&
        picture.rows.every(row => widthOf(row) === size.columns && isHarmlessOnTerminal(textOf(row)))
      if (!isWhole) torn.push(`${name} in ${picture.name}`)
    }
    room.close()
  }
  expect(torn).toEqual([])
})

/** What the painter may write: text, colours, jumps, erasing to the end of a line, one clearing, synchronised frames. */
const ours = /\u001b\[(?:[0-9;]*m|\d+;\d+H|\d+C|K|2J|\?2026[hl])/g
const setUp = '\u001b[?1049h\u001b[?25l\u001b[?2004h\u001b[?7l'

describe.each([
  ['unicode', unicode, { columns: 121, rows: 37 }],
  ['ascii', ascii, { columns: 80, rows: 24 }],
] as const)('on an emulator with %s', (_kind, theme, size) => {
  test.each(corpus)(
    '%s: in all places at once, the terminal is as it was and every row where it should be',
    async (_name, text) => {
      const terminal = emulator(size.columns, size.rows)
      const told: string[] = []
      terminal.onTitleChange(title => told.push(`title ${title}`))
      terminal.onBell(() => told.push('bell'))
      terminal.onData(answer => told.push(`answer ${answer}`))
      for (const code of [0, 1, 2, 4, 8, 9, 10, 11, 12, 52, 777, 1337])
        terminal.parser.registerOscHandler(code, () => {
          told.push(`OSC ${code}`)
          return true
        })
      await write(terminal, setUp)
      const modes = { ...terminal.modes }
      const painter = createPainter()
      const room = shown(text, places, size)
      for (const { name, rows } of pictures(room, theme)) {
        const lines = paint(rows, theme)
        const bytes = painter.paint(lines.join('\n'), size)
        expect(isHarmlessOnTerminal(bytes.replace(ours, ''))).toBe(true)
        await write(terminal, bytes)
        const drawn = Array.from({ length: size.rows }, (_, row) =>
          terminal.buffer.active.getLine(row)?.translateToString(false),
        )
        const meant = lines.map(line => line.replace(ours, ''))
        expect(drawn, name).toEqual(meant)
      }
      room.close()
      expect({ ...terminal.modes, synchronizedOutputMode: false }).toEqual({ ...modes, synchronizedOutputMode: false })
      expect(terminal.buffer.active.type).toBe('alternate')
      expect(told).toEqual([])
      await expectUntouched(terminal, size)
    },
  )
})

/** What no mode tells: tab stops, charset, scroll region, colours of the pen. */
async function expectUntouched(
  terminal: Emulator,
  { columns, rows }: { columns: number; rows: number },
): Promise<void> {
  await write(terminal, `\u001b[2J\u001b[1;1H\tqx\u001b[2;1Hsecond\u001b[${rows};1Hlast`)
  const line = (row: number) => terminal.buffer.active.getLine(row)
  expect(line(0)?.translateToString(true)).toBe('        qx')
  const pen = line(0)?.getCell(8)
  expect([pen?.isBold(), pen?.isInverse(), pen?.isInvisible(), pen?.isFgDefault(), pen?.isBgDefault()]).toEqual([
    0,
    0,
    0,
    true,
    true,
  ])
  // A line feed in the last row moves all rows, if no region was set.
  await write(terminal, '\n')
  expect([line(0)?.translateToString(true), line(rows - 2)?.translateToString(true)]).toEqual(['second', 'last'])
  expect(terminal.cols).toBe(columns)
}
