// Just enough reading of TypeScript for the catalogue of errors: where a bracket closes, the fields of an object literal,
// and what a text expression says. Texts, templates and comments are stepped over, so that their brackets do not count.

const pairs: Readonly<Record<string, string>> = { '{': '}', '(': ')', '[': ']' }

/** Index of the bracket that closes the one at `open`; null when it never closes. */
export function closing(source: string, open: number): number | null {
  const waiting: string[] = []
  for (let at = open; at < source.length; ) {
    const skipped = pastText(source, at)
    if (skipped > at) {
      at = skipped
      continue
    }
    const letter = source[at] ?? ''
    const closes = pairs[letter]
    if (closes !== undefined) waiting.push(closes)
    else if (letter === waiting.at(-1)) {
      waiting.pop()
      if (waiting.length === 0) return at
    }
    at += 1
  }
  return null
}

/** Fields of an object literal's inside, as source text; shorthand is its own value, a spread is left out. */
export function fieldsOf(inside: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const part of split(inside, ',')) {
    const field = withoutComments(part).trim()
    if (field === '' || field.startsWith('...')) continue
    const [, name, value] = /^(\w+)\s*(?::([\s\S]*))?$/.exec(field) ?? []
    if (name !== undefined) fields.set(name, (value ?? name).trim())
  }
  return fields
}

/** What an expression says: its texts, with ‹names› for what varies and ` / ` between alternatives. */
export function spokenText(expression: string): string {
  const source = expression.trim()
  const choices = choicesOf(source)
  if (choices.length > 1) return choices.map(spokenText).join(' / ')
  const words = split(source, '+')
  if (words.length > 1) return words.map(spokenText).join('')
  const quote = source[0]
  if ((quote === "'" || quote === '"') && pastText(source, 0) === source.length) return unescaped(source.slice(1, -1))
  if (quote === '`' && pastText(source, 0) === source.length) return templateText(source.slice(1, -1))
  return `‹${nameOf(source)}›`
}

/** `a ? b : c` → b and c; anything else is its own only choice. */
export function choicesOf(expression: string): string[] {
  const [, ...rest] = split(expression.trim(), '?')
  const branches = rest.length === 1 ? split(rest[0] ?? '', ':') : []
  return branches.length === 2 ? branches.map(branch => branch.trim()) : [expression.trim()]
}

function templateText(inside: string): string {
  let said = ''
  for (let at = 0; at < inside.length; ) {
    if (inside[at] === '\\') {
      said += unescaped(inside.slice(at, at + 2))
      at += 2
    } else if (inside.startsWith('${', at)) {
      const end = closing(inside, at + 1) ?? inside.length
      const value = spokenText(inside.slice(at + 2, end))
      // Texts inside a choice are alternatives; what is nothing in one of them may be left out.
      said += value.includes(' / ')
        ? `‹${value
            .replace(/[‹›]/g, '')
            .replace(/^ \/ | \/ $/g, '')
            .trim()}›`
        : value
      at = end + 1
    } else {
      said += inside[at]
      at += 1
    }
  }
  return said.replace(/\s+/g, ' ')
}

/** The last word that names what varies: `loaded.errors.length` → `errors`, `String(cause.message)` → `message`. */
function nameOf(expression: string): string {
  let source = expression.replace(/\s+/g, ' ').trim()
  for (;;) {
    const call = /^([\w.?]*?)\.?(\w+)\((.*)\)$/.exec(source)
    if (!call) break
    const [, owner = '', , inside = ''] = call
    source =
      owner !== '' && !/^(JSON|Object|Math|path|String|Number)$/.test(owner) ? owner : (split(inside, ',')[0] ?? '')
    source = source.trim()
  }
  const chain = /^[\w.?[\]]+$/.test(source) ? source.split(/[.?[\]]+/).filter(Boolean) : []
  const words = chain.filter(word => !/^(length|size|\d+)$/.test(word))
  const last = words.at(-1)
  return last === undefined ? '…' : last.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
}

/** Splits at a separator that stands outside of brackets and texts. */
function split(source: string, separator: string): string[] {
  const parts: string[] = []
  let start = 0
  for (let at = 0; at < source.length; ) {
    const skipped = pastText(source, at)
    if (skipped > at) {
      at = skipped
      continue
    }
    const letter = source[at] ?? ''
    if (pairs[letter] !== undefined) {
      at = (closing(source, at) ?? source.length) + 1
      continue
    }
    if (letter === '?' && /[?.]/.test(source[at + 1] ?? '')) {
      at += 2
      continue
    }
    if (letter === separator) {
      parts.push(source.slice(start, at))
      start = at + 1
    }
    at += 1
  }
  return [...parts, source.slice(start)]
}

/** Where a text, template or comment that begins here ends; the same place when none begins here. */
function pastText(source: string, at: number): number {
  const letter = source[at]
  if (letter === '/' && source[at + 1] === '/') {
    const end = source.indexOf('\n', at)
    return end < 0 ? source.length : end
  }
  if (letter === '/' && source[at + 1] === '*') {
    const end = source.indexOf('*/', at + 2)
    return end < 0 ? source.length : end + 2
  }
  if (letter !== "'" && letter !== '"' && letter !== '`') return at
  for (let next = at + 1; next < source.length; next++) {
    if (source[next] === '\\') next += 1
    else if (source[next] === letter) return next + 1
    else if (letter === '`' && source.startsWith('${', next)) next = closing(source, next + 1) ?? source.length
  }
  return source.length
}

function withoutComments(source: string): string {
  let text = ''
  for (let at = 0; at < source.length; ) {
    const next = pastText(source, at)
    const isComment = next > at && source[at] === '/'
    const end = Math.max(next, at + 1)
    if (!isComment) text += source.slice(at, end)
    at = end
  }
  return text
}

function unescaped(text: string): string {
  return text.replace(/\\n/g, ' ').replace(/\\(.)/g, '$1')
}
