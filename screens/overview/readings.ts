// What a node's last samples say, ready to be shown: the value, and how old it is when it is not of now. Pure.
import type { LiveProbe } from '../../src/engine/engine.ts'
import type { Theme } from '../theme/tokens.ts'
import { age, milliseconds } from '../widgets/measure.ts'
import { type Piece, piece } from '../widgets/row.ts'
import type { ShownNode } from './nodes.ts'

/** A sample is valid for one and a half intervals; then it is old, and said to be. */
export function isStale(probe: Pick<LiveProbe, 'at' | 'everyMs'>, now: number): boolean {
  return now - probe.at > probe.everyMs * 1.5 + 5_000
}

/** The last sample of a kind that says something: of several probes the one that answered. */
export function latest(node: Pick<ShownNode, 'probes'>, kind: string): LiveProbe | null {
  let found: LiveProbe | null = null
  for (const probe of Object.values(node.probes)) {
    if (probe.kind !== kind) continue
    if (!found || (found.ok !== true && probe.ok === true)) found = probe
  }
  return found
}

/** What people call a latency: `mesh`, `ping`, `https`. */
function latencyName(probe: LiveProbe): string {
  if (probe.kind === 'ping') return probe.probe.startsWith('ping:mesh') ? 'mesh' : 'ping'
  if (probe.kind === 'http') return probe.target.startsWith('https:') ? 'https' : 'http'
  return probe.kind
}

/** ` mesh  92` with the unit's room left to the caller; a look that failed is a cross, one that could not look a question. */
export function latency(probe: LiveProbe | null, now: number, theme: Theme): Piece[] {
  if (!probe) return []
  const name = piece('dim', `${latencyName(probe)} `)
  if (probe.ok === false) return [name, piece('degraded', theme.glyphs.health.down.padStart(4))]
  if (probe.ok === null) return [name, piece('unknown', theme.glyphs.health.unknown.padStart(4))]
  const value = milliseconds(probe.ms).padStart(4)
  return isStale(probe, now) ? [name, piece('dim', `${value} ${age(now, probe.at)}`)] : [name, piece('text', value)]
}

/** What is measured on a node, and where it is read: the first that has it. */
const measures = {
  ram: { kinds: ['load', 'heartbeat'], value: 'ram_pct' },
  disk: { kinds: ['load', 'heartbeat'], value: 'disk_pct' },
  cpu: { kinds: ['load', 'heartbeat'], value: 'cpu_pct' },
  tls: { kinds: ['tls'], value: 'tls_days' },
  requests: { kinds: ['heartbeat'], value: 'req_1h' },
  errors: { kinds: ['heartbeat'], value: 'err_1h' },
} as const
export type Measure = keyof typeof measures

export interface Measured {
  value: number
  probe: LiveProbe
}

/** Null where it was never sampled. */
export function measured(node: Pick<ShownNode, 'probes'>, measure: Measure): Measured | null {
  const { kinds, value } = measures[measure]
  for (const kind of kinds) {
    const probe = latest(node, kind)
    const number = probe?.values?.[value]
    if (probe && number !== undefined) return { value: number, probe }
  }
  return null
}

/** `ram 41`: a percentage or count out of a sample's values; nothing where it was never sampled. */
export function figure(node: Pick<ShownNode, 'probes'>, now: number, measure: Measure, unit = ''): Piece[] {
  const found = measured(node, measure)
  if (!found) return []
  const old = isStale(found.probe, now)
  return [
    piece('dim', `${measure} `),
    piece(old ? 'dim' : 'text', String(Math.round(found.value)).padStart(2)),
    piece('dim', `${unit}${old ? ` ${age(now, found.probe.at)}` : ''}`),
  ]
}

/** The latency inside the mesh, else the one of a plain ping. */
export function meshOf(node: Pick<ShownNode, 'probes'>): LiveProbe | null {
  return node.probes['ping:mesh'] ?? latest(node, 'ping')
}

/** What a node says it runs; names of generations are its own. */
export function generationOf(node: Pick<ShownNode, 'probes'>): string | null {
  const named = latest(node, 'generation')
  const pushed = latest(node, 'heartbeat')
  const said =
    named?.facts?.generation ?? named?.values?.generation ?? pushed?.values?.nix_gen ?? pushed?.facts?.nix_gen
  return said === undefined ? null : String(said)
}

/** How long ago a node's push was judged, or how many of them are missing; null where it does not push. */
export function heartbeatOf(node: Pick<ShownNode, 'probes'>, now: number): { words: string; isLate: boolean } | null {
  const probe = latest(node, 'heartbeat')
  if (!probe) return null
  const missed = probe.values?.missed ?? 0
  if (missed > 0) return { words: `${missed} missed`, isLate: true }
  return { words: age(now, probe.at), isLate: isStale(probe, now) }
}

/** Why a node is as it is, where room is short: the node is named above, so its addresses are left out. */
export function shortReason({ known, probes }: Pick<ShownNode, 'known' | 'probes'>): string {
  if (!known) return 'not looked at yet'
  const targets = Object.values(probes)
    .map(probe => probe.target)
    .filter(target => target.length > 3)
    .sort((a, b) => b.length - a.length)
  return targets.reduce(
    (reason, target) => reason.replaceAll(`${target}: `, '').replaceAll(`${target} `, ''),
    known.reason,
  )
}
