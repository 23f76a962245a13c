// Traffic that leaves is billed by the clouds and measured by none of them for us: no figure of ours holds it, and it is
// never 0. One entry a provider, since a provider bills it in one sum, with allowances over all its machines.
import type { Unknown } from './declared.ts'
import type { CostLine } from './shapes.ts'

const why: Readonly<Record<string, string>> = {
  aws: 'not metered here: what leaves a region is billed by the GB, and is only in what AWS reports',
  gcp: 'not metered here: what leaves a region is billed by the GB, and is only in what Google bills',
  hetzner: 'not metered here: what passes the traffic that each server includes is only on the invoice',
}

/** It makes no verdict unknown: else no fleet would ever be within its ceiling, and nobody would look at it any more. */
export function unmeteredTraffic(lines: readonly CostLine[]): Unknown[] {
  const providers = new Set(lines.filter(line => line.resource === 'instance').map(line => line.provider))
  return [...providers].sort().flatMap(provider => {
    const reason = Object.hasOwn(why, provider) ? why[provider] : undefined
    return reason === undefined ? [] : [{ node: null, what: `traffic of ${provider}`, why: reason, isUnmetered: true }]
  })
}
