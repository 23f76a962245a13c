// How many columns a text takes. Almost everything on the screen is ASCII and our own signs, all one column wide: asking
// the full rules of Unicode for each of them took most of a frame's time.
import stringWidth from 'string-width'

// ASCII, Latin letters, dashes and dots, arrows, lines, blocks, geometric shapes, and the cross: one column, one unit each.
const narrow = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u024f\u2013\u2014\u2026\u2190-\u2193\u2500-\u25fc\u2716]*$/

/** One column a UTF-16 unit, and nothing in it that a terminal would act on. */
export function isNarrow(text: string): boolean {
  return narrow.test(text)
}

export function textWidth(text: string): number {
  return isNarrow(text) ? text.length : stringWidth(text)
}
