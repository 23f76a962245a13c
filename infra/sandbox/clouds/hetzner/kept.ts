// What the emulated Hetzner project remembers: plain JSON, so that whoever runs it can keep it on disk and bring it back.
// Statuses that change with time are not stored but read off the clock, so a state brought back is right at once.

export type Labels = Readonly<Record<string, string>>

export interface KeptServer {
  id: number
  name: string
  created: number
  /** Not seen by anybody before. */
  seenFrom: number
  location: string
  type: string
  image: number | null
  labels: Labels
  /** It is on, once its phases are over. */
  on: boolean
  phases: readonly { status: ServerStatus; until: number }[]
  lockedUntil: number
  /** When it is no longer there. */
  goneAt: number | null
  protectedAgainstDeletion: boolean
  diskGb: number
  keys: readonly string[]
}
export type ServerStatus = 'initializing' | 'starting' | 'running' | 'stopping' | 'off' | 'deleting' | 'migrating'

export interface KeptKey {
  id: number
  name: string
  created: number
  fingerprint: string
  publicKey: string
  labels: Labels
}

export interface KeptRule {
  description: string | null
  direction: 'in' | 'out'
  protocol: 'tcp' | 'udp' | 'icmp' | 'esp' | 'gre'
  port: string | null
  source_ips: readonly string[]
  destination_ips: readonly string[]
}

export interface KeptFirewall {
  id: number
  name: string
  created: number
  labels: Labels
  rules: readonly KeptRule[]
  servers: readonly number[]
}

export interface KeptVolume {
  id: number
  name: string
  created: number
  labels: Labels
  location: string
  sizeGb: number
  server: number | null
}

export interface KeptAddress {
  id: number
  name: string
  created: number
  labels: Labels
  location: string
  family: 'ipv4' | 'ipv6'
  ip: string
  server: number | null
  autoDelete: boolean
  /** It came into being with a server. */
  ofServer: boolean
}

export interface KeptSnapshot {
  id: number
  description: string
  created: number
  labels: Labels
  architecture: 'x86' | 'arm'
}

export interface KeptAction {
  id: number
  command: string
  started: number
  ends: number
  fails: { code: string; message: string } | null
  resources: readonly { id: number; type: string }[]
}

export interface Kept {
  nextId: number
  servers: KeptServer[]
  keys: KeptKey[]
  firewalls: KeptFirewall[]
  volumes: KeptVolume[]
  addresses: KeptAddress[]
  snapshots: KeptSnapshot[]
  actions: KeptAction[]
  /** `type@location` that cannot be had just now. */
  soldOut: string[]
  /** Requests that may still be sent, and when that was counted. */
  budget: { left: number; at: number }
}

export function emptyProject(now: number, limit: number): Kept {
  return {
    nextId: 42_000_001,
    servers: [],
    keys: [],
    firewalls: [],
    volumes: [],
    addresses: [],
    snapshots: [],
    actions: [],
    soldOut: [],
    budget: { left: limit, at: now },
  }
}
