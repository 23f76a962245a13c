// Where alerts can go: one line a kind. A target is `<kind>:<address>`, as in the fleet file.
import { sendNtfy } from './ntfy.ts'
import { sendWebhook } from './webhook.ts'

/** What a target is given; plain text, made safe for its medium by the target itself. */
export interface Message {
  id: string
  title: string
  text: string
  severity: 'SEV1' | 'SEV2' | 'SEV3'
  what: 'opened' | 'worse' | 'resolved' | 'test'
  incident: string
  fleet: string
  /** ms since the epoch */
  at: number
}

export type Delivery =
  | { ok: true }
  /** `why` names the kind and the host, never the path: topics and webhook paths are secrets. */
  | { ok: false; why: string; retryAfterMs?: number }

export interface SendOptions {
  deadlineMs: number
  signal: AbortSignal
}

interface TargetKind {
  send(address: URL, message: Message, options: SendOptions): Promise<Delivery>
  /** How many at once, and how many ms one costs after that. */
  rate: { burst: number; everyMs: number }
}

const targetKinds: Readonly<Record<string, TargetKind>> = {
  // ntfy allows 60 requests and then one per 5 s.
  ntfy: { send: sendNtfy, rate: { burst: 60, everyMs: 5_000 } },
  webhook: { send: sendWebhook, rate: { burst: 60, everyMs: 1_000 } },
}

export type Target = { kind: TargetKind; name: string; address: URL }

/** Null with no kind of that name or no http(s) address; credentials inside the address are refused: they would stand open in the fleet file. */
export function parseTarget(to: string): Target | { refused: string } {
  const colon = to.indexOf(':')
  const name = to.slice(0, Math.max(0, colon))
  const kind = Object.hasOwn(targetKinds, name) ? targetKinds[name] : undefined
  if (!kind) return { refused: `alert targets are ${Object.keys(targetKinds).join(', ')}` }
  const address = URL.parse(to.slice(colon + 1))
  if (!address || (address.protocol !== 'https:' && address.protocol !== 'http:')) {
    return { refused: `${name}: needs an http or https address` }
  }
  if (address.username !== '' || address.password !== '') return { refused: `${name}: no credentials in the address` }
  return { kind, name, address }
}
