// The file as text with positions: YAML is read here and nowhere else, so that every later error can point at its line.
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  type YAMLError,
} from 'yaml'
import type { FleetError, SourceExcerpt } from './errors.ts'

export type Path = readonly (string | number)[]

/** What is wrong at a place of the file. `key`: the key is meant, not its value. */
export interface Complaint {
  path: Path
  key?: boolean
  message: string
  allowed?: string | null
  suggestion?: string | null
  /** Only true if the nodes themselves could be read: what it was looked up in. */
  needs?: 'node' | 'selectable' | 'field'
}

export interface FleetSource {
  value: unknown
  /** Gives a complaint its line, column and source line. */
  locate(complaint: Complaint): FleetError
}

/** 10,000 nodes in full dress are about 3 MB. */
export const largestFileBytes = 8_000_000
const deepest = 40
const mostValues = 300_000
/** More than this nobody mends in one go; each is looked up in the text, and must not hold up the engine. */
export const mostComplaints = 500

/** Reads the bytes of a fleet file. Refuses whatever YAML can do that a fleet file has no use for. */
export function readSource(
  file: string,
  bytes: Uint8Array,
): { ok: true; source: FleetSource } | { ok: false; errors: FleetError[] } {
  const whole = (message: string, allowed: string | null = null): { ok: false; errors: FleetError[] } => ({
    ok: false,
    errors: [{ file, line: null, column: null, at: '', message, allowed, suggestion: null, source: null }],
  })
  if (bytes.length > largestFileBytes) {
    return whole(`the file has ${bytes.length} bytes`, `at most ${largestFileBytes} bytes`)
  }
  const text = decode(bytes)
  if (text === null) return whole('the file is not UTF-8 text', 'UTF-8, with or without a byte order mark')
  const lines = new LineCounter()
  const excerpts = new Excerpts(text, lines)
  const errorAt = (offset: number, end: number, at: string, complaint: Omit<Complaint, 'path'>): FleetError => {
    const { line, col } = lines.linePos(offset)
    return {
      file,
      line,
      column: col,
      at,
      message: complaint.message,
      allowed: complaint.allowed ?? null,
      suggestion: complaint.suggestion ?? null,
      source: excerpts.at(offset, end),
    }
  }

  let document: ReturnType<typeof parseDocument<ParsedNode>>
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      stringKeys: true,
      // Checked below: the parser compares every key with every other, which is minutes for a big fleet.
      uniqueKeys: false,
      resolveKnownTags: false,
      version: '1.2',
      schema: 'core',
      logLevel: 'error',
    })
  } catch (error) {
    // The parser recurses: thousands of open brackets end its stack.
    if (error instanceof RangeError) return whole('the file is nested too deeply', `at most ${deepest} levels`)
    throw error
  }
  if (document.errors.some(error => error.code === 'RESOURCE_EXHAUSTION')) {
    return whole('the file is nested too deeply', `at most ${deepest} levels`)
  }
  // One slip makes the parser complain several times at one place: the first complaint is the one that helps.
  const broken = document.errors
    .slice(0, mostComplaints)
    .filter((error, index, all) => all.findIndex(other => other.pos[0] === error.pos[0]) === index)
    .map(error => {
      const [from, to] = error.pos
      return errorAt(Math.min(from, text.length), Math.min(to, text.length), '', yamlComplaint(error, text))
    })
  const tree = document.contents
  if (tree === null || (isScalar(tree) && (tree.value === null || tree.value === ''))) {
    return broken.length > 0 ? { ok: false, errors: broken } : whole('the file is empty', 'at least `fleet: NAME`')
  }
  const plain = new Plain(anchor => (isAlias(anchor) ? anchor.resolve(document) : undefined))
  const value = plain.value(tree, 0)
  const refused = plain.complaints
    .slice(0, mostComplaints)
    .map(({ node, path, ...complaint }) =>
      errorAt(node.range?.[0] ?? 0, node.range?.[1] ?? 0, formatPath(path), complaint),
    )
  if (broken.length + refused.length > 0) {
    return { ok: false, errors: [...broken, ...refused].slice(0, mostComplaints) }
  }
  return {
    ok: true,
    source: {
      value,
      locate(complaint) {
        const { node, path } = plain.find(tree, complaint.path, complaint.key === true)
        const [from = 0, to = from] = node.range ?? []
        return errorAt(from, to, formatPath(complaint.key ? complaint.path : path), complaint)
      },
    },
  }
}

/** `nodes.paris.ssh`, `probes[2].every`. */
function formatPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? step : `.${step}`
  }
  return text
}

function decode(bytes: Uint8Array): string | null {
  try {
    // Drops a byte order mark; throws at the first wrong byte, which UTF-16 has at once.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\u0000') ? null : text
  } catch {
    return null
  }
}

/** YAML's own errors in an operator's words, for the slips that happen in fleet files. */
function yamlComplaint(error: YAMLError, text: string): Omit<Complaint, 'path'> {
  const at = text[error.pos[0]] ?? ''
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return { message: 'a tab is used to indent', allowed: 'spaces' }
    case 'MULTIPLE_DOCS':
      return { message: 'the file holds more than one YAML document', allowed: 'one document, no second ---' }
    case 'TAG_RESOLVE_FAILED':
      return { message: 'YAML tags are not used in a fleet file', allowed: 'plain values without !tags' }
    case 'NON_STRING_KEY':
      return { message: 'a key must be text', allowed: 'text; what begins with { needs quotes: "{name}"' }
    case 'BAD_ALIAS':
      return { message: '* begins a YAML alias here', allowed: 'in quotes where every node is meant: "*"' }
    case 'BAD_SCALAR_START':
      return { message: `a plain value cannot begin with ${at}`, allowed: `the value in quotes: "${at}…"` }
    default:
      return { message: `not readable as YAML: ${error.message.replace(/\s+/g, ' ')}` }
  }
}

