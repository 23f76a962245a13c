// Bytes from a bad link become keys: three letters in one packet are three keys, an arrow that arrives in two packets is
// one, a paste is text and never a string of commands, and what the terminal answers is no key at all. It goes byte by
// byte, so where the packets end makes no difference.
import { keysOfCsi, keysOfSs3, namedCharacter } from './sequences.ts'

/** What was typed. */
export type Typed = { kind: 'key'; name: string } | { kind: 'paste'; text: string }
/** Typed, or the terminal's own background colour (0 to 1), which it was asked for. */
export type Key = Typed | { kind: 'background'; red: number; green: number; blue: number }

/** A lone escape is only an escape when nothing has followed for this long. */
export const escapeMs = 60
/** The rest of a sequence may be stuck on the link: nobody types the beginning of one by hand. */
const sequenceMs = 500
/** An answer that does not end takes the typing with it for this long and no longer. */
const answerMs = 2_000
/** Or for so many bytes. No answer that we ask for is longer than 30. */
const longestAnswer = 4_096
/** Longer ones are nobody's key; their letters are still not typed. */
const longestSequence = 128
/** A paste that never ends must not eat memory. */
const longestPaste = 1024 * 1024

export interface Waiting {
  /** The same until that sequence is complete. */
  id: number
  /** How long after its first byte to call `flush`. */
  ms: number
}

export interface Tokenizer {
  push(bytes: Uint8Array): void
  /** Nothing completed what waits: it is what it looks like. */
  flush(): void
  /** The unfinished sequence; null when none is. */
  waiting(): Waiting | null
}

/**
 * `answer` is OSC, DCS, APC, PM or SOS up to its end; `mouse` the three bytes of an old mouse report; `linux` the last
 * letter of the Linux console's F1 to F5; `text` the rest of a UTF-8 character.
 */
type State = 'ground' | 'escape' | 'csi' | 'ss3' | 'linux' | 'mouse' | 'answer' | 'answer-escape' | 'text' | 'paste'

const escapeByte = 0x1b
const answers: ReadonlySet<string> = new Set([']', 'P', 'X', '^', '_'])
const pasteEnds = Buffer.from('\u001b[201~')

