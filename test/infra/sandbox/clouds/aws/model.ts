// The SDK's own model of a service, as its package carries it: what a request may name, and what of an answer is read.
// What is not in it, the SDK drops without a word.

/**
 * How the packages write shapes: `[3, ns, name, traits, members, schemas]` a structure, `[1, ns, name, traits, schema]` a
 * list, `64 | simple` a list of something simple, a function that gives a shape later, and `[shape, traits]` a member.
 */
type Shape =
  | { kind: 'structure'; members: ReadonlyMap<string, { shape: unknown; traits: Traits }> }
  | { kind: 'list'; item: unknown; traits: Traits }
  | { kind: 'simple' }
interface Traits {
  xmlName?: string
  ec2QueryName?: string
  jsonName?: string
}

function shapeOf(raw: unknown): Shape {
  const schema: unknown = typeof raw === 'function' ? raw() : raw
  if (typeof schema === 'number') {
    return (schema & 64) === 64 ? { kind: 'list', item: schema & ~64, traits: {} } : { kind: 'simple' }
  }
  if (!Array.isArray(schema)) return { kind: 'simple' }
  if (schema[0] === 3) {
    const members = schema[4].map((name: string, index: number) => {
      const { shape, traits } = memberOf(schema[5][index])
      return [name, { shape, traits }]
    })
    return { kind: 'structure', members: new Map(members) }
  }
  if (schema[0] === 1) {
    const { shape, traits } = memberOf(schema[4])
    return { kind: 'list', item: shape, traits }
  }
  return { kind: 'simple' }
}

function memberOf(raw: unknown): { shape: unknown; traits: Traits } {
  if (Array.isArray(raw) && raw.length === 2 && typeof raw[0] !== 'string') {
    return { shape: raw[0], traits: typeof raw[1] === 'object' && raw[1] !== null ? raw[1] : {} }
  }
  return { shape: raw, traits: {} }
}

/** Input and output of an operation: `[9, ns, name, traits, input, output]`. */
export function operationOf(raw: unknown): { input: unknown; output: unknown } {
  if (!Array.isArray(raw) || raw[0] !== 9) throw new Error('That is no operation of the SDK')
  return { input: raw[4], output: raw[5] }
}

/** `Filter.#.Name`: null if the model knows it, else what it does not know. */
export function unknownInRequest(input: unknown, parameter: string): string | null {
  let shape = shapeOf(input)
  for (const word of parameter.split('.')) {
    if (shape.kind === 'list') {
      if (!/^(#|\d+)$/.test(word)) return word
      shape = shapeOf(shape.item)
    } else if (shape.kind === 'structure') {
      const found = [...shape.members].find(([name, { traits }]) => queryName(name, traits) === word)
      if (!found) return word
      shape = shapeOf(found[1].shape)
    } else return word
  }
  return shape.kind === 'simple' ? null : parameter
}

function queryName(name: string, { ec2QueryName, xmlName = name }: Traits): string {
  return ec2QueryName ?? `${xmlName.charAt(0).toUpperCase()}${xmlName.slice(1)}`
}

export interface Element {
  name: string
  text: string
  children: Element[]
}

/** Everything in an answer that the SDK would drop, as paths. */
export function droppedFrom(output: unknown, element: Element, path = ''): string[] {
  const shape = shapeOf(output)
  if (shape.kind === 'simple') return element.children.map(child => `${path}/${child.name}`)
  return element.children.flatMap(child => {
    const at = `${path}/${child.name}`
    if (shape.kind === 'list') {
      return child.name === (shape.traits.xmlName ?? 'member') ? droppedFrom(shape.item, child, at) : [at]
    }
    const found = [...shape.members].find(([name, { traits }]) => (traits.xmlName ?? name) === child.name)
    return found ? droppedFrom(found[1].shape, child, at) : [at]
  })
}

/** The same of a JSON answer. */
export function droppedFromJson(output: unknown, value: unknown, path = ''): string[] {
  const shape = shapeOf(output)
  if (Array.isArray(value)) {
    return shape.kind === 'list' ? value.flatMap(item => droppedFromJson(shape.item, item, `${path}/#`)) : [path]
  }
  if (typeof value !== 'object' || value === null || shape.kind !== 'structure') return []
  return Object.entries(value).flatMap(([name, inner]) => {
    const found = shape.members.get(name)
    return found ? droppedFromJson(found.shape, inner, `${path}/${name}`) : [`${path}/${name}`]
  })
}

export function membersOf(schema: unknown): string[] {
  const shape = shapeOf(schema)
  return shape.kind === 'structure' ? [...shape.members.keys()] : []
}

/** Of the emulator's own XML: elements and text, no attributes but of the root. */
export function parseXml(xml: string): Element {
  const root: Element = { name: '', text: '', children: [] }
  const open = [root]
  for (const [, close, name, text] of xml.replace(/<\?.*?\?>\s*/, '').matchAll(/<(\/?)([\w:-]+)[^>]*>|([^<]+)/g)) {
    const top = open.at(-1)
    if (!top) throw new Error('More is closed than was opened')
    if (text !== undefined) top.text += text
    else if (close) {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes something else`)
    } else {
      const element = { name: name ?? '', text: '', children: [] }
      top.children.push(element)
      open.push(element)
    }
  }
  const [only] = root.children
  if (!only || open.length !== 1) throw new Error('Something stays open')
  return only
}
