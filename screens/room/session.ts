// What is left of a room when it closes, and how the next one begins: each screen as it was set, and after a lost link also
// where the operator was and what they were typing. Pure.
import { glyphChoices, type Look, themeChoices } from '../../src/room/shapes.ts'
import { isScreenId, screenIds, screens } from '../screens.ts'
import { oneOf, record, text } from './restore.ts'
import { firstView } from './room.ts'
import type { Dialog, Path, Place, Prompt, View } from './view.ts'

/** Older than this, what was being typed is of no use to anybody. */
const unfinishedMs = 24 * 3_600_000

/** `isLost`: the room did not end by its operator's wish, so that what they were at is kept too. */
export function keptOf(view: View, at: number, isLost: boolean, settings: Look): object {
  const { screens: views, path, prompt, dialogs } = view
  // What was chosen in the room outlives it; what was not follows the settings when they change.
  const look = {
    ...(view.look.theme === settings.theme ? {} : { theme: view.look.theme }),
    ...(view.look.glyphs === settings.glyphs ? {} : { glyphs: view.look.glyphs }),
  }
  const unfinished = { path, prompt, dialogs: dialogs.filter(dialog => dialog.kind !== 'text') }
  return { at, look, screens: views, unfinished: isLost ? unfinished : null }
}

export interface Restored {
  view: View
  /** When the link was lost under an unfinished view that is shown again; null: nothing was unfinished. */
  lostAt: number | null
}

/** Takes over what resolves; everything else is as at first. */
export function restored(kept: unknown, now: number, settings: Look): Restored {
  const first = firstView()
  const { at, look, screens: keptScreens, unfinished } = record(kept)
  const views = record(keptScreens)
  const restoredViews = { ...first.screens }
  for (const id of screenIds()) Object.assign(restoredViews, { [id]: screens[id].restore(views[id]) })
  const view: View = { ...first, screens: restoredViews, look: lookOf(look, settings) }
  const lostAt = typeof at === 'number' ? at : 0
  if (unfinished === null || unfinished === undefined || now - lostAt > unfinishedMs) return { view, lostAt: null }
  const left = record(unfinished)
  const path = pathOf(left.path) ?? first.path
  const prompt = promptOf(left.prompt)
  const dialogs = dialogsOf(left.dialogs)
  const isThere = path.length > 1 || path[0].screen !== 'overview' || prompt !== null || dialogs.length > 0
  return {
    view: { ...view, path, history: { paths: [path], at: 0 }, prompt, dialogs },
    lostAt: isThere ? lostAt : null,
  }
}

function lookOf(kept: unknown, otherwise: Look): Look {
  const { theme, glyphs } = record(kept)
  return {
    theme: oneOf(themeChoices, theme, otherwise.theme),
    glyphs: oneOf(glyphChoices, glyphs, otherwise.glyphs),
  }
}

function pathOf(kept: unknown): Path | null {
  if (!Array.isArray(kept)) return null
  const places = kept.map((one): Place | null => {
    const { screen, subject } = record(one)
    return isScreenId(screen) ? { screen, subject: text(subject, null) } : null
  })
  const [first, ...rest] = places.filter(place => place !== null)
  return first && places.length === rest.length + 1 ? [first, ...rest] : null
}

function promptOf(kept: unknown): Prompt | null {
  const { kind, before, query } = record(kept)
  if (kind === 'filter') return { kind, before: text(before, '') }
  if (kind === 'palette') return { kind, query: text(query, ''), at: 0 }
  return null
}

/** What was typed into a form; a confirmation is asked for anew, and nothing is sent by itself. */
function dialogsOf(kept: unknown): readonly Dialog[] {
  if (!Array.isArray(kept)) return []
  return kept.flatMap((one): Dialog[] => {
    const { kind, action, subject, values, at } = record(one)
    if (kind !== 'form' || typeof action !== 'string' || typeof subject !== 'string') return []
    const typed = Object.entries(record(values)).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    )
    return [
      {
        kind,
        action,
        subject,
        values: Object.fromEntries(typed),
        at: typeof at === 'number' && Number.isInteger(at) && at >= 0 ? at : 0,
        errors: {},
        failed: null,
        isSending: false,
      },
    ]
  })
}
