// How many columns a text takes. Almost everything on the screen is ASCII and our own signs, all one column wide: asking
// the full rules of Unicode for each of them took most of a frame's time.
//
// Terminals do not agree about the rest: emoji, flags, joined sequences and the scripts of India are as wide as the
// terminal's age and font say. A row with one of those in it is torn on half of the terminals, so the screens show only
// characters that old and new rules count alike (`isAgreed`); a test asks both about every code point.
import { createRequire } from 'node:module'

// ASCII, Latin letters, dashes, bullet and dots, the turn of a reboot, arrows, the line break, lines, blocks, geometric
// shapes, the cross, braille, and the sign for what is not shown: one column, one unit each.
const narrow =
  /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u024f\u2013\u2014\u2022\u2026\u2190-\u2193\u21bb\u23ce\u2500-\u25fc\u2716\u2800-\u28ff\ufffd]*$/

/** One column a UTF-16 unit, and nothing in it that a terminal would act on. */
export function isNarrow(text: string): boolean {
  return narrow.test(text)
}

// By script and block: Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic, Thai, Lao, Georgian; punctuation and signs
// without a form as emoji; braille, Japanese, Chinese, Korean, Yi, full and half width.
const letters = [
  '[[\\x20-\\x7e\\u00a1-\\u00ac\\u00ae-\\u02ff\\u0370-\\u03ff\\u0400-\\u052f\\u0531-\\u058f\\u05be-\\u05f4\\u0606-\\u06dd\\u06df-\\u06ff',
  '\\u0e01-\\u0e32\\u0e34-\\u0e5b\\u0e81-\\u0eb2\\u0eb4-\\u0edf\\u10a0-\\u10ff\\u1e00-\\u1fff\\u2010-\\u205e\\u2070-\\u20c0',
  '\\u2100-\\u2319\\u231c-\\u2328\\u232b-\\u23e8\\u23ed-\\u23ef\\u23f1\\u23f2\\u23f4-\\u2426\\u2460-\\u25fc\\u2713',
  '\\u2716-\\u2718\\u27e6-\\u27ef\\u2800-\\u28ff\\u3001-\\u3029\\u3031-\\u303c\\u3041-\\u3096\\u309b-\\u30ff\\u3105-\\u312e',
  '\\u3131-\\u3163\\u3165-\\u318e\\u3190-\\u31e3\\u31f0-\\u321e\\u3220-\\u3247\\u3250-\\u4dbf\\u4e00-\\u9fff\\ua000-\\ua4c6',
  '\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe30-\\ufe6b\\uff01-\\uff9d\\uffe0-\\uffe6\\ufffd\\u{20000}-\\u{2fffd}\\u{30000}-\\u{3fffd}]',
  '&&[\\x20\\p{L}\\p{N}\\p{P}\\p{S}]]',
].join('')

// Marks that take no column and stand on the letter before them.
const marks = [
  '[[\\u0300-\\u034e\\u0350-\\u036f\\u0483-\\u0486\\u0591-\\u05c7\\u0610-\\u0615\\u064b-\\u065e\\u0670\\u06d6-\\u06ed',
  '\\u0e31-\\u0e4e\\u0eb1-\\u0eb9\\u0ebb-\\u0ecd\\u3099\\u309a]&&\\p{Mn}]',
].join('')

const agreed = new RegExp(`^[${letters}${marks}]*$`, 'v')
const disagreed = new RegExp(`[^${letters}${marks}]`, 'gv')
const noColumns = new RegExp(marks, 'gv')
const twoColumns =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u3098\u309b-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/gu

/** Whether every terminal gives the text the same number of columns. */
export function isAgreed(text: string): boolean {
  return isNarrow(text) || agreed.test(text)
}

/** The text with `sign` for each character that terminals do not count alike. */
export function withAgreed(text: string, sign: string): string {
  return text.replace(disagreed, sign)
}

export function textWidth(text: string): number {
  if (isNarrow(text)) return text.length
  if (!agreed.test(text)) return fullRules()(text)
  let width = 0
  for (const _ of text) width += 1
  return width - count(text, noColumns) + count(text, twoColumns)
}

function count(text: string, what: RegExp): number {
  return text.match(what)?.length ?? 0
}

/** Loaded with the first text that needs it: its tables of emoji take longer to build than the whole first frame. */
function fullRules(): (text: string) => number {
  // Node keeps what was loaded: asking again costs a look into a map.
  const { default: stringWidth }: typeof import('string-width') = createRequire(import.meta.url)('string-width')
  return stringWidth
}
