// The last look of every probe and the last latencies of every node: what screens show and nobody journals.
// Told on in bunches, so that a burst of samples is one change to a client.
import type { Clock } from '../../state/primitives/clock.ts'
import type { Live, LiveProbe } from '../engine/engine.ts'
import { leads, sparkLength } from '../engine/live.ts'

const coalesceMs = 50

export interface LastLooks {
  add(sample: LiveProbe): void
  live(): Pick<Live, 'probes' | 'sparks'>
  /** Forgets a node, or those of its probes that are not in `keep`. */
  forget(node: string, keep: ReadonlySet<string>): void
  stop(): void
}

export function createLastLooks(clock: Clock, onLive: (samples: readonly LiveProbe[]) => void): LastLooks {
  const probes = new Map<string, Readonly<Record<string, LiveProbe>>>()
  const sparks = new Map<string, readonly (number | null)[]>()
  let bunch = new Map<string, LiveProbe>()
  let cancel: (() => void) | null = null
  let view: Pick<Live, 'probes' | 'sparks'> | null = null

  function tell(): void {
    cancel = null
    const samples = [...bunch.values()]
    bunch = new Map()
    if (samples.length > 0) onLive(samples)
  }

  return {
    add(sample) {
      const ofNode = { ...probes.get(sample.node), [sample.probe]: sample }
      probes.set(sample.node, ofNode)
      if (leads(ofNode, sample)) {
        const latency = sample.ok === true ? sample.ms : null
        sparks.set(sample.node, [...(sparks.get(sample.node) ?? []), latency].slice(-sparkLength))
      }
      view = null
      // A value may be skipped, the last one never is.
      bunch.set(`${sample.node} ${sample.probe}`, sample)
      cancel ??= clock.after(coalesceMs, tell)
    },
    live() {
      view ??= { probes: Object.fromEntries(probes), sparks: Object.fromEntries(sparks) }
      return view
    },
    forget(node, keep) {
      const ofNode = probes.get(node)
      if (!ofNode) return
      const left = Object.entries(ofNode).filter(([probe]) => keep.has(probe))
      if (left.length === 0) {
        probes.delete(node)
        sparks.delete(node)
      } else probes.set(node, Object.fromEntries(left))
      view = null
    },
    stop() {
      cancel?.()
      tell()
    },
  }
}
