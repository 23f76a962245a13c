// What we read of Hetzner's answers, judged by ajv. Only what we need is asked for, and what else is there is let pass:
// the API adds fields, and took `datacenter` away in July 2026.
import Type, { type Static, type TSchema } from 'typebox'
import { checker, orNull } from '../../../state/primitives/schema.ts'

const maybe = <S extends TSchema>(shape: S) => Type.Optional(orNull(shape))
// The API's own bounds: it does not say that they are positive, and who imitates it makes negative ones.
const id = Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER })
const text = Type.String({ maxLength: 10_000 })
const labels = maybe(Type.Record(Type.String(), Type.String()))
const named = Type.Object({ name: text })

const deprecation = maybe(Type.Object({ announced: text, unavailable_after: text }))
const price = Type.Object({ net: text })
const priceHere = Type.Object({ location: text, price_hourly: maybe(price), price_monthly: maybe(price) })

const serverType = Type.Object({
  id,
  name: text,
  cores: Type.Number(),
  memory: Type.Number(),
  disk: Type.Number(),
  architecture: Type.Optional(text),
  deprecation,
  locations: maybe(Type.Array(Type.Object({ name: text, deprecation, available: maybe(Type.Boolean()) }))),
  prices: maybe(Type.Array(priceHere)),
})
export type ServerType = Static<typeof serverType>

const server = Type.Object({
  id,
  name: text,
  status: text,
  created: text,
  labels,
  location: maybe(named),
  locked: maybe(Type.Boolean()),
  protection: maybe(Type.Object({ delete: maybe(Type.Boolean()) })),
  server_type: Type.Object({ name: text, architecture: Type.Optional(text) }),
  image: maybe(Type.Object({ id: maybe(id), name: maybe(text), description: maybe(text) })),
  public_net: Type.Object({
    ipv4: maybe(Type.Object({ id: maybe(id), ip: text })),
    ipv6: maybe(Type.Object({ id: maybe(id), ip: text })),
    firewalls: maybe(Type.Array(Type.Object({ id }))),
  }),
  private_net: maybe(Type.Array(Type.Object({ ip: maybe(text) }))),
  volumes: maybe(Type.Array(id)),
})
export type Server = Static<typeof server>

const action = Type.Object({
  id,
  command: text,
  status: text,
  error: maybe(Type.Object({ code: text, message: text })),
})
export type Action = Static<typeof action>

const image = Type.Object({
  id,
  type: text,
  name: maybe(text),
  description: maybe(text),
  status: maybe(text),
  os_flavor: maybe(text),
  os_version: maybe(text),
  architecture: Type.Optional(text),
  created: maybe(text),
  deprecated: maybe(text),
  image_size: maybe(Type.Number()),
  labels,
})
export type Image = Static<typeof image>

const rule = Type.Object({
  direction: text,
  protocol: text,
  port: maybe(text),
  source_ips: maybe(Type.Array(text)),
})
const firewall = Type.Object({
  id,
  name: text,
  labels,
  created: maybe(text),
  rules: Type.Array(rule),
  applied_to: Type.Array(Type.Object({ type: text, server: maybe(Type.Object({ id })) })),
})
export type Firewall = Static<typeof firewall>

const sshKey = Type.Object({ id, name: text, fingerprint: text, labels, created: maybe(text) })
export type SshKey = Static<typeof sshKey>

const volume = Type.Object({
  id,
  name: text,
  size: Type.Number(),
  server: orNull(id),
  created: maybe(text),
  labels,
  location: maybe(named),
})
export type Volume = Static<typeof volume>

const primaryIp = Type.Object({
  id,
  ip: text,
  type: text,
  assignee_id: orNull(id),
  auto_delete: maybe(Type.Boolean()),
  created: maybe(text),
  labels,
  location: maybe(named),
  // Until the API dropped it, the place of an address was here alone.
  datacenter: maybe(Type.Object({ location: maybe(named) })),
})
export type PrimaryIp = Static<typeof primaryIp>

const floatingIp = Type.Object({
  id,
  type: text,
  server: orNull(id),
  created: maybe(text),
  labels,
  home_location: maybe(named),
})
export type FloatingIp = Static<typeof floatingIp>

const pricesByType = Type.Array(Type.Object({ type: text, prices: Type.Array(priceHere) }))
export const pricing = checker(
  Type.Object({
    pricing: Type.Object({
      currency: Type.String({ pattern: '^[A-Z]{3}$' }),
      server_types: Type.Array(Type.Object({ name: text, prices: Type.Array(priceHere) })),
      primary_ips: maybe(pricesByType),
      floating_ips: maybe(pricesByType),
      volume: maybe(Type.Object({ price_per_gb_month: price })),
      image: maybe(Type.Object({ price_per_gb_month: price })),
    }),
  }),
)
export type Pricing = Static<typeof pricing.schema>['pricing']

const meta = maybe(Type.Object({ pagination: maybe(Type.Object({ next_page: maybe(Type.Integer()) })) }))
export const lists = {
  locations: checker(Type.Object({ locations: Type.Array(named), meta })),
  servers: checker(Type.Object({ servers: Type.Array(server), meta })),
  server_types: checker(Type.Object({ server_types: Type.Array(serverType), meta })),
  images: checker(Type.Object({ images: Type.Array(image), meta })),
  firewalls: checker(Type.Object({ firewalls: Type.Array(firewall), meta })),
  ssh_keys: checker(Type.Object({ ssh_keys: Type.Array(sshKey), meta })),
  volumes: checker(Type.Object({ volumes: Type.Array(volume), meta })),
  primary_ips: checker(Type.Object({ primary_ips: Type.Array(primaryIp), meta })),
  floating_ips: checker(Type.Object({ floating_ips: Type.Array(floatingIp), meta })),
  actions: checker(Type.Object({ actions: Type.Array(action), meta })),
}

export const oneServer = checker(Type.Object({ server }))
export const oneImage = checker(Type.Object({ image }))
/** `root_password` is not among what is read, so it goes nowhere. */
export const createdServer = checker(
  Type.Object({ server, action: maybe(action), next_actions: maybe(Type.Array(action)) }),
)
export const createdFirewall = checker(Type.Object({ firewall }))
export const createdSshKey = checker(Type.Object({ ssh_key: sshKey }))
/** What follows from a change; none, where there was nothing to do. */
export const begun = checker(
  Type.Union([Type.Object({ action: maybe(action), actions: maybe(Type.Array(action)) }), Type.Null()]),
)
