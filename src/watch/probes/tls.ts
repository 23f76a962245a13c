// How long will the certificate last, and is it the right one? Warns by the share of its lifetime that is left,
// since lifetimes shrink (90, then 64, then 45 days): fixed days would not fit them all.
import { Type } from 'typebox'
import { type Inspection, inspectTls } from '../../../infra/tls/inspect.ts'
import { durationPattern } from '../../../state/primitives/duration.ts'
import { nodeText } from '../../../state/primitives/node-text.ts'
import type { DirectProbe, Outcome } from '../probe.ts'
import { days, durationMs, percentOf, percentPattern, round } from './measures.ts'
import { connectionFailed, failed, resolveHost, UnresolvedName } from './network.ts'

function left(description: string) {
  return Type.Optional(
    Type.Union([Type.String({ pattern: percentPattern }), Type.String({ pattern: durationPattern })], { description }),
  )
}

export const tls = {
  kind: 'tls',
  from: 'hq',
  effect: 'degraded',
  options: Type.Object({
    endpoint: Type.String({
      pattern: '^(\\[[0-9a-fA-F:.]+\\]|[^:\\s]+)(:\\d{1,5})?$',
      description: 'Where to connect: `{host}:443`.',
    }),
    servername: Type.Optional(
      Type.String({ minLength: 1, description: "The name to ask for and to check. Default: the endpoint's host." }),
    ),
    warn: left('Warn when less than this is left: a share of the lifetime (`25%`, the default) or a duration (`14d`).'),
    fail: left('Fail when less than this is left: a share of the lifetime (`10%`, the default) or a duration (`3d`).'),
  }),
  defaults: { everyMs: 21_600_000, timeoutMs: 10_000, failures: 1 },
  targets: options => (typeof options.endpoint === 'string' ? [{ id: 'tls', target: options.endpoint }] : []),
  async look(probe, context, signal) {
    const { host, port } = endpointOf(probe.target)
    try {
      const seen = await inspectTls({
        address: await resolveHost(host, context, signal),
        port,
        servername: typeof probe.options.servername === 'string' ? probe.options.servername : host,
        trustedCas: context.trustedCas,
        signal,
        mono: () => context.clock.mono(),
      })
      return judgeCertificate(seen, context.clock.now(), probe.options.warn ?? '25%', probe.options.fail ?? '10%')
    } catch (error) {
      if (error instanceof UnresolvedName) return error.outcome
      if (signal.aborted) return failed(`${probe.target}: no handshake in ${probe.timeoutMs / 1000} s`)
      return connectionFailed(probe.target, error)
    }
  },
} satisfies DirectProbe

function endpointOf(endpoint: string): { host: string; port: number } {
  const found = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(endpoint)
  const host = (found?.[1] ?? endpoint).replace(/^\[|\]$/g, '')
  return { host, port: Number(found?.[2] ?? 443) }
}

/** Words for OpenSSL's reasons, to follow "the certificate"; null when the code is none of them. */
export function distrustWords(code: string): string | null {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return 'has expired'
    case 'CERT_NOT_YET_VALID':
      return 'is not valid yet'
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'is self-signed'
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
      return 'is signed by an authority that is not trusted'
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return 'comes without its intermediate or from an authority that is not trusted'
    case 'CERT_REVOKED':
      return 'is revoked'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return 'is for another name'
    case 'CERT_SIGNATURE_FAILURE':
    case 'CERT_UNTRUSTED':
    case 'CERT_REJECTED':
    case 'INVALID_CA':
    case 'INVALID_PURPOSE':
    case 'PATH_LENGTH_EXCEEDED':
    case 'CERT_CHAIN_TOO_LONG':
      return `is not acceptable (${code})`
    default:
      return null
  }
}

/** All that is wrong with it, the worst first. Pure. */
function judgeCertificate(seen: Inspection, now: number, warn: unknown, fail: unknown): Outcome {
  // The first certificate of the chain to end takes the others with it.
  const first = seen.chain.reduce((earliest, one) => (one.until < earliest.until ? one : earliest), seen.leaf)
  const leftMs = first.until - now
  const share = leftMs / Math.max(1, first.until - first.from)
  const whose = first === seen.leaf ? 'the certificate' : `the intermediate "${first.subject}"`
  const wrong: string[] = []
  if (leftMs <= 0) wrong.push(`${whose} expired ${days(-leftMs)} ago`)
  else if (seen.leaf.from > now) wrong.push(`the certificate is not valid for another ${days(seen.leaf.from - now)}`)
  if (seen.misnamed !== null) wrong.push(`wrong name: ${seen.misnamed}`)
  const dates = seen.distrust === 'CERT_HAS_EXPIRED' || seen.distrust === 'CERT_NOT_YET_VALID'
  if (seen.distrust !== null && seen.selfSigned) wrong.push('the certificate is self-signed')
  else if (seen.distrust !== null && !(dates && wrong.length > 0)) {
    wrong.push(`the certificate ${distrustWords(seen.distrust) ?? `is not trusted (${seen.distrust})`}`)
  }
  const leaving = `${whose} has ${days(leftMs)} left (${Math.floor(share * 100)}% of its lifetime)`
  if (wrong.length === 0 && isLessThan(leftMs, share, fail)) wrong.push(leaving)
  const common = {
    ms: round(seen.ms),
    values: { tls_days: round(leftMs / 86_400_000), tls_left_pct: round(share * 100) },
    facts: {
      subject: seen.leaf.subject,
      issuer: seen.leaf.issuer,
      until: new Date(first.until).toISOString(),
      chain: seen.chain.map(one => one.subject).join(' ← '),
      fingerprint: seen.fingerprint,
      ...(seen.protocol === null ? {} : { protocol: seen.protocol }),
    },
  }
  if (wrong.length > 0) return { ok: false, detail: nodeText(wrong.join('; ')), ...common }
  const warned = isLessThan(leftMs, share, warn)
  return { ok: true, ...(warned ? { warn: true } : {}), detail: nodeText(leaving), ...common }
}

function isLessThan(leftMs: number, share: number, limit: unknown): boolean {
  const shareLimit = percentOf(limit)
  if (shareLimit !== null) return share * 100 < shareLimit
  const msLimit = durationMs(limit)
  return msLimit !== null && leftMs < msLimit
}
