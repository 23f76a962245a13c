// The bodies that the API takes. A field it does not know is refused, as the API does.
import Type, { type TSchema } from 'typebox'
import { checker } from '../../../../state/primitives/schema.ts'
import { Refusal } from './project.ts'

const closed = { additionalProperties: false } as const
const maybe = <S extends TSchema>(shape: S) => Type.Optional(shape)
const words = Type.Array(Type.String())
const labels = Type.Record(Type.String(), Type.String())
/** int64: text, or a number. */
const long = Type.Union([Type.Integer(), Type.String({ pattern: '^\\d+$' })])
const anything = Type.Unknown()

const disk = Type.Object(
  {
    boot: maybe(Type.Boolean()),
    autoDelete: maybe(Type.Boolean()),
    deviceName: maybe(Type.String()),
    type: maybe(Type.String()),
    mode: maybe(Type.String()),
    interface: maybe(Type.String()),
    source: maybe(Type.String()),
    diskSizeGb: maybe(long),
    initializeParams: maybe(
      Type.Object(
        {
          diskName: maybe(Type.String()),
          sourceImage: maybe(Type.String()),
          diskSizeGb: maybe(long),
          diskType: maybe(Type.String()),
          labels: maybe(labels),
          // Google's client sends maps also where they are empty.
          resourceManagerTags: maybe(labels),
          description: maybe(Type.String()),
        },
        closed,
      ),
    ),
  },
  closed,
)
const accessConfig = Type.Object(
  {
    kind: maybe(Type.String()),
    type: maybe(Type.String()),
    name: maybe(Type.String()),
    natIP: maybe(Type.String()),
    networkTier: maybe(Type.String()),
  },
  closed,
)
const networkInterface = Type.Object(
  {
    name: maybe(Type.String()),
    network: maybe(Type.String()),
    subnetwork: maybe(Type.String()),
    nicType: maybe(Type.String()),
    stackType: maybe(Type.String()),
    accessConfigs: maybe(Type.Array(accessConfig)),
    ipv6AccessConfigs: maybe(anything),
  },
  closed,
)
const metadata = Type.Object(
  {
    kind: maybe(Type.String()),
    fingerprint: maybe(Type.String()),
    items: maybe(Type.Array(Type.Object({ key: Type.String(), value: Type.String() }, closed))),
  },
  closed,
)
const tagList = Type.Object({ fingerprint: maybe(Type.String()), items: maybe(words) }, closed)

export const instanceRequest = checker(
  Type.Object(
    {
      kind: maybe(Type.String()),
      name: Type.String(),
      description: maybe(Type.String()),
      zone: maybe(Type.String()),
      machineType: Type.String(),
      labels: maybe(labels),
      tags: maybe(tagList),
      metadata: maybe(metadata),
      disks: Type.Array(disk, { minItems: 1 }),
      networkInterfaces: Type.Array(networkInterface, { minItems: 1 }),
      deletionProtection: maybe(Type.Boolean()),
      canIpForward: maybe(Type.Boolean()),
      minCpuPlatform: maybe(Type.String()),
      scheduling: maybe(anything),
      serviceAccounts: maybe(anything),
      shieldedInstanceConfig: maybe(anything),
    },
    closed,
  ),
)
export const labelsRequest = checker(Type.Object({ labels: maybe(labels), labelFingerprint: Type.String() }, closed))
export const typeRequest = checker(Type.Object({ machineType: Type.String() }, closed))
export const tagsRequest = checker(tagList)
export const metadataRequest = checker(metadata)

const ports = Type.Array(Type.Object({ IPProtocol: Type.String(), ports: maybe(words) }, closed))
const rule = {
  kind: maybe(Type.String()),
  description: maybe(Type.String()),
  network: maybe(Type.String()),
  priority: maybe(Type.Integer({ minimum: 0, maximum: 65_535 })),
  direction: maybe(Type.Enum(['INGRESS', 'EGRESS'])),
  disabled: maybe(Type.Boolean()),
  sourceRanges: maybe(words),
  destinationRanges: maybe(words),
  sourceTags: maybe(words),
  targetTags: maybe(words),
  allowed: maybe(ports),
  denied: maybe(ports),
  logConfig: maybe(anything),
}
export const firewallRequest = checker(Type.Object({ name: Type.String(), ...rule }, closed))
export const firewallPatch = checker(Type.Object({ name: maybe(Type.String()), ...rule }, closed))

interface Checked<T> {
  is(value: unknown): value is T
  errors(value: unknown): { instancePath: string; message?: string | undefined; params: Record<string, unknown> }[]
}

export function read<T>(check: Checked<T>, body: unknown): T {
  if (check.is(body)) return body
  const [first] = check.errors(body)
  const own = first?.params.additionalProperty ?? first?.params.missingProperty
  const path = ['resource', ...(first?.instancePath ?? '').split('/').filter(Boolean)].join('.')
  if (first?.params.additionalProperty !== undefined) {
    throw new Refusal(
      400,
      'invalid',
      `Invalid JSON payload received. Unknown name "${String(own)}" at '${path}': Cannot find field.`,
    )
  }
  const where = typeof own === 'string' ? `${path}.${own}` : path
  const reason = own === undefined ? 'invalid' : 'required'
  throw new Refusal(400, reason, `Invalid value for field '${where}': ${first?.message ?? 'invalid'}`)
}
