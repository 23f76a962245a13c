// Reads the operator's settings of the room. A mistake never keeps the room from opening: it is told with its place, and
// what it was about is as if it had not been set.

import { formatFleetError } from '../fleet/errors.ts'
import { explain } from '../fleet/explain.ts'
import { nearest } from '../fleet/nearest.ts'
import { type Complaint, readSource } from '../fleet/source.ts'
import { type Bindable, noSettings, type ReadSettings, type RoomSettings, roomSettings } from './shapes.ts'

export function readSettings(file: string, bytes: Uint8Array, actions: readonly Bindable[]): ReadSettings {
  const read = readSource(file, bytes)
  if (!read.ok) return { ...noSettings, mistakes: read.errors.map(formatFleetError) }
  const { source } = read
  const told = (complaints: readonly Complaint[]) =>
    complaints.map(complaint => {
      const error = source.locate(complaint)
      const near = error.suggestion === null ? '' : `; did you mean "${error.suggestion}"?`
      const allowed = error.allowed === null || near !== '' ? '' : `; allowed: ${error.allowed}`
      return `${formatFleetError(error)}${near}${allowed}`
    })
  const wrong = explain(roomSettings, source.value)
  if (wrong.length > 0) return { ...noSettings, mistakes: told(wrong) }
  // Judged by the schema just now.
  const settings = source.value as RoomSettings
  const { bindings, complaints } = bind(settings.keys ?? {}, actions)
  return {
    look: { theme: settings.theme ?? 'auto', glyphs: settings.glyphs ?? 'auto' },
    bindings,
    mistakes: told(complaints),
  }
}

const named =
  'enter escape tab backspace space up down left right home end pageup pagedown insert delete f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12'.split(
    ' ',
  )
/** The operator must always find out and out again; these mean in every dialog what they mean everywhere. */
const fixed = ['ctrl-c', 'ctrl-l', 'ctrl-z', 'escape', 'enter']
/** Without a key for these nobody finds the others. */
const needed = ['palette', 'help', 'detach']
/** Confirms in dialogs: what asks must not be what answers. */
const confirming = 'Y'

/** What the keys come to; of an action with a mistake its own stay. */
export function bind(
  wanted: NonNullable<RoomSettings['keys']>,
  actions: readonly Bindable[],
): { bindings: ReadSettings['bindings']; complaints: Complaint[] } {
  const complaints: Complaint[] = []
  const bindings: Record<string, readonly string[]> = {}
  const ids = actions.map(({ id }) => id)
  for (const [id, given] of Object.entries(wanted)) {
    const path = ['keys', id]
    const keys = typeof given === 'string' ? [given] : given
    const action = actions.find(one => one.id === id)
    if (!action) {
      const suggestion = nearest(id, ids)
      complaints.push({
        path,
        key: true,
        message: `there is no action "${id}"`,
        suggestion,
        allowed: 'see docs/keys.md',
      })
      continue
    }
    const reasons = [
      ...keys.map(key => refusalOf(key, action)),
      keys.length === 0 && needed.includes(id) ? 'it needs a key: it leads to all others' : null,
    ].filter(reason => reason !== null)
    for (const message of reasons) complaints.push({ path, message })
    if (reasons.length === 0) bindings[id] = keys
  }
  complaints.push(...clashes(bindings, actions))
  return { bindings, complaints }
}

function refusalOf(key: string, { danger, keys }: Bindable): string | null {
  if (!isKey(key))
    return `"${key}" is no key: one character, or ${named.slice(0, 6).join(', ')} …, with ctrl-, alt- or shift-`
  if (fixed.includes(key) && !keys.includes(key)) return `${key} means the same everywhere and cannot be taken`
  if (key === confirming) return `${key} confirms in dialogs and cannot ask`
  if (danger !== 'looks' && !/^[A-Z]$/.test(key))
    return `it writes or acts: only a capital letter can do that, not "${key}"`
  return null
}

function isKey(key: string): boolean {
  const bare = key.replace(/^(?:ctrl-)?(?:alt-)?(?:shift-)?(?=.)/, '')
  return named.includes(bare) || [...bare].length === 1
}

/** Two actions on one key where both can be done. What was set last gives way. */
function clashes(bindings: Record<string, readonly string[]>, actions: readonly Bindable[]): Complaint[] {
  const complaints: Complaint[] = []
  for (const id of Object.keys(bindings)) {
    const action = actions.find(one => one.id === id)
    const others = actions.filter(one => one.id !== id && meet(one, action))
    for (const key of bindings[id] ?? []) {
      const other = others.find(one => (bindings[one.id] ?? one.keys).includes(key))
      if (!other) continue
      complaints.push({
        path: ['keys', id],
        message: `"${key}" is the key of ${other.id}`,
        allowed: `another key, or other keys for ${other.id} as well`,
      })
      delete bindings[id]
      break
    }
  }
  return complaints
}

function meet(a: Bindable, b: Bindable | undefined): boolean {
  return a.screen === null || b === undefined || b.screen === null || a.screen === b.screen
}
