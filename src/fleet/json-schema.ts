// The JSON Schema of the fleet file, published for editors (docs/schema/fleet.schema.json).
import Type, { type TSchema } from 'typebox'
import { FleetFile, probeCommon } from './schema.ts'

/** The JSON Schema that editors use. With kinds, each kind's own options are part of it. */
export function fleetJsonSchema(kinds: ReadonlyMap<string, { options: TSchema }> = new Map()): Record<string, unknown> {
  const plain: unknown = JSON.parse(JSON.stringify(FleetFile))
  const schema: Record<string, unknown> = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...(isRecord(plain) ? publish(plain) : {}),
  }
  if (kinds.size === 0) return schema
  const probes = [...kinds].map(([kind, { options }]) => {
    const copy: unknown = JSON.parse(
      JSON.stringify(Type.Object({ ...probeCommon, kind: Type.Literal(kind) }, { additionalProperties: false })),
    )
    const base = isRecord(copy) ? publish(copy) : {}
    const extra: unknown = JSON.parse(JSON.stringify(options))
    const additional = isRecord(extra) ? publish(extra) : {}
    return {
      ...base,
      properties: {
        ...(isRecord(base.properties) ? base.properties : {}),
        ...(isRecord(additional.properties) ? additional.properties : {}),
      },
      required: [
        ...(Array.isArray(base.required) ? base.required : []),
        ...(Array.isArray(additional.required) ? additional.required : []),
      ],
    }
  })
  const properties = isRecord(schema.properties) ? schema.properties : {}
  return { ...schema, properties: { ...properties, probes: { type: 'array', items: { anyOf: probes } } } }
}

/** Our own keywords become the description that an editor shows. */
function publish(node: Record<string, unknown>): Record<string, unknown> {
  const { is: _is, allowed, secret: _secret, names: _names, nameIs: _nameIs, nameAllowed: _nameAllowed, ...rest } = node
  const said = [rest.description, typeof allowed === 'string' ? `Allowed: ${allowed}.` : null].filter(
    text => typeof text === 'string',
  )
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(rest)) {
    if (Array.isArray(value)) out[key] = value.map(item => (isRecord(item) ? publish(item) : item))
    else if (!isRecord(value)) out[key] = value
    else if (key === 'properties' || key === 'patternProperties') {
      out[key] = Object.fromEntries(
        Object.entries(value).map(([name, item]) => [name, isRecord(item) ? publish(item) : item]),
      )
    } else out[key] = publish(value)
  }
  if (said.length > 0) out.description = said.join(' ')
  return out
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
