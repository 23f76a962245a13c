// Colours are checked by number: read on their background, told apart by eyes that do not tell red from green.
import headless from '@xterm/headless'
import { describe, expect, test } from 'vitest'
import {
  capabilities,
  createTheme,
  type Depth,
  type Glyphs,
  type Palette,
  paletteOf,
  type ThemeName,
  type Token,
  themeNames,
} from '../../screens/theme/tokens.ts'
import { piece } from '../../screens/widgets/row.ts'
import { isNarrow, textWidth } from '../../state/primitives/width.ts'

type Rgb = readonly [number, number, number]
const backgrounds: Readonly<Record<ThemeName, Rgb>> = {
  dark: [0x15, 0x18, 0x1c],
  'safe-dark': [0x15, 0x18, 0x1c],
  light: [255, 255, 255],
  'safe-light': [255, 255, 255],
}
const exact = ['256', 'truecolor'] as const

/** The colour that an SGR code sets; null: the terminal's own. */
function rgbOf(code: string): Rgb | null {
  const direct = /38;2;(\d+);(\d+);(\d+)/.exec(code)
  if (direct) return [Number(direct[1]), Number(direct[2]), Number(direct[3])]
  const indexed = /38;5;(\d+)/.exec(code)
  if (!indexed) return null
  const index = Number(indexed[1])
  if (index >= 232) return [8 + 10 * (index - 232), 8 + 10 * (index - 232), 8 + 10 * (index - 232)]
  const level = (step: number) => (step === 0 ? 0 : 55 + 40 * step)
  return [level(Math.floor((index - 16) / 36)), level(Math.floor((index - 16) / 6) % 6), level((index - 16) % 6)]
}

/** sRGB without its curve (WCAG 2.2, relative luminance). */
function linear(channel: number): number {
  const share = channel / 255
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
}

function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

function contrast(a: Rgb, b: Rgb): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

const eyes: Readonly<Record<string, readonly Rgb[]>> = {
  all: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  // Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
}

/** CIELAB (D65) of a colour as these eyes see it. */
function labOf(colour: Rgb, matrix: readonly Rgb[]): Rgb {
  const [red = 0, green = 0, blue = 0] = matrix.map(row =>
    Math.max(0, Math.min(1, row[0] * linear(colour[0]) + row[1] * linear(colour[1]) + row[2] * linear(colour[2]))),
  )
  const curve = (value: number) => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116)
  const x = curve((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047)
  const y = curve(0.2126 * red + 0.7152 * green + 0.0722 * blue)
  const z = curve((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883)
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}

function distance(a: Rgb, b: Rgb, matrix: readonly Rgb[]): number {
  const [one, other] = [labOf(a, matrix), labOf(b, matrix)]
  return Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2])
}

const states = ['up', 'degraded', 'down', 'unknown', 'maintenance'] as const

function nearestStates(palette: Palette, matrix: readonly Rgb[]): number {
  const colours = states.map(state => rgbOf(palette[state])).filter(colour => colour !== null)
  expect(colours).toHaveLength(states.length)
  return Math.min(
    ...colours.flatMap((colour, index) => colours.slice(index + 1).map(other => distance(colour, other, matrix))),
  )
}

/** Drawn, not read: less contrast is enough. Thin rules only part what is read. */
const least: Partial<Record<Token, number>> = { dim: 3, trend: 3, edge: 2, rule: 1.9 }

describe.each(themeNames)('the theme %s', name => {
  test.each(exact)('every colour that carries text is read on its background at %s', depth => {
    const tooPale = Object.entries(paletteOf(name, depth) ?? {}).flatMap(([token, code]) => {
      const colour = rgbOf(code)
      const ratio = colour === null ? 21 : contrast(colour, backgrounds[name])
      const enough = Object.entries(least).find(([quiet]) => quiet === token)?.[1] ?? 4.5
      return ratio < enough ? [`${token} ${ratio.toFixed(2)}`] : []
    })
    expect(tooPale).toEqual([])
  })

  test.each(['16', ...exact] as const)('only what is down or dangerous is bold red at %s', depth => {
    const palette = paletteOf(name, depth)
    const loud = palette?.down
    expect(loud).toMatch(/^1;/)
    const tokens = Object.entries(palette ?? {}).filter(([, code]) => code === loud || code === '1;31')
    expect(tokens.map(([token]) => token).sort()).toEqual(['danger', 'down'])
  })

  test.each(exact)('the states differ from each other for most eyes at %s', depth => {
    const palette = paletteOf(name, depth)
    expect(palette && nearestStates(palette, eyes.all ?? [])).toBeGreaterThan(20)
  })
})

