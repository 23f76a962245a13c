// Which nodes are meant: `virginia`, `@pilot`, `region=eu-*`, `provider=aws`, a batch's name, `*`; comma = or, `!` = but not.
// A term that matches nothing is an error, not an empty choice: a typing mistake must never look like a finished job.
import { nearest } from './nearest.ts'

export interface Selectable {
  name: string
  provider: string
  region: string | null
  city: string | null
  type: string | null
  arch: string | null
  tags: readonly string[]
  host: string | null
  lifecycle: string
  isHq: boolean
}

type Selection =
  | { ok: true; nodes: string[] }
  | {
      ok: false
      message: string
      allowed: string
      suggestions: string[]
      /** What was looked for: a name, or what nodes are like. */
      sought: 'node' | 'selectable'
    }

export interface Directory {
  /** Names in the order of the file, each once. */
  select(text: string): Selection
}

const fields = ['name', 'provider', 'region', 'city', 'type', 'arch', 'tag', 'host', 'lifecycle'] as const
type Field = (typeof fields)[number]

const selectorForms = 'NAME, @TAG, region=eu-*, provider=aws, a batch, *; comma = or, !TERM = but not'

/** The tag that HQ has without being given it. */
const hqTag = 'hq'

/** Prepares a fleet for selecting: one pass over the nodes, then each selector costs about what it matches. */
export function directoryOf(
  nodes: Iterable<Selectable>,
  batches: Iterable<readonly [name: string, selector: string]> = [],
): Directory {
  const order = new Map<string, number>()
  const byField = new Map<Field, Map<string, string[]>>(fields.map(field => [field, new Map<string, string[]>()]))
  const all: string[] = []
  for (const node of nodes) {
    order.set(node.name, all.length)
    all.push(node.name)
    for (const field of fields) {
      const index = byField.get(field)
      for (const value of valuesOf(node, field)) {
        const names = index?.get(value)
        if (names) names.push(node.name)
        else index?.set(value, [node.name])
      }
    }
  }
  const batchTexts = new Map(batches)

  const words = () => [
    ...order.keys(),
    ...batchTexts.keys(),
    ...[...(byField.get('tag')?.keys() ?? [])].map(t => `@${t}`),
  ]
  const refuse = (
    message: string,
    word: string | null,
    candidates: Iterable<string>,
    sought: 'node' | 'selectable' = 'selectable',
  ): Selection => {
    const near = word === null ? null : nearest(word, candidates)
    return { ok: false, message, allowed: selectorForms, suggestions: near === null ? [] : [near], sought }
  }

  const byValue = (field: Field, pattern: string): string[] => {
    const index = byField.get(field) ?? new Map<string, string[]>()
    if (!pattern.includes('*')) return index.get(pattern) ?? []
    const matches = globMatcher(pattern)
    return [...index].filter(([value]) => matches(value)).flatMap(([, names]) => names)
  }

  const term = (text: string, through: readonly string[]): Selection => {
    if (text === '*') return { ok: true, nodes: all }
    if (text.startsWith('@')) {
      const tag = text.slice(1)
      const nodes = byValue('tag', tag)
      if (nodes.length > 0) return { ok: true, nodes }
      return refuse(
        `no node has the tag ${text}`,
        text,
        [...(byField.get('tag')?.keys() ?? [])].map(known => `@${known}`),
      )
    }
    const [, key, value] = /^([^=]*)=(.*)$/.exec(text) ?? []
    if (key !== undefined && value !== undefined) {
      const field = fields.find(known => known === key)
      if (!field) return refuse(`"${key}" is nothing that nodes are selected by`, key, fields)
      const nodes = byValue(field, value)
      if (nodes.length > 0) return { ok: true, nodes }
      return refuse(
        `no node has ${text}`,
        text,
        [...(byField.get(field)?.keys() ?? [])].map(known => `${field}=${known}`),
      )
    }
    if (order.has(text)) return { ok: true, nodes: [text] }
    const batch = batchTexts.get(text)
    if (batch !== undefined) {
      if (through.includes(text))
        return refuse(`the batch ${[...through, text].join(' → ')} goes in a circle`, null, [])
      return run(batch, [...through, text])
    }
    const globbed = text.includes('*') ? byValue('name', text) : []
    if (globbed.length > 0) return { ok: true, nodes: globbed }
    return refuse(`there is no node or batch "${text}"`, text, words(), text.includes('*') ? 'selectable' : 'node')
  }

  const run = (text: string, through: readonly string[]): Selection => {
    const terms = text.split(',').map(part => part.trim())
    if (terms.includes('')) return refuse(text.trim() === '' ? 'the selector is empty' : 'a term is empty', null, [])
    const chosen = new Set<string>()
    const positive = terms.filter(part => !part.startsWith('!'))
    for (const part of positive.length > 0 ? positive : ['*']) {
      const found = term(part, through)
      if (!found.ok) return found
      for (const name of found.nodes) chosen.add(name)
    }
    for (const part of terms.filter(other => other.startsWith('!'))) {
      const found = term(part.slice(1).trim(), through)
      if (!found.ok) return found
      for (const name of found.nodes) chosen.delete(name)
    }
    if (chosen.size === 0) return refuse('the selector leaves no node', null, [])
    return { ok: true, nodes: [...chosen].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0)) }
  }

  return { select: text => run(text, []) }
}

function valuesOf(node: Selectable, field: Field): readonly string[] {
  if (field === 'tag') return node.isHq && !node.tags.includes(hqTag) ? [...node.tags, hqTag] : node.tags
  const value = node[field]
  return value === null ? [] : [value]
}

/** `*` is any text; everything else stands for itself. Linear: no regular expression is built from input. */
function globMatcher(pattern: string): (value: string) => boolean {
  const pieces = pattern.split('*')
  const first = pieces[0] ?? ''
  const last = pieces.at(-1) ?? ''
  return value => {
    if (value.length < first.length + last.length || !value.startsWith(first) || !value.endsWith(last)) return false
    let at = first.length
    for (const piece of pieces.slice(1, -1)) {
      const found = value.indexOf(piece, at)
      if (found === -1) return false
      at = found + piece.length
    }
    return at <= value.length - last.length
  }
}
