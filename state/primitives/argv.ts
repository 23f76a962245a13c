// A command line as the words it is made of, and words as a line that can be read back. Quotes are honoured as a shell
// does; nothing else is: no variable, pattern, pipe or `;` means anything, and what a shell would have acted on is named.
import { forScreen } from './node-text.ts'

export type Split =
  | {
      ok: true
      words: string[]
      /** Signs outside quotes that a shell would act on, each once; here they are text. */
      literal: string[]
    }
  | {
      ok: false
      message: string
      /** Where in the line, counted from 0. */
      at: number
    }

/** Signs that mean something to a shell wherever they stand. */
const signs = new Set('|&;<>()$`*?[]{}')
/** Those that only do at the beginning of a word. */
const firstSigns = new Set('~#')

export function splitWords(line: string): Split {
  const words: string[] = []
  const literal = new Set<string>()
  let word: string | null = null
  let at = 0
  while (at < line.length) {
    const sign = line[at] ?? ''
    if (/\s/.test(sign)) {
      if (word !== null) words.push(word)
      word = null
    } else if (sign === "'") {
      const end = line.indexOf("'", at + 1)
      if (end === -1) return unbalanced(sign, at)
      word = (word ?? '') + line.slice(at + 1, end)
      at = end
    } else if (sign === '"') {
      const quoted = readQuoted(line, at, literal)
      if (quoted === null) return unbalanced(sign, at)
      word = (word ?? '') + quoted.text
      at = quoted.end
    } else if (sign === '\\') {
      const next = line[at + 1]
      if (next === undefined) return { ok: false, message: `nothing follows the \\ at place ${at + 1}`, at }
      word = (word ?? '') + next
      at += 1
    } else {
      if (signs.has(sign) || (word === null && firstSigns.has(sign))) literal.add(sign)
      word = (word ?? '') + sign
    }
    at += 1
  }
  if (word !== null) words.push(word)
  return { ok: true, words, literal: [...literal] }
}

/** From one double quote to the next; a backslash takes its meaning from what a shell would still act on in there. */
function readQuoted(line: string, from: number, literal: Set<string>): { text: string; end: number } | null {
  let text = ''
  for (let at = from + 1; at < line.length; at += 1) {
    const sign = line[at] ?? ''
    const next = line[at + 1] ?? ''
    if (sign === '"') return { text, end: at }
    if (sign === '\\' && '$`"\\'.includes(next) && next !== '') {
      text += next
      at += 1
      continue
    }
    if (sign === '$' || sign === '`') literal.add(sign)
    text += sign
  }
  return null
}

function unbalanced(quote: string, at: number): Split {
  return { ok: false, message: `the ${quote} at place ${at + 1} is never closed`, at }
}

/** The words as one line that a shell would split into exactly them; what no screen can show is written as its code. */
export function quoteWords(words: readonly string[]): string {
  return words.map(quoteWord).join(' ')
}

function quoteWord(word: string): string {
  if (/^[\w/.,:=@%+-]+$/.test(word)) return word
  if (forScreen(word) === word) return `'${word.replaceAll("'", "'\\''")}'`
  const codes = [...word].map(sign => {
    if (sign === "'" || sign === '\\') return `\\${sign}`
    if (forScreen(`a${sign}`) === `a${sign}`) return sign
    const code = sign.codePointAt(0) ?? 0
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
  return `$'${codes.join('')}'`
}
