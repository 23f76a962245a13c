// How many columns a text takes. Almost everything on the screen is ASCII and our own signs, all one column wide: asking
// the full rules of Unicode for each of them took most of a frame's time.
import { createRequire } from 'node:module'

// ASCII, Latin letters, dashes and dots, arrows, lines, blocks, geometric shapes, and the cross: one column, one unit each.
const narrow = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u024f\u2013\u2014\u2026\u2190-\u2193\u2500-\u25fc\u2716]*$/

/** One column a UTF-16 unit, and nothing in it that a terminal would act on. */
export function isNarrow(text: string): boolean {
  return narrow.test(text)
}

export function textWidth(text: string): number {
  return isNarrow(text) ? text.length : fullRules()(text)
}

/** Loaded with the first text that needs it: its tables of emoji take longer to build than the whole first frame. */
function fullRules(): (text: string) => number {
  // Node keeps what was loaded: asking again costs a look into a map.
  const { default: stringWidth }: typeof import('string-width') = createRequire(import.meta.url)('string-width')
  return stringWidth
}
