// Colours have meanings, not names: a theme says what `down` looks like at each depth of colour. Colour only repeats
// what glyph and word say already.
import type { ScreenText } from '../../state/primitives/node-text.ts'
import { textWidth } from '../../state/primitives/width.ts'
import { dark } from './dark.ts'
import { ascii, type Glyphs, unicode } from './glyphs.ts'
import { light } from './light.ts'
import { safeDark } from './safe-dark.ts'
import { safeLight } from './safe-light.ts'

export type { Glyphs }

export type Token =
  | 'text'
  | 'dim'
  | 'title'
  /** Over a part of a page. */
  | 'heading'
  | 'up'
  | 'degraded'
  | 'down'
  | 'unknown'
  | 'maintenance'
  | 'accent'
  | 'selected'
  /** One of several rows that are chosen together. */
  | 'mark'
  /** What is shown is not now: the picture is rewound. */
  | 'past'
  /** The button or word that changes something outside HQ. Only this and `down` may be bold red. */
  | 'danger'
  /** Something was done as asked. */
  | 'ok'
  | 'key'
  /** What was measured over time: there, but quiet. */
  | 'trend'
  /** The edge of a healthy tile: quieter than its glyph. */
  | 'edge'
  /** Thin lines between parts. */
  | 'rule'
export type Depth = 'none' | '16' | '256' | 'truecolor'

/** SGR codes by token; empty is the terminal's own colour. */
export type Palette = Readonly<Record<Token, string>>
export type Colours = Readonly<Record<Exclude<Depth, 'none'>, Palette>>

export const themeNames = ['dark', 'light', 'safe-dark', 'safe-light'] as const
export type ThemeName = (typeof themeNames)[number]

export interface Theme {
  /** The text in this meaning's colour; plain where there is none. */
  paint(token: Token, text: ScreenText): string
  glyphs: Glyphs
}

/** The colours of a theme at a depth, null without any. */
export function paletteOf(name: ThemeName, depth: Depth): Palette | null {
  const themes: Readonly<Record<ThemeName, Colours>> = {
    dark,
    light,
    'safe-dark': safeDark,
    'safe-light': safeLight,
  }
  return depth === 'none' ? null : themes[name][depth]
}

export function createTheme(depth: Depth, glyphs: 'unicode' | 'ascii', name: ThemeName = 'dark'): Theme {
  const palette = paletteOf(name, depth)
  return {
    glyphs: glyphs === 'ascii' ? ascii : unicode,
    paint(token, written) {
      const text = glyphs === 'ascii' ? plainText(written) : written
      const code = palette?.[token] ?? (token === 'selected' ? '7' : '')
      return code === '' || text === '' ? text : `\u001b[${code}m${text}\u001b[0m`
    },
  }
}

const plainSigns: Readonly<Record<string, string>> = {
  '…': '>',
  '–': '-',
  '—': '-',
  '·': '-',
  '•': '*',
  '×': 'x',
  '⏎': '/',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
}

/**
 * As ASCII, width for width. Not only for the looks: a terminal that does not read UTF-8 takes bytes of it for control
 * codes (U+011B has one that begins a sequence), so nothing else may reach it.
 */
function plainText(text: ScreenText): string {
  return text.replace(/[^\x20-\x7e]\p{M}*/gu, sign => {
    const known = plainSigns[sign]
    if (known !== undefined) return known
    const letter = sign.normalize('NFD').charAt(0)
    return /[\x21-\x7e]/.test(letter) && textWidth(sign) === 1 ? letter : '?'.repeat(textWidth(sign))
  })
}

export interface Capabilities {
  depth: Depth
  glyphs: 'unicode' | 'ascii'
  /** A guess; null: the terminal does not say. */
  background: 'light' | 'dark' | null
}

/** What the terminal can do, from its environment. Ink honours neither NO_COLOR nor a locale without UTF-8, so we do. */
export function capabilities(env: Readonly<Record<string, string | undefined>>): Capabilities {
  const term = env.TERM ?? ''
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  const glyphs =
    env.WATCHFLOOR_ASCII || term === 'linux' || (locale !== '' && !/utf-?8/i.test(locale)) ? 'ascii' : 'unicode'
  return { depth: depthOf(env), glyphs, background: backgroundOf(env.COLORFGBG ?? '') }
}

function depthOf({
  TERM = '',
  COLORTERM = '',
  NO_COLOR,
  CLICOLOR,
}: Readonly<Record<string, string | undefined>>): Depth {
  if (NO_COLOR || CLICOLOR === '0' || TERM === 'dumb') return 'none'
  if (/truecolor|24bit/i.test(COLORTERM)) return 'truecolor'
  return /256|direct|kitty|alacritty|ghostty/.test(TERM) ? '256' : '16'
}

/** `15;0`, `0;default;15`: foreground first, background last, as numbers of the sixteen colours. */
function backgroundOf(colours: string): 'light' | 'dark' | null {
  const last = /;(\d+)$/.exec(colours)?.[1]
  if (last === undefined || Number(last) > 15) return null
  return Number(last) === 7 || Number(last) > 8 ? 'light' : 'dark'
}
