// The bodies that the API takes, closed: a field it does not know is refused, `datacenter` among them, which it dropped
// in July 2026.
import Type, { type TSchema } from 'typebox'
import { checker } from '../../../../state/primitives/schema.ts'
import { Refusal } from './project.ts'

const closed = { additionalProperties: false } as const
const labels = Type.Record(Type.String(), Type.String())
const maybe = <S extends TSchema>(shape: S) => Type.Optional(shape)
/** By id or by name. */
const named = Type.Union([Type.String({ minLength: 1 }), Type.Integer()])

const rule = Type.Object(
  {
    description: maybe(Type.Union([Type.String({ maxLength: 255 }), Type.Null()])),
    direction: Type.Enum(['in', 'out']),
    protocol: Type.Enum(['tcp', 'udp', 'icmp', 'esp', 'gre']),
    port: maybe(Type.Union([Type.String({ pattern: '^\\d{1,5}(-\\d{1,5})?$' }), Type.Null()])),
    source_ips: maybe(Type.Array(Type.String(), { maxItems: 100 })),
    destination_ips: maybe(Type.Array(Type.String(), { maxItems: 100 })),
  },
  closed,
)
const appliedTo = Type.Array(
  Type.Object({ type: Type.Enum(['server']), server: Type.Object({ id: Type.Integer() }, closed) }, closed),
)

export const serverRequest = checker(
  Type.Object(
    {
      name: Type.String({ minLength: 1 }),
      server_type: named,
      image: named,
      location: maybe(Type.String()),
      ssh_keys: maybe(Type.Array(named)),
      firewalls: maybe(Type.Array(Type.Object({ firewall: Type.Integer() }, closed))),
      volumes: maybe(Type.Array(Type.Integer())),
      // There are no networks here to be in.
      networks: maybe(Type.Array(Type.Integer(), { maxItems: 0 })),
      labels: maybe(labels),
      user_data: maybe(Type.String({ maxLength: 32_768 })),
      start_after_create: maybe(Type.Boolean()),
      automount: maybe(Type.Boolean()),
      public_net: maybe(
        Type.Object(
          {
            enable_ipv4: maybe(Type.Boolean()),
            enable_ipv6: maybe(Type.Boolean()),
            ipv4: maybe(Type.Union([Type.Integer(), Type.Null()])),
            ipv6: maybe(Type.Union([Type.Integer(), Type.Null()])),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
)
export const renameRequest = checker(
  Type.Object({ name: maybe(Type.String({ minLength: 1 })), labels: maybe(labels) }, closed),
)
export const typeRequest = checker(Type.Object({ server_type: named, upgrade_disk: Type.Boolean() }, closed))
export const protectionRequest = checker(
  Type.Object({ delete: maybe(Type.Boolean()), rebuild: maybe(Type.Boolean()) }, closed),
)
export const keyRequest = checker(
  Type.Object(
    { name: Type.String({ minLength: 1 }), public_key: Type.String({ minLength: 1 }), labels: maybe(labels) },
    closed,
  ),
)
export const firewallRequest = checker(
  Type.Object(
    {
      name: Type.String({ minLength: 1 }),
      labels: maybe(labels),
      rules: maybe(Type.Array(rule, { maxItems: 50 })),
      apply_to: maybe(appliedTo),
    },
    closed,
  ),
)
export const rulesRequest = checker(Type.Object({ rules: Type.Array(rule, { maxItems: 50 }) }, closed))
export const applyRequest = checker(Type.Object({ apply_to: appliedTo }, closed))
export const removeRequest = checker(Type.Object({ remove_from: appliedTo }, closed))
export const volumeRequest = checker(
  Type.Object(
    {
      name: Type.String({ minLength: 1 }),
      size: Type.Integer({ minimum: 10, maximum: 10_240 }),
      location: maybe(Type.String()),
      server: maybe(Type.Integer()),
      format: maybe(Type.String()),
      automount: maybe(Type.Boolean()),
      labels: maybe(labels),
    },
    closed,
  ),
)
export const addressRequest = checker(
  Type.Object(
    {
      name: Type.String({ minLength: 1 }),
      type: Type.Enum(['ipv4', 'ipv6']),
      assignee_type: Type.Enum(['server']),
      assignee_id: maybe(Type.Union([Type.Integer(), Type.Null()])),
      auto_delete: maybe(Type.Boolean()),
      location: maybe(Type.String()),
      labels: maybe(labels),
    },
    closed,
  ),
)
export const addressChange = checker(
  Type.Object(
    { name: maybe(Type.String({ minLength: 1 })), labels: maybe(labels), auto_delete: maybe(Type.Boolean()) },
    closed,
  ),
)

interface Checked<T> {
  is(value: unknown): value is T
  errors(value: unknown): { instancePath: string; message?: string | undefined; params: Record<string, unknown> }[]
}

/** The body as it has to be, or `invalid_input` that names each field. */
export function read<T>(check: Checked<T>, body: unknown): T {
  if (check.is(body)) return body
  const fields = check.errors(body).map(error => ({
    name: fieldOf(error.instancePath, error.params),
    messages: [error.message ?? 'invalid'],
  }))
  const names = [...new Set(fields.map(({ name }) => name))].join(', ')
  throw new Refusal(422, 'invalid_input', `invalid input in field '${names}'`, { fields })
}

function fieldOf(path: string, params: Record<string, unknown>): string {
  const own = params.additionalProperty ?? params.missingProperty
  return [...path.split('/').filter(Boolean), ...(typeof own === 'string' ? [own] : [])].join('.')
}
