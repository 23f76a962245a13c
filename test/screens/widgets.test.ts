// Parts that pages are made of, as pictures.
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { createTheme, type Theme } from '../../screens/theme/tokens.ts'
import { meter } from '../../screens/widgets/meter.ts'
import { type PlotOptions, plotRows } from '../../screens/widgets/plot.ts'
import { cut, fitted, type Piece, piece, type Row, widthOf, wrap } from '../../screens/widgets/row.ts'
import { scrollbar } from '../../screens/widgets/scrollbar.ts'
import type { Point } from '../../state/history/history.ts'
import { forScreen, type NodeText, type ScreenText } from '../../state/primitives/node-text.ts'

const unicode = createTheme('256', 'unicode')
const ascii = createTheme('16', 'ascii')
const from = Date.UTC(2026, 10, 22, 10)
const hour = 3_600_000

const textOf = (row: Row) => row.map(({ text }) => text).join('')
const picture = (rows: readonly Row[]) => `\n${rows.map(row => `${textOf(row)}|`).join('\n')}\n`

/** One bucket a value, over the hour; null is a gap. */
function points(values: readonly (number | null)[], more: (value: number) => Partial<Point> = () => ({})): Point[] {
  return values.map((value, index) => ({
    at: from + (hour / values.length) * index,
    count: value === null ? 0 : 2,
    min: value,
    avg: value,
    max: value,
    p95: null,
    ...(value === null ? {} : more(value)),
  }))
}

function plot(options: Partial<PlotOptions>): Row[] {
  return plotRows({ points: [], from, to: from + hour, width: 40, height: 6, unit: 'ms', theme: unicode, ...options })
}

const day = Array.from({ length: 66 }, (_, at) => 20 + 10 * Math.sin(at / 8))

