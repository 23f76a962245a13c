// What `check` answers: this moment's looks, judged without retries or history. Pure.
import type { Fleet } from '../fleet/fleet.ts'
import type { Sample } from '../watch/probe.ts'
import { probeKinds } from '../watch/probes/index.ts'
import type { Health } from '../watch/shapes.ts'
import type { CheckRow } from './engine.ts'
import type { FleetState } from './fleet-state.ts'

export function checkRows(
  fleet: Fleet,
  nodes: readonly string[],
  samples: readonly Sample[],
  state: FleetState | null,
): CheckRow[] {
  const byNode = new Map<string, Sample[]>(nodes.map(node => [node, []]))
  for (const sample of samples) byNode.get(sample.node)?.push(sample)
  const targets = new Map(fleet.probes.map(probe => [`${probe.node} ${probe.id}`, probe.target]))
  return nodes.map(name => {
    const seen = byNode.get(name) ?? []
    const maintained = state?.watch.nodes[name]?.health === 'maintenance'
    return {
      name,
      health: maintained ? 'maintenance' : healthNow(seen),
      probes: seen.map(sample => ({
        kind: sample.kind,
        probe: sample.probe,
        target: targets.get(`${name} ${sample.probe}`) ?? '',
        ok: sample.ok,
        ...(sample.warn === undefined ? {} : { warn: sample.warn }),
        ms: sample.ms,
        detail: sample.detail,
        ...(sample.values ? { values: sample.values } : {}),
        ...(sample.facts ? { facts: sample.facts } : {}),
      })),
    }
  })
}

/** The worst that was seen; nothing seen is unknown, never up. */
function healthNow(samples: readonly Pick<Sample, 'kind' | 'ok' | 'warn' | 'effect'>[]): Health {
  let health: Health = 'unknown'
  for (const sample of samples) {
    const kind = probeKinds.get(sample.kind)
    const effect = sample.effect ?? kind?.effect ?? 'none'
    if (sample.ok === false && effect === 'down') return 'down'
    if ((sample.ok === false && effect === 'degraded') || (sample.ok === true && sample.warn)) health = 'degraded'
    else if (sample.ok === true && kind?.provesLife !== false && health === 'unknown') health = 'up'
  }
  return health
}
