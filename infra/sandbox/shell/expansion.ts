// What becomes of words before a command runs: parameters, command substitution, arithmetic, splitting into fields,
// file names.
import type { Machine } from '../nodes/machine.ts'
import { arithmetic } from './arithmetic.ts'
import { Exit } from './jumps.ts'
import { absolutePath } from './paths.ts'
import { matches } from './patterns.ts'
import type { List, Part, Word } from './syntax.ts'

/** What words may refer to. */
export interface Scope {
  readonly machine: Machine
  readonly cwd: string
  readonly variables: Map<string, string>
  readonly positional: readonly string[]
  /** Exit status of the last command. */
  readonly status: number
  /** Runs a list in a subshell and gives what it printed, without the line ends at its end. */
  capture(body: List): Promise<string>
  complain(text: string): void
}

export async function fields(words: readonly Word[], scope: Scope): Promise<string[]> {
  const found: string[] = []
  for (const word of words) {
    const solid = word.filter(each => each.kind !== 'text' || each.text !== '')
    const [part] = solid
    if (solid.length === 1 && part?.kind === 'parameter' && part.name === '@' && part.operator === '') {
      found.push(...scope.positional)
      continue
    }
    // Fields grow over parts: quoted text joins, blanks from unquoted expansions split.
    let field: string | null = null
    for (const each of word) {
      const text = await expand(each, scope)
      if (each.quoted || each.kind === 'text') {
        field = (field ?? '') + text
        continue
      }
      const pieces = text.split(/[ \t\n]+/)
      for (const [index, piece] of pieces.entries()) {
        if (index > 0 && field !== null) {
          found.push(field)
          field = null
        }
        if (piece !== '') field = (field ?? '') + piece
      }
    }
    if (field !== null) found.push(...glob(field, word, scope))
  }
  return found
}

function glob(field: string, word: Word, scope: Scope): string[] {
  const open = word.some(part => part.kind === 'text' && !part.quoted && /[*?[]/.test(part.text))
  if (!open) {
    const [first] = word
    const tilde = first?.kind === 'text' && !first.quoted && /^~(\/|$)/.test(first.text)
    return [tilde ? field.replace('~', scope.variables.get('HOME') ?? '/root') : field]
  }
  const pattern = absolutePath(scope.cwd, field)
  const depth = pattern.split('/').length
  const found = Object.keys(scope.machine.kept.files)
    .filter(path => path.split('/').length === depth && matches(pattern, path))
    .sort()
  if (found.length === 0) return [field]
  return field.startsWith('/') ? found : found.map(path => path.slice(scope.cwd === '/' ? 1 : scope.cwd.length + 1))
}

/** The word as one string. */
export async function single(word: Word, scope: Scope): Promise<string> {
  let text = ''
  for (const part of word) text += await expand(part, scope)
  return text
}

/** The word as a pattern for `matches`, in which quoted characters have lost their meaning. */
export async function patternOf(word: Word, scope: Scope): Promise<string> {
  let text = ''
  for (const part of word) {
    const piece = await expand(part, scope)
    text += part.quoted ? piece.replace(/[\\*?[\]]/g, '\\$&') : piece
  }
  return text
}

async function expand(part: Part, scope: Scope): Promise<string> {
  switch (part.kind) {
    case 'text':
      return part.text
    case 'arithmetic':
      return String(arithmetic(await single(part.expression, scope), name => parameterValue(name, scope) ?? ''))
    case 'command':
      return scope.capture(part.body)
    case 'parameter':
      return parameter(part, scope)
  }
}

async function parameter(part: Extract<Part, { kind: 'parameter' }>, scope: Scope): Promise<string> {
  const value = parameterValue(part.name, scope)
  const { operator } = part
  const absent = value === null || (operator.startsWith(':') && value === '')
  switch (operator.replace(':', '')) {
    case 'length':
      return String((value ?? '').length)
    case '-':
      return absent ? single(part.argument, scope) : (value ?? '')
    case '=': {
      if (!absent) return value ?? ''
      const fallback = await single(part.argument, scope)
      scope.variables.set(part.name, fallback)
      return fallback
    }
    case '+':
      return absent ? '' : single(part.argument, scope)
    case '?':
      if (!absent) return value ?? ''
      scope.complain(`${part.name}: ${(await single(part.argument, scope)) || 'parameter not set'}`)
      throw new Exit(2, 'shell')
    case '#':
    case '##':
    case '%':
    case '%%':
      return trimmed(value ?? '', operator, await patternOf(part.argument, scope))
    default:
      return value ?? ''
  }
}

function parameterValue(name: string, scope: Scope): string | null {
  switch (name) {
    case '?':
      return String(scope.status)
    case '#':
      return String(scope.positional.length)
    case '@':
    case '*':
      return scope.positional.join(' ')
    case '$':
      return '4711'
    case '0':
      return 'sh'
    case '-':
      return ''
    default:
      return /^\d+$/.test(name) ? (scope.positional[Number(name) - 1] ?? null) : (scope.variables.get(name) ?? null)
  }
}

function trimmed(value: string, operator: string, pattern: string): string {
  const lengths = Array.from({ length: value.length + 1 }, (_, index) => index)
  const fromStart = operator.startsWith('#')
  const longest = operator.length === 2
  for (const length of longest ? lengths.reverse() : lengths) {
    const piece = fromStart ? value.slice(0, length) : value.slice(value.length - length)
    if (matches(pattern, piece)) return fromStart ? value.slice(length) : value.slice(0, value.length - length)
  }
  return value
}
