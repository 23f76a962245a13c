// Does a URL answer as it should? Status, body and time; follows no redirect unless told how many.
import { Type } from 'typebox'
import { fetchOnce, type HttpAnswer } from '../../../infra/http/request.ts'
import { nodeText } from '../../../state/primitives/node-text.ts'
import type { ProbeInstance } from '../../fleet/fleet.ts'
import type { DirectProbe, Outcome, ProbeContext } from '../probe.ts'
import { duration, durationMs, entry, round, strings } from './measures.ts'
import { codeOf, connectionFailed, couldNotLook, failed, resolveHost, UnresolvedName } from './network.ts'
import { distrustWords } from './tls.ts'

/** Matching reads no more of a page than this. */
const bodyCapBytes = 64 * 1024

const status = Type.Union([
  Type.Integer({ minimum: 100, maximum: 599 }),
  Type.String({ pattern: '^[1-5](xx|\\d\\d)$' }),
])

export const http = {
  kind: 'http',
  from: 'hq',
  effect: 'down',
  options: Type.Object({
    url: Type.String({ pattern: '^https?://', description: 'What to ask for: `https://{host}/health`.' }),
    method: Type.Optional(Type.Union([Type.Literal('GET'), Type.Literal('HEAD')], { description: 'Default GET.' })),
    headers: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Headers to send; no secrets.' })),
    expect: Type.Optional(
      Type.Object(
        {
          status: Type.Optional(
            Type.Union([status, Type.Array(status, { minItems: 1 })], {
              description: '`200`, `2xx` or a list. Default 2xx.',
            }),
          ),
          body: Type.Optional(Type.String({ minLength: 1, description: 'Text that the body must contain.' })),
        },
        { additionalProperties: false, description: 'What a good answer looks like.' },
      ),
    ),
    match: Type.Optional(
      Type.String({
        minLength: 1,
        format: 'regex',
        description: 'A regular expression that the first 64 KiB of the body must match.',
      }),
    ),
    follow: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 10,
        description: 'How many redirects to follow. Default 0: a redirect is an answer.',
      }),
    ),
    warn: Type.Optional(duration('Slower than this is a warning.')),
    fail: Type.Optional(duration('Slower than this is a failure.')),
  }),
  defaults: { everyMs: 60_000, timeoutMs: 10_000, failures: 2 },
  targets: options => (typeof options.url === 'string' ? [{ id: 'http', target: options.url }] : []),
  async look(probe, context, signal) {
    try {
      const { answer, ms } = await follow(probe, context, signal)
      return await judge(answer, ms, probe, context)
    } catch (error) {
      if (error instanceof UnresolvedName) return error.outcome
      if (signal.aborted) return failed(`no answer in ${probe.timeoutMs / 1000} s`)
      const distrust = distrustWords(codeOf(error))
      if (distrust !== null) return failed(`the certificate ${distrust}`)
      return connectionFailed(probe.target, error)
    }
  },
} satisfies DirectProbe

async function follow(
  probe: ProbeInstance,
  context: ProbeContext,
  signal: AbortSignal,
): Promise<{ answer: HttpAnswer; ms: number }> {
  const started = context.clock.mono()
  const hops = typeof probe.options.follow === 'number' ? probe.options.follow : 0
  const first = new URL(probe.target)
  let url = first
  for (let hop = 0; ; hop++) {
    const address = await resolveHost(url.hostname, context, signal)
    const answer = await fetchOnce({
      url,
      address,
      method: probe.options.method === 'HEAD' ? 'HEAD' : 'GET',
      // Headers are for the host that was named, not for whoever it points to.
      headers: url.origin === first.origin ? headersOf(probe.options.headers) : {},
      maxBodyBytes: bodyCapBytes,
      trustedCas: context.trustedCas,
      signal,
      mono: () => context.clock.mono(),
    })
    const next = answer.status >= 300 && answer.status < 400 && answer.location !== null ? answer.location : null
    if (next === null || hop >= hops) return { answer, ms: round(context.clock.mono() - started) }
    const target = URL.parse(next, url.href)
    if (!target || !/^https?:$/.test(target.protocol)) return { answer, ms: round(context.clock.mono() - started) }
    url = target
  }
}

function headersOf(headers: unknown): Record<string, string> {
  if (typeof headers !== 'object' || headers === null) return {}
  return Object.fromEntries(
    Object.entries(headers).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  )
}

async function judge(answer: HttpAnswer, ms: number, probe: ProbeInstance, context: ProbeContext): Promise<Outcome> {
  const { options } = probe
  const { phases } = answer
  const values = {
    status: answer.status,
    connect_ms: round(phases.connectMs),
    ...(phases.tlsMs === null ? {} : { tls_ms: round(phases.tlsMs - phases.connectMs) }),
    first_byte_ms: round(phases.firstByteMs),
  }
  const said = `${answer.status} in ${ms} ms`
  const bad = (why: string): Outcome => ({ ...failed(`${said}: ${why}`, ms), values })
  const wanted = entry(options.expect, 'status') ?? '2xx'
  const accepted = (Array.isArray(wanted) ? wanted : [wanted]).map(String)
  if (!accepted.some(code => isStatus(answer.status, code))) {
    const to = answer.location === null ? '' : ` (redirects to ${answer.location})`
    return bad(`expected ${accepted.join(' or ')}${to}`)
  }
  const body = new TextDecoder().decode(answer.body)
  const missing = strings(entry(options.expect, 'body')).find(text => !body.includes(text))
  if (missing !== undefined) return bad(`the body does not contain "${missing}"`)
  if (typeof options.match === 'string') {
    const found = await context.match([options.match], [body])
    if (found === null) return couldNotLook(`could not look: \`${options.match}\` takes too long over this body`)
    if (!found[0]?.[0]) return bad(`the body does not match ${options.match}`)
  }
  const failMs = durationMs(options.fail)
  if (failMs !== null && ms > failMs) return bad(`slower than ${failMs} ms`)
  const warnMs = durationMs(options.warn)
  const slow = warnMs !== null && ms > warnMs
  return { ok: true, ...(slow ? { warn: true } : {}), ms, detail: nodeText(said), values }
}

function isStatus(status: number, accepted: string): boolean {
  return accepted.endsWith('xx') ? String(status)[0] === accepted[0] : String(status) === accepted
}
