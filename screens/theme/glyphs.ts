// The signs of the screens, in two sets: for terminals with Unicode and for those with ASCII only. Each is one column wide.

type State = 'up' | 'degraded' | 'down' | 'unknown' | 'maintenance'

export interface Glyphs {
  health: Readonly<Record<State, string>>
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
  strip: Readonly<Record<State, string>>
  keys: Readonly<Record<string, string>>
  spark: readonly string[]
  gap: string
  /** A row that is chosen together with others. */
  mark: string
  radio: Readonly<Record<'on' | 'off', string>>
  checkbox: Readonly<Record<'on' | 'off', string>>
  rule: string
  scrollbar: Readonly<Record<'thumb' | 'track', string>>
  /** The moment on a line of time that is looked at. */
  moment: string
  ellipsis: string
  sort: Readonly<Record<'up' | 'down', string>>
  /** What happened, on a line of time. */
  event: Readonly<Record<'sev1' | 'sev2' | 'boot' | 'person', string>>
  bullet: string
  /** Lines of a tree: an entry, the last entry, past an entry. */
  branch: Readonly<Record<'entry' | 'last' | 'past', string>>
  meter: Readonly<Record<'full' | 'empty', string>>
  /** Dots of two columns and four rows a cell; null where there are none. */
  braille: { first: number } | null
}

export const unicode: Glyphs = {
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
  mark: '◆',
  radio: { on: '◉', off: '○' },
  checkbox: { on: '■', off: '□' },
  rule: '─',
  scrollbar: { thumb: '█', track: '│' },
  moment: '▲',
  ellipsis: '…',
  sort: { up: '▴', down: '▾' },
  event: { sev1: '✖', sev2: '◐', boot: '↻', person: '◈' },
  bullet: '•',
  branch: { entry: '├', last: '└', past: '│' },
  meter: { full: '▮', empty: '▯' },
  braille: { first: 0x2800 },
}

export const ascii: Glyphs = {
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
  mark: '*',
  radio: { on: '@', off: 'o' },
  checkbox: { on: 'x', off: '_' },
  rule: '-',
  scrollbar: { thumb: '#', track: '|' },
  moment: '^',
  ellipsis: '>',
  sort: { up: '^', down: 'v' },
  event: { sev1: 'X', sev2: '~', boot: 'B', person: '@' },
  bullet: '*',
  branch: { entry: '+', last: '`', past: '|' },
  meter: { full: '#', empty: '-' },
  braille: null,
}
