// The grammar of the nodes' shell: the part of POSIX sh that scripts sent over SSH are written in. Interpreted here
// and not given to a real /bin/sh, because what an operator types at a sandbox node must never touch the machine
// that the sandbox runs on, and because a process a command would cost more than the whole rest of the world.

export type Part =
  | { kind: 'text'; text: string; quoted: boolean }
  | { kind: 'parameter'; name: string; operator: string; argument: Word; quoted: boolean }
  | { kind: 'command'; body: List; quoted: boolean }
  | { kind: 'arithmetic'; expression: Word; quoted: boolean }

export type Word = readonly Part[]

export interface Redirect {
  fd: number
  operator: '<' | '>' | '>>' | '<&' | '>&' | '<<'
  /** For `<<` the body of the here-document. */
  target: Word
}

export type Command =
  | { kind: 'simple'; assignments: { name: string; value: Word }[]; words: Word[]; redirects: Redirect[] }
  | { kind: 'group'; body: List; subshell: boolean; redirects: Redirect[] }
  | { kind: 'if'; clauses: { test: List; body: List }[]; otherwise: List | null; redirects: Redirect[] }
  | { kind: 'while'; until: boolean; test: List; body: List; redirects: Redirect[] }
  | { kind: 'for'; name: string; words: Word[] | null; body: List; redirects: Redirect[] }
  | { kind: 'case'; subject: Word; arms: { patterns: Word[]; body: List }[]; redirects: Redirect[] }
  | { kind: 'function'; name: string; body: Command }

export interface Pipeline {
  negated: boolean
  commands: Command[]
}

/** How a pipeline is joined to the one before it; `background` is its own end, `&`. */
export type List = readonly { join: 'always' | 'and' | 'or'; background: boolean; pipeline: Pipeline }[]

export class SyntaxProblem extends Error {}

