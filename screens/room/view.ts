// How the operator looks at the fleet: where they are, how each screen is set, what is being typed or asked. Nothing of it
// changes the fleet, and all of it is plain data.
import type { Look } from '../../src/room/shapes.ts'
import type { ScreenId, Views } from '../screens.ts'

/** One step of the trail: a screen and what it shows (a node, an incident); null: the screen as such. */
export interface Place {
  screen: ScreenId
  subject: string | null
}

/** From the screen that a key opens to where the operator is. */
export type Path = readonly [Place, ...Place[]]

/** A line that is being typed; keys are text while there is one. */
export type Prompt =
  | { kind: 'filter'; before: string }
  /** A list of what can be done, searched by typing: help shows all of it, the palette also names nodes. */
  | { kind: 'help' | 'palette'; query: string; at: number }

/** What an action asks before it acts; only the one on top is shown and has the keys. */
export type Dialog =
  | {
      kind: 'form'
      action: string
      subject: string
      values: Readonly<Record<string, string>>
      /** Field with the cursor. */
      at: number
      /** Field → why it is refused; of the last try. */
      errors: Readonly<Record<string, string>>
      /** Why the engine refused it; what was typed stays. */
      failed: string | null
      isSending: boolean
    }
  | {
      kind: 'confirm'
      action: string
      subject: string
      values: Readonly<Record<string, string>>
      isOnYes: boolean
      /** Where the fleet's name must be typed. */
      typed: string
      /** First line that is shown of what will be done, where that is long. */
      scroll: number
      failed: string | null
      isSending: boolean
    }
  | { kind: 'choose'; action: string; subject: string; query: string; at: number }
  /** Something to read. */
  | { kind: 'text'; title: string; lines: readonly string[]; scroll: number }

export interface Toast {
  words: string
  tone: 'done' | 'failed' | 'plain'
}

export interface View {
  path: Path
  /** Where the operator was, oldest first, and which of them is shown. */
  history: { paths: readonly Path[]; at: number }
  screens: Views
  look: Look
  prompt: Prompt | null
  dialogs: readonly Dialog[]
  toast: Toast | null
}

export function placeOf(view: Pick<View, 'path'>): Place {
  return view.path.at(-1) ?? view.path[0]
}

/** What the screen is filtered by; empty where it is not, or cannot be. */
export function filterOf(view: View): string {
  const state = view.screens[placeOf(view).screen]
  return 'filter' in state ? state.filter : ''
}
