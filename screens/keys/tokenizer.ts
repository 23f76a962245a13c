// Bytes from a bad link become keys: three letters in one packet are three keys, an arrow that arrives in two packets is
// one, a paste is text and never a string of commands.
import { StringDecoder } from 'node:string_decoder'

export type Key = { kind: 'key'; name: string } | { kind: 'paste'; text: string }

/** A lone escape is only an escape when nothing has followed for this long. */
export const escapeMs = 60

const named: Readonly<Record<string, string>> = {
  '[A': 'up',
  '[B': 'down',
  '[C': 'right',
  '[D': 'left',
  '[H': 'home',
  '[F': 'end',
  OA: 'up',
  OB: 'down',
  OC: 'right',
  OD: 'left',
  OH: 'home',
  OF: 'end',
  '[1~': 'home',
  '[3~': 'delete',
  '[4~': 'end',
  '[5~': 'pageup',
  '[6~': 'pagedown',
  '[7~': 'home',
  '[8~': 'end',
  '[Z': 'shift-tab',
  OP: 'f1',
}

const controls: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
  ' ': 'space',
}

const pasteBegins = '\u001b[200~'
const pasteEnds = '\u001b[201~'
/** A paste that never ends must not eat memory. */
const longestPaste = 1024 * 1024

export interface Tokenizer {
  push(bytes: Uint8Array): void
  /** Nothing came for `escapeMs`: what waits is what it looks like. */
  flush(): void
  /** True while an unfinished sequence waits. */
  isWaiting(): boolean
}

export function createTokenizer(onKey: (key: Key) => void): Tokenizer {
  // A character of several bytes may come in two packets.
  const decoder = new StringDecoder('utf8')
  let held = ''
  let paste: string | null = null

  function take(): void {
    while (held !== '') {
      if (paste !== null) {
        const end = held.indexOf(pasteEnds)
        if (end < 0) {
          // The end may have come in part.
          const keep = partial(held, pasteEnds)
          paste = (paste + held.slice(0, held.length - keep)).slice(0, longestPaste)
          held = held.slice(held.length - keep)
          return
        }
        onKey({ kind: 'paste', text: (paste + held.slice(0, end)).slice(0, longestPaste) })
        paste = null
        held = held.slice(end + pasteEnds.length)
        continue
      }
      if (held.startsWith('\u001b')) {
        const length = sequenceLength(held)
        if (length === 0) return
        emitSequence(held.slice(0, length))
        held = held.slice(length)
        continue
      }
      const [character = ''] = held
      held = held.slice(character.length)
      onKey({ kind: 'key', name: nameOf(character) })
    }
  }

  function emitSequence(sequence: string): void {
    if (sequence === pasteBegins) {
      paste = ''
      return
    }
    if (sequence === '\u001b') {
      onKey({ kind: 'key', name: 'escape' })
      return
    }
    const rest = sequence.slice(1)
    const name = named[rest] ?? kitty(rest) ?? (rest.length === 1 ? `alt-${nameOf(rest)}` : null)
    // Unknown sequences are dropped: they are never a handful of letters.
    if (name !== null) onKey({ kind: 'key', name })
  }

  return {
    push(bytes) {
      held += decoder.write(bytes)
      take()
    },
    flush() {
      if (paste !== null || held === '') return
      const waiting = held
      held = ''
      if (waiting === '\u001b') onKey({ kind: 'key', name: 'escape' })
      else emitSequence(waiting)
    },
    isWaiting: () => held !== '' && paste === null,
  }
}

/** Length of the sequence at the start, or 0 while it is not complete. */
function sequenceLength(text: string): number {
  if (text.length === 1) return 0
  const second = text[1]
  if (second === '[') {
    const match = /^\u001b\[[0-9;:<=>?]*[ -/]*[@-~]/.exec(text)
    if (match) return match[0].length
    return /^\u001b\[[0-9;:<=>?]*[ -/]*$/.test(text) ? 0 : 2
  }
  if (second === 'O') return text.length < 3 ? 0 : 3
  if (second === '\u001b') return 1
  return 1 + ([...text.slice(1)][0]?.length ?? 0)
}

/** Keys of the kitty protocol: `CSI code ; modifiers u`. */
function kitty(rest: string): string | null {
  const match = /^\[(\d+)(?:;(\d+))?u$/.exec(rest)
  if (!match) return null
  const code = Number(match[1])
  const modifiers = Number(match[2] ?? 1) - 1
  const name = code === 27 ? 'escape' : nameOf(String.fromCodePoint(code))
  if (modifiers & 4) return `ctrl-${name}`
  return modifiers & 2 ? `alt-${name}` : name
}

function nameOf(character: string): string {
  const control = controls[character]
  if (control) return control
  const code = character.codePointAt(0) ?? 0
  return code < 32 ? `ctrl-${String.fromCharCode(code + 96)}` : character
}

function partial(text: string, wanted: string): number {
  for (let length = Math.min(wanted.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(wanted.slice(0, length))) return length
  }
  return 0
}
