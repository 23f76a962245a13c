// Is the node's WireGuard talking? By the age of its handshakes. `wg show … dump` is never used: it prints private keys.
import { Type } from 'typebox'
import { nodeText } from '../../../state/primitives/node-text.ts'
import type { HostProbe } from '../probe.ts'
import { complaintOf, isForbidden, needRoot, textOf, unseen } from './answers.ts'
import { duration, durationMs, span } from './measures.ts'
import { couldNotLook, failed } from './network.ts'

const interfaceName = '^[A-Za-z0-9_=+.][A-Za-z0-9_=+.-]{0,14}$'

export const wireguard = {
  kind: 'wireguard',
  from: 'host',
  needsRoot: true,
  effect: 'degraded',
  options: Type.Object({
    interface: Type.Optional(
      Type.String({ pattern: interfaceName, description: "Default: the mesh's interface, else wg0." }),
    ),
    stale: Type.Optional(
      duration('A handshake older than this is stale. Default 180s: WireGuard renews after 120 s of traffic.'),
    ),
    expect: Type.Optional(
      Type.Union([Type.Literal('any'), Type.Literal('all')], {
        description:
          'Whether `any` (default; the others are a warning) or `all` peers must be fresh. Peers without keepalive rest silently.',
      }),
    ),
  }),
  defaults: { everyMs: 60_000, timeoutMs: 10_000, failures: 2 },
  targets(options, node, fleet) {
    if (node.mesh === null && options.interface === undefined) return []
    const named = typeof options.interface === 'string' ? options.interface : fleet.mesh?.interface
    return [{ id: 'wireguard', target: named ?? 'wg0' }]
  },
  // The node's own clock comes along: handshakes are told in it.
  commands: probe => [
    ['wg', 'show', probe.target, 'latest-handshakes'],
    ['wg', 'show', probe.target, 'endpoints'],
    ['wg', 'show', probe.target, 'transfer'],
    ['date', '+%s'],
  ],
  read(answers, probe, context) {
    const [handshakes, endpoints, transfer, date] = answers
    const unread = unseen(handshakes, 'wg')
    if (unread) return unread
    if (handshakes?.exit !== 0) {
      const complaint = complaintOf(handshakes)
      if (isForbidden(complaint)) return couldNotLook(`could not look: wg needs root; ${needRoot}`)
      // The second is said where the kernel has no WireGuard of its own and no program provides the interface.
      if (/no such device|protocol not supported/i.test(complaint))
        return failed(`there is no interface ${probe.target}`)
      return couldNotLook(`could not look: wg said: ${complaint || `exit ${handshakes?.exit}`}`)
    }
    const nowS = Number.parseInt(textOf(date), 10) || Math.floor(context.clock.now() / 1000)
    const peers = readPeers(textOf(handshakes), textOf(endpoints), textOf(transfer))
    if (peers.length === 0) return failed(`${probe.target} has no peers`)
    const staleS = (durationMs(probe.options.stale) ?? 180_000) / 1000
    const stale = peers.filter(peer => peer.handshakeS === 0 || nowS - peer.handshakeS > staleS)
    const ages = peers.filter(peer => peer.handshakeS > 0).map(peer => nowS - peer.handshakeS)
    const values = {
      peers: peers.length,
      peers_stale: stale.length,
      ...(ages.length > 0 ? { newest_handshake_s: Math.max(0, Math.min(...ages)) } : {}),
      rx_bytes: peers.reduce((sum, peer) => sum + peer.rx, 0),
      tx_bytes: peers.reduce((sum, peer) => sum + peer.tx, 0),
    }
    const fresh = peers.length - stale.length
    const words = stale
      .slice(0, 3)
      .map(peer => `${nameOf(peer)} ${peer.handshakeS === 0 ? 'never' : span((nowS - peer.handshakeS) * 1000)}`)
    const silent = stale.length === 0 ? '' : `; stale: ${words.join(', ')}${stale.length > 3 ? ', …' : ''}`
    const bad = fresh === 0 || (probe.options.expect === 'all' && stale.length > 0)
    return {
      ok: !bad,
      ...(!bad && stale.length > 0 ? { warn: true } : {}),
      ms: null,
      detail: nodeText(`${fresh} of ${peers.length} ${peers.length === 1 ? 'peer' : 'peers'} fresh${silent}`),
      values,
    }
  },
} satisfies HostProbe

interface Peer {
  key: string
  endpoint: string | null
  /** Seconds since the epoch by the node's clock; 0 is never. */
  handshakeS: number
  rx: number
  tx: number
}

/** Public keys are no secret, but nobody reads 44 characters. */
function nameOf(peer: Peer): string {
  return peer.endpoint ?? `${peer.key.slice(0, 8)}…`
}

function readPeers(handshakes: string, endpoints: string, transfer: string): Peer[] {
  const endpointOf = new Map(rows(endpoints).map(([key, endpoint]) => [key, endpoint]))
  const bytesOf = new Map(rows(transfer).map(([key, rx, tx]) => [key, { rx: Number(rx) || 0, tx: Number(tx) || 0 }]))
  return rows(handshakes).map(([key, at]) => {
    const endpoint = endpointOf.get(key)
    return {
      key: key ?? '',
      endpoint: endpoint === undefined || endpoint === '(none)' ? null : endpoint,
      handshakeS: Number(at) || 0,
      ...(bytesOf.get(key) ?? { rx: 0, tx: 0 }),
    }
  })
}

function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter(line => line.includes('\t'))
    .map(line => line.split('\t'))
}
