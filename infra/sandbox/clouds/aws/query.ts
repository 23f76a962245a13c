// The parameters of a query request: `Filter.1.Name=…` as a tree that is asked by name. What an action does not know is
// refused as EC2 refuses it, so that a misspelt parameter of ours is not silently ignored here and rejected there.
import { AwsProblem } from './problem.ts'

export interface Parameters {
  text(name: string): string | null
  /** Throws where it is missing. */
  must(name: string): string
  flag(name: string): boolean
  whole(name: string): number | null
  /** `InstanceId.1`, `InstanceId.2` … in order. */
  list(name: string): string[]
  /** `Filter.1.…`, `Filter.2.…` in order. */
  parts(name: string): Parameters[]
  part(name: string): Parameters
  isEmpty(): boolean
  entries(): readonly (readonly [name: string, value: string])[]
}

function parametersOf(entries: readonly (readonly [string, string])[]): Parameters {
  const text = (name: string) => entries.find(([key]) => key === name)?.[1] ?? null
  const below = (prefix: string) =>
    entries
      .filter(([key]) => key.startsWith(`${prefix}.`))
      .map(([key, value]) => [key.slice(prefix.length + 1), value] as const)
  const numbers = (name: string) => {
    const found = below(name).flatMap(([key]) => (/^\d+(\.|$)/.test(key) ? [Number.parseInt(key, 10)] : []))
    return [...new Set(found)].sort((a, b) => a - b)
  }
  return {
    text,
    must(name) {
      const value = text(name)
      if (value === null || value === '') {
        throw new AwsProblem('MissingParameter', `The request must contain the parameter ${name}`)
      }
      return value
    },
    flag: name => text(name) === 'true',
    whole(name) {
      const value = text(name)
      if (value === null) return null
      if (!/^-?\d+$/.test(value)) {
        throw new AwsProblem('InvalidParameterValue', `Invalid value '${value}' for ${name}. Must be an integer`)
      }
      return Number.parseInt(value, 10)
    },
    list: name => numbers(name).flatMap(number => text(`${name}.${number}`) ?? []),
    parts: name => numbers(name).map(number => parametersOf(below(`${name}.${number}`))),
    part: name => parametersOf(below(name)),
    isEmpty: () => entries.length === 0,
    entries: () => entries,
  }
}

export function parseForm(body: string): Parameters {
  return parametersOf([...new URLSearchParams(body)])
}

/** `known`: names with `#` for numbers, `Filter.#.Value.#`. */
export function refuseUnknown(parameters: Parameters, known: readonly string[]): void {
  for (const [name] of parameters.entries()) {
    const shape = name.replace(/\.\d+(?=\.|$)/g, '.#')
    if (shape !== 'Action' && shape !== 'Version' && !known.includes(shape)) {
      throw new AwsProblem('UnknownParameter', `The parameter ${name} is not recognized`)
    }
  }
}

export const filterParameters = ['Filter.#.Name', 'Filter.#.Value.#'] as const
export const pageParameters = ['MaxResults', 'NextToken'] as const
export const tagParameters = [
  'TagSpecification.#.ResourceType',
  'TagSpecification.#.Tag.#.Key',
  'TagSpecification.#.Tag.#.Value',
] as const

/** What a describing call filters by: name of the filter, and what a thing has under it. */
export type FilterValues<Thing> = Readonly<Record<string, (thing: Thing) => readonly string[]>>

export function applyFilters<Thing extends { tags?: Readonly<Record<string, string>> }>(
  things: readonly Thing[],
  parameters: Parameters,
  values: FilterValues<Thing>,
): Thing[] {
  const filters = parameters.parts('Filter').map(filter => {
    const name = filter.must('Name')
    const wanted = filter.list('Value').map(pattern)
    if (name.startsWith('tag:')) {
      const key = name.slice('tag:'.length)
      return (thing: Thing) => wanted.some(fits => fits.test(thing.tags?.[key] ?? '\n'))
    }
    if (name === 'tag-key')
      return (thing: Thing) => Object.keys(thing.tags ?? {}).some(key => wanted.some(fits => fits.test(key)))
    const of = values[name]
    if (!of) throw new AwsProblem('InvalidParameterValue', `The filter '${name}' is invalid`)
    return (thing: Thing) => of(thing).some(value => wanted.some(fits => fits.test(value)))
  })
  return things.filter(thing => filters.every(fits => fits(thing)))
}

/** EC2's own wildcards: `*` and `?`, with a backslash before one that is meant. */
function pattern(value: string): RegExp {
  const source = value.replace(/\\[*?\\]|[.*+?^${}()|[\]\\]/g, found => {
    if (found === '*') return '.*'
    if (found === '?') return '.'
    return found.length === 2 ? found : `\\${found}`
  })
  return new RegExp(`^${source}$`, 's')
}

export function pageOf<Thing>(
  things: readonly Thing[],
  parameters: Parameters,
  limits: { least: number; most: number },
): { page: readonly Thing[]; next: string | null } {
  const size = parameters.whole('MaxResults')
  if (size !== null && (size < limits.least || size > limits.most)) {
    const { least, most } = limits
    const message = `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value between ${least} and ${most}.`
    throw new AwsProblem('InvalidParameterValue', message)
  }
  const token = parameters.text('NextToken')
  const from = token === null ? 0 : offsetIn(token)
  const to = from + (size ?? limits.most)
  return {
    page: things.slice(from, to),
    next: to < things.length ? Buffer.from(`from:${to}`).toString('base64') : null,
  }
}

function offsetIn(token: string): number {
  const found = /^from:(\d+)$/.exec(Buffer.from(token, 'base64').toString('utf8'))
  if (!found?.[1]) throw new AwsProblem('InvalidNextToken', 'The token is not valid.')
  return Number.parseInt(found[1], 10)
}

/** Tags that a creating call puts on what it makes, of one kind of resource. */
export function tagsFor(parameters: Parameters, resource: string): Record<string, string> {
  const of = parameters.parts('TagSpecification').filter(part => part.text('ResourceType') === resource)
  return Object.fromEntries(
    of.flatMap(part => part.parts('Tag').map(tag => [tag.must('Key'), tag.text('Value') ?? ''])),
  )
}
