// Which theme is drawn: what the operator chose, else what fits the terminal, which may tell its background late.
import type { Look } from '../../src/room/shapes.ts'
import { capabilities, createTheme, type Theme, type ThemeName } from './tokens.ts'

export interface Themes {
  of(look: Look): Theme
  /** The terminal has told its background, each part from 0 to 1. */
  seen(colour: { red: number; green: number; blue: number }): void
  /** Nothing has told the background yet, and something follows from it. */
  wantsBackground(look: Look): boolean
}

export function createThemes(env: NodeJS.ProcessEnv): Themes {
  const { depth, glyphs, background: guessed } = capabilities(env)
  let background = guessed
  const made = new Map<string, Theme>()
  const nameOf = ({ theme }: Look): ThemeName => {
    switch (theme) {
      case 'auto':
        return background ?? 'dark'
      case 'safe':
        return `safe-${background ?? 'dark'}`
      default:
        return theme
    }
  }
  return {
    of(look) {
      const name = nameOf(look)
      const signs = look.glyphs === 'auto' ? glyphs : look.glyphs
      const known = made.get(`${name} ${signs}`)
      if (known) return known
      const theme = createTheme(depth, signs, name)
      made.set(`${name} ${signs}`, theme)
      return theme
    },
    seen({ red, green, blue }) {
      // How light it looks, not how light it is: green counts most.
      background = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5 ? 'light' : 'dark'
    },
    wantsBackground: ({ theme }) => depth !== 'none' && background === null && (theme === 'auto' || theme === 'safe'),
  }
}
