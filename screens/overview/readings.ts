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

/** `ram 41`: a percentage or count out of a sample's values; nothing where it was never sampled. */
export function figure(
  node: Pick<ShownNode, 'probes'>,
  now: number,
  label: string,
  kind: string,
  value: string,
  unit = '',
): Piece[] {
  const probe = latest(node, kind)
  const number = probe?.values?.[value]
  if (!probe || number === undefined) return []
  const old = isStale(probe, now)
  return [
    piece('dim', `${label} `),
    piece(old ? 'dim' : 'text', String(Math.round(number)).padStart(2)),
    piece('dim', `${unit}${old ? ` ${age(now, probe.at)}` : ''}`),
  ]
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
