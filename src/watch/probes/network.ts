// What a socket's failure means: the other side's trouble is a finding, HQ's own trouble is "could not look".
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { nodeText } from '../../../state/primitives/node-text.ts'
import type { FleetNode, ProbeInstance } from '../../fleet/fleet.ts'
import type { Outcome, ProbeContext } from '../probe.ts'

/** Failures that say nothing about the target: HQ has no route, no descriptors, no permission, no address. */
const ours = new Set([
  'ENETUNREACH',
  'ENETDOWN',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOBUFS',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
])

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by the other side',
  EPIPE: 'connection closed by the other side',
  EHOSTUNREACH: 'host unreachable',
  EHOSTDOWN: 'host is down',
  ENETUNREACH: 'HQ has no route to that network',
  ENETDOWN: "HQ's network is down",
  ETIMEDOUT: 'no answer',
  ENOTFOUND: 'the name does not exist',
  ENODATA: 'the name has no address',
  EMFILE: 'HQ has no file descriptors left',
  ENFILE: 'HQ has no file descriptors left',
  EACCES: 'HQ is not permitted to do that',
  EPERM: "HQ's firewall forbids it",
}

export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : ''
}

export function failureWords(error: unknown): string {
  const code = codeOf(error)
  return words[code] ?? (error instanceof Error ? error.message : String(error))
}

/** False where the target is to blame, null where HQ is. */
export function blame(error: unknown): false | null {
  return ours.has(codeOf(error)) ? null : false
}

export function failed(detail: string, ms: number | null = null): Outcome {
  return { ok: false, ms, detail: nodeText(detail) }
}

/** The probe could not look: unknown, and the sentence says what to do about it. */
export function couldNotLook(detail: string): Outcome {
  return { ok: null, ms: null, detail: nodeText(detail) }
}

/** What a connection's error means for the node, in words that begin with the target. */
export function connectionFailed(target: string, error: unknown): Outcome {
  return { ok: blame(error), ms: null, detail: nodeText(`${target}: ${failureWords(error)}`) }
}

/** The name could not be turned into an address. `ok` false: the name is wrong; null: nobody answered. */
export class UnresolvedName extends Error {
  readonly outcome: Outcome
  constructor(host: string, error: unknown) {
    const wrong = codeOf(error) === 'ENOTFOUND' || codeOf(error) === 'ENODATA'
    const why = wrong ? failureWords(error) : `no resolver answered (${codeOf(error) || failureWords(error)})`
    super(`${host}: ${why}`)
    this.outcome = wrong ? failed(`${host}: ${why}`) : couldNotLook(`could not look: ${host}: ${why}`)
  }
}

/**
 * The first address of a host by the context's resolver. Where the fleet names no DNS servers of its own, the
 * system's way counts too (/etc/hosts, search domains), as it does for everything else the operator runs.
 */
export async function resolveHost(host: string, context: ProbeContext, signal: AbortSignal): Promise<string> {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  if (isIP(bare)) return bare
  try {
    return await unlessAborted(firstAddress(bare, context), signal)
  } catch (error) {
    if (signal.aborted) throw error
    throw new UnresolvedName(bare, error)
  }
}

async function firstAddress(host: string, context: ProbeContext): Promise<string> {
  let failure: unknown
  for (const resolve of [() => context.resolver.resolve4(host), () => context.resolver.resolve6(host)]) {
    try {
      const [address] = await resolve()
      if (address !== undefined) return address
    } catch (error) {
      failure ??= error
      if (codeOf(error) !== 'ENODATA' && codeOf(error) !== 'ENOTFOUND') break
    }
  }
  if (context.fleet.engine.dns.length === 0) {
    try {
      return (await lookup(host)).address
    } catch {
      // The resolver's own answer says more.
    }
  }
  throw failure
}

/** Waits no longer than the signal; the promise itself may go on. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** The part of an id that tells targets of one kind apart: `ping:mesh#2` → `mesh`. */
export function variant(probe: ProbeInstance): string {
  return (probe.id.split('#')[0] ?? '').split(':').slice(1).join(':')
}

export type Via = 'public' | 'mesh'

/** The ways that are asked for and that the node has. */
export function waysTo(node: FleetNode, via: unknown): { via: Via; address: string }[] {
  const wanted: readonly Via[] = via === 'both' ? ['public', 'mesh'] : [via === 'mesh' ? 'mesh' : 'public']
  return wanted.flatMap(way => {
    const address = way === 'mesh' ? node.mesh : node.address
    return address === null ? [] : [{ via: way, address }]
  })
}
