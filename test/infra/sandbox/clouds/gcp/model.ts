// Google's own model of Compute Engine, as its client ships it: the messages, and which method is at which address.
import { createRequire } from 'node:module'

interface Field {
  type: string
  rule?: string
  keyType?: string
}
interface Message {
  fields?: Record<string, Field>
  nested?: Record<string, { values?: Record<string, number> }>
  methods?: Record<string, { requestType: string; responseType: string; options?: Record<string, string> }>
}
export const model: Record<string, Message> = createRequire(import.meta.url)(
  '@google-cloud/compute/build/protos/protos.json',
).nested.google.nested.cloud.nested.compute.nested.v1.nested

const plain: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: value => typeof value === 'string',
  bool: value => typeof value === 'boolean',
  int32: Number.isInteger,
  double: value => typeof value === 'number',
  // As JSON has them: text.
  int64: value => typeof value === 'string' && /^-?\d+$/.test(value),
  uint64: value => typeof value === 'string' && /^\d+$/.test(value),
}

/** What does not fit, by path. */
export function misfits(type: string, value: unknown, path: string, enclosing: string): string[] {
  const check = plain[type]
  if (check) return check(value) ? [] : [`${path} is no ${type}`]
  const values = model[enclosing]?.nested?.[type]?.values
  if (values) return typeof value === 'string' && value in values ? [] : [`${path} is no ${type}`]
  const fields = model[type]?.fields
  if (!fields || typeof value !== 'object' || value === null) return [`${path} is no ${type}`]
  return Object.entries(value).flatMap(([name, inner]) => {
    const field = fields[name]
    if (!field) return [`${path}.${name} is not of ${type}`]
    const each = (one: unknown, at: string) => misfits(field.type, one, at, type)
    if (field.keyType) return Object.entries(inner).flatMap(([key, one]) => each(one, `${path}.${name}.${key}`))
    if (field.rule !== 'repeated') return each(inner, `${path}.${name}`)
    if (!Array.isArray(inner)) return [`${path}.${name} is no list`]
    return inner.flatMap((one, index) => each(one, `${path}.${name}.${index}`))
  })
}

export function responseOf(name: string): string {
  const [service = '', method = ''] = name.split('.').map(word => word.charAt(0).toUpperCase() + word.slice(1))
  return model[service]?.methods?.[method]?.responseType ?? `no method ${name}`
}

interface Sent {
  method: string
  path: string
  query: URLSearchParams
  body: string
}

/** `instances.insert`, and what of the request it does not take. */
export function judged({ method, path, query, body }: Sent): { name: string; faults: string[] } {
  const found = Object.entries(model)
    .flatMap(([service, { methods = {} }]) => Object.entries(methods).map(([name, told]) => ({ service, name, told })))
    .find(({ told }) => formOf(told.options?.[`(google.api.http).${method.toLowerCase()}`])?.test(path))
  if (!found) return { name: 'none', faults: [`there is no ${method} ${path}`] }
  const name = [found.service, found.name].map(word => word.charAt(0).toLowerCase() + word.slice(1)).join('.')
  const { requestType, options = {} } = found.told
  const fields = model[requestType]?.fields ?? {}
  // The transport asks for JSON, and names enums by their names.
  const parameters = [...query.keys()]
    .filter(key => !key.startsWith('$'))
    .flatMap(key => {
      return fields[key] ? [] : [`${name} has no parameter ${key}`]
    })
  const of = (options['(google.api.http).body'] ?? '').replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
  const type = fields[of]?.type
  // Google's client sends an empty text or object where there is nothing to send.
  const isEmpty = body === '' || (type === undefined && ['""', '{}'].includes(body))
  const sent: unknown = isEmpty ? null : JSON.parse(body)
  if (type === undefined) return { name, faults: [...parameters, ...(sent === null ? [] : [`${name} has no body`])] }
  return { name, faults: [...parameters, ...misfits(type, sent, name, '')] }
}

function formOf(template: string | undefined): RegExp | null {
  return template === undefined ? null : new RegExp(`^${template.replace(/\{[a-z_]+\}/g, '[^/]+')}$`)
}
