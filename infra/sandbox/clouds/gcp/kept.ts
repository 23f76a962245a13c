// What the emulated Compute Engine project remembers: plain JSON, so that whoever runs it can keep it on disk. Statuses
// that change with time are read off the clock.

export type Labels = Readonly<Record<string, string>>

export interface KeptInstance {
  id: string
  name: string
  zone: string
  created: number
  /** Not seen by anybody before. */
  seenFrom: number
  type: string
  labels: Labels
  tags: readonly string[]
  metadata: readonly { key: string; value: string }[]
  description: string
  /** It is on, once its phases are over. */
  on: boolean
  phases: readonly { status: InstanceStatus; until: number }[]
  goneAt: number | null
  deletionProtection: boolean
  network: string
  privateIp: string
  /** null: it has no external address. */
  natIp: string | null
  hostkeys: readonly string[]
  disks: readonly { name: string; autoDelete: boolean; boot: boolean }[]
}
export type InstanceStatus = 'PROVISIONING' | 'STAGING' | 'RUNNING' | 'STOPPING' | 'TERMINATED'

export interface KeptDisk {
  id: string
  name: string
  zone: string
  created: number
  labels: Labels
  sizeGb: number
  type: string
  image: string | null
  goneAt: number | null
}

export interface KeptAddress {
  id: string
  name: string
  region: string
  created: number
  labels: Labels
  address: string
}

export interface KeptFirewall {
  id: string
  created: number
  /** As it was sent, but for what the API adds. */
  rule: Readonly<Record<string, unknown>> & { name: string }
}

export interface KeptOperation {
  id: string
  name: string
  type: string
  /** `zones/…`, `regions/…` or `global`. */
  scope: string
  target: { link: string; id: string }
  started: number
  ends: number
  fails: { code: string; message: string } | null
  requestId: string | null
  /** What was asked, to compare a second request of the same id with. */
  asked: string
}

export interface Kept {
  nextId: number
  instances: KeptInstance[]
  disks: KeptDisk[]
  addresses: KeptAddress[]
  firewalls: KeptFirewall[]
  operations: KeptOperation[]
}

export const emptyProject = (): Kept => ({
  nextId: 7_310_000_000_001,
  instances: [],
  disks: [],
  addresses: [],
  firewalls: [],
  operations: [],
})
