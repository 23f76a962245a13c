// The lower half of the shell's reader: blanks, signs, here-documents and words with their quotes and expansions. What
// a `$(…)` holds is a script again, which the grammar in `parse.ts` reads.
import { type List, type Part, SyntaxProblem, type Word } from './syntax.ts'

const metacharacters = new Set([' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')'])

export abstract class WordReader {
  protected readonly text: string
  protected at = 0
  protected hereDocuments: { redirect: { target: Word }; end: string; plain: boolean; strip: boolean }[] = []

  constructor(text: string) {
    this.text = text
  }

  abstract list(): List

  /** A reader of the same grammar for a text of its own. */
  protected abstract readerOf(text: string): WordReader

  expectEnd(): void {
    this.skipBlank(true)
    if (this.at < this.text.length) this.fail()
  }

  /** Whether a word cannot go on here. */
  protected isAtWordEnd(): boolean {
    return this.at >= this.text.length || metacharacters.has(this.text[this.at] ?? ' ')
  }

  protected word(): Word {
    const parts: Part[] = []
    while (!this.isAtWordEnd()) this.part(parts, false, null)
    if (parts.length === 0) this.fail()
    return parts
  }

  /** One piece of a word; `quoted` inside double quotes, `closing` is what ends a `${…}` argument. */
  private part(parts: Part[], quoted: boolean, closing: string | null): void {
    const letter = this.text[this.at] ?? ''
    const text = (value: string, isQuoted: boolean) => {
      const last = parts.at(-1)
      if (last?.kind === 'text' && last.quoted === isQuoted) last.text += value
      else parts.push({ kind: 'text', text: value, quoted: isQuoted })
    }
    if (letter === '\\') {
      const next = this.text[this.at + 1] ?? ''
      this.at += 2
      if (next === '\n') return
      if (quoted && !['$', '`', '"', '\\'].includes(next)) text(`\\${next}`, true)
      else text(next, true)
    } else if (letter === "'" && !quoted) {
      const end = this.text.indexOf("'", this.at + 1)
      if (end < 0) throw new SyntaxProblem('Unterminated quoted string')
      text(this.text.slice(this.at + 1, end), true)
      this.at = end + 1
    } else if (letter === '"') {
      this.at++
      if (closing !== null && quoted) return
      text('', true)
      while (this.text[this.at] !== '"') {
        if (this.at >= this.text.length) throw new SyntaxProblem('Unterminated quoted string')
        this.part(parts, true, null)
      }
      this.at++
    } else if (letter === '$') this.dollar(parts, quoted, text)
    else if (letter === '`') {
      const end = this.text.indexOf('`', this.at + 1)
      if (end < 0) throw new SyntaxProblem('EOF in backquote substitution')
      const inner = this.readerOf(this.text.slice(this.at + 1, end))
      const body = inner.list()
      inner.expectEnd()
      parts.push({ kind: 'command', body, quoted })
      this.at = end + 1
    } else {
      this.at++
      text(letter, quoted)
    }
  }

  private dollar(parts: Part[], quoted: boolean, text: (value: string, isQuoted: boolean) => void): void {
    const rest = this.text.slice(this.at, this.at + 200)
    if (rest.startsWith('$((')) {
      this.at += 3
      const expression: Part[] = []
      let depth = 0
      while (depth > 0 || !this.text.startsWith('))', this.at)) {
        if (this.at >= this.text.length) this.fail()
        if (this.text[this.at] === '(') depth++
        if (this.text[this.at] === ')') depth--
        this.part(expression, true, null)
      }
      this.at += 2
      parts.push({ kind: 'arithmetic', expression, quoted })
      return
    }
    if (rest.startsWith('$(')) {
      this.at += 2
      const body = this.list()
      this.expect(')')
      parts.push({ kind: 'command', body, quoted })
      return
    }
    const braced = /^\$\{(#?)([A-Za-z_]\w*|\d+|[?#@*$!-])(:?[-+=?]|##?|%%?)?/.exec(rest)
    if (braced) {
      const [whole, length, name = '', operator = ''] = braced
      this.at += whole.length
      const argument: Part[] = []
      while (this.text[this.at] !== '}') {
        if (this.at >= this.text.length) throw new SyntaxProblem('Missing }')
        this.part(argument, quoted, '}')
      }
      this.at++
      parts.push({ kind: 'parameter', name, operator: length ? 'length' : operator, argument, quoted })
      return
    }
    const plain = /^\$([A-Za-z_]\w*|[0-9?#@*$!-])/.exec(rest)
    if (plain) {
      this.at += plain[0].length
      parts.push({ kind: 'parameter', name: plain[1] ?? '', operator: '', argument: [], quoted })
      return
    }
    this.at++
    text('$', quoted)
  }

  /** Blanks, line continuations, comments; with `lines` also line ends. */
  protected skipBlank(lines: boolean): void {
    for (;;) {
      const letter = this.text[this.at]
      if (letter === ' ' || letter === '\t' || letter === '\r') this.at++
      else if (letter === '\\' && this.text[this.at + 1] === '\n') this.at += 2
      else if (letter === '#') {
        while (this.at < this.text.length && this.text[this.at] !== '\n') this.at++
      } else if (lines && letter === '\n') this.newline()
      else return
    }
  }

  protected newline(): boolean {
    if (this.text[this.at] !== '\n') return false
    this.at++
    for (const { redirect, end, plain, strip } of this.hereDocuments.splice(0)) {
      let body = ''
      for (;;) {
        if (this.at >= this.text.length) break
        const stop = this.text.indexOf('\n', this.at)
        const raw = this.text.slice(this.at, stop < 0 ? undefined : stop)
        this.at = stop < 0 ? this.text.length : stop + 1
        const line = strip ? raw.replace(/^\t+/, '') : raw
        if (line === end) break
        body += `${line}\n`
      }
      redirect.target = plain ? [{ kind: 'text', text: body, quoted: true }] : this.readerOf(body).hereBody()
    }
    return true
  }

  protected peekWord(): string {
    const rest = this.text.slice(this.at, this.at + 12)
    if (rest.startsWith(';;')) return ';;'
    if (rest.startsWith(')')) return ')'
    return /^[^\s;&|<>()]+/.exec(rest)?.[0] ?? ''
  }

  protected takeWord(word: string): boolean {
    this.skipBlank(false)
    if (this.peekWord() !== word) return false
    this.at += word.length
    return true
  }

  protected expectWord(word: string): void {
    this.skipBlank(true)
    if (!this.takeWord(word)) this.fail(word)
  }

  protected bareWord(): string {
    const word = this.peekWord()
    if (!/^[A-Za-z_]\w*$/.test(word)) this.fail()
    this.at += word.length
    return word
  }

  protected take(sign: string): boolean {
    if (!this.text.startsWith(sign, this.at)) return false
    if (sign === ';' && this.text[this.at + 1] === ';') return false
    if (sign === '&' && this.text[this.at + 1] === '&') return false
    this.at += sign.length
    return true
  }

  protected expect(sign: string): void {
    this.skipBlank(true)
    if (!this.take(sign)) this.fail(sign)
  }

  protected fail(expected?: string): never {
    if (this.at >= this.text.length) {
      throw new SyntaxProblem(`Syntax error: end of file unexpected${expected ? ` (expecting "${expected}")` : ''}`)
    }
    const found = this.peekWord() || (this.text[this.at] === '\n' ? 'newline' : (this.text[this.at] ?? ''))
    throw new SyntaxProblem(`Syntax error: "${found}" unexpected${expected ? ` (expecting "${expected}")` : ''}`)
  }

  /** The body of a here-document as one double-quoted word. */
  hereBody(): Word {
    const parts: Part[] = []
    while (this.at < this.text.length) {
      if (this.text[this.at] === '"') {
        parts.push({ kind: 'text', text: '"', quoted: true })
        this.at++
      } else this.part(parts, true, null)
    }
    return parts
  }
}
