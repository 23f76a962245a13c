import headless from '@xterm/headless'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shownNode } from '../../screens/overview/nodes.ts'
import { tile } from '../../screens/overview/tile.ts'
import { createRoom } from '../../screens/room/room.ts'
import { createPainter } from '../../screens/terminal/painter.ts'
import { createTheme } from '../../screens/theme/tokens.ts'
import { paintRow } from '../../screens/widgets/row.ts'
import { nodeText } from '../../state/primitives/node-text.ts'
import { fakeEngine, nodeName, start } from './fake-engine.ts'

const size = { columns: 24, rows: 5 }

function emulator(columns = size.columns, rows = size.rows) {
  return new headless.Terminal({ cols: columns, rows, allowProposedApi: true })
}
type Emulator = ReturnType<typeof emulator>

function write(terminal: Emulator, bytes: string): Promise<void> {
  return new Promise(resolve => terminal.write(bytes, resolve))
}

/** Every cell with its style: what an eye would see. */
function seen(terminal: Emulator): string[] {
  return Array.from({ length: terminal.rows }, (_, row) => {
    const line = terminal.buffer.active.getLine(row)
    return Array.from({ length: terminal.cols }, (_, column) => {
      const cell = line?.getCell(column)
      if (!cell) return ''
      const text = cell.getChars() || ' '
      // Nobody sees the colour of a blank, but everybody its inverse.
      const colour = text === ' ' && !cell.isInverse() ? '' : `${cell.getFgColor()}/${cell.isBold()}/${cell.isDim()}`
      return `${text}/${colour}/${cell.isInverse()}/${cell.getWidth()}`
    }).join('|')
  })
}

const styled = fc
  .array(
    fc.tuple(
      fc.constantFrom('', '31', '1;31', '38;5;71', '7', '2'),
      fc.string({ unit: fc.constantFrom('a', 'b', ' ', '●', '漢', 'é', '▂', '█'), maxLength: 9 }),
    ),
    { maxLength: 5 },
  )
  .map(parts => parts.map(([code, text]) => (code === '' ? text : `\u001b[${code}m${text}\u001b[0m`)).join(''))
const frame = fc.array(styled, { minLength: 1, maxLength: 5 }).map(rows => rows.join('\n'))

describe('the painter', () => {
  test('after any changes the terminal shows what a whole repaint would show', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 6 }), async frames => {
        const painter = createPainter()
        const changing = emulator()
        for (const one of frames) await write(changing, `\u001b[?7l${painter.paint(one, size)}`)
        const whole = emulator()
        await write(whole, `\u001b[?7l${createPainter().paint(frames.at(-1) ?? '', size)}`)
        expect(seen(changing)).toEqual(seen(whole))
      }),
      { numRuns: 60 * Number(process.env.WATCHFLOOR_GAUNTLET ?? 1) },
    )
  })

  test('a frame that did not change writes nothing', () => {
    const painter = createPainter()
    painter.paint('one\ntwo', size)
    expect(painter.paint('one\ntwo', size)).toBe('')
  })

  test('the screen is cleared for the first frame and after a resize, and never between', () => {
    const painter = createPainter()
    const frames = ['a', 'b\nc', '', 'long long line'].map(text => painter.paint(text, size))
    expect(frames.map(bytes => bytes.includes('\u001b[2J'))).toEqual([true, false, false, false])
    expect(painter.paint('a', { columns: 30, rows: 5 })).toContain('\u001b[2J')
  })

  test('a frame after forgetting is written whole', () => {
    const painter = createPainter()
    painter.paint('same', size)
    painter.forget()
    expect(painter.paint('same', size)).toContain('same')
  })

  test('one digit that changed costs a jump and the digit', () => {
    const painter = createPainter()
    painter.paint('ping 118 ms', size)
    expect(painter.paint('ping 119 ms', size)).toBe('\u001b[1;8H9')
  })

  test('a tile that goes down costs at most 400 bytes', () => {
    const theme = createTheme('truecolor', 'unicode')
    const engine = fakeEngine(3)
    const room = createRoom(engine, { columns: 120, rows: 36 }, () => start)
    const rows = () => {
      const node = shownNode(room.snapshot(), nodeName(1))
      return node
        ? tile(node, { width: 30, lines: 4 }, start, false, theme)
            .map(row => paintRow(row, theme))
            .join('\n')
        : ''
    }
    const painter = createPainter()
    const wide = { columns: 120, rows: 36 }
    painter.paint(rows(), wide)
    engine.setHealth(nodeName(1), 'down', { severity: 'SEV1', reason: nodeText('no answer from 10.84.0.17 (3 of 3)') })
    room.freeze(false)
    const bytes = Buffer.byteLength(painter.paint(rows(), wide))
    room.close()
    expect(bytes).toBeGreaterThan(50)
    expect(bytes).toBeLessThanOrEqual(400)
  })
})
