// Judges requests and replies by the published description of the API (openapi.json, pruned). It is of OpenAPI 3.0, so
// `nullable` becomes a type; and objects are closed, so that a field that does not exist is a fault too.
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'

interface Operation {
  request?: unknown
  responses: Readonly<Record<string, unknown>>
}
interface Spec {
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  components: { schemas: Readonly<Record<string, unknown>> }
}

/** What today's API answers and the description, which is older, does not have. */
const newer: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  server_type_location: { available: { type: 'boolean' }, recommended: { type: 'boolean' } },
}

export interface Judge {
  /** `POST /servers` … of all that is described. */
  operations: readonly string[]
  /** What is wrong with it; empty: nothing. */
  request(operation: string, body: unknown): string[]
  reply(operation: string, status: number, body: unknown): string[]
}

export function createJudge(): Judge {
  const spec: Spec = JSON.parse(readFileSync(new URL('./openapi.json', import.meta.url), 'utf8'))
  const ajv = new Ajv({ strict: false, allErrors: true })
  addFormats.default(ajv)
  ajv.addFormat('decimal', /^\d+\.\d+$/)
  for (const [name, schema] of Object.entries(spec.components.schemas)) {
    ajv.addSchema({ ...closed(schema, newer[name] ?? {}), $id: `/components/schemas/${name}` })
  }
  const operationOf = (name: string) => {
    const [method = '', path = ''] = name.split(' ')
    const operation = spec.paths[path]?.[method]
    if (!operation) throw new Error(`${name} is not described`)
    return operation
  }
  const wrong = (schema: unknown, value: unknown) => {
    const validate = ajv.compile(closed(schema))
    return validate(value)
      ? []
      : (validate.errors ?? []).map(error => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`)
  }
  return {
    operations: Object.entries(spec.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(method => `${method} ${path}`),
    ),
    request(operation, body) {
      const { request } = operationOf(operation)
      return request === undefined ? [] : wrong(request, body)
    },
    reply(operation, status, body) {
      if (status >= 400) return wrong({ $ref: '#/components/schemas/error_response' }, body)
      const { responses } = operationOf(operation)
      if (!(status in responses)) return [`${operation} answers ${status}`]
      const schema = responses[status]
      return schema === null ? (body === null ? [] : ['there is a body']) : wrong(schema, body)
    },
  }
}

function closed(schema: unknown, added: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  if (typeof schema !== 'object' || schema === null) return {}
  const { nullable, $ref, properties, items, allOf, additionalProperties, ...rest } = Object.fromEntries(
    Object.entries(schema),
  )
  if (typeof $ref === 'string') return { $ref: $ref.replace(/^#/, '') }
  const made: Record<string, unknown> = { ...rest }
  if (Array.isArray(allOf)) made.allOf = allOf.map(one => closed(one))
  if (items) made.items = closed(items)
  if (typeof properties === 'object' && properties !== null) {
    const all = Object.entries({ ...properties, ...added }).map(([name, inner]) => [name, closed(inner)])
    made.properties = Object.fromEntries(all)
    made.additionalProperties = additionalProperties ?? false
  } else if (typeof additionalProperties === 'object' && additionalProperties !== null) {
    made.additionalProperties = closed(additionalProperties)
  }
  return nullable === true ? { anyOf: [made, { type: 'null' }] } : made
}
