// For light terminals: the same meanings, dark enough to be read on white.
import type { Colours, Palette } from './tokens.ts'

const palette256: Palette = {
  text: '',
  dim: '38;5;243',
  title: '1',
  heading: '1;38;5;240',
  up: '38;5;28',
  degraded: '38;5;130',
  down: '1;38;5;160',
  unknown: '38;5;242',
  maintenance: '38;5;25',
  accent: '38;5;25',
  selected: '7',
  mark: '38;5;127',
  past: '38;5;97',
  danger: '1;38;5;160',
  ok: '38;5;22',
  key: '1',
  trend: '38;5;67',
  edge: '38;5;65',
  rule: '38;5;248',
}

export const light: Colours = {
  // Of the sixteen, yellow, cyan and all the bright ones are too pale on white.
  '16': {
    text: '',
    dim: '2',
    title: '1',
    heading: '1',
    up: '32',
    degraded: '35',
    down: '1;31',
    unknown: '2',
    maintenance: '34',
    accent: '34',
    selected: '7',
    mark: '1;34',
    past: '2;34',
    danger: '1;31',
    ok: '1;32',
    key: '1',
    trend: '2;34',
    edge: '2;32',
    rule: '2',
  },
  '256': palette256,
  truecolor: palette256,
}