const reserved = new Set(['then', 'else', 'elif', 'fi', 'do', 'done', 'esac', '}', ')', ';;'])
const metacharacters = new Set([' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')'])

export function parse(script: string): List {
  const parser = new Parser(script)
  const list = parser.list()
  parser.expectEnd()
  return list
}

class Parser {
  private readonly text: string
  private at = 0
  private hereDocuments: { redirect: { target: Word }; end: string; plain: boolean; strip: boolean }[] = []

  constructor(text: string) {
    this.text = text
  }

  list(): List {
    const items: { join: 'always' | 'and' | 'or'; background: boolean; pipeline: Pipeline }[] = []
    let join: 'always' | 'and' | 'or' = 'always'
    for (;;) {
      this.skipBlank(true)
      if (this.at >= this.text.length || reserved.has(this.peekWord())) return items
      const item = { join, background: false, pipeline: this.pipeline() }
      items.push(item)
      this.skipBlank(false)
      if (this.take('&&')) join = 'and'
      else if (this.take('||')) join = 'or'
      else {
        join = 'always'
        if (this.text.startsWith(';;', this.at)) return items
        if (this.take('&')) item.background = true
        else if (!this.take(';') && !this.newline()) return items
      }
    }
  }

  expectEnd(): void {
    this.skipBlank(true)
    if (this.at < this.text.length) this.fail()
  }

  private pipeline(): Pipeline {
    let negated = false
    while (this.takeWord('!')) negated = !negated
    const commands = [this.command()]
    for (;;) {
      this.skipBlank(false)
      if (this.text[this.at] !== '|' || this.text[this.at + 1] === '|') return { negated, commands }
      this.at++
      this.skipBlank(true)
      commands.push(this.command())
    }
  }

  private command(): Command {
    this.skipBlank(false)
    if (this.text[this.at] === '(') {
      this.at++
      const body = this.list()
      this.expect(')')
      return { kind: 'group', body, subshell: true, redirects: this.redirects() }
    }
    switch (this.peekWord()) {
      case '{': {
        this.takeWord('{')
        const body = this.list()
        this.expectWord('}')
        return { kind: 'group', body, subshell: false, redirects: this.redirects() }
      }
      case 'if':
        return this.conditional()
      case 'while':
      case 'until': {
        const until = this.takeWord('until') || !this.takeWord('while')
        const test = this.list()
        const body = this.doGroup()
        return { kind: 'while', until, test, body, redirects: this.redirects() }
      }
      case 'for':
        return this.loop()
      case 'case':
        return this.choice()
      default:
        return this.simple()
    }
  }

  private conditional(): Command {
    this.expectWord('if')
    const clauses: { test: List; body: List }[] = []
    let otherwise: List | null = null
    do {
      const test = this.list()
      this.expectWord('then')
      clauses.push({ test, body: this.list() })
    } while (this.takeWord('elif'))
    if (this.takeWord('else')) otherwise = this.list()
    this.expectWord('fi')
    return { kind: 'if', clauses, otherwise, redirects: this.redirects() }
  }

  private doGroup(): List {
    this.skipBlank(true)
    this.expectWord('do')
    const body = this.list()
    this.expectWord('done')
    return body
  }

  private loop(): Command {
    this.expectWord('for')
    this.skipBlank(false)
    const name = this.bareWord()
    let words: Word[] | null = null
    this.skipBlank(true)
    if (this.takeWord('in')) {
      words = []
      for (;;) {
        this.skipBlank(false)
        if (this.take(';') || this.newline()) break
        words.push(this.word())
      }
    } else this.take(';')
    const body = this.doGroup()
    return { kind: 'for', name, words, body, redirects: this.redirects() }
  }

  private choice(): Command {
    this.expectWord('case')
    this.skipBlank(false)
    const subject = this.word()
    this.skipBlank(true)
    this.expectWord('in')
    const arms: { patterns: Word[]; body: List }[] = []
    for (;;) {
      this.skipBlank(true)
      if (this.takeWord('esac')) return { kind: 'case', subject, arms, redirects: this.redirects() }
      this.take('(')
      const patterns: Word[] = []
      do {
        this.skipBlank(false)
        patterns.push(this.word())
        this.skipBlank(false)
      } while (this.take('|'))
      this.expect(')')
      arms.push({ patterns, body: this.list() })
      this.skipBlank(true)
      this.take(';;')
    }
  }

  private simple(): Command {
    const assignments: { name: string; value: Word }[] = []
    const words: Word[] = []
    const redirects: Redirect[] = []
    for (;;) {
      this.skipBlank(false)
      const redirect = this.redirect()
      if (redirect) {
        redirects.push(redirect)
        continue
      }
      const next = this.text[this.at]
      if (next === undefined || next === ')' || (metacharacters.has(next) && next !== '(')) break
      const name = words.length === 0 ? /^[A-Za-z_]\w*(?==)/.exec(this.text.slice(this.at))?.[0] : undefined
      if (name !== undefined) {
        this.at += name.length + 1
        const empty = this.at >= this.text.length || metacharacters.has(this.text[this.at] ?? ' ')
        assignments.push({ name, value: empty ? [] : this.word() })
        continue
      }
      const definition = words.length === 0 ? /^([A-Za-z_][\w-]*)[ \t]*\([ \t]*\)/.exec(this.text.slice(this.at)) : null
      if (definition) {
        this.at += definition[0].length
        this.skipBlank(true)
        return { kind: 'function', name: definition[1] ?? '', body: this.command() }
      }
      if (next === '(') this.fail()
      words.push(this.word())
    }
    if (words.length === 0 && assignments.length === 0 && redirects.length === 0) this.fail()
    return { kind: 'simple', assignments, words, redirects }
  }

  private redirects(): Redirect[] {
    const found: Redirect[] = []
    for (;;) {
      this.skipBlank(false)
      const redirect = this.redirect()
      if (!redirect) return found
      found.push(redirect)
    }
  }

  private redirect(): Redirect | null {
    const match = /^(\d*)(<<-?|<&|>&|>>|>\||<|>)/.exec(this.text.slice(this.at, this.at + 8))
    if (!match) return null
    const [whole, digits = '', sign = ''] = match
    this.at += whole.length
    this.skipBlank(false)
    const fd = digits === '' ? (sign.startsWith('<') ? 0 : 1) : Number(digits)
    if (sign.startsWith('<<')) {
      const from = this.at
      const end = this.word()
        .map(part => (part.kind === 'text' ? part.text : ''))
        .join('')
      const plain = /['"\\]/.test(this.text.slice(from, this.at))
      const redirect = { fd, operator: '<<' as const, target: [] as Word }
      this.hereDocuments.push({ redirect, end, plain, strip: sign === '<<-' })
      return redirect
    }
    const operator = sign === '>|' ? '>' : sign
    switch (operator) {
      case '<':
      case '>':
      case '>>':
      case '<&':
      case '>&':
        return { fd, operator, target: this.word() }
      default:
        return this.fail()
    }
  }

  private word(): Word {
    const parts: Part[] = []
    while (this.at < this.text.length && !metacharacters.has(this.text[this.at] ?? ' ')) this.part(parts, false, null)
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
      parts.push({ kind: 'command', body: parse(this.text.slice(this.at + 1, end)), quoted })
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
  private skipBlank(lines: boolean): void {
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

  private newline(): boolean {
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
      redirect.target = plain ? [{ kind: 'text', text: body, quoted: true }] : expandable(body)
    }
    return true
  }

  private peekWord(): string {
    const rest = this.text.slice(this.at, this.at + 12)
    if (rest.startsWith(';;')) return ';;'
    if (rest.startsWith(')')) return ')'
    return /^[^\s;&|<>()]+/.exec(rest)?.[0] ?? ''
  }

  private takeWord(word: string): boolean {
    this.skipBlank(false)
    if (this.peekWord() !== word) return false
    this.at += word.length
    return true
  }

  private expectWord(word: string): void {
    this.skipBlank(true)
    if (!this.takeWord(word)) this.fail(word)
  }

  private bareWord(): string {
    const word = this.peekWord()
    if (!/^[A-Za-z_]\w*$/.test(word)) this.fail()
    this.at += word.length
    return word
  }

  private take(sign: string): boolean {
    if (!this.text.startsWith(sign, this.at)) return false
    if (sign === ';' && this.text[this.at + 1] === ';') return false
    if (sign === '&' && this.text[this.at + 1] === '&') return false
    this.at += sign.length
    return true
  }

  private expect(sign: string): void {
    this.skipBlank(true)
    if (!this.take(sign)) this.fail(sign)
  }

  private fail(expected?: string): never {
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

function expandable(body: string): Word {
  return new Parser(body).hereBody()
}
