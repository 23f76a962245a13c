// Proposes changes to the fleet file in its own text: comments and order stay, and whatever a provider calls things is
// quoted as YAML wants it. Nothing is written here: a person takes the proposal over.
import { isDeepStrictEqual } from 'node:util'
import { type Document, isMap, type ParsedNode, parse, parseDocument, type YAMLMap } from 'yaml'
import { BadInput } from '../../state/primitives/errors.ts'
import { splice } from './patch-splice.ts'

export type PatchValue = string | number | boolean | null | readonly string[]

export interface NodePatch {
  node: string
  /** By field of the node; `hostkey` goes under `ssh`. null takes the field away. */
  set: Readonly<Record<string, PatchValue>>
}

/** One value and where it goes, from the top of the file. */
export interface Placed {
  path: readonly string[]
  value: PatchValue
}

/** The text with the changes; the very same text where nothing changes. */
export function fleetPatch(text: string, changes: readonly NodePatch[]): string {
  const document = read(text)
  const wanted = changes
    .flatMap(({ node, set }) => {
      const place = placeOf(document, node)
      return Object.entries(set).map(([field, value]): Placed => {
        return { path: [...place, ...(field === 'hostkey' ? ['ssh', 'hostkey'] : [field])], value }
      })
    })
    .filter(({ path, value }) => !same(document.getIn(path), value))
  if (wanted.length === 0) return text
  const spliced = splice(text, document, wanted)
  // The library's own way, which sets lines anew that nobody asked to change: right, and the judge of the other.
  for (const { path, value } of wanted) {
    if (value === null) document.deleteIn(path)
    else put(document, path, value)
  }
  const whole = document.toString({ lineWidth: 0 })
  if (spliced !== null && says(spliced, whole)) return spliced
  return text.includes('\r\n') ? whole.replace(/\r?\n/g, '\r\n') : whole
}

function read(text: string): Document<ParsedNode> {
  const document = parseDocument(text)
  const wrong = document.errors[0]
  if (wrong || !isMap(document.contents)) {
    throw new BadInput({
      name: 'patch-not-yaml',
      message: `the fleet file cannot be changed: ${wrong ? wrong.message.split('\n')[0] : 'it is not a mapping'}`,
      remedy: 'Mend it first; `watchfloor validate` says where.',
    })
  }
  return document
}

function says(text: string, other: string): boolean {
  try {
    return isDeepStrictEqual(parse(text), parse(other))
  } catch {
    return false
  }
}

/** HQ is written apart from the nodes. */
function placeOf(document: Document<ParsedNode>, node: string): string[] {
  return document.getIn(['hq', 'name']) === node ? ['hq'] : ['nodes', node]
}

function put(document: Document<ParsedNode>, path: readonly string[], value: Exclude<PatchValue, null>): void {
  // `paris:` without anything is null, and nothing can be put into that.
  for (let depth = 1; depth < path.length; depth += 1) {
    const above = path.slice(0, depth)
    if (isMap(document.getIn(above))) continue
    const map: YAMLMap = document.createNode({})
    map.flow = false
    document.setIn(above, map)
  }
  document.setIn(path, typeof value === 'object' ? document.createNode([...value]) : value)
}

function same(found: unknown, value: PatchValue): boolean {
  if (value === null) return found === undefined || found === null
  const known =
    found !== null && typeof found === 'object' && 'toJSON' in found && typeof found.toJSON === 'function'
      ? found.toJSON()
      : found
  return isDeepStrictEqual(known, value)
}