export function createTokenizer(onKey: (key: Key) => void): Tokenizer {
  let state: State = 'ground'
  /** What has come of the sequence, without its introducer; one character a byte. */
  let body = ''
  let introducer = ''
  let length = 0
  let id = 0
  /** An escape came right before the character. */
  let isAlt = false
  let missing = 0
  let paste: Buffer[] = []
  let pasted = 0
  /** The end of a paste may come in pieces. */
  let tail = Buffer.alloc(0)

  function emit(...names: string[]): void {
    for (const name of names) onKey({ kind: 'key', name })
  }

  function begin(next: State, by = ''): void {
    state = next
    introducer = by
    body = ''
    length = 0
  }

  function take(byte: number): void {
    switch (state) {
      case 'ground':
        isAlt = false
        takeCharacter(byte)
        return
      case 'escape':
        takeAfterEscape(byte)
        return
      case 'text':
        takeText(byte)
        return
      case 'csi':
        takeCsi(byte)
        return
      case 'ss3':
        takeSs3(byte)
        return
      case 'linux': {
        begin('ground')
        if (byte < 0x20 || byte > 0x7e) take(byte)
        else emit(...keysOfCsi('[', String.fromCharCode(byte)))
        return
      }
      case 'mouse':
        length += 1
        if (length === 3) begin('ground')
        return
      case 'answer':
        takeAnswer(byte)
        return
      case 'answer-escape':
        if (byte === 0x5c) {
          state = 'ground'
          answered()
        } else {
          // The answer was broken off: a sequence of its own begins.
          id += 1
          begin('escape')
          take(byte)
        }
        return
      case 'paste':
        return
    }
  }

  /** A byte outside of sequences, or one right after an escape. */
  function takeCharacter(byte: number): void {
    if (byte === escapeByte) {
      id += 1
      begin('escape')
      return
    }
    state = 'ground'
    if (byte < 0x80) {
      emit(namedCharacter(String.fromCharCode(byte), isAlt ? 'alt' : null))
      return
    }
    missing = byte >= 0xf0 && byte < 0xf8 ? 3 : byte >= 0xe0 && byte < 0xf0 ? 2 : byte >= 0xc0 && byte < 0xe0 ? 1 : 0
    if (missing === 0) {
      emitText('\ufffd')
      return
    }
    begin('text')
    body = String.fromCharCode(byte)
  }

  function takeText(byte: number): void {
    if (byte < 0x80 || byte >= 0xc0) {
      begin('ground')
      emitText('\ufffd')
      take(byte)
      return
    }
    body += String.fromCharCode(byte)
    missing -= 1
    if (missing > 0) return
    const [character = ''] = Buffer.from(body, 'latin1').toString('utf8')
    begin('ground')
    emitText(character)
  }

  function emitText(character: string): void {
    // A control in two bytes is no text.
    if (!/^\p{Cc}$/u.test(character)) emit(namedCharacter(character, isAlt ? 'alt' : null))
  }

  function takeAfterEscape(byte: number): void {
    const character = String.fromCharCode(byte)
    if (byte === escapeByte) {
      emit('escape')
      id += 1
    } else if (character === '[') begin('csi', character)
    else if (character === 'O') begin('ss3', character)
    else if (answers.has(character)) begin('answer', character)
    else {
      isAlt = true
      takeCharacter(byte)
    }
  }

  function takeCsi(byte: number): void {
    const character = String.fromCharCode(byte)
    // rxvt ends shifted keys with what is no end elsewhere.
    const isRxvtEnd = character === '$' && /^\d+$/.test(body)
    if (byte >= 0x20 && byte < 0x40 && !isRxvtEnd) {
      if (body.length <= longestSequence) body += character
    } else if (byte >= 0x20 && byte < 0x7f) endCsi(character)
    else breakOff(byte)
  }

  function endCsi(end: string): void {
    const sequence = body
    if (sequence === '' && end === '[') begin('linux')
    else if (sequence === '' && end === 'M') begin('mouse')
    else if (sequence === '200' && end === '~') {
      begin('paste')
      paste = []
      pasted = 0
      tail = Buffer.alloc(0)
    } else {
      begin('ground')
      // Unknown sequences are dropped: they are never a handful of letters.
      if (sequence.length <= longestSequence) emit(...keysOfCsi(sequence, end))
    }
  }

  function takeSs3(byte: number): void {
    const character = String.fromCharCode(byte)
    if (/[0-9;]/.test(character) && body.length < longestSequence) body += character
    else if (byte > 0x20 && byte < 0x7f) {
      const sequence = body
      begin('ground')
      emit(...keysOfSs3(sequence, character))
    } else breakOff(byte)
  }

  /** A byte that no sequence has: what came is what it looks like, and the byte counts for itself. */
  function breakOff(byte: number): void {
    const typed = typedSoFar()
    begin('ground')
    emit(...typed)
    take(byte)
  }

  function takeAnswer(byte: number): void {
    length += 1
    if (byte === 0x07) {
      state = 'ground'
      answered()
    } else if (byte === escapeByte) state = 'answer-escape'
    // No answer has controls: somebody types because nothing happens.
    else if (byte < 0x20 || byte === 0x7f) breakOff(byte)
    else if (length > longestAnswer) begin('ground')
    else if (body.length <= longestSequence) body += String.fromCharCode(byte)
  }

  function answered(): void {
    const background = introducer === ']' ? backgroundOf(body) : null
    begin('ground')
    if (background) onKey(background)
  }

  function takePaste(bytes: Buffer): Buffer {
    const all = Buffer.concat([tail, bytes])
    const end = all.indexOf(pasteEnds)
    const text = all.subarray(0, end < 0 ? Math.max(0, all.length - pasteEnds.length + 1) : end)
    const kept = text.subarray(0, longestPaste - pasted)
    // A copy: the stream uses its buffers again.
    if (kept.length > 0) paste.push(Buffer.from(kept))
    pasted += kept.length
    if (end < 0) {
      tail = Buffer.from(all.subarray(text.length))
      return Buffer.alloc(0)
    }
    const whole = Buffer.concat(paste).toString('utf8')
    begin('ground')
    paste = []
    onKey({ kind: 'paste', text: whole })
    return all.subarray(end + pasteEnds.length)
  }

  /** An introducer that nothing followed is the key with alt. */
  function typedSoFar(): string[] {
    if (state === 'escape' || state === 'answer-escape') return ['escape']
    const isIntroducer = state === 'csi' || state === 'ss3' || state === 'answer'
    return isIntroducer && body === '' ? [`alt-${introducer}`] : []
  }

  return {
    push(bytes) {
      let rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      while (rest.length > 0) {
        if (state === 'paste') {
          rest = takePaste(rest)
          continue
        }
        let at = 0
        for (; at < rest.length && !isPasting(); at++) take(rest[at] ?? 0)
        rest = rest.subarray(at)
      }
    },
    flush() {
      // A character that is not whole cannot be shown, and a paste goes on however long the link takes.
      if (state === 'ground' || state === 'text' || state === 'paste') return
      const typed = typedSoFar()
      begin('ground')
      emit(...typed)
    },
    waiting() {
      if (state === 'ground' || state === 'text' || state === 'paste') return null
      const ms = state === 'escape' ? escapeMs : state.startsWith('answer') ? answerMs : sequenceMs
      return { id, ms }
    },
  }

  function isPasting(): boolean {
    return state === 'paste'
  }
}

/** `11;rgb:1e1e/1e1e/2e2e`: one to four digits a colour. */
function backgroundOf(body: string): Key | null {
  const match = /^11;rgba?:([0-9a-f]{1,4})\/([0-9a-f]{1,4})\/([0-9a-f]{1,4})(?:\/[0-9a-f]{1,4})?$/i.exec(body)
  if (!match) return null
  const [red = 0, green = 0, blue = 0] = match
    .slice(1, 4)
    .map(digits => parseInt(digits, 16) / (16 ** digits.length - 1))
  return { kind: 'background', red, green, blue }
}
