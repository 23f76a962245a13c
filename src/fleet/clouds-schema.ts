// The part of the fleet file that is about accounts at providers and about what new machines there are made of.
import Type, { type Static } from 'typebox'
import { PositiveRate, RateDate } from '../../state/primitives/money.ts'
import { SecretText } from '../../state/primitives/secret.ts'

const closed = { additionalProperties: false } as const
const optional = Type.Optional

const account = (what: string, form: string) =>
  Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9_.@:/+=-]{0,127}$', is: what, allowed: form })
const Regions = Type.Array(
  Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$',
    is: 'a region',
    allowed: 'letters, digits and . _ : / -',
  }),
  {
    uniqueItems: true,
    minItems: 1,
    maxItems: 200,
    is: 'a list of regions',
    description: 'Regions to look at. Without: every one that the account has enabled.',
  },
)
/** Judged in full by `cloudEndpoints`: what is wrong with an address that holds a password must not be quoted. */
const Endpoint = Type.String({
  minLength: 1,
  maxLength: 2000,
  is: 'an address',
  allowed: 'https://HOST, or http:// on loopback',
  description: "Another implementation of the provider's API. Without: the SDK's usual means decide.",
})

export const Clouds = Type.Object(
  {
    aws: optional(
      Type.Object(
        {
          profile: optional(account('a profile', 'the name of a profile of the AWS configuration')),
          accessKey: optional(SecretText),
          secretKey: optional(SecretText),
          endpoint: optional(Endpoint),
          regions: optional(Regions),
        },
        closed,
      ),
    ),
    gcp: optional(
      Type.Object(
        {
          project: optional(account('a project', "the project's id")),
          credentials: optional(SecretText),
          endpoint: optional(Endpoint),
          regions: optional(Regions),
        },
        closed,
      ),
    ),
    hetzner: optional(
      Type.Object({ token: optional(SecretText), endpoint: optional(Endpoint), regions: optional(Regions) }, closed),
    ),
  },
  {
    ...closed,
    is: 'a map',
    description: "Accounts at providers. Without: the SDKs' usual means (environment, profiles, key files) decide.",
  },
)
export type FileClouds = Static<typeof Clouds>

/** What a new machine is made of; the keys of a node that only provisioning reads. */
export const machineKeys = {
  image: optional(
    Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$',
      is: 'an image',
      allowed: "the provider's id or name of an image: letters, digits and . _ : / -",
      description: 'Image of a new machine. Default: the newest NixOS that the provider has, else its newest Debian.',
    }),
  ),
  disk: optional(
    Type.Union(
      [
        Type.Integer({ minimum: 1, maximum: 65_536 }),
        Type.String({ pattern: '^(?:[0-9]{1,5} ?GB|[0-9]{1,2}(?:\\.[0-9]{1,3})? ?TB)$' }),
      ],
      {
        is: "a disk's size",
        allowed: 'whole gigabytes from 1 to 65536, such as 8 or 8GB',
        description: "Root disk of a new machine. Default: the provider's usual size.",
      },
    ),
  ),
  ipv4: optional(
    Type.Boolean({
      is: 'true or false',
      description: 'false: a new machine gets no public IPv4 address, which costs; it is reached over IPv6.',
    }),
  ),
}

/** What one unit of a currency is in the budget's, and on which day. */
export const Rates = Type.Record(
  Type.String({ pattern: '^[A-Z]{3}$' }),
  Type.Object({ rate: PositiveRate, date: RateDate }, { ...closed, is: 'a rate', allowed: rateForm() }),
  {
    ...closed,
    is: 'a map',
    nameIs: 'a currency',
    nameAllowed: 'an ISO 4217 code, such as EUR or USD',
    description: "What one unit of another currency is in the budget's: totals in one currency carry rate and date.",
  },
)

function rateForm(): string {
  return 'a map such as { rate: 1.08, date: 2026-11-20 }'
}
