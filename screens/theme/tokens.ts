// Colours have meanings, not names: a theme says what `down` looks like at each depth of colour. Colour only repeats
// what glyph and word say already.

export type Token =
  | 'text'
  | 'dim'
  | 'title'
  | 'up'
  | 'degraded'
  | 'down'
  | 'unknown'
  | 'maintenance'
  | 'accent'
  | 'selected'
  | 'key'
  /** What was measured over time: there, but quiet. */
  | 'trend'
  /** The edge of a healthy tile: quieter than its glyph. */
  | 'edge'
export type Depth = 'none' | '16' | '256' | 'truecolor'

/** SGR codes by token. Up is quiet, down is the only thing that is bold red. */
const codes: Readonly<Record<Exclude<Depth, 'none'>, Readonly<Record<Token, string>>>> = {
  '16': {
    text: '',
    dim: '2',
    title: '1',
    up: '32',
    degraded: '33',
    down: '1;31',
    unknown: '2',
    maintenance: '36',
    accent: '36',
    selected: '7',
    key: '1',
    trend: '2;36',
    edge: '2;32',
  },
  '256': {
    text: '',
    dim: '38;5;245',
    title: '1',
    up: '38;5;71',
    degraded: '38;5;214',
    down: '1;38;5;203',
    unknown: '38;5;247',
    maintenance: '38;5;74',
    accent: '38;5;74',
    selected: '7',
    key: '1',
    trend: '38;5;67',
    edge: '38;5;65',
  },
  truecolor: {
    text: '',
    // What is written most is written short: the palette of 256 has these as well.
    dim: '38;5;245',
    title: '1',
    up: '38;5;71',
    degraded: '38;2;232;170;66',
    down: '1;38;2;240;90;80',
    unknown: '38;2;150;156;164',
    maintenance: '38;2;96;168;208',
    accent: '38;2;96;168;208',
    selected: '7',
    key: '1',
    trend: '38;5;67',
    edge: '38;2;62;104;72',
  },
}

export interface Theme {
  /** The text in this meaning's colour; plain where there is none. */
  paint(token: Token, text: string): string
  glyphs: Glyphs
}

export interface Glyphs {
  health: Readonly<Record<'up' | 'degraded' | 'down' | 'unknown' | 'maintenance', string>>
  bar: string
  selectedBar: string
  cursor: string
  crumb: string
  /** From an average up to the maximum. */
  whisker: string
  /** Higher than the chart. */
  beyond: string
  tick: string
  axis: string
  /** One column of time, by what it was at its worst. */
  strip: Readonly<Record<'up' | 'degraded' | 'down' | 'unknown' | 'maintenance', string>>
  keys: Readonly<Record<string, string>>
  spark: readonly string[]
  gap: string
}

const unicode: Glyphs = {
  health: { up: '●', degraded: '◐', down: '✖', unknown: '○', maintenance: '◇' },
  bar: '▌',
  selectedBar: '█',
  cursor: '▏',
  crumb: '▸',
  whisker: '╷',
  beyond: '▴',
  tick: '┤',
  axis: '│',
  strip: { up: '▁', degraded: '▄', down: '█', unknown: '░', maintenance: '▂' },
  keys: { up: '↑', down: '↓', left: '←', right: '→' },
  spark: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  gap: '·',
}

const ascii: Glyphs = {
  health: { up: '*', degraded: '~', down: 'X', unknown: '?', maintenance: 'M' },
  bar: '|',
  selectedBar: '>',
  cursor: '_',
  crumb: '>',
  whisker: ':',
  beyond: '^',
  tick: '+',
  axis: '|',
  strip: { up: '_', degraded: '~', down: 'X', unknown: '?', maintenance: 'M' },
  keys: {},
  spark: ['_', '.', '-', '~', '=', '+', '*', '#'],
  gap: ' ',
}

export function createTheme(depth: Depth, glyphs: 'unicode' | 'ascii'): Theme {
  const set = depth === 'none' ? null : codes[depth]
  return {
    glyphs: glyphs === 'ascii' ? ascii : unicode,
    paint(token, written) {
      const text = glyphs === 'ascii' ? plainText(written) : written
      const code = set?.[token] ?? (token === 'selected' ? '7' : '')
      return code === '' || text === '' ? text : `\u001b[${code}m${text}\u001b[0m`
    },
  }
}

const plainSigns: Readonly<Record<string, string>> = { '…': '>', '–': '-', '·': '-', '×': 'x', '⏎': '/' }

/** Our own signs as ASCII, width for width. */
function plainText(text: string): string {
  return text.replace(/[…–·×⏎]/g, sign => plainSigns[sign] ?? sign)
}

/** What the terminal can do, from its environment. Ink honours neither NO_COLOR nor a locale without UTF-8, so we do. */
export function capabilities(env: Readonly<Record<string, string | undefined>>): {
  depth: Depth
  glyphs: 'unicode' | 'ascii'
} {
  const term = env.TERM ?? ''
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  const glyphs =
    env.WATCHFLOOR_ASCII || term === 'linux' || (locale !== '' && !/utf-?8/i.test(locale)) ? 'ascii' : 'unicode'
  if (env.NO_COLOR || term === 'dumb') return { depth: 'none', glyphs }
  if (/truecolor|24bit/i.test(env.COLORTERM ?? '')) return { depth: 'truecolor', glyphs }
  if (/256|direct|kitty|alacritty|ghostty/.test(term)) return { depth: '256', glyphs }
  return { depth: '16', glyphs }
}
