// Does the node's public name lead to the node? Asked of the context's resolver, so that no cache of ours answers.
import { isIP } from 'node:net'
import { Type } from 'typebox'
import { nodeText } from '../../../state/primitives/node-text.ts'
import type { DirectProbe } from '../probe.ts'
import { round, strings } from './measures.ts'
import { codeOf, couldNotLook, failed, failureWords, unlessAborted } from './network.ts'

export const dns = {
  kind: 'dns',
  from: 'hq',
  provesLife: false,
  effect: 'degraded',
  options: Type.Object({
    name: Type.Optional(Type.String({ minLength: 1, description: "The name to look up. Default: the node's `host`." })),
    type: Type.Optional(
      Type.Union([Type.Literal('A'), Type.Literal('AAAA')], {
        description: 'Which record. Default: A, AAAA where the address is IPv6.',
      }),
    ),
    expect: Type.Optional(
      Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })], {
        description: "The addresses that must be in the answer. Default: the node's public address.",
      }),
    ),
  }),
  defaults: { everyMs: 300_000, timeoutMs: 5000, failures: 2 },
  targets(options, node) {
    const name = typeof options.name === 'string' ? options.name : node.host
    return name === null ? [] : [{ id: 'dns', target: name }]
  },
  async look(probe, context, signal) {
    const expected = expectedOf(probe.options.expect, context.node.address)
    const six =
      probe.options.type === 'AAAA' ||
      (probe.options.type === undefined && expected.some(address => isIP(address) === 6))
    const started = context.clock.mono()
    let found: string[]
    try {
      const asked = six ? context.resolver.resolve6(probe.target) : context.resolver.resolve4(probe.target)
      found = await unlessAborted(asked, signal)
    } catch (error) {
      if (signal.aborted) return couldNotLook(`could not look: no resolver answered in ${probe.timeoutMs / 1000} s`)
      switch (codeOf(error)) {
        case 'ENOTFOUND':
        case 'ENODATA':
          return failed(`${probe.target}: ${failureWords(error)}`)
        case 'ESERVFAIL':
          return failed(`${probe.target}: the resolver reports that the zone's servers failed`)
        default:
          return couldNotLook(`could not look: no resolver answered (${codeOf(error) || failureWords(error)})`)
      }
    }
    const ms = round(context.clock.mono() - started)
    const missing = expected.filter(address => !found.some(other => isSame(address, other)))
    const list = found.join(', ')
    if (missing.length > 0) return failed(`${probe.target} leads to ${list}, not to ${missing.join(', ')}`, ms)
    return { ok: true, ms, detail: nodeText(`${probe.target} leads to ${list}`), facts: { addresses: list } }
  },
} satisfies DirectProbe

function expectedOf(expect: unknown, address: string | null): string[] {
  if (expect !== undefined) return strings(expect)
  return address !== null && isIP(address) ? [address] : []
}

/** IPv6 has many spellings of one address; the URL parser knows the canonical one. */
function isSame(one: string, other: string): boolean {
  if (isIP(one) !== 6 || isIP(other) !== 6) return one === other
  return new URL(`http://[${one}]/`).hostname === new URL(`http://[${other}]/`).hostname
}
