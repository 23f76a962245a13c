// The operator's own settings of the room, as the screens take them.
import { type Static, Type } from 'typebox'

export const themeChoices = ['auto', 'dark', 'light', 'safe', 'safe-dark', 'safe-light'] as const
export const glyphChoices = ['auto', 'unicode', 'ascii'] as const

const key = Type.String({ minLength: 1, maxLength: 40 })

export const roomSettings = Type.Object(
  {
    theme: Type.Optional(
      Type.Enum([...themeChoices], {
        description: 'Colours; `safe` can be told apart with red-green blindness. Default auto: as the terminal is.',
      }),
    ),
    glyphs: Type.Optional(Type.Enum([...glyphChoices], { description: 'Signs. Default auto: what the terminal can.' })),
    keys: Type.Optional(
      Type.Record(Type.String(), Type.Union([key, Type.Array(key, { maxItems: 8 })]), {
        description: 'Action → its keys, instead of its own; an empty list takes them away. Names: docs/keys.md.',
      }),
    ),
  },
  { additionalProperties: false },
)
export type RoomSettings = Static<typeof roomSettings>

/** What there is to bind, as the registry of actions has it. */
export interface Bindable {
  id: string
  keys: readonly string[]
  danger: 'looks' | 'records' | 'changes'
  /** The only screen where it works; null: on several. */
  screen: string | null
}

/** How everything is drawn; `auto` follows the terminal. */
export interface Look {
  theme: (typeof themeChoices)[number]
  glyphs: (typeof glyphChoices)[number]
}

export interface ReadSettings {
  look: Look
  bindings: Readonly<Record<string, readonly string[]>>
  /** Everything that is wrong with the file, each with its place; what is wrong does not count. */
  mistakes: readonly string[]
}

export const noSettings: ReadSettings = { look: { theme: 'auto', glyphs: 'auto' }, bindings: {}, mistakes: [] }
