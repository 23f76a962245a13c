// What became known of machines, as a change of the fleet file's text: only the places that change are touched, so that
// comments, order and spacing stay as people wrote them.
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml'

/** What is known of a node's machine; null: nothing, and the file keeps what it says. */
export interface NodeKnown {
  node: string
  address: string | null
  hostkeys: readonly string[]
  /** Only for a node that the file does not name yet. */
  made: { provider: string; region: string; type: string } | null
  /** It said `planned` or `provisioning`, which it no longer is. */
  isLive: boolean
}

/** The new text; null where it cannot be changed in place (an alias, a merge): then it has to be done by hand. */
export function patchFleetText(text: string, known: readonly NodeKnown[]): string | null {
  let patched: string | null = text
  for (const { node, address, hostkeys, made, isLive } of known) {
    const set = (path: readonly string[], value: string | readonly string[]) => {
      patched = patched === null ? null : setIn(patched, ['nodes', node, ...path], value)
    }
    if (made) {
      for (const [key, value] of Object.entries(made)) set([key], value)
    }
    if (address !== null) set(['address'], address)
    const [first] = hostkeys
    if (first !== undefined) set(['ssh', 'hostkey'], hostkeys.length === 1 ? first : hostkeys)
    if (isLive) set(['lifecycle'], 'live')
  }
  return patched
}

function setIn(text: string, path: readonly string[], value: string | readonly string[]): string | null {
  const document = parseDocument(text, { schema: 'core', version: '1.2' })
  if (document.errors.length > 0 || !isMap(document.contents)) return null
  let map: YAMLMap = document.contents
  for (const [depth, step] of path.entries()) {
    const rest = path.slice(depth + 1)
    const pair = map.items.find(item => isScalar(item.key) && String(item.key.value) === step)
    if (!pair) return addTo(text, map, depth, step, written(rest, value))
    const found = pair.value
    // The same value stays as it was written: quotes, and a list of one, are its writer's.
    if (rest.length === 0 && says(isAlias(found) ? found.resolve(document) : found, value)) return text
    if (isAlias(found)) return null
    if (rest.length === 0 || isEmpty(found)) return putAt(text, pair, written(rest, value))
    if (!isMap(found)) return null
    map = found
  }
  return null
}

/** Whether this is what it says already; of several, whatever their order. */
function says(found: unknown, value: string | readonly string[]): boolean {
  const texts = isSeq(found) ? found.items.map(textOf) : [textOf(found)]
  const wanted = typeof value === 'string' ? [value] : value
  return texts.length === wanted.length && wanted.every(one => texts.includes(one))
}

function textOf(found: unknown): unknown {
  return isScalar(found) ? found.value : null
}

/** `{ ssh: { hostkey: … } }` from what is left of a path. */
function written(path: readonly string[], value: string | readonly string[]): string {
  if (path.length === 0) return typeof value === 'string' ? scalar(value) : `[${value.map(scalar).join(', ')}]`
  const [first = '', ...rest] = path
  return `{ ${scalar(first)}: ${written(rest, value)} }`
}

/** Plain where nobody could read it as a number or a word of YAML; else in quotes. */
function scalar(text: string): string {
  const isPlain = /^[A-Za-z][A-Za-z0-9._-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
  return isPlain || /^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$/.test(text) ? text : JSON.stringify(text)
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (isScalar(value) && value.value === null)
}

function putAt(text: string, pair: Pair, value: string): string | null {
  const old = pair.value
  const range = isNode(old) ? old.range : null
  if (range && range[1] > range[0]) {
    // A block sequence or map ends with its line break, which stays.
    const end = range[0] + text.slice(range[0], range[1]).trimEnd().length
    return text.slice(0, range[0]) + value + text.slice(end)
  }
  const key = isNode(pair.key) ? pair.key.range : null
  if (!key) return null
  const colon = text.indexOf(':', key[1])
  const at = colon < 0 || text.slice(key[1], colon).trim() !== '' ? null : colon + 1
  return at === null ? null : `${text.slice(0, at)} ${value}${text.slice(at)}`
}

function addTo(text: string, map: YAMLMap, depth: number, key: string, value: string): string | null {
  const entry = `${scalar(key)}: ${value}`
  const first = map.items[0]
  const last = map.items.at(-1)
  if (map.flow) {
    const range = map.range
    if (!range) return null
    const end = last && (rangeEnd(last.value) ?? rangeEnd(last.key))
    if (end === undefined || end === null) return `${text.slice(0, range[0])}{ ${entry} }${text.slice(range[1])}`
    return `${text.slice(0, end)}, ${entry}${text.slice(end)}`
  }
  // The whole file's map: what is new stands at its end.
  if (depth === 0) return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${entry}\n`
  const start = first && isNode(first.key) ? first.key.range?.[0] : undefined
  if (start === undefined) return null
  const indent = start - (text.lastIndexOf('\n', start - 1) + 1)
  return `${text.slice(0, start)}${entry}\n${' '.repeat(indent)}${text.slice(start)}`
}

function rangeEnd(value: unknown): number | null {
  const range = isNode(value) ? value.range : null
  return range && range[1] > range[0] ? range[1] : null
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isAlias(value) || (typeof value === 'object' && value !== null && 'range' in value)
}
