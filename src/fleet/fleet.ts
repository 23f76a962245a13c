// The fleet as the rest of the program sees it: the file after defaults, templates and selectors are applied.
// `load.ts` makes it from YAML; nothing else does.
import type { SecretRef } from '../../state/primitives/secret.ts'

type Provider = 'aws' | 'gcp' | 'hetzner' | 'static'
export type Lifecycle = 'planned' | 'provisioning' | 'live' | 'retired'
export type Severity = 'SEV1' | 'SEV2' | 'SEV3'

/** How to log in. One object for every hop: probes, exec, uploads and jumps all use it. */
export interface SshSettings {
  /** Null: OpenSSH's config decides, else the login name on HQ. */
  user: string | null
  /** Null: OpenSSH's config decides, else 22. */
  port: number | null
  /** Private keys, tried in order; empty: OpenSSH's config decides, else the agent. */
  identities: SecretRef[]
  passphrase: SecretRef | null
  /** Pinned host keys as `SHA256:…` fingerprints; when not empty, nothing else is accepted. */
  hostkeys: string[]
  /** Name of another node, or `user@host:port`, to jump through. */
  jump: string | null
  /** `sudo`: the login is not root. `password` only where `sudo -n` is not allowed. */
  become: { method: 'sudo'; password: SecretRef | null } | null
}

export interface FleetNode {
  name: string
  provider: Provider
  region: string | null
  /** Words for people: `N. Virginia, US`. */
  city: string | null
  type: string | null
  arch: string | null
  tags: string[]
  /** Public address or host name to connect to; null while the node has none. */
  address: string | null
  /** Public DNS name that users reach it by. */
  host: string | null
  /** Address inside the mesh. */
  mesh: string | null
  isHq: boolean
  /** As declared; a node that is not `live` never alerts. */
  lifecycle: Lifecycle
  ssh: SshSettings
  cost: { monthlyMicros: number; currency: string } | null
  /** Image that a new machine gets: the provider's id or name; absent: the newest NixOS, else Debian. */
  image?: string
  /** Root disk of a new machine, GB; absent: the provider's usual size. */
  diskGb?: number
  /** false: no public IPv4 address. Absent: it has one. */
  ipv4?: boolean
}

/** One probe on one node, expanded from the file: templates filled in, durations in ms. */
export interface ProbeInstance {
  /** Unique on its node and stable over restarts: `ping:mesh`, `http`, `units`, `http#2`. */
  id: string
  node: string
  kind: string
  /** What it looks at, for people: `10.84.0.17`, `https://paris.clavitor.com/`. */
  target: string
  everyMs: number
  timeoutMs: number
  /** How often in a row it must fail before the node's health follows (retries). */
  failures: number
  severity: Severity | null
  /** The kind's own options, validated by the kind's schema. */
  options: Readonly<Record<string, unknown>>
}

export interface Fleet {
  name: string
  timezone: string
  environment: string | null
  nodes: ReadonlyMap<string, FleetNode>
  mesh: {
    kind: 'wireguard' | 'zerotier'
    interface: string
    cidr: string
    hub: string | null
    /** UDP port of the mesh and its keepalive; absent where the file says nothing. */
    port?: number
    keepaliveMs?: number
  } | null
  people: ReadonlyMap<string, { login: string; roles: string[] }>
  /** Named batches: selector texts. */
  batches: ReadonlyMap<string, string>
  probes: ProbeInstance[]
  severity: { SEV2: { missed: number }; SEV1: { downMs: number } }
  alerts: { to: string; from: Severity }[]
  budget: {
    ceilingMicros: number
    currency: string
    warnRatio: number
    /** What one unit of another currency is in the budget's, as its owner says it, and on which day (`2026-11-20`). */
    rates?: readonly { currency: string; rate: string; date: string }[]
  } | null
  /** Accounts at providers; absent: the SDKs' usual means decide. */
  clouds?: {
    aws?: {
      profile?: string
      /** Both or neither; without: the SDK's usual means. */
      accessKey?: SecretRef
      secretKey?: SecretRef
      endpoint?: string
      regions?: readonly string[]
    }
    gcp?: { project?: string; credentials?: SecretRef; endpoint?: string; regions?: readonly string[] }
    hetzner?: { token?: SecretRef; endpoint?: string; regions?: readonly string[] }
  }
  engine: {
    /** `host:port` of the heartbeat listener; null: none. */
    heartbeats: string | null
    /** HQ's own canaries: `gateway`, `host:port` (TCP) or an address (ping). Empty: only loop lag and clock. */
    canaries: string[]
    /** Programs to use instead of those on PATH, as argv prefixes: `{ ping: ['/opt/ping'] }`. */
    programs: Readonly<Record<string, readonly string[]>>
    /** DNS servers (`host:port`) for probes; empty: the system's. */
    dns: string[]
    /** PEM files whose certificates are trusted beside the system's. */
    trust: string[]
  }
  /** Parameters of the recipes in use, by recipe; absent where the file names none. */
  recipes?: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  /** Where it came from: path and sha256 of the bytes. */
  source: { path: string; sha256: string }
}
