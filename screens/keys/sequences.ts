// Which keys an escape sequence stands for: xterm's, rxvt's, the Linux console's, and the kitty protocol's, which all
// say the same in other words. A key has one name on every terminal. What is no key gives none.

/** Bits of a modifier parameter, less one. Super, hyper and meta are the window system's; locks are none. */
const shift = 1
const alt = 2
const ctrl = 4
const foreign = 8 | 16 | 32
const capsLock = 64

const letters: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
  Z: 'tab',
}

const numbers: Readonly<Record<string, string>> = {
  '1': 'home',
  '2': 'insert',
  '3': 'delete',
  '4': 'end',
  '5': 'pageup',
  '6': 'pagedown',
  '7': 'home',
  '8': 'end',
  '11': 'f1',
  '12': 'f2',
  '13': 'f3',
  '14': 'f4',
  '15': 'f5',
  '17': 'f6',
  '18': 'f7',
  '19': 'f8',
  '20': 'f9',
  '21': 'f10',
  '23': 'f11',
  '24': 'f12',
}

/** The number pad as an application's: digits and signs as they are printed on it. */
const pad = 'XjklmnopqrstuvwxyM'
const padKeys = ['=', '*', '+', ',', '-', '.', '/', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'enter']

/** The kitty protocol's codes for the number pad, from 57399. */
const kittyPad = [
  ...'0123456789./*-+',
  'enter',
  '=',
  ',',
  'left',
  'right',
  'up',
  'down',
  'pageup',
  'pagedown',
  'home',
  'end',
  'insert',
  'delete',
]

const controls: Readonly<Record<string, string>> = {
  '\u0000': 'ctrl-space',
  '\u001b': 'escape',
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
  ' ': 'space',
}

/** What these have always sent with ctrl; a terminal that can tell them apart must not make them other keys. */
const sameWithCtrl: Readonly<Record<string, string>> = { '[': 'escape', m: 'enter', i: 'tab', h: 'backspace' }
/** Shift has never made a difference here. */
const shiftless: ReadonlySet<string> = new Set(['space', 'enter', 'backspace', 'escape'])

/** The name of one character as it is typed, after an escape (which is alt) or alone. */
export function namedCharacter(character: string, modifier: 'alt' | null): string {
  const code = character.codePointAt(0) ?? 0
  const control = code < 32 ? `ctrl-${String.fromCharCode(code + (code < 27 ? 96 : 64))}` : character
  const name = controls[character] ?? control
  if (modifier === null) return name
  return name.startsWith('ctrl-') ? `ctrl-alt-${name.slice(5)}` : `alt-${name}`
}

/** Keys of `CSI body end`. */
export function keysOfCsi(body: string, end: string): string[] {
  if (body === '[') return modified('ABCDE'.includes(end) ? `f${end.charCodeAt(0) - 64}` : null, 0)
  if (body === '' && 'abcd'.includes(end)) return modified(letters[end.toUpperCase()], shift)
  // Answers carry a mark before the first number.
  if (!/^[0-9;:]*$/.test(body)) return []
  const parameters = body.split(';').map(part => part.split(':').map(Number))
  const [[code = 0] = [], [modifier = 1, event = 1] = []] = parameters
  if (event === 3) return []
  const modifiers = Math.max(1, modifier) - 1
  if (end === 'u') return body === '' ? [] : keysOfKitty(parameters, modifiers)
  if (end === '~' && code === 27) return keysOfCode(parameters[2]?.[0] ?? 0, modifiers)
  if (end === '~') return modified(numbers[code], modifiers)
  const rxvt = { $: shift, '^': ctrl, '@': ctrl | shift }[end]
  if (rxvt) return parameters.length === 1 ? modified(numbers[code], rxvt) : []
  // With two numbers the first is always 1; else it is something else, such as where the cursor is.
  if (parameters.length > 2 || code > 1) return []
  return modified(letters[end], end === 'Z' ? modifiers | shift : modifiers)
}

/** Keys of `SS3 body end`; some terminals put modifiers in between. */
export function keysOfSs3(body: string, end: string): string[] {
  if (body === '' && 'abcd'.includes(end)) return modified(letters[end.toUpperCase()], ctrl)
  const modifiers = Math.max(1, Number(body.split(';').at(-1) || 1)) - 1
  return modified(letters[end] ?? padKeys[pad.indexOf(end)], modifiers)
}

/** `CSI code:shifted:base ; modifiers:event ; text u`. */
function keysOfKitty(parameters: readonly number[][], modifiers: number): string[] {
  const [[code = 0, shifted = 0] = [], , text = []] = parameters
  const typed = text.map(characterOf)
  if (typed.length > 0 && typed.every(character => character !== null) && !(modifiers & (ctrl | alt | foreign))) {
    return typed.map(character => namedCharacter(character, null))
  }
  return keysOfCode(code, modifiers, shifted)
}

/** The key of a code point, or of one of the kitty protocol's own codes. */
function keysOfCode(code: number, modifiers: number, shifted = 0): string[] {
  if (code >= 57344 && code <= 63743) return modified(kittyPad[code - 57399], modifiers)
  // Codes are characters here, not what old terminals sent for them: 0 and 10 are none.
  const own = code < 128 && code !== 0 && code !== 10 ? controls[String.fromCharCode(code)] : null
  if (own) return modified(own, modifiers)
  const character = characterOf(code)
  if (character === null || modifiers & foreign) return []
  return modified(...withoutShift(character, characterOf(shifted), modifiers))
}

/** Shift is in the letter as typed; with ctrl it is in the name, as ctrl has no capitals. */
function withoutShift(character: string, shifted: string | null, modifiers: number): [string, number] {
  const lower = character.toLowerCase()
  const isLetter = lower !== character.toUpperCase()
  if (modifiers & ctrl) {
    const known = modifiers & shift ? undefined : sameWithCtrl[lower]
    if (known) return [known, modifiers & ~ctrl]
    if (isLetter) return [lower, modifiers]
    return modifiers & shift && shifted ? [shifted, modifiers & ~shift] : [character, modifiers]
  }
  if (modifiers & shift && shifted) return [shifted, modifiers & ~shift]
  if (!isLetter) return [character, modifiers]
  const isCapital = Boolean(modifiers & shift) !== Boolean(modifiers & capsLock)
  const capital = character.toUpperCase()
  return [isCapital && [...capital].length === 1 ? capital : character, modifiers & ~shift]
}

/** One printable character; null for everything else. */
function characterOf(code: number): string | null {
  if (code < 32 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return null
  const character = String.fromCodePoint(code)
  return /^[\p{Cc}\p{Cf}\p{Co}]$/u.test(character) ? null : character
}

function modified(name: string | undefined | null, modifiers: number): string[] {
  if (!name || modifiers & foreign) return []
  const hasShift = modifiers & shift && !shiftless.has(name)
  return [`${modifiers & ctrl ? 'ctrl-' : ''}${modifiers & alt ? 'alt-' : ''}${hasShift ? 'shift-' : ''}${name}`]
}
