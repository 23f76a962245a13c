// What a node, a cloud or a file prints is hostile. It carries a brand, so that the compiler keeps it from reaching
// a medium without the renderer of that medium.
import { isAgreed, isNarrow, withAgreed } from './width.ts'

declare const brand: unique symbol
declare const screenBrand: unique symbol

/** Text from outside, as it came (decoded as UTF-8, capped). Never print it: render it with `forTerminal` and its kin. */
export type NodeText = string & { readonly [brand]: 'node text' }

/** Text as a cell of the screen takes it: one line, nothing a terminal acts on, as wide everywhere as `textWidth` says. */
export type ScreenText = string & { readonly [screenBrand]: 'screen text' }

/** Marks text from outside. `maxChars` caps it (default 4,000); what was cut is said with `…`. */
export function nodeText(raw: string | Uint8Array, maxChars = 4000): NodeText {
  const text = typeof raw === 'string' ? raw : new TextDecoder('utf-8', { fatal: false }).decode(raw)
  const cut = text.length > maxChars ? `${text.slice(0, maxChars - 1)}…` : text
  return cut as NodeText
}

// CSI, OSC (to BEL, ST or end of line), DCS/PM/APC/SOS strings, and two-byte escapes.
const escapes =
  /[\u001b\u009b]\[?[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?/g
// C0, DEL, C1, bidi controls and marks, zero-width joiners and fillers, line and paragraph separators, tags, BOM.
const invisible =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: it lists single code points, also those that combine.
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/gu

// A character takes four marks in the languages that pile them up most; a tower of hundreds covers the lines around it.
const towers = /(\p{M}{4})\p{M}+/gu

/** One line that is safe on a terminal: escapes and invisible characters are gone, line breaks are `⏎`, tabs are spaces. */
export function forTerminal(text: NodeText | string): string {
  const line = text
    .replace(/\u001b[\]PX^_][^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?/g, '')
    .replace(escapes, '')
    .replace(/\r\n|\n|\r/g, '⏎')
    .replace(/\t/g, ' ')
    .replace(invisible, '')
    .replace(towers, '$1')
  // Not by `/⏎+$/`: that looks at each run of them from each of its places, which takes seconds for 300 KB.
  let end = line.length
  while (line[end - 1] === '⏎') end--
  return line.slice(0, end)
}

/** What a screen shows in place of a character that terminals do not give the same width: emoji, joined letters, unknown. */
const notShown = '\ufffd'
const letterA = 0x1f1e6

/**
 * One line for a full screen, where a wrong width tears the row: safe as `forTerminal`, and of characters that every
 * terminal counts alike. What has another form that is counted alike is shown so: flags as letters, jamo as syllables.
 */
export function forScreen(text: string): ScreenText {
  if (isSimple(text)) return text as ScreenText
  const line = forTerminal(text)
  if (isSimple(line)) return line as ScreenText
  const simpler = line
    .normalize('NFC')
    .replace(/\p{Zs}/gu, ' ')
    .replace(/[\u{1f1e6}-\u{1f1ff}]/gu, flag => String.fromCharCode(65 + (flag.codePointAt(0) ?? letterA) - letterA))
    // Colours of skin, which join what stands before them or stand alone, as the terminal likes.
    .replace(/[\u{1f3fb}-\u{1f3ff}]/gu, '')
    // Vowels of Thai and Lao and the marks of half-width kana that some count with their letter, some apart.
    .replace(/[\u0e33\u0eb3]|[\uff66-\uff9d][\uff9e\uff9f]/g, joined => joined.normalize('NFKC'))
  // A mark without a letter would stand on whatever the screen has before it.
  return withAgreed(simpler, notShown)
    .replace(/(?<![\p{L}\p{M}])\p{M}+/gu, '')
    .replace(towers, '$1') as ScreenText
}

function isSimple(text: string): boolean {
  return isNarrow(text) || (isAgreed(text) && !/\p{M}/u.test(text))
}

/** As `forTerminal`, line by line, for places that show several lines. */
export function linesForTerminal(text: NodeText): string[] {
  const lines = text.split(/\r\n|\n|\r/).map(line => forTerminal(line))
  while (lines.length > 0 && lines.at(-1) === '') lines.pop()
  return lines
}

/**
 * The last gate: whatever a command forgot to render, no control but line feeds and our own colours leaves this program,
 * as text or inside JSON (whose encoder lets 8-bit controls and bidirectional overrides pass).
 */
export function harmless(line: string): string {
  return line
    .replace(/\u001b(?!\[[0-9;]*m)/g, '')
    .replace(
      /[\u0000-\u0009\u000b-\u001a\u001c-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
      escaped,
    )
}

/** As JSON writes it: inside a document it stays the same string, elsewhere it is visible. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
