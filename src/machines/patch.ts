// Proposes changes to the fleet file in its own text: comments and order stay, and whatever a provider calls things is
// quoted as YAML wants it. Nothing is written here: a person takes the proposal over.
import { type Document, isMap, parseDocument, type YAMLMap } from 'yaml'
import { BadInput } from '../../state/primitives/errors.ts'

export type PatchValue = string | number | boolean | null | readonly string[]

export interface NodePatch {
  node: string
  /** By field of the node; `hostkey` goes under `ssh`. null takes the field away. */
  set: Readonly<Record<string, PatchValue>>
}

/** The text with the changes; the very same text where nothing changes. */
export function fleetPatch(text: string, changes: readonly NodePatch[]): string {
  const document = parseDocument(text, { keepSourceTokens: true })
  const wrong = document.errors[0]
  if (wrong || !isMap(document.contents)) {
    throw new BadInput({
      name: 'patch-not-yaml',
      message: `the fleet file cannot be changed: ${wrong ? wrong.message.split('\n')[0] : 'it is not a mapping'}`,
      remedy: 'Mend it first; `watchfloor validate` says where.',
    })
  }
  let isChanged = false
  for (const { node, set } of changes) {
    const place = placeOf(document, node)
    for (const [field, value] of Object.entries(set)) {
      const path = [...place, ...(field === 'hostkey' ? ['ssh', 'hostkey'] : [field])]
      if (same(document.getIn(path), value)) continue
      isChanged = true
      if (value === null) document.deleteIn(path)
      else put(document, path, value)
    }
  }
  if (!isChanged) return text
  const made = document.toString({ lineWidth: 0, flowCollectionPadding: padsFlow(text) })
  return text.includes('\r\n') ? made.replace(/\r?\n/g, '\r\n') : made
}

/** HQ is written apart from the nodes. */
function placeOf(document: Document, node: string): string[] {
  return document.getIn(['hq', 'name']) === node ? ['hq'] : ['nodes', node]
}

function put(document: Document, path: readonly string[], value: Exclude<PatchValue, null>): void {
  // `paris:` without anything is null, and nothing can be put into that.
  for (let depth = 1; depth < path.length; depth += 1) {
    const above = path.slice(0, depth)
    const found: unknown = document.getIn(above)
    if (isMap(found)) continue
    const map: YAMLMap = document.createNode({})
    map.flow = false
    document.setIn(above, map)
  }
  document.setIn(path, typeof value === 'object' ? document.createNode([...value]) : value)
}

function same(found: unknown, value: PatchValue): boolean {
  const known = isMap(found) || typeof found !== 'object' ? found : toJson(found)
  return known === value || (value === null && known === undefined) || JSON.stringify(known) === JSON.stringify(value)
}

function toJson(node: unknown): unknown {
  return node !== null && typeof node === 'object' && 'toJSON' in node && typeof node.toJSON === 'function'
    ? node.toJSON()
    : node
}

/** `{ a: 1 }` or `{a: 1}`: as whoever wrote the file likes it. */
function padsFlow(text: string): boolean {
  return !/[{[][^\s{}[\]]/.test(text) || /[{[] \S/.test(text)
}
