// Folds live changes into the live view: the same in the engine's mirror and in every client's.
import type { Change, Live, LiveProbe } from './engine.ts'

export const sparkLength = 32

export function applyLive(live: Live, change: Extract<Change, { kind: 'live' | 'fleet' | 'engine' }>): Live {
  switch (change.kind) {
    case 'fleet':
      return { ...live, fleet: change.fleet }
    case 'engine':
      return { ...live, engine: change.engine }
    case 'live':
      return change.samples.length === 0 ? live : withSamples(live, change.samples)
  }
}

function withSamples(live: Live, samples: readonly LiveProbe[]): Live {
  // The two maps are copied once a change, not once a sample; a node's own entry only when it changed.
  const probes: Record<string, Readonly<Record<string, LiveProbe>>> = { ...live.probes }
  const sparks: Record<string, readonly (number | null)[]> = { ...live.sparks }
  for (const sample of samples) {
    probes[sample.node] = { ...probes[sample.node], [sample.probe]: sample }
    if (leads(probes[sample.node] ?? {}, sample)) {
      sparks[sample.node] = [...(sparks[sample.node] ?? []), sample.ok ? sample.ms : null].slice(-sparkLength)
    }
  }
  return { ...live, probes, sparks }
}

/** Whose latency the node's sparkline shows: the mesh ping if there is one, else ping, http, ssh in that order. */
const leading = ['ping:mesh', 'ping', 'http', 'ssh']

/** Does a sample belong into its node's sparkline? `probes` are those that the node has, with the sample's own. */
export function leads(probes: Readonly<Record<string, LiveProbe>>, sample: { probe: string; kind: string }): boolean {
  for (const name of leading) {
    if (sample.probe === name || sample.kind === name) return true
    if (Object.values(probes).some(probe => probe.probe === name || probe.kind === name)) return false
  }
  return false
}

/** Those of a node's probes whose samples `leads` says yes to. */
export function leadingProbes<P extends { kind: string }>(probes: readonly P[], idOf: (probe: P) => string): P[] {
  for (const name of leading) {
    const found = probes.filter(probe => idOf(probe) === name || probe.kind === name)
    if (found.length > 0) return found
  }
  return []
}
