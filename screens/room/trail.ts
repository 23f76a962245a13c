// Where the operator is and was. `esc` goes up the path, `[` and `]` go through what was seen, `-` back to what was seen
// before and forth again. Pure.
import type { Path, Place, View } from './view.ts'

/** More is forgotten from its beginning: what is new is always taken. */
const mostRemembered = 100

type Trail = Pick<View, 'path' | 'history'>

/** Down to a place below this one; a place that is on the path already is gone back to. */
export function into(trail: Trail, place: Place): Trail {
  const known = trail.path.findIndex(one => isSamePlace(one, place))
  const [first, ...rest] = known < 0 ? [...trail.path, place] : trail.path.slice(0, known + 1)
  return first ? visit(trail, [first, ...rest]) : trail
}

/** To a screen of its own, whatever was above it. */
export function over(trail: Trail, place: Place): Trail {
  return visit(trail, [place])
}

/** Up the path; null: there is nothing above. */
export function up(trail: Trail): Trail | null {
  const [first, ...rest] = trail.path.slice(0, -1)
  return first ? visit(trail, [first, ...rest]) : null
}

/** The same place with another subject (the next node), without a step of its own in the path. */
export function beside(trail: Trail, place: Place): Trail {
  const [first, ...rest] = [...trail.path.slice(0, -1), place]
  const path: Path = first ? [first, ...rest] : [place]
  const paths = trail.history.paths.map((one, at) => (at === trail.history.at ? path : one))
  return { path, history: { ...trail.history, paths } }
}

/** Through what was seen: -1 before, 1 after; null: that is all. */
export function through(trail: Trail, step: -1 | 1): Trail | null {
  const at = trail.history.at + step
  const path = trail.history.paths[at]
  return path ? { path, history: { ...trail.history, at } } : null
}

/** To what was seen last, and with the next call back. */
export function last(trail: Trail): Trail | null {
  const before = trail.history.paths[trail.history.at - 1]
  return before ? visit(trail, before) : null
}

function visit({ path: from, history }: Trail, path: Path): Trail {
  if (isSamePath(from, path)) return { path: from, history }
  const paths = [...history.paths.slice(0, history.at + 1), path].slice(-mostRemembered)
  return { path, history: { paths, at: paths.length - 1 } }
}

function isSamePlace(a: Place, b: Place): boolean {
  return a.screen === b.screen && a.subject === b.subject
}

function isSamePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((one, index) => isSamePlace(one, b[index] ?? b[0]))
}