describe('a plot', () => {
  test('draws the average as an area between a top with its unit, zero, and times', () => {
    expect(picture(plot({ points: points(day) }))).toMatchInlineSnapshot(`
      "
       30 ms┤  ⣀⣤⣶⣿⣿⣿⣶⣦⣀                ⢀⣤⣶⣿⣿⣿|
            │⣠⣾⣿⣿⣿⣿⣿⣿⣿⣿⣿⣷⣄⡀           ⣠⣾⣿⣿⣿⣿⣿⣿|
            │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣦⣄      ⣀⣴⣾⣿⣿⣿⣿⣿⣿⣿⣿|
            │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣶⣶⣶⣶⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿|
           0┤⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿|
             10:00Z       10:30Z        11:00Z|
      "
    `)
  })

  test('is drawn with blocks where they are asked for', () => {
    expect(picture(plot({ points: points(day), style: 'blocks' }))).toMatchInlineSnapshot(`
      "
       30 ms┤  ▂▄▆▇██▇▆▃                ▁▃▆▇██|
            │▃▆██████████▅            ▂▆██████|
            │██████████████▆▃▁     ▁▄█████████|
            │█████████████████▇▆▅▆▇███████████|
           0┤█████████████████████████████████|
             10:00Z       10:30Z        11:00Z|
      "
    `)
  })

  test('is drawn in ASCII where there is nothing else', () => {
    const rows = plot({ points: points(day), theme: ascii })
    expect(picture(rows)).toMatchInlineSnapshot(`
      "
       30 ms+  .~+*##*+-                _-+*##|
            |-+##########=            .+######|
            |##############+-_     _~#########|
            |#################*+=+*###########|
           0+#################################|
             10:00Z       10:30Z        11:00Z|
      "
    `)
    expect(textOf(rows.flat())).toMatch(/^[\x20-\x7e]*$/)
  })

  test('draws a gap otherwise than zero', () => {
    const values = [8, 8, null, null, 0, 0, 8, 8]
    expect(picture(plot({ points: points(values), height: 4, width: 23 }))).toMatchInlineSnapshot(`
      "
       8 ms┤⣿⣿⣿⣿⡇        ⣿⣿⣿⣿|
           │⣿⣿⣿⣿⡇        ⣿⣿⣿⣿|
          0┤⣿⣿⣿⣿⡇···⢀⣀⣀⣀⣀⣿⣿⣿⣿|
            10:00Z     11:00Z|
      "
    `)
    expect(picture(plot({ points: points(values), height: 4, width: 23, theme: ascii }))).toMatchInlineSnapshot(`
      "
       8 ms+####         ####|
           |####         ####|
          0+####     ____####|
            10:00Z     11:00Z|
      "
    `)
  })

  test('without any look is all gap', () => {
    expect(picture(plot({ points: points([null, null, null]), height: 4 }))).toMatchInlineSnapshot(`
      "
       1 ms┤                                  |
           │                                  |
          0┤··································|
            10:00Z        10:30Z        11:00Z|
      "
    `)
    expect(picture(plot({ points: [], height: 2 }))).toMatchInlineSnapshot(`
      "
       1 ms┤··································|
            10:00Z        10:30Z        11:00Z|
      "
    `)
  })

  test('of a single bucket fills its span', () => {
    expect(picture(plot({ points: points([7]), height: 4 }))).toMatchInlineSnapshot(`
      "
       8 ms┤⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶|
           │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿|
          0┤⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿|
            10:00Z        10:30Z        11:00Z|
      "
    `)
  })

  test('of a constant is flat and below the top', () => {
    expect(picture(plot({ points: points(Array(20).fill(25)), height: 5 }))).toMatchInlineSnapshot(`
      "
       30 ms┤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀|
            │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿|
            │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿|
           0┤⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿|
             10:00Z       10:30Z        11:00Z|
      "
    `)
  })

  test('of nothing but zero stands on the ground', () => {
    expect(picture(plot({ points: points(Array(20).fill(0)), height: 4 }))).toMatchInlineSnapshot(`
      "
       1 ms┤                                  |
           │                                  |
          0┤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀|
            10:00Z        10:30Z        11:00Z|
      "
    `)
  })

  test('marks one value far beyond the others at the edge and does not press those flat', () => {
    const values = Array.from({ length: 33 }, (_, at) => (at === 12 ? 9_000 : 20 + (at % 5)))
    const rows = plot({ points: points(values) })
    expect(picture(rows)).toMatchInlineSnapshot(`
      "
       50 ms┤            ▴                    |
            │            ⣿                    |
            │  ⣀⣀⣤  ⣀⣀⣤  ⣿⣀⣤  ⣀⣀⣤  ⣀⣀⣤  ⣀⣀⣤  ⣀|
            │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿|
           0┤⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿|
             10:00Z       10:30Z        11:00Z|
      "
    `)
    expect(rows[0]?.find(({ text }) => text.includes('▴'))?.token).toBe('degraded')
  })

  test('shows p95 as a line of dots and the maximum as a thin line above the average', () => {
    const seen = points([20, 20, 22, 24, 22, 20, 20, 20], value => ({ p95: value * 1.4, max: value * 1.9 }))
    expect(picture(plot({ points: seen, height: 8 }))).toMatchInlineSnapshot(`
      "
       50 ms┤                                 |
            │        ╷╷╷╷╷╷╷╷╷╷╷╷╷            |
            │╷╷╷╷╷╷╷╷⢀⣀⣀⣀⡐⠒⠒⠒⢂⣀⣀⣀⡀╷╷╷╷╷╷╷╷╷╷╷╷|
          25┤⠉⠉⠉⠉⠉⠉⠉⠉⠁╷╷╷⢀⣀⣀⣀⡀╷╷╷⠈⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉|
            │⣶⣶⣶⣶⣶⣶⣶⣶⣾⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣷⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶⣶|
            │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿|
           0┤⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿|
             10:00Z       10:30Z        11:00Z|
      "
    `)
  })

  test('has what happened under its axis, of several in one column the gravest', () => {
    const markers = [
      { at: from, kind: 'boot' },
      { at: from + hour / 2, kind: 'person' },
      { at: from + hour / 2, kind: 'sev1' },
      { at: from + hour, kind: 'sev2' },
      { at: from + 2 * hour, kind: 'sev1' },
    ] as const
    expect(picture(plot({ points: points(day), markers, height: 5 }))).toMatchInlineSnapshot(`
      "
       30 ms┤ ⣀⣤⣶⣾⣿⣿⣿⣷⣶⣤⣄⡀             ⣀⣤⣶⣾⣿⣿⣿|
            │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣷⣦⣄⣀    ⣀⣠⣤⣶⣿⣿⣿⣿⣿⣿⣿⣿|
           0┤⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿|
             ↻               ✖               ◐|
             10:00Z       10:30Z        11:00Z|
      "
    `)
    expect(picture(plot({ points: points(day), markers, height: 5, theme: ascii }))).toMatchInlineSnapshot(`
      "
       30 ms+ .~=*###**=-_             .~=*###|
            |#############*=-._   _.~+########|
           0+#################################|
             B               X               ~|
             10:00Z       10:30Z        11:00Z|
      "
    `)
  })

  test('leaves out the values where there is no room for them', () => {
    expect(picture(plot({ points: points(day), width: 12, height: 3 }))).toMatchInlineSnapshot(`
      "
      ⣠⣾⣿⣷⣄⡀   ⣠⣾⣿|
      ⣿⣿⣿⣿⣿⣿⣶⣶⣾⣿⣿⣿|
      10:00Z      |
      "
    `)
  })

  test('says the day where the span is longer than one', () => {
    const rows = plot({ points: points(day), from: from - 48 * hour, to: from, width: 60, height: 3 })
    expect(textOf(rows.at(-1) ?? [])).toMatch(/11-20 10:00Z +11-21 10:00Z +10:00Z/)
  })

  test.each([
    [12_345, 'ms', '15k ms'],
    [3_100_000, 'req', '4M req'],
    [0.37, '', '0.4'],
    [97, '%', '100 %'],
  ])('up to %d %s has %j at its top', (value, unit, label) => {
    expect(textOf(plot({ points: points([value]), unit })[0] ?? [])).toContain(`${label}┤`)
  })

  const anything = fc.oneof(
    fc.constant(null),
    fc.double(),
    fc.double({ min: 0, max: 500, noNaN: true }),
    fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.MIN_VALUE, Number.MAX_VALUE),
  )
  const point = fc.record({
    at: fc.oneof(fc.integer({ min: from - hour, max: from + 2 * hour }), fc.double()),
    count: fc.integer({ min: 0, max: 5 }),
    min: anything,
    avg: anything,
    max: anything,
    p95: anything,
  })

  test('is exactly as large as asked for, whatever was measured', () => {
    fc.assert(
      fc.property(
        fc.record({
          points: fc.array(point, { maxLength: 80 }),
          span: fc.constantFrom(hour, 0, -hour, 1, 30 * 24 * hour),
          width: fc.integer({ min: 10, max: 200 }),
          height: fc.integer({ min: 2, max: 20 }),
          unit: fc.constantFrom('ms', '', '%', 'MB', '漢字'),
          glyphs: fc.constantFrom<Theme[]>(unicode, ascii),
          style: fc.constantFrom('braille' as const, 'blocks' as const),
          markers: fc.array(
            fc.record({
              at: fc.integer({ min: from - 1, max: from + hour + 1 }),
              kind: fc.constantFrom('sev1' as const, 'sev2' as const, 'boot' as const, 'person' as const),
            }),
          ),
        }),
        ({ span, glyphs, ...options }) => {
          const rows = plotRows({ ...options, from, to: from + span, theme: glyphs })
          expect(rows).toHaveLength(options.height)
          expect(rows.filter(row => widthOf(row) !== options.width)).toEqual([])
          if (glyphs === ascii && options.unit !== '漢字') expect(textOf(rows.flat())).toMatch(/^[\x20-\x7e]*$/)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('a meter', () => {
  const limits = { degraded: 80, down: 95 }
  test.each([
    [0, '▯▯▯▯▯', 'dim'],
    [1, '▮▯▯▯▯', 'trend'],
    [50, '▮▮▮▯▯', 'trend'],
    [80, '▮▮▮▮▯', 'degraded'],
    [99, '▮▮▮▮▯', 'down'],
    [100, '▮▮▮▮▮', 'down'],
    [140, '▮▮▮▮▮', 'down'],
    [-3, '▯▯▯▯▯', 'dim'],
    [null, '·····', 'dim'],
    [Number.NaN, '·····', 'dim'],
  ])('of %j is %s', (percent, bar, token) => {
    const row = meter(percent, 5, unicode, limits)
    expect(textOf(row)).toBe(bar)
    expect(row[0]?.token).toBe(token)
  })

  test('is as wide as asked for, also in ASCII', () => {
    expect(textOf(meter(40, 5, ascii, limits))).toBe('##---')
    for (let width = 0; width < 9; width++) expect(widthOf(meter(99.9, width, unicode, limits))).toBe(width)
  })
})

describe('a scrollbar', () => {
  const bar = (rows: number, total: number, at: number) => textOf(scrollbar(rows, total, at, unicode))
  test.each([
    [5, 5, 0, '     '],
    [5, 0, 0, '     '],
    [5, 10, 0, '███││'],
    [5, 10, 5, '││███'],
    [5, 50, 0, '█││││'],
    [5, 50, 1, '│█│││'],
    [5, 50, 44, '│││█│'],
    [5, 50, 45, '││││█'],
    [5, 50, 999, '││││█'],
    [1, 50, 7, '█'],
    [0, 50, 7, ''],
  ])('%i rows of %i from %i on: %j', (rows, total, at, drawn) => {
    expect(bar(rows, total, at)).toBe(drawn)
  })
})

describe('text of a row', () => {
  test('is branded: neither a string nor what a node said is taken for it', () => {
    expectTypeOf<string>().not.toExtend<ScreenText>()
    expectTypeOf<NodeText>().not.toExtend<ScreenText>()
    expectTypeOf<ScreenText>().toExtend<string>()
    expectTypeOf<Piece['text']>().toEqualTypeOf<ScreenText>()
    expectTypeOf<Parameters<Theme['paint']>[1]>().toEqualTypeOf<ScreenText>()
    expectTypeOf(piece).returns.toEqualTypeOf<Piece>()
    expectTypeOf(cut).returns.toEqualTypeOf<ScreenText>()
    expectTypeOf(wrap).returns.toEqualTypeOf<ScreenText[]>()
    expectTypeOf(forScreen).returns.toEqualTypeOf<ScreenText>()
    expect(piece('text', '\u001b[31mred').text).toBe('red')
  })

  test('that is a word longer than its line is cut, also before another word', () => {
    expect(wrap('one-very-long-word two', 8, 3)).toEqual(['one-ver…', 'two'])
  })

  test('is filled up and cut to the column', () => {
    expect(textOf(fitted([piece('text', '漢字')], 5))).toBe('漢字 ')
    expect(textOf(fitted([piece('text', '漢字'), piece('text', 'more')], 3))).toBe('漢…')
    expect(textOf(fitted([piece('text', 'a')], 0))).toBe('')
  })
})