/** Turns YAML nodes into plain values, and refuses tags, loops and bombs while it goes. */
class Plain {
  readonly complaints: (Complaint & { node: Node })[] = []
  private readonly resolveAlias: (node: Node) => Node | undefined
  private readonly open = new Set<Node>()
  private readonly indexes = new Map<Node, Map<string, { key: Node; value: Node | null }>>()
  private readonly way: (string | number)[] = []
  private count = 0

  constructor(resolveAlias: (node: Node) => Node | undefined) {
    this.resolveAlias = resolveAlias
  }

  value(node: Node | null, depth: number): unknown {
    const path = this.way
    if (node === null) return null
    this.count += 1
    if (this.count > mostValues) {
      if (this.count === mostValues + 1) {
        const message = 'aliases blow this file up beyond measure'
        this.complaints.push({ node, path: [...path], message, allowed: `at most ${mostValues} values` })
      }
      return null
    }
    if (this.open.has(node)) {
      this.complaints.push({ node, path: [...path], message: 'an alias inside of what it stands for' })
      return null
    }
    if (depth > deepest) {
      this.complaints.push({
        node,
        path: [...path],
        message: 'nested too deeply',
        allowed: `at most ${deepest} levels`,
      })
      return null
    }
    if (node.tag) {
      const message = `${node.tag} is a YAML tag`
      this.complaints.push({ node, path: [...path], message, allowed: 'plain values without !tags' })
      return null
    }
    if (isAlias(node)) {
      this.open.add(node)
      const value = this.value(this.resolveAlias(node) ?? null, depth + 1)
      this.open.delete(node)
      return value
    }
    if (isScalar(node)) return node.value
    this.open.add(node)
    const value = isSeq(node)
      ? node.items.map((item, index) => this.inner(index, asNode(item), depth))
      : Object.fromEntries([...this.pairs(node)].map(([name, pair]) => [name, this.inner(name, pair.value, depth)]))
    this.open.delete(node)
    return value
  }

  private inner(step: string | number, node: Node | null, depth: number): unknown {
    this.way.push(step)
    const value = this.value(node, depth + 1)
    this.way.pop()
    return value
  }

  /** The node at a path, or the nearest one above it that exists. */
  find(tree: Node, path: Path, key: boolean): { node: Node; path: Path } {
    let node = tree
    for (const [depth, step] of path.entries()) {
      const here = isAlias(node) ? (this.resolveAlias(node) ?? node) : node
      const pair = isMap(here) ? this.pairs(here).get(String(step)) : undefined
      const next = isSeq(here) ? asNode(here.items[Number(step)]) : pair?.value
      if (key && pair && depth === path.length - 1) return { node: pair.key, path }
      // A key without a value (`mesh:`) has nothing to point at but the key.
      if (!next && pair) return { node: pair.key, path }
      if (!next) return { node: this.firstKey(here), path }
      if (isScalar(next) && next.range && next.range[0] === next.range[1] && pair) return { node: pair.key, path }
      node = next
    }
    return { node: this.firstKey(node), path }
  }

  /** A map is pointed at by its first key: underlining a whole block helps nobody. */
  private firstKey(node: Node): Node {
    if (!isMap(node) || node.flow) return node
    return [...this.pairs(node).values()][0]?.key ?? node
  }

  private pairs(node: Node): Map<string, { key: Node; value: Node | null }> {
    const known = this.indexes.get(node)
    if (known) return known
    const index = new Map<string, { key: Node; value: Node | null }>()
    for (const pair of isMap(node) ? node.items : []) {
      const key = asNode(pair.key)
      if (!isScalar(key)) continue
      const name = String(key.value)
      if (index.has(name)) {
        const message = 'this key stands twice in the same map'
        this.complaints.push({ node: key, path: [...this.way, name], message, allowed: 'each key once' })
      }
      index.set(name, { key, value: asNode(pair.value) })
    }
    this.indexes.set(node, index)
    return index
  }
}

function asNode(value: unknown): Node | null {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : null
}

/** Source lines for errors, with everything masked that could be a secret written into the file by mistake. */
class Excerpts {
  private readonly text: string
  private readonly lines: LineCounter
  constructor(text: string, lines: LineCounter) {
    this.text = text
    this.lines = lines
  }

  at(offset: number, end: number): SourceExcerpt {
    const start = this.lines.lineStarts.findLast(begin => begin <= offset) ?? 0
    const stop = this.text.indexOf('\n', start)
    const line = this.text.slice(start, stop === -1 ? undefined : stop).replace(/\r$/, '')
    const from = offset - start
    return { text: maskSecrets(line), from, to: Math.max(from, Math.min(end - start, line.length)) }
  }
}

const secretKey =
  /((?:^|[\s{,"'])["']?[\w-]*(?:pas+|pwd|secret|tok|credential|identity|api_?key)[\w-]*["']?\s*:\s+)("[^"]*"?|'[^']*'?|[^,}#]+)/gi

/** Same length as the line, so that carets stay where they are. */
function maskSecrets(line: string): string {
  return line
    .replace(secretKey, (whole, key: string, value: string) =>
      /^["']?(?:env|file|vault|exec):/.test(value) ? whole : key + value.replace(/[^\s"']/g, '•'),
    )
    .replace(
      /(\/\/)([^/@\s"']+)(@)/g,
      (_, slashes: string, login: string, at: string) => slashes + '•'.repeat(login.length) + at,
    )
    .replace(/^\s*(?:-----BEGIN .*|[A-Za-z0-9+/=]{40,}\s*)$/, key => '•'.repeat(key.length))
}
