// Does the mesh carry packets between two nodes, both ways? Each end pings the other by its mesh address.
import { Type } from 'typebox'
import { SshError } from '../../../infra/ssh/ssh.ts'
import { nodeText } from '../../../state/primitives/node-text.ts'
import type { Fleet, FleetNode, ProbeInstance } from '../../fleet/fleet.ts'
import type { DirectProbe, Outcome, ProbeContext } from '../probe.ts'
import { duration, durationMs, round, strings } from './measures.ts'
import { couldNotLook, failed, variant } from './network.ts'
import { type RoundTrips, readPing } from './ping.ts'

const packets = 3

export const mesh = {
  kind: 'mesh',
  from: 'hq',
  effect: 'degraded',
  options: Type.Object({
    to: Type.Optional(
      Type.Union([Type.String(), Type.Array(Type.String())], {
        description: 'The other ends: node names, `hub` (default), `hq`, `@tag` or `*`. Every pair is one probe.',
      }),
    ),
    warn: Type.Optional(duration('An average round trip longer than this is a warning.')),
  }),
  defaults: { everyMs: 60_000, timeoutMs: 15_000, failures: 2 },
  targets(options, node, fleet) {
    if (node.mesh === null) return []
    const wanted = strings(options.to ?? 'hub')
    return [...fleet.nodes.values()]
      .filter(
        other => other.name !== node.name && other.mesh !== null && wanted.some(name => isMeant(name, other, fleet)),
      )
      .map(other => ({ id: `mesh:${other.name}`, target: `${other.name} (${other.mesh})` }))
  },
  async look(probe, context, signal) {
    const peer = context.fleet.nodes.get(variant(probe))
    if (!peer || peer.mesh === null || context.node.mesh === null) {
      return couldNotLook('could not look: one end has no mesh address')
    }
    const [there, back] = await Promise.all([
      pingFrom(context.node, peer.mesh, probe, context, signal),
      pingFrom(peer, context.node.mesh, probe, context, signal),
    ])
    return verdict(there, back, context.node.name, peer.name, durationMs(probe.options.warn))
  },
} satisfies DirectProbe

function isMeant(name: string, other: FleetNode, fleet: Fleet): boolean {
  if (name === '*') return true
  if (name === 'hub') return fleet.mesh?.hub ? fleet.mesh.hub === other.name : other.isHq
  if (name === 'hq') return other.isHq
  return name.startsWith('@') ? other.tags.includes(name.slice(1)) : name === other.name
}

/** A direction's round trips, `silent`, or the sentence why nobody could look. */
export type Direction = RoundTrips | 'silent' | { unseen: string }

export function verdict(there: Direction, back: Direction, from: string, to: string, warnMs: number | null): Outcome {
  const ways = [
    { name: `${from} → ${to}`, direction: there },
    { name: `${to} → ${from}`, direction: back },
  ]
  const silent = ways.filter(way => way.direction === 'silent').map(way => way.name)
  if (silent.length > 0) return failed(`no answer: ${silent.join(', ')}`)
  const seen = ways.flatMap(({ name, direction }) =>
    typeof direction === 'object' && 'avg' in direction ? [{ name, trips: direction }] : [],
  )
  if (seen.length < 2) {
    const why = ways.flatMap(({ direction }) =>
      typeof direction === 'object' && 'unseen' in direction ? [direction.unseen] : [],
    )
    return couldNotLook(`could not look both ways: ${why.join('; ')}`)
  }
  const trips = seen.map(way => way.trips)
  const avg = trips.reduce((sum, trip) => sum + trip.avg, 0) / trips.length
  const lost = trips.reduce((sum, trip) => sum + trip.sent - trip.received, 0)
  const slow = warnMs !== null && avg > warnMs
  return {
    ok: true,
    ...(slow || lost > 0 ? { warn: true } : {}),
    ms: round(avg, 3),
    detail: nodeText(
      `${seen.map(({ name, trips: { min, avg: mean, max } }) => `${name} ${min}/${mean}/${max} ms`).join(', ')}${lost > 0 ? `, ${lost} lost` : ''}`,
    ),
    values: {
      min_ms: Math.min(...trips.map(trip => trip.min)),
      max_ms: Math.max(...trips.map(trip => trip.max)),
      lost_packets: lost,
    },
  }
}

async function pingFrom(
  node: FleetNode,
  address: string,
  probe: ProbeInstance,
  context: ProbeContext,
  signal: AbortSignal,
): Promise<Direction> {
  const arguments_ = ['-n', '-c', String(packets), '-W', '3', address]
  try {
    const result = await context.ssh.exec(await context.sshTarget(node, 'any'), {
      argv: ['ping', ...arguments_],
      deadlineMs: probe.timeoutMs,
      maxBytes: 16_384,
      become: false,
      signal,
    })
    if (result.exit === 127) return { unseen: `${node.name} has no ping program` }
    const trips = readPing(new TextDecoder().decode(result.stdout))
    if (trips) return trips
    if (result.outcome === 'timeout') return { unseen: `${node.name}: ping did not end in time` }
    if (result.exit === 1) return 'silent'
    const complaint = new TextDecoder().decode(result.stderr).trim()
    // No route into the mesh from that node is a broken mesh, seen from the node itself.
    if (/unreachable/i.test(complaint)) return 'silent'
    return { unseen: `${node.name}: ${complaint || `ping exits ${result.exit}`}` }
  } catch (error) {
    if (error instanceof SshError) return { unseen: `${node.name}: ${error.failure}` }
    return { unseen: `${node.name}: ${error instanceof Error ? error.message : String(error)}` }
  }
}
