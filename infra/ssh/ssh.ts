// The one door to a node. `pool.ts` is the real one; tests and the sandbox speak the protocol, not this interface.
import type { NodeText } from '../../state/primitives/node-text.ts'
import type { Secret } from '../../state/primitives/secret.ts'

/** Where and how to connect, resolved; one object for every hop. */
export interface SshTarget {
  /** Node name, for errors and the pool's key. */
  node: string
  host: string
  port: number
  user: string
  /** PEM/OpenSSH private keys with their passphrases; empty: the agent. */
  identities: readonly { label: string; key: Secret; passphrase: Secret | null }[]
  agent: string | null
  /** Accepted host key fingerprints `SHA256:…`; empty: known_hosts decides. */
  hostkeys: readonly string[]
  knownHosts: readonly string[]
  jump: SshTarget | null
  become: { method: 'sudo'; password: Secret | null } | null
}

export type ExecRequest = {
  /** Runs exactly this; quoted by the pool for the remote shell. */
  argv: readonly string[]
  stdin?: string | Uint8Array
  /** Whole exec including connect; then the channel is killed. */
  deadlineMs: number
  /** The command must have begun by then: connection, login and session. Default: the whole deadline. */
  beginMs?: number
  /** Per stream; more is cut and `truncated` set. */
  maxBytes?: number
  /** Use the target's `become`. Default true. */
  become?: boolean
  signal?: AbortSignal
  /** A look that comes again by itself: while a node is backed off it fails at once with the last error. Default false. */
  periodic?: boolean
  /** Called with each piece as it arrives, also with those that the cap keeps out of the result. */
  onOutput?: (stream: 'stdout' | 'stderr', piece: Uint8Array) => void
}

export interface ExecResult {
  outcome: 'ok' | 'failed' | 'timeout'
  exit: number | null
  killedBy: string | null
  /** From the call to the end. */
  ms: number
  stdout: Uint8Array
  stderr: Uint8Array
  truncated: boolean
}

export interface ConnectOptions {
  deadlineMs: number
  /** Shake hands even if a live connection is there. */
  fresh?: boolean
  /** As in ExecRequest. */
  periodic?: boolean
  signal?: AbortSignal
}

export interface ConnectReport {
  /** Handshake time to authenticated, ms; 0 when a live connection answered. */
  ms: number
  /** `publickey ed25519`, `agent`; of a live connection, the one it was made with. */
  method: string
  /** The host's key as seen and judged: its type, its fingerprint, and all of it as known_hosts writes it. */
  hostkey: { type: string; fingerprint: string; base64: string }
  hostCertificate: { keyId: string; validBefore: number | null } | null
}

export type SshFailure =
  | 'unreachable'
  | 'timeout'
  | 'hostkey-changed'
  | 'hostkey-unknown'
  | 'auth'
  | 'become'
  | 'closed'
  | 'cancelled'
  | 'refused'

/** Thrown by the pool. `failure` decides: only `unreachable`, `timeout` and `closed` are about the network. */
export class SshError extends Error {
  readonly failure: SshFailure
  readonly node: string
  readonly detail: NodeText
  constructor(node: string, failure: SshFailure, detail: NodeText) {
    super(`${node}: ${failure}: ${detail}`)
    this.name = 'SshError'
    this.node = node
    this.failure = failure
    this.detail = detail
  }
}

export interface Upload {
  path: string
  content: Uint8Array
  /** Set before the content is written, e.g. 0o600. */
  mode: number
  deadlineMs: number
  signal?: AbortSignal
}

export interface RememberOptions {
  /** The known_hosts file; made with mode 0600 if it is not there. */
  file: string
  deadlineMs: number
  /** The fingerprint that the operator or the provider's console named; null: any. */
  expect: string | null
  /** Write the name hashed, as `HashKnownHosts yes`. Default false. */
  hashed?: boolean
  signal?: AbortSignal
}

export interface SshPool {
  exec(target: SshTarget, request: ExecRequest): Promise<ExecResult>
  /** Proves that login works: a handshake if there is no live connection or `fresh`, then a no-op. */
  connect(target: SshTarget, options: ConnectOptions): Promise<ConnectReport>
  /** Temp beside the target, mode first, hash checked, fsync, rename. Resolves with the sha256 in hex. */
  upload(target: SshTarget, upload: Upload): Promise<string>
  /**
   * Asks a host for its key without logging in and trusts it from now on: the line goes into `file`, as OpenSSH writes
   * it. Only for hosts that we launched, or when an operator has said yes to the fingerprint. `expect` refuses another.
   */
  remember(target: SshTarget, options: RememberOptions): Promise<{ type: string; fingerprint: string }>
  /** How many connections are open, and how many are being made. */
  stats(): { open: number; connecting: number }
  /** Closes the connection to a node, e.g. when its settings changed. */
  drop(node: string): void
  close(): Promise<void>
}
