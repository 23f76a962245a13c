// The grammar of the nodes' shell: the part of POSIX sh that scripts sent over SSH are written in. Interpreted here
// and not given to a real /bin/sh, because what an operator types at a sandbox node must never touch the machine
// that the sandbox runs on, and because a process a command would cost more than the whole rest of the world.
import type { Command, List, Pipeline, Redirect, Word } from './syntax.ts'
import { WordReader } from './words.ts'

const reserved = new Set(['then', 'else', 'elif', 'fi', 'do', 'done', 'esac', '}', ')', ';;'])

export function parse(script: string): List {
  const parser = new Parser(script)
  const list = parser.list()
  parser.expectEnd()
  return list
}

class Parser extends WordReader {
  protected readerOf(text: string): WordReader {
    return new Parser(text)
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
      if (next === undefined || (this.isAtWordEnd() && next !== '(')) break
      const name = words.length === 0 ? /^[A-Za-z_]\w*(?==)/.exec(this.text.slice(this.at))?.[0] : undefined
      if (name !== undefined) {
        this.at += name.length + 1
        assignments.push({ name, value: this.isAtWordEnd() ? [] : this.word() })
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
}
