// Puts values into YAML text where they belong and touches nothing else of it: a person who lined up comments finds them
// lined up. Gives up (null) where that is not simple; who calls it proves that the result says what it should.
import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  type ParsedNode,
  stringify,
  type YAMLMap,
} from 'yaml'
import type { Placed } from './patch.ts'

interface Edit {
  from: number
  to: number
  text: string
}

export function splice(text: string, document: Document<ParsedNode>, wanted: readonly Placed[]): string | null {
  // All that is new in one map goes in together.
  const added = new Map<string, { map: readonly string[]; fields: Record<string, unknown> }>()
  const edits: Edit[] = []
  for (const { path, value } of wanted) {
    if (value === null) return null
    const found = document.getIn(path, true)
    const range = isNode(found) ? found.range : null
    if (range && !(isScalar(found) && found.value === null)) {
      if (isCollection(found) && !found.flow) return null
      edits.push({ from: range[0], to: range[1], text: flowText(value) })
      continue
    }
    // The deepest map that is there; what is missing below it becomes its field.
    let depth = path.length - 1
    while (depth > 0 && !isMap(document.getIn(path.slice(0, depth))) && !isEmpty(document, path.slice(0, depth)))
      depth -= 1
    if (depth < 2 && path[0] !== 'hq') return null
    const map = path.slice(0, depth)
    const key = JSON.stringify(map)
    const entry = added.get(key) ?? { map, fields: {} }
    const rest = path.slice(depth)
    entry.fields[rest[0] ?? ''] = rest.slice(1).reduceRight<unknown>((inner, name) => ({ [name]: inner }), value)
    added.set(key, entry)
  }
  for (const { map, fields } of added.values()) {
    const edit = insertion(text, document.getIn(map, true), fields)
    if (edit === null) return null
    edits.push(edit)
  }
  return edits
    .sort((a, b) => b.from - a.from)
    .reduce((so, { from, to, text: put }) => `${so.slice(0, from)}${put}${so.slice(to)}`, text)
}

/** `lyon:` with nothing after it. */
function isEmpty(document: Document<ParsedNode>, path: readonly string[]): boolean {
  const found = document.getIn(path, true)
  return isScalar(found) && found.value === null && found.source === ''
}

function insertion(text: string, found: unknown, fields: Record<string, unknown>): Edit | null {
  if (isScalar(found) && found.range) {
    const at = found.range[0]
    const space = text[at - 1] === ':' ? ' ' : ''
    return { from: at, to: at, text: `${space}${flowText(fields)}` }
  }
  if (!isMap(found) || !found.range) return null
  if (found.flow) return intoFlow(text, found, fields)
  const first = found.items[0]?.key
  if (!isNode(first) || !first.range) return null
  const lineStart = text.lastIndexOf('\n', first.range[0] - 1) + 1
  const indent = text.slice(lineStart, first.range[0])
  if (!/^ +$/.test(indent)) return null
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const lines = Object.entries(fields).map(([key, value]) => `${indent}${fieldText(key, value)}`)
  const after = lastLineOf(text, found)
  if (after === null) return { from: lineStart, to: lineStart, text: lines.map(line => line + newline).join('') }
  return { from: after, to: after, text: lines.map(line => newline + line).join('') }
}

function intoFlow(text: string, map: YAMLMap, fields: Record<string, unknown>): Edit | null {
  const last = map.items.at(-1)
  const end = isPair(last) && isNode(last.value) ? last.value.range?.[1] : undefined
  if (end === undefined || /[\n#]/.test(text.slice(map.range?.[0] ?? 0, map.range?.[1] ?? 0))) return null
  const its = Object.entries(fields).map(([key, value]) => `, ${fieldText(key, value)}`)
  return { from: end, to: end, text: its.join('') }
}

/** Where the line of the last field ends that is of one line; null: there is none. */
function lastLineOf(text: string, map: YAMLMap): number | null {
  for (const { value } of map.items.toReversed()) {
    if (!isNode(value) || !value.range) continue
    const [from, to] = value.range
    const isOne = isScalar(value)
      ? value.type !== 'BLOCK_LITERAL' && value.type !== 'BLOCK_FOLDED'
      : isCollection(value) && value.flow
    if (!isOne || to === from || text.slice(from, to).includes('\n')) continue
    const end = text.indexOf('\n', to)
    if (end < 0) return text.length
    return text[end - 1] === '\r' ? end - 1 : end
  }
  return null
}

/** `key: value` on one line, as it may also stand between braces. */
function fieldText(key: string, value: unknown): string {
  return flowText({ [key]: value }).replace(/^\{\s*([\s\S]*?)\s*\}$/, '$1')
}

function flowText(value: unknown): string {
  const flow = (what: unknown) => stringify(what, { collectionStyle: 'flow', lineWidth: 0 }).trim()
  if (value !== null && typeof value === 'object') return flow(value)
  // Written inside of braces, so that what would end a flow is quoted.
  return flow({ it: value }).replace(/^\{ it: ([\s\S]*) \}$/, '$1')
}
