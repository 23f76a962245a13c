// For light terminals and eyes that do not tell red from green: states differ in blue against orange and in lightness.
import { light } from './light.ts'
import type { Colours, Palette } from './tokens.ts'

const palette256: Palette = {
  ...light['256'],
  up: '38;5;25',
  degraded: '38;5;130',
  down: '1;38;5;88',
  danger: '1;38;5;88',
  unknown: '38;5;243',
  maintenance: '38;5;57',
  ok: '38;5;18',
  edge: '38;5;67',
}

export const safeLight: Colours = {
  '16': {
    ...light['16'],
    up: '36',
    down: '1;35',
    danger: '1;35',
    degraded: '33',
    ok: '1;36',
    edge: '2;36',
  },
  '256': palette256,
  truecolor: palette256,
}
