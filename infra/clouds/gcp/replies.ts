// What we read of Compute Engine's answers, judged by ajv. Google's client has put them into its own form before (int64
// as text, lists that are never missing), and what it could not read never comes here.
import Type, { type Static, type TSchema } from 'typebox'
import { checker } from '../../../state/primitives/schema.ts'

const maybe = <S extends TSchema>(shape: S) => Type.Optional(Type.Union([shape, Type.Null()]))
const text = Type.String({ maxLength: 300_000 })
const labels = maybe(Type.Record(Type.String(), Type.String()))
const number = Type.Union([Type.Number(), Type.String({ pattern: '^[0-9]{1,15}$' })])

export const instance = checker(
  Type.Object({
    id: Type.String({ pattern: '^[0-9]{1,20}$' }),
    name: text,
    status: maybe(text),
    statusMessage: maybe(text),
    creationTimestamp: maybe(text),
    machineType: maybe(text),
    labels,
    labelFingerprint: maybe(text),
    deletionProtection: maybe(Type.Boolean()),
    tags: maybe(Type.Object({ items: maybe(Type.Array(text)), fingerprint: maybe(text) })),
    networkInterfaces: maybe(
      Type.Array(
        Type.Object({
          networkIP: maybe(text),
          accessConfigs: maybe(Type.Array(Type.Object({ natIP: maybe(text) }))),
          ipv6AccessConfigs: maybe(Type.Array(Type.Object({ externalIpv6: maybe(text) }))),
        }),
      ),
    ),
    disks: maybe(
      Type.Array(
        Type.Object({
          source: maybe(text),
          diskSizeGb: maybe(number),
          boot: maybe(Type.Boolean()),
          architecture: maybe(text),
          licenses: maybe(Type.Array(text)),
        }),
      ),
    ),
  }),
)
export type Instance = Static<typeof instance.schema>

export const disk = checker(
  Type.Object({
    id: Type.String({ pattern: '^[0-9]{1,20}$' }),
    name: text,
    sizeGb: maybe(number),
    type: maybe(text),
    users: maybe(Type.Array(text)),
    creationTimestamp: maybe(text),
    labels,
    labelFingerprint: maybe(text),
  }),
)
export type Disk = Static<typeof disk.schema>

export const address = checker(
  Type.Object({
    id: Type.String({ pattern: '^[0-9]{1,20}$' }),
    name: text,
    users: maybe(Type.Array(text)),
    creationTimestamp: maybe(text),
    addressType: maybe(text),
    ipVersion: maybe(text),
    labels,
  }),
)
export type Address = Static<typeof address.schema>

const ports = maybe(Type.Array(Type.Object({ IPProtocol: maybe(text), ports: maybe(Type.Array(text)) })))
export const firewall = checker(
  Type.Object({
    id: Type.String({ pattern: '^[0-9]{1,20}$' }),
    name: text,
    description: maybe(text),
    creationTimestamp: maybe(text),
    priority: maybe(Type.Number()),
    sourceRanges: maybe(Type.Array(text)),
    targetTags: maybe(Type.Array(text)),
    allowed: ports,
    denied: ports,
  }),
)
export type Firewall = Static<typeof firewall.schema>

export const machineType = checker(
  Type.Object({
    name: text,
    guestCpus: maybe(Type.Number()),
    memoryMb: maybe(Type.Number()),
    architecture: maybe(text),
    deprecated: maybe(Type.Object({ state: maybe(text) })),
  }),
)

export const image = checker(
  Type.Object({
    name: text,
    family: maybe(text),
    selfLink: maybe(text),
    architecture: maybe(text),
    creationTimestamp: maybe(text),
    status: maybe(text),
    deprecated: maybe(Type.Object({ state: maybe(text) })),
  }),
)
export type Image = Static<typeof image.schema>

export const region = checker(Type.Object({ name: text, status: maybe(text), zones: maybe(Type.Array(text)) }))

export const operation = checker(
  Type.Object({
    name: text,
    status: maybe(text),
    httpErrorStatusCode: maybe(Type.Number()),
    error: maybe(
      Type.Object({
        errors: maybe(Type.Array(Type.Object({ code: Type.Optional(text), message: Type.Optional(text) }))),
      }),
    ),
  }),
)

export const scope = checker(Type.Object({ warning: maybe(Type.Object({ code: maybe(text) })) }))

export const guestAttributes = checker(
  Type.Object({
    queryValue: maybe(Type.Object({ items: maybe(Type.Array(Type.Object({ key: maybe(text), value: maybe(text) }))) })),
  }),
)

export const skuPage = checker(
  Type.Object({
    skus: maybe(
      Type.Array(
        Type.Object({
          description: text,
          category: maybe(Type.Object({ usageType: maybe(text) })),
          serviceRegions: maybe(Type.Array(text)),
          pricingInfo: maybe(
            Type.Array(
              Type.Object({
                pricingExpression: maybe(
                  Type.Object({
                    usageUnit: maybe(text),
                    tieredRates: maybe(
                      Type.Array(
                        Type.Object({
                          startUsageAmount: maybe(Type.Number()),
                          unitPrice: maybe(
                            Type.Object({
                              currencyCode: maybe(text),
                              units: maybe(Type.Union([Type.String(), Type.Number()])),
                              nanos: maybe(Type.Number()),
                            }),
                          ),
                        }),
                      ),
                    ),
                  }),
                ),
              }),
            ),
          ),
        }),
      ),
    ),
    nextPageToken: maybe(text),
  }),
)
export type Sku = NonNullable<Static<typeof skuPage.schema>['skus']>[number]
