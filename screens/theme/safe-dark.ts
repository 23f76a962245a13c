// For dark terminals and eyes that do not tell red from green: states differ in blue against orange and in lightness.
import { dark } from './dark.ts'
import type { Colours, Palette } from './tokens.ts'

const palette256: Palette = {
  ...dark['256'],
  up: '38;5;68',
  degraded: '38;5;228',
  down: '1;38;5;202',
  danger: '1;38;5;202',
  unknown: '38;5;244',
  maintenance: '38;5;159',
  accent: '38;5;117',
  ok: '38;5;75',
  trend: '38;5;67',
  edge: '38;5;61',
}

export const safeDark: Colours = {
  '16': {
    ...dark['16'],
    up: '36',
    down: '1;35',
    danger: '1;35',
    maintenance: '96',
    mark: '94',
    past: '2;36',
    ok: '96',
    edge: '2;36',
  },
  '256': palette256,
  truecolor: palette256,
}