describe.each(['safe-dark', 'safe-light'] as const)('the theme %s', name => {
  test.each(['protanopia', 'deuteranopia'])('its states stay apart with %s', kind => {
    for (const depth of exact) {
      const palette = paletteOf(name, depth)
      // 2.3 is a difference one just sees with both side by side; these are seen across the screen.
      expect(palette && nearestStates(palette, eyes[kind] ?? [])).toBeGreaterThan(25)
    }
  })
})

test('the measure tells the themes apart: with deuteranopia the states of the dark theme are closer than allowed', () => {
  const palette = paletteOf('dark', '256')
  expect(palette && nearestStates(palette, eyes.deuteranopia ?? [])).toBeLessThan(25)
})

test('black on white has the contrast of the standard, and grey 767676 just enough', () => {
  expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21)
  expect(contrast([0x76, 0x76, 0x76], [255, 255, 255])).toBeCloseTo(4.54, 1)
})

test('without colour only the cursor is painted', () => {
  const theme = createTheme('none', 'unicode', 'light')
  const painted = (['text', 'down', 'danger', 'mark', 'selected'] as const).map(token =>
    theme.paint(token, piece(token, 'x').text),
  )
  expect(painted).toEqual(['x', 'x', 'x', 'x', '\u001b[7mx\u001b[0m'])
})

test.each([
  ['déjà vu', 'deja vu'],
  ['e\u0301', 'e'],
  ['ě …⏎', 'e >/'],
  ['漢 Ж', '?? ?'],
  ['✖ ▲', '? ?'],
])('on an ASCII terminal %j is %j, as wide as before', (text, shown) => {
  const { text: safe } = piece('text', text)
  const painted = createTheme('none', 'ascii').paint('text', safe)
  expect(painted).toBe(shown)
  expect(painted).toHaveLength(textWidth(safe))
})

describe('glyphs', () => {
  function signsOf(value: unknown): string[] {
    if (typeof value === 'string') return [value]
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(signsOf) : []
  }
  const sets: readonly (readonly ['unicode' | 'ascii', Glyphs])[] = [
    ['unicode', createTheme('none', 'unicode').glyphs],
    ['ascii', createTheme('none', 'ascii').glyphs],
  ]

  test.each(sets)('each %s glyph is one column wide, by our rules and in the emulator', async (kind, glyphs) => {
    const signs = signsOf(glyphs)
    expect(signs.length).toBeGreaterThan(40)
    expect(signs.filter(sign => !isNarrow(sign) || sign.length !== 1)).toEqual([])
    if (kind === 'ascii') expect(signs.filter(sign => !/^[\x20-\x7e]$/.test(sign))).toEqual([])
    const terminal = new headless.Terminal({ cols: 80, rows: 2, allowProposedApi: true })
    const columns: string[] = []
    terminal.onData(answer => columns.push(answer))
    await new Promise<void>(resolve => terminal.write(signs.map(sign => `\r${sign}\u001b[6n`).join(''), resolve))
    expect(columns).toEqual(signs.map(() => '\u001b[1;2R'))
  })

  test.each(sets)('what tells things apart differs from its neighbours in the %s set', (_kind, glyphs) => {
    for (const group of [
      glyphs.health,
      glyphs.strip,
      glyphs.radio,
      glyphs.checkbox,
      glyphs.event,
      glyphs.sort,
      glyphs.meter,
    ]) {
      const signs = Object.values(group)
      expect(new Set(signs).size).toBe(signs.length)
    }
  })
})

describe('what the terminal says of itself', () => {
  test.each<[Record<string, string>, Depth]>([
    [{ TERM: 'xterm-256color', CLICOLOR: '0' }, 'none'],
    [{ TERM: 'xterm-256color', CLICOLOR: '1' }, '256'],
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor', NO_COLOR: '1' }, 'none'],
    [{ TERM: 'dumb', COLORTERM: 'truecolor' }, 'none'],
    [{ TERM: 'xterm', COLORTERM: '24bit' }, 'truecolor'],
    [{ TERM: 'screen' }, '16'],
    [{}, '16'],
  ])('%j: %s', (env, depth) => {
    expect(capabilities(env).depth).toBe(depth)
  })

  test.each([
    ['15;0', 'dark'],
    ['0;15', 'light'],
    ['0;default;15', 'light'],
    ['0;7', 'light'],
    ['7;8', 'dark'],
    ['15;default', null],
    ['12;231', null],
    ['', null],
    [undefined, null],
  ])('a background of %j is %s', (colours, background) => {
    expect(capabilities({ COLORFGBG: colours }).background).toBe(background)
  })
})
